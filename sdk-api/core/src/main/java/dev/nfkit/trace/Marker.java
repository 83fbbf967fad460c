// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The form of an entry without a datagram in a recording: a lone netlink header without a direction, of type
 * NLMSG_OVERRUN for an overrun and NLMSG_NOOP for a note, so that every tool can show it. The kernel sends neither.
 */
final class Marker {
    private Marker() {}

    /** The text of an overrun. */
    static String overrun(long drops) {
        return drops < 0 ? "overrun" : "overrun, " + drops + " datagrams lost so far";
    }

    static ByteBuffer of(TraceKind kind, ByteOrder order) {
        ByteBuffer header = ByteBuffer.allocate(Netlink.NLMSG_HDRLEN).order(order);
        header.putInt(0, Netlink.NLMSG_HDRLEN);
        header.putShort(4, (short) (kind == TraceKind.OVERRUN ? Netlink.NLMSG_OVERRUN : Netlink.NLMSG_NOOP));
        return header;
    }

    static boolean matches(Bytes datagram, TraceKind kind, ByteOrder order) {
        // Checked before a buffer is made of it: almost no datagram is a marker.
        return datagram.length() == Netlink.NLMSG_HDRLEN
                && datagram.toByteBuffer().equals(of(kind, order));
    }
}
