// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.UnknownReason;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** What a meter remembers of an open connection. */
final class OpenFlow {
    /**
     * How well the meter knows the connection.
     *
     * <pre>
     *  event of beginning --> SEEN <---------------.
     *                          | ^  event of beginning
     *               not in dump| |in dump          |
     *                          v |                 |
     *                        MISSING            IN_DUMP <-- first seen in a dump
     *                          |                   |
     *         all events read  v                   v  all events read
     *                    (lost sight)             SEEN, found
     * </pre>
     */
    enum Sight {
        /** It is in the table, and its beginning was seen or is lost for certain. */
        SEEN,
        /** It was found in a dump; the event of its beginning may still wait in the socket. */
        IN_DUMP,
        /** It was absent from a dump; the event of its end may still wait in the socket. */
        MISSING
    }

    private static final Attribution NOT_ASKED = Attribution.unknown(UnknownReason.NOT_ASKED);

    final FlowKey key;

    /** Null if the connection is not translated. */
    @Nullable
    ConntrackTuple reply;

    Sight sight = Sight.SEEN;
    boolean beginningSeen;

    /** It was there before the meter: the kernel may send no event of its end. */
    boolean joined;

    boolean ended;
    boolean asked;
    boolean counted;
    boolean changesLost;

    /** The number of the last dump that contained the connection. */
    int dump;

    int state = -1;
    long sequence;
    long mark;
    BigInteger labels = BigInteger.ZERO;
    FlowTime start = FlowTime.atReceipt(0);
    FlowTime since = start;

    /** When its last record was made, by the transport's clock. */
    long reportedAt;

    /** Seconds that the kernel will keep it without a packet, as the first event has them; −1 if unknown. */
    long timeout = -1;

    final Count original = new Count();
    final Count answer = new Count();

    Attribution process = NOT_ASKED;

    OpenFlow(FlowKey key) {
        this.key = key;
    }

    /** What a direction has carried, and how much of it has been reported. */
    static final class Count {
        long packets;
        long bytes;
        long reportedPackets;
        long reportedBytes;

        /** Counts never fall, unless a program has reset them ({@code conntrack -Z}): then they begin again. */
        void set(long countedPackets, long countedBytes) {
            long nowPackets = limited(countedPackets);
            long nowBytes = limited(countedBytes);
            if (nowPackets < packets || nowBytes < bytes) {
                restart();
            }
            packets = nowPackets;
            bytes = nowBytes;
        }

        /** The kernel counts 64 bits, which no connection exhausts. */
        private static long limited(long unsigned) {
            return unsigned < 0 ? Long.MAX_VALUE : unsigned;
        }

        /** Nothing has been reported. */
        void restart() {
            reportedPackets = 0;
            reportedBytes = 0;
        }

        boolean changed() {
            return packets != reportedPackets || bytes != reportedBytes;
        }

        FlowTraffic take() {
            FlowTraffic traffic = new FlowTraffic(packets, bytes, packets - reportedPackets, bytes - reportedBytes);
            skip();
            return traffic;
        }

        /** What has been carried so far belongs to no record of this meter. */
        void skip() {
            reportedPackets = packets;
            reportedBytes = bytes;
        }
    }

    /** What no other open connection of the host has. The id alone is a hash of 32 bits. */
    record FlowKey(long id, ConntrackTuple original, int zone) {}
}
