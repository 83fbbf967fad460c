// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;

/**
 * Finds the byte order of netlink headers: that of the file, unless the length of the first message, or of a logged
 * packet's first attribute, contradicts it.
 */
final class HeaderOrder {
    private HeaderOrder() {}

    static ByteOrder of(Bytes datagram, boolean truncated, ByteOrder file) {
        ByteOrder other = file == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        return !plausible(datagram, truncated, file) && plausible(datagram, truncated, other) ? other : file;
    }

    /** The byte order of the attributes in a record of link type NFLOG. */
    static ByteOrder ofAttributes(Bytes record, boolean truncated, ByteOrder file) {
        ByteOrder other = file == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        boolean swapped = !plausibleAttribute(record, truncated, file) && plausibleAttribute(record, truncated, other);
        return swapped ? other : file;
    }

    private static boolean plausibleAttribute(Bytes record, boolean truncated, ByteOrder order) {
        int left = record.length() - Netlink.NFGENMSG_LEN;
        if (left < Netlink.NLA_HDRLEN) {
            return false;
        }
        int length = u16(record, Netlink.NFGENMSG_LEN, order);
        return length >= Netlink.NLA_HDRLEN && (truncated || length <= left);
    }

    private static boolean plausible(Bytes datagram, boolean truncated, ByteOrder order) {
        long length = u32(datagram, 0, order);
        return length >= Netlink.NLMSG_HDRLEN && (truncated || length <= datagram.length());
    }

    /**
     * Whether the first message is a request. Requests have NLM_F_REQUEST, or the kernel ignores them ({@code
     * netlink_rcv_skb}). The kernel's acknowledgements and ends of dumps never have it, whatever the flags of the
     * request that they echo.
     */
    static boolean request(Bytes datagram, ByteOrder order) {
        return datagram.length() >= Netlink.NLMSG_HDRLEN
                && u16(datagram, 4, order) >= Netlink.NLMSG_MIN_TYPE
                && (u16(datagram, 6, order) & Netlink.NLM_F_REQUEST) != 0;
    }

    private static int u16(Bytes datagram, int at, ByteOrder order) {
        int word = datagram.u16(at);
        return order == ByteOrder.BIG_ENDIAN ? word : Short.reverseBytes((short) word) & 0xffff;
    }

    private static long u32(Bytes datagram, int at, ByteOrder order) {
        int word = (int) datagram.u32(at);
        return (order == ByteOrder.BIG_ENDIAN ? word : Integer.reverseBytes(word)) & 0xffff_ffffL;
    }
}
