// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Recognises the requests that configure a session, which a replay needs however old they are. These are all requests
 * of netfilter except verdicts and requests about the table of connections and expectations, which are traffic.
 */
final class Configuration {
    /** {@code NFQNL_MSG_VERDICT} of {@code linux/netfilter/nfnetlink_queue.h}. */
    static final int VERDICT = Netlink.NFNL_SUBSYS_QUEUE << 8 | 1;
    /** {@code NFQNL_MSG_VERDICT_BATCH}. */
    static final int VERDICT_BATCH = Netlink.NFNL_SUBSYS_QUEUE << 8 | 3;
    /** {@code NFQNL_MSG_PACKET}. */
    static final int QUEUED_PACKET = Netlink.NFNL_SUBSYS_QUEUE << 8;

    /** NEW, GET, DELETE and GET_CTRZERO are the first four messages of connections, the first three of expectations. */
    private static final int LAST_OF_TABLE = 3;

    private static final int TYPE = 4;
    private static final int SEQUENCE = 8;

    private Configuration() {}

    /** Whether a datagram to the kernel configures, according to its first message: no datagram mixes the two kinds. */
    static boolean configures(int protocol, ByteBuffer source, int offset, int length, ByteOrder order) {
        if (protocol != Netlink.NETLINK_NETFILTER || length < Netlink.NLMSG_HDRLEN) {
            return false;
        }
        int type = host16(source, offset + TYPE, order);
        int subsystem = type >> 8;
        boolean table = (subsystem == Netlink.NFNL_SUBSYS_CTNETLINK || subsystem == Netlink.NFNL_SUBSYS_CTNETLINK_EXP)
                && (type & 0xff) <= LAST_OF_TABLE;
        return !table && type != VERDICT && type != VERDICT_BATCH;
    }

    /** The sequence number of a datagram's first message; 0 if it has none, like messages that answer no request. */
    static int sequence(ByteBuffer source, int offset, int length, ByteOrder order) {
        return length < Netlink.NLMSG_HDRLEN ? 0 : host32(source, offset + SEQUENCE, order);
    }

    // Independent of the buffer's own order, which this class must not change.

    private static int host16(ByteBuffer source, int at, ByteOrder order) {
        short value = source.getShort(at);
        return (source.order() == order ? value : Short.reverseBytes(value)) & 0xffff;
    }

    private static int host32(ByteBuffer source, int at, ByteOrder order) {
        int value = source.getInt(at);
        return source.order() == order ? value : Integer.reverseBytes(value);
    }
}
