package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;

/** Finds the byte order of netlink headers: that of the file, unless the first message's length denies it. */
final class HeaderOrder {
    private HeaderOrder() {}

    static ByteOrder of(Bytes datagram, boolean truncated, ByteOrder file) {
        ByteOrder other = file == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        return !plausible(datagram, truncated, file) && plausible(datagram, truncated, other) ? other : file;
    }

    private static boolean plausible(Bytes datagram, boolean truncated, ByteOrder order) {
        long length = u32(datagram, 0, order);
        return length >= Netlink.NLMSG_HDRLEN && (truncated || length <= datagram.length());
    }

    /** Whether the first message is a request. */
    static boolean request(Bytes datagram, ByteOrder order) {
        if (datagram.length() < Netlink.NLMSG_HDRLEN) {
            return false;
        }
        int word = datagram.u16(6);
        int flags = order == ByteOrder.BIG_ENDIAN ? word : Short.reverseBytes((short) word);
        return (flags & Netlink.NLM_F_REQUEST) != 0;
    }

    private static long u32(Bytes datagram, int at, ByteOrder order) {
        int word = (int) datagram.u32(at);
        return (order == ByteOrder.BIG_ENDIAN ? word : Integer.reverseBytes(word)) & 0xffff_ffffL;
    }
}
