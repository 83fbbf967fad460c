// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The form of a logged packet in link type 239 (LINKTYPE_NFLOG): the body of a message of NFLOG, which is {@code struct
 * nfgenmsg} and attributes, without the header {@code nlmsghdr}. Makes the datagram that the kernel sent for it, with
 * that one message, in a buffer that is used again. One thread at a time.
 */
final class LoggedRecord {
    /** {@code NFULNL_MSG_PACKET} of {@code linux/netfilter/nfnetlink_log.h}. */
    static final int PACKET = Netlink.NFNL_SUBSYS_ULOG << 8;

    private static final int NLMSG_TYPE = 4;

    private ByteBuffer buffer = ByteBuffer.allocate(2048);

    /**
     * Makes the datagram of a record. It has no sequence number and no port id, as what the kernel sends unasked.
     *
     * @param record the record
     * @param order the byte order of the header
     * @param datagram shows the datagram until the next call
     */
    void datagram(Bytes record, ByteOrder order, BytesView datagram) {
        int length = Netlink.NLMSG_HDRLEN + record.length();
        if (buffer.capacity() < length) {
            buffer = ByteBuffer.allocate(Math.max(length, 2 * buffer.capacity()));
        }
        boolean same = buffer.order() == order; // views need a big-endian buffer
        buffer.putInt(0, same ? length : Integer.reverseBytes(length));
        buffer.putShort(NLMSG_TYPE, same ? (short) PACKET : Short.reverseBytes((short) PACKET));
        if (record.length() > 0) {
            record.copyTo(0, buffer, Netlink.NLMSG_HDRLEN, record.length());
        }
        datagram.wrap(buffer, 0, length);
    }

    /** Whether a datagram can be written as a record: it begins with a message of NFLOG. */
    static boolean fits(ByteBuffer datagram, ByteOrder order) {
        if (datagram.capacity() < Netlink.NLMSG_HDRLEN) {
            return false;
        }
        short type = datagram.getShort(NLMSG_TYPE);
        return (datagram.order() == order ? type : Short.reverseBytes(type)) == PACKET;
    }
}
