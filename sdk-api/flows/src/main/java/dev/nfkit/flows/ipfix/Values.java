// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Values of a flow record as the fields have them. */
final class Values {
    /** {@code biflowDirection} (239): the source is that of the first packet. */
    static final byte INITIATOR = 1;

    static final long NANOS_PER_MILLI = 1_000_000;
    static final long NANOS_PER_SECOND = 1_000_000_000;
    static final int LABELS_LENGTH = 16;
    static final int DIRECTION_ZONES_LENGTH = 8;
    static final int START_BIT = 1;
    static final int SINCE_BIT = 1 << 1;
    static final int END_BIT = 1 << 2;

    private Values() {}

    static void putTypeAndCode(ConntrackTuple tuple, ByteBuffer out) {
        out.put((byte) tuple.icmpType()).put((byte) tuple.icmpCode());
    }

    static long millis(FlowTime time) {
        return Math.floorDiv(time.epochNanos(), NANOS_PER_MILLI);
    }

    static int subMillis(FlowTime time) {
        return (int) Math.floorMod(time.epochNanos(), NANOS_PER_MILLI);
    }

    static int receiptBit(FlowTime time, int bit) {
        return time.source() == FlowTime.Source.RECEIPT ? bit : 0;
    }

    static byte receiptTimes(FlowRecord flow) {
        return (byte) (receiptBit(flow.start(), START_BIT)
                | receiptBit(flow.since(), SINCE_BIT)
                | receiptBit(flow.end(), END_BIT));
    }

    static int labelsLength(BigInteger labels) {
        return labels.signum() == 0 ? 0 : LABELS_LENGTH;
    }

    static void putLabels(FlowRecord flow, ByteBuffer out) {
        BigInteger labels = flow.labels();
        if (labels.signum() != 0) {
            out.putLong(
                    labels.bitLength() > Long.SIZE
                            ? labels.shiftRight(Long.SIZE).longValue()
                            : 0);
            out.putLong(labels.longValue());
        }
    }

    static int directionZonesLength(FlowRecord flow) {
        boolean present =
                flow.original().zone().isPresent() || flow.reply().zone().isPresent();
        return present ? DIRECTION_ZONES_LENGTH : 0;
    }

    static void putDirectionZones(FlowRecord flow, ByteBuffer out) {
        if (directionZonesLength(flow) > 0) {
            out.putInt(flow.original().zone().orElse(-1));
            out.putInt(flow.reply().zone().orElse(-1));
        }
    }

    /** The process of a record whose kind has one. */
    static ProcessInfo process(FlowRecord flow) {
        return ((Attribution.Known) flow.process()).process();
    }

    static long nanos(Duration duration) {
        return duration.getSeconds() * NANOS_PER_SECOND + duration.getNano();
    }

    static long user(FlowRecord flow) {
        return flow.process() instanceof Attribution.Known known
                ? known.process().uid()
                : flow.process().uid().orElse(-1);
    }

    /** The arguments, each with a zero byte after it, as proc_pid_cmdline(5) has them. */
    static String commandLine(FlowRecord flow) {
        ProcessInfo process = process(flow);
        if (process.commandLine().isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        for (String argument : process.commandLine()) {
            text.append(argument).append('\0');
        }
        return text.toString();
    }

    static String unknownReason(FlowRecord flow) {
        return flow.process() instanceof Attribution.Unknown unknown
                ? unknown.reason().code()
                : "";
    }
}
