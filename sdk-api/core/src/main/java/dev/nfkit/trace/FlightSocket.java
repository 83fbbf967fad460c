// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A flight recorder's state of one socket: its configuration, which is kept apart from the ring. Guarded by the
 * recorder.
 */
final class FlightSocket {
    final int index;
    final int protocol;
    private final long portId;
    private final long opened;

    private final List<FlightEntry> configuration = new ArrayList<>();
    private int[] sequences = new int[8];
    private int asked;
    private int configurationBytes;
    /** The number of its entries in the ring. */
    int inRing;

    boolean closed;
    private boolean incomplete;
    private long cutTime = -1;

    FlightSocket(int index, int protocol, long portId, long opened) {
        this.index = index;
        this.protocol = protocol;
        this.portId = portId;
        this.opened = opened;
    }

    /** Keeps an entry permanently, if it fits. */
    boolean keep(
            long number,
            TraceKind kind,
            long epochNanos,
            ByteBuffer source,
            int offset,
            int length,
            boolean truncated,
            int limit) {
        if (configurationBytes + length > limit) {
            return false;
        }
        ByteBuffer copy = ByteBuffer.allocate(length).put(0, source, offset, length);
        configuration.add(new FlightEntry(number, kind, index, epochNanos, copy, truncated));
        configurationBytes += length;
        return true;
    }

    /** Keeps the answers to a request too. */
    void expect(int sequence) {
        if (asked == sequences.length) {
            sequences = Arrays.copyOf(sequences, 2 * asked);
        }
        sequences[asked++] = sequence;
    }

    /** Whether an answer belongs to a kept request. */
    boolean expects(int sequence) {
        for (int index = asked - 1; index >= 0; index--) {
            if (sequences[index] == sequence) {
                return true;
            }
        }
        return false;
    }

    /** An entry was evicted from the ring. The time is that of its receipt, or −1 if it was sent. */
    void evicted(long time) {
        incomplete = true;
        cutTime = time;
    }

    FlightDump.Origin origin() {
        return new FlightDump.Origin(index, protocol, portId, opened, incomplete, cutTime);
    }

    int configurationBytes() {
        return configurationBytes;
    }

    List<FlightEntry> configuration() {
        return configuration;
    }
}
