// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds the queue and the packet id of a message without trusting it: a packet that cannot be read, or whose end is
 * missing, still waits for a verdict.
 */
final class PacketId {
    /** The value for no packet. */
    static final long NONE = -1;

    private static final int HEADER = Netlink.NLMSG_HDRLEN + Netlink.NFGENMSG_LEN;
    private static final int TYPE = 4;
    private static final int RES_ID = Netlink.NLMSG_HDRLEN + 2;
    private static final int ATTRIBUTE = Netlink.NLA_HDRLEN + Integer.BYTES;

    private PacketId() {}

    /** Queue and id of the message at an offset, to be split by {@link #queue} and {@link #id}, or NONE. */
    static long find(ByteBuffer buffer, int offset, int length, ByteOrder order) {
        if (length < HEADER + ATTRIBUTE || host16(buffer, offset + TYPE, order) != NfqueueConfig.NFQNL_MSG_PACKET) {
            return NONE;
        }
        int at = offset + HEADER;
        int end = offset + length;
        while (end - at >= ATTRIBUTE) {
            int size = host16(buffer, at, order);
            int type = host16(buffer, at + 2, order) & Netlink.NLA_TYPE_MASK;
            if (type == NfqueueAttribute.PACKET_HDR.code() && size >= ATTRIBUTE) {
                long queue = buffer.getShort(offset + RES_ID) & 0xffff;
                return queue << 32 | (buffer.getInt(at + Netlink.NLA_HDRLEN) & 0xffff_ffffL);
            }
            if (size < Netlink.NLA_HDRLEN) {
                return NONE;
            }
            at += Netlink.align(size);
        }
        return NONE;
    }

    static int queue(long found) {
        return (int) (found >>> 32);
    }

    static int id(long found) {
        return (int) found;
    }

    private static int host16(ByteBuffer buffer, int offset, ByteOrder order) {
        short value = buffer.getShort(offset);
        return (order == ByteOrder.LITTLE_ENDIAN ? Short.reverseBytes(value) : value) & 0xffff;
    }
}
