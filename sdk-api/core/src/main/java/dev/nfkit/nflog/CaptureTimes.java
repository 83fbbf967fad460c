// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.pcap.CaptureWriter;
import org.jspecify.annotations.Nullable;

/**
 * The times that packets get in a capture file, and their order.
 *
 * <p>The kernel's time is kept unchanged. A packet without one has passed no receiving hook: this host sent it. It was
 * logged between its neighbours in the group, so it gets the first of these that exists:
 *
 * <ol>
 *   <li>the latest kernel time in its batch before it;
 *   <li>the next kernel time of its group, if that is earlier than the time of receipt and the packet is then still in
 *       the file's buffer;
 *   <li>the time of receipt.
 * </ol>
 */
final class CaptureTimes {
    /** The latest time that a classic file can hold. */
    private static final long LATEST = 0xffff_ffffL * 1_000_000_000L;
    /** The precision of the wall clock as sockets read it. */
    private static final long TOLERANCE_NANOS = 1_000_000;

    private CaptureWriter file;
    private @Nullable GroupTally group;
    private long receivedAt;
    /** The number of times that the clock was set back. */
    private int clock;
    /** Whether the batch has a packet with a kernel time. */
    private boolean stamped;
    /** Whether the last packets are of one group, have no kernel time, and get the next kernel time. */
    private boolean estimating;
    /** Whether the clock was set back after the last packet. */
    private boolean clockWasSet;

    CaptureTimes(CaptureWriter file) {
        this.file = file;
        file.sortByTime();
    }

    void continueIn(CaptureWriter next) {
        file = next;
        file.sortByTime();
        estimating = false;
    }

    /** The time of the next packet. */
    long of(NflogPacket packet, GroupTally from) {
        long received = packet.receivedAtNanos();
        if (received != receivedAt || from != group || clockWasSet) {
            nextBatch(received, from);
        }
        long bounded = Math.max(0, Math.min(received, LATEST));
        if (!packet.has(NflogAttribute.TIMESTAMP)) {
            return estimate(bounded, from);
        }
        long time = packet.timestampNanos();
        if (time < 0 || time > LATEST) { // no clock; a recording may hold anything
            return bounded;
        }
        clockWasSet = time > received + TOLERANCE_NANOS;
        from.kernelTime = Math.max(from.kernelTime, time);
        stamped = true;
        if (estimating) {
            estimating = false;
            file.limitEstimates(from.kernelTime);
        }
        return time;
    }

    private long estimate(long received, GroupTally from) {
        if (stamped) {
            return from.kernelTime;
        }
        if (!estimating) {
            estimating = true;
            file.beginEstimates();
        }
        return received;
    }

    private void nextBatch(long received, GroupTally from) {
        if (clockWasSet || received < receivedAt - TOLERANCE_NANOS) {
            // The following packets are not compared with earlier ones: otherwise all of them would get the time before
            // the change.
            clockWasSet = false;
            clock++;
            estimating = false;
            file.sortByTime();
        }
        if (from != group) {
            estimating = false;
        }
        if (from.clock != clock) {
            from.clock = clock;
            from.kernelTime = 0;
        }
        receivedAt = received;
        group = from;
        stamped = false;
    }
}
