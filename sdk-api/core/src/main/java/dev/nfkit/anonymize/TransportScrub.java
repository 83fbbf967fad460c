// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.packet.IcmpType;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.TcpView;
import java.util.Map;

/**
 * Makes the contents of a packet anonymous: ports, numbers and flags stay, data becomes noise. All of a fragment that is not
 * the first and of an unknown protocol becomes noise, and all of a cut header except its first bytes.
 */
final class TransportScrub {
    private static final int TCP_HEADER = 20;
    private static final int UDP_HEADER = 8;
    private static final int ICMP_HEADER = 8;
    /** Ports and a number: what an ICMP error quotes at least. */
    private static final int QUOTED = 8;

    private static final int PORTS = 4;
    /** The bytes 4 to 7 of an ICMP error; some have a number there, the others have no meaning. */
    private static final int UNUSED = 4;

    private static final int ROUTER_ADVERTISEMENT_HEADER = 16;
    private static final int REDIRECT_V6 = 137;
    private static final int SOURCE_LINK = 1;
    private static final int TARGET_LINK = 2;
    private static final int PREFIX = 3;
    private static final int REDIRECTED = 4;
    private static final int MTU = 5;
    /** The options of a fixed length. */
    private static final Map<Integer, Integer> LENGTHS = Map.of(PREFIX, 32, MTU, 8);

    private final Scrub scrub;
    private final PacketScrub packets;
    private final OptionScrub options;

    TransportScrub(Scrub scrub, PacketScrub packets, OptionScrub options) {
        this.scrub = scrub;
        this.packets = packets;
        this.options = options;
    }

    void replace(Region packet, PacketScrub.Found found, boolean summed, int depth) {
        int at = found.at();
        Region whole = packet.part(0, found.end());
        if (found.fragment() && !found.first()) {
            whole.noise(scrub, at);
            return;
        }
        switch (found.protocol()) {
            case IpProtocol.TCP -> tcp(whole, at);
            case IpProtocol.UDP -> whole.noise(scrub, at + UDP_HEADER);
            case IpProtocol.ICMP -> icmp(whole.part(at, found.end() - at), depth);
            case IpProtocol.ICMPV6 -> icmpv6(whole.part(at, found.end() - at), depth);
            case IpProtocol.SCTP -> whole.noise(scrub, at + QUOTED);
            case IpProtocol.DCCP, IpProtocol.UDPLITE -> whole.noise(scrub, at + PORTS);
            case IpProtocol.IPIP, IpProtocol.IPV6 -> packets.replace(whole.part(at, found.end() - at), depth + 1);
            default -> whole.noise(scrub, at);
        }
        int checksumAt = found.checksumAt();
        if (!summed && checksumAt >= 0 && checksumAt + 2 <= whole.length && whole.u16(checksumAt) != 0) {
            whole.noise(scrub, checksumAt, 2);
        }
    }

    private void tcp(Region packet, int at) {
        TcpView tcp = new TcpView();
        if (!tcp.wrap(packet.view(), at)) {
            packet.noise(scrub, at + QUOTED);
        } else if (tcp.payloadOffset() > packet.length) {
            packet.noise(scrub, at + TCP_HEADER);
        } else {
            options.replace(packet, tcp, at);
            packet.noise(scrub, tcp.payloadOffset());
        }
    }

    private void icmp(Region message, int depth) {
        if (message.length < ICMP_HEADER) {
            message.noise(scrub, PORTS);
            return;
        }
        switch (message.u8(0)) {
            case IcmpType.ECHO_REQUEST, IcmpType.ECHO_REPLY -> message.noise(scrub, ICMP_HEADER);
            case IcmpType.REDIRECT -> {
                message.address(scrub, 4, 4);
                quoted(message, ICMP_HEADER, depth);
            }
            // The length of the quoted packet (RFC 4884) stays, and the MTU or the pointer.
            case IcmpType.DESTINATION_UNREACHABLE -> quoted(message, 1, 4, depth);
            case IcmpType.SOURCE_QUENCH -> quoted(message, 0, 0, depth);
            case IcmpType.TIME_EXCEEDED -> quoted(message, 1, 2, depth);
            case IcmpType.PARAMETER_PROBLEM -> quoted(message, 0, 2, depth);
            default -> message.noise(scrub, PORTS);
        }
    }

    /** Replaces the packet in an error. Of the four bytes before it those from one index up to another stay. */
    private void quoted(Region message, int from, int to, int depth) {
        message.zero(UNUSED, from);
        message.zero(UNUSED + to, 4 - to);
        quoted(message, ICMP_HEADER, depth);
    }

    private void quoted(Region message, int at, int depth) {
        packets.replace(message.part(at, message.length - at), depth + 1);
    }

    private void icmpv6(Region message, int depth) {
        if (message.length < ICMP_HEADER) {
            message.noise(scrub, PORTS);
            return;
        }
        switch (message.u8(0)) {
            case IcmpType.V6_ECHO_REQUEST, IcmpType.V6_ECHO_REPLY -> message.noise(scrub, ICMP_HEADER);
            case IcmpType.V6_DESTINATION_UNREACHABLE, IcmpType.V6_TIME_EXCEEDED -> quoted(message, 0, 1, depth);
            case IcmpType.V6_PACKET_TOO_BIG, IcmpType.V6_PARAMETER_PROBLEM -> quoted(message, 0, 4, depth);
            case IcmpType.V6_ROUTER_SOLICITATION -> {
                message.zero(UNUSED, 4);
                neighbour(message, ICMP_HEADER, depth);
            }
            case IcmpType.V6_ROUTER_ADVERTISEMENT -> neighbour(message, ROUTER_ADVERTISEMENT_HEADER, depth);
            case IcmpType.V6_NEIGHBOR_SOLICITATION, IcmpType.V6_NEIGHBOR_ADVERTISEMENT -> {
                // The flags of an advertisement are in the first byte.
                message.zero(UNUSED + 1, 3);
                message.address(scrub, ICMP_HEADER, 16);
                neighbour(message, ICMP_HEADER + 16, depth);
            }
            case REDIRECT_V6 -> {
                message.zero(UNUSED, 4);
                message.address(scrub, ICMP_HEADER, 16);
                message.address(scrub, ICMP_HEADER + 16, 16);
                neighbour(message, ICMP_HEADER + 32, depth);
            }
            default -> message.noise(scrub, PORTS);
        }
    }

    /** The options of neighbour discovery (RFC 4861, 4.6), whose length counts units of 8 bytes. */
    private void neighbour(Region message, int from, int depth) {
        int at = from;
        while (at + 8 <= message.length) {
            int length = message.u8(at + 1) * 8;
            if (length == 0 || at + length > message.length) {
                break;
            }
            Region option = message.part(at, length);
            int kind = message.u8(at);
            switch (length == LENGTHS.getOrDefault(kind, length) ? kind : -1) {
                case SOURCE_LINK, TARGET_LINK -> option.hardware(scrub, 2, length == 8 ? 6 : length - 2);
                case PREFIX -> {
                    option.zero(12, 4);
                    option.address(scrub, 16, 16);
                }
                case REDIRECTED -> {
                    option.zero(2, 6);
                    quoted(option, 8, depth);
                }
                case MTU -> option.zero(2, 2);
                default -> option.noise(scrub, 2);
            }
            at += length;
        }
        message.noise(scrub, at);
    }
}
