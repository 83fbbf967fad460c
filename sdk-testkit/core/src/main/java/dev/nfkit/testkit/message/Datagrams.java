// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Datagrams as bytes, with arbitrary contents. */
public final class Datagrams {
    private Datagrams() {}

    /** The contents of a writer as one datagram. */
    public static byte[] bytes(MessageWriter writer) {
        ByteBuffer datagram = writer.datagram();
        byte[] bytes = new byte[datagram.remaining()];
        datagram.get(bytes);
        return bytes;
    }

    /**
     * Removes the padding of the last attribute of a datagram, and corrects the lengths.
     *
     * @param datagram a datagram of one nfnetlink message, padded
     * @param order the byte order of its headers
     * @return its bytes without up to three bytes of padding; unchanged if there is none
     */
    public static byte[] withoutTailPadding(byte[] datagram, ByteOrder order) {
        ByteBuffer buffer = ByteBuffer.wrap(datagram.clone()).order(order);
        int at = Netlink.NLMSG_HDRLEN + Netlink.NFGENMSG_LEN;
        int end = at;
        while (at + Netlink.NLA_HDRLEN <= datagram.length) {
            end = at + (buffer.getShort(at) & 0xffff);
            at += Netlink.align(buffer.getShort(at) & 0xffff);
        }
        buffer.putInt(0, end);
        return Arrays.copyOf(buffer.array(), end);
    }
}
