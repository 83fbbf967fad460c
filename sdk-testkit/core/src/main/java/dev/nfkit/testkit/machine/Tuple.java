// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.util.Arrays;

/** The addresses and ports of a packet at one moment ({@code struct nf_conntrack_tuple}). */
public final class Tuple {
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int DCCP = 33;
    private static final int SCTP = 132;
    private static final int UDPLITE = 136;

    private final byte[] bytes;
    private final int family;
    private final int transport;
    private final int protocol;
    private final boolean whole;

    /** What the packet has now. Later changes make a copy of its bytes. */
    Tuple(PacketState packet) {
        bytes = packet.share();
        family = packet.family;
        transport = packet.transport;
        protocol = packet.protocol;
        whole = packet.hasTransport();
    }

    /** Its protocol, or −1. */
    public int protocol() {
        return protocol;
    }

    /** Copies an address to a register. */
    public void address(boolean source, Registers16 to, int target) {
        to.store(target, bytes, PacketState.addressOffset(family, source), PacketState.addressLength(family));
    }

    /** An address. */
    public byte[] address(boolean source) {
        int at = PacketState.addressOffset(family, source);
        return Arrays.copyOfRange(bytes, at, at + PacketState.addressLength(family));
    }

    /** A port; −1 if the protocol has none. */
    public int port(boolean source) {
        int at = transport + (source ? 0 : 2);
        return whole && hasPorts(protocol) && at + 2 <= bytes.length
                ? ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff)
                : -1;
    }

    /** Whether it is an ICMP message. */
    public boolean isIcmp() {
        return protocol == ICMP || protocol == 58;
    }

    /** Whether a protocol's header begins with two ports. */
    static boolean hasPorts(int protocol) {
        return protocol == TCP || protocol == UDP || protocol == DCCP || protocol == SCTP || protocol == UDPLITE;
    }
}
