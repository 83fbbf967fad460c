// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.Bytes;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** Reads and changes headers of netlink messages in place, without cursors. A replay does this for every datagram. */
final class Headers {
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final int PORT_ID = 12;
    /** The offset of the request's header in an answer: after a header and an error number. */
    private static final int ECHOED = Netlink.NLMSG_HDRLEN + 4;

    private Headers() {}

    static int u16(Bytes datagram, int at, ByteOrder order) {
        int word = datagram.u16(at);
        return order == ByteOrder.BIG_ENDIAN ? word : Short.reverseBytes((short) word) & 0xffff;
    }

    static int u32(Bytes datagram, int at, ByteOrder order) {
        int word = (int) datagram.u32(at);
        return order == ByteOrder.BIG_ENDIAN ? word : Integer.reverseBytes(word);
    }

    private static int u16(ByteBuffer buffer, int at, boolean little) {
        short word = buffer.getShort(at);
        return (little ? Short.reverseBytes(word) : word) & 0xffff;
    }

    private static int u32(ByteBuffer buffer, int at, boolean little) {
        int word = buffer.getInt(at);
        return little ? Integer.reverseBytes(word) : word;
    }

    /** The sequence number of a message; 0 if its header is incomplete. */
    static int sequence(byte[] message, ByteOrder order) {
        return sequence(Bytes.of(message), order);
    }

    /** The sequence number of a datagram's first message; 0 if its header is incomplete. */
    static int sequence(Bytes datagram, ByteOrder order) {
        return datagram.length() < Netlink.NLMSG_HDRLEN ? 0 : u32(datagram, SEQUENCE, order);
    }

    /** Whether a datagram begins with an acknowledgement or a refusal. */
    static boolean isError(Bytes datagram, ByteOrder order) {
        return datagram.length() >= Netlink.NLMSG_HDRLEN && u16(datagram, TYPE, order) == Netlink.NLMSG_ERROR;
    }

    /** Whether a datagram begins with an answer to one of these requests. */
    static boolean answers(Bytes datagram, ByteOrder order, Map<Integer, Integer> requests) {
        if (datagram.length() < Netlink.NLMSG_HDRLEN) {
            return false;
        }
        int sequence = u32(datagram, SEQUENCE, order);
        return u16(datagram, TYPE, order) == Netlink.NLMSG_ERROR || (sequence != 0 && requests.containsKey(sequence));
    }

    /**
     * The length of the message at a position of a datagram, by its header.
     *
     * @return −1 if there is no complete message
     */
    static int length(ByteBuffer datagram, int at, int end, ByteOrder order) {
        if (end - at < Netlink.NLMSG_HDRLEN) {
            return -1;
        }
        int length = u32(datagram, at, order == ByteOrder.LITTLE_ENDIAN);
        return length < Netlink.NLMSG_HDRLEN || length > end - at ? -1 : length;
    }

    /**
     * Replaces the sequence numbers and the port id in the answers of a recorded datagram by those of the live requests
     * and socket. Does not change a truncated or malformed message, nor what follows it.
     *
     * @param buffer big-endian, as a buffer is by default
     * @param live the live sequence number of each recorded one
     */
    static void readdress(
            ByteBuffer buffer, int offset, int length, ByteOrder order, Map<Integer, Integer> live, long portId) {
        boolean little = order == ByteOrder.LITTLE_ENDIAN;
        int end = offset + length;
        for (int at = offset; ; ) {
            int size = length(buffer, at, end, order);
            if (size < 0) {
                return;
            }
            int sequence = u32(buffer, at + SEQUENCE, little);
            boolean error = u16(buffer, at + TYPE, little) == Netlink.NLMSG_ERROR;
            boolean many = (u16(buffer, at + FLAGS, little) & Netlink.NLM_F_MULTI) != 0;
            if (sequence != 0 || error || many) {
                Integer now = live.get(sequence);
                if (now != null && (error || buffer.getInt(at + PORT_ID) != 0)) {
                    address(buffer, at, now, (int) portId, little);
                    if (error && size >= ECHOED + Netlink.NLMSG_HDRLEN) {
                        address(buffer, at + ECHOED, now, (int) portId, little);
                    }
                }
            }
            if (size > end - at - Netlink.NLMSG_HDRLEN) {
                return;
            }
            at += Netlink.align(size);
        }
    }

    private static void address(ByteBuffer buffer, int header, int sequence, int portId, boolean little) {
        buffer.putInt(header + SEQUENCE, little ? Integer.reverseBytes(sequence) : sequence);
        buffer.putInt(header + PORT_ID, little ? Integer.reverseBytes(portId) : portId);
    }
}
