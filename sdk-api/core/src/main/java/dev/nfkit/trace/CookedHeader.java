// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The 16 bytes before each datagram in link type 253 (LINKTYPE_NETLINK), big-endian: the packet's type (nlmon marks all
 * as outgoing, see {@code drivers/net/nlmon.c}), the hardware type, ten bytes of zero, and the netlink protocol.
 */
final class CookedHeader {
    static final int LENGTH = 16;

    private static final int PACKET_OUTGOING = 4;
    private static final int ARPHRD_NETLINK = 824;

    private CookedHeader() {}

    static int checkProtocol(int protocol) {
        if (protocol < 0 || protocol > 0xffff) {
            throw new IllegalArgumentException("netlink protocol " + protocol + " is out of 0 to 65535");
        }
        return protocol;
    }

    /** Writes the header at the start of a big-endian buffer. */
    static void put(ByteBuffer target, int protocol) {
        target.putShort(0, (short) PACKET_OUTGOING);
        target.putShort(2, (short) ARPHRD_NETLINK);
        target.putLong(4, 0);
        target.putShort(12, (short) 0);
        target.putShort(14, (short) protocol);
    }

    /** The error of a header; null if it is valid. */
    static @Nullable String fault(Bytes packet) {
        if (packet.length() < LENGTH) {
            return packet.length() + " bytes";
        }
        int hardware = packet.u16(2);
        return hardware == ARPHRD_NETLINK ? null : "hardware type " + hardware;
    }

    static int protocol(Bytes packet) {
        return packet.u16(14);
    }
}
