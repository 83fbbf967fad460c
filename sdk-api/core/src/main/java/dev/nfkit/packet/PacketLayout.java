// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.packet.PacketEditException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a whole packet and the parts that checksums cover, as needed for computing and editing. Offsets count
 * from the IP header.
 */
final class PacketLayout {
    private static final int NO = -1;

    private final Ipv4View ipv4 = new Ipv4View();
    private final Ipv6View ipv6 = new Ipv6View();
    private final ExtensionCursor extensions = new ExtensionCursor();
    private final OptionCursor options = new OptionCursor();
    private final TcpView tcp = new TcpView();

    /** The packet from its IP header to the end given by the header, without a link's padding. */
    final BytesView packet = new BytesView();

    /** The array that starts with the packet, if an editor copied it into one: sums over an array are faster. */
    byte @Nullable [] array;

    int version;
    int length;
    int protocol;
    int transportAt;
    /** The end of the checksum's coverage: for UDP given by its own length, and possibly before the packet's end. */
    int transportEnd;
    /** The payload's offset; −1 if it cannot be replaced. */
    int payloadAt;
    /** The checksum's offset; −1 if no supported checksum covers the transport. */
    int checksumAt;
    /** Whether there is a checksum that covers the addresses too. */
    boolean pseudoHeader;
    /** Why data covered by a transport checksum must not be changed; null if it may be. */
    @Nullable
    Reason transportRefusal;

    /**
     * Finds the parts of a packet. Returns null, or why the packet cannot be edited at all; the fields are then
     * undefined.
     */
    @Nullable
    Reason wrap(Bytes bytes) {
        version = bytes.length() == 0 ? 0 : bytes.u8(0) >> 4;
        Reason refusal = switch (version) {
            case 4 -> measureIpv4(bytes);
            case 6 -> measureIpv6(bytes);
            default -> Reason.NOT_IP;
        };
        if (refusal != null) {
            return refusal;
        }
        bytes.slice(0, length, packet);
        array = null;
        transportAt = NO;
        transportEnd = length;
        payloadAt = NO;
        checksumAt = NO;
        pseudoHeader = false;
        transportRefusal = version == 4 ? findIpv4() : findIpv6();
        if (transportRefusal == null) {
            transportRefusal = findTransport();
        }
        return null;
    }

    private @Nullable Reason measureIpv4(Bytes bytes) {
        if (bytes.length() < Ipv4View.MIN_LENGTH) {
            return Reason.CUT;
        }
        if (!ipv4.wrap(bytes)) {
            return Reason.MALFORMED;
        }
        length = ipv4.totalLength();
        if (length == 0) {
            return Reason.TOO_LONG;
        }
        if (length < ipv4.headerLength()) {
            return Reason.MALFORMED;
        }
        return length > bytes.length() ? Reason.CUT : null;
    }

    private @Nullable Reason measureIpv6(Bytes bytes) {
        if (bytes.length() < Ipv6View.LENGTH) {
            return Reason.CUT;
        }
        ipv6.wrap(bytes);
        length = Ipv6View.LENGTH + ipv6.payloadLength();
        if (length == Ipv6View.LENGTH && ipv6.nextHeader() != IpProtocol.NO_NEXT_HEADER) {
            return Reason.TOO_LONG;
        }
        return length > bytes.length() ? Reason.CUT : null;
    }

    private @Nullable Reason findIpv4() {
        ipv4.wrap(packet);
        protocol = ipv4.protocol();
        if (ipv4.moreFragments() || ipv4.fragmentOffset() != 0) {
            return Reason.FRAGMENT;
        }
        transportAt = ipv4.payloadOffset();
        options.wrap(ipv4);
        while (options.next()) {
            int kind = options.kind();
            boolean route = kind == Ipv4Option.LOOSE_SOURCE_ROUTE || kind == Ipv4Option.STRICT_SOURCE_ROUTE;
            // The pointer counts from the option's first byte, from 1; after the option, the route is finished.
            if (route && options.dataLength() > 0 && packet.u8(options.dataOffset()) <= options.length()) {
                return Reason.SOURCE_ROUTE;
            }
        }
        return null;
    }

    private @Nullable Reason findIpv6() {
        ipv6.wrap(packet);
        protocol = ipv6.upperProtocol();
        // A fragment header may also stand in a packet that is whole (an atomic fragment, RFC 6946).
        if (ipv6.moreFragments() || ipv6.fragmentOffset() != 0) {
            return Reason.FRAGMENT;
        }
        Reason refusal = null;
        extensions.wrap(ipv6);
        while (refusal == null && extensions.next()) {
            refusal = refusalOfExtension();
        }
        if (refusal == null && extensions.incomplete()) {
            return Reason.MALFORMED;
        }
        transportAt = ipv6.transportOffset();
        return refusal;
    }

    private @Nullable Reason refusalOfExtension() {
        return switch (extensions.type()) {
            case IpProtocol.HOP_BY_HOP, IpProtocol.FRAGMENT -> null;
            case IpProtocol.DESTINATION_OPTIONS ->
                options.wrap(extensions).find(Ipv6Option.HOME_ADDRESS) ? Reason.SOURCE_ROUTE : null;
            case IpProtocol.ROUTING -> extensions.segmentsLeft() > 0 ? Reason.SOURCE_ROUTE : null;
            case IpProtocol.AH -> Reason.AUTHENTICATED;
            default -> Reason.UNKNOWN_TRANSPORT;
        };
    }

    private @Nullable Reason findTransport() {
        return switch (protocol) {
            case IpProtocol.TCP -> findTcp();
            case IpProtocol.UDP -> findUdp();
            case IpProtocol.ICMP -> version == 4 ? findIcmp() : Reason.UNKNOWN_TRANSPORT;
            case IpProtocol.ICMPV6 -> version == 6 ? findIcmp() : Reason.UNKNOWN_TRANSPORT;
            // Their checksums, if any, do not cover the addresses.
            case IpProtocol.SCTP, IpProtocol.GRE, IpProtocol.IPIP, IpProtocol.IPV6, IpProtocol.NO_NEXT_HEADER -> null;
            case IpProtocol.AH -> Reason.AUTHENTICATED;
            case IpProtocol.ESP -> Reason.ENCRYPTED;
            default -> Reason.UNKNOWN_TRANSPORT;
        };
    }

    private @Nullable Reason findTcp() {
        if (!tcp.wrap(packet, transportAt) || tcp.payloadOffset() > length) {
            return Reason.MALFORMED;
        }
        options.wrap(tcp);
        while (options.next()) {
            if (options.kind() == TcpOption.MD5_SIGNATURE || options.kind() == TcpOption.AUTHENTICATION) {
                return Reason.AUTHENTICATED;
            }
        }
        payloadAt = tcp.payloadOffset();
        checksumAt = transportAt + 16;
        pseudoHeader = true;
        return null;
    }

    private @Nullable Reason findUdp() {
        if (length - transportAt < UdpView.LENGTH) {
            return Reason.MALFORMED;
        }
        int udpLength = packet.u16(transportAt + 4);
        if (udpLength < UdpView.LENGTH || udpLength > length - transportAt) {
            return Reason.MALFORMED;
        }
        transportEnd = transportAt + udpLength;
        payloadAt = transportAt + UdpView.LENGTH;
        checksumAt = transportAt + 6;
        pseudoHeader = true;
        return null;
    }

    private @Nullable Reason findIcmp() {
        if (length - transportAt < IcmpView.LENGTH) {
            return Reason.MALFORMED;
        }
        boolean echo = IcmpType.isEcho(version, packet.u8(transportAt));
        payloadAt = echo ? transportAt + IcmpView.LENGTH : NO;
        checksumAt = transportAt + 2;
        pseudoHeader = version == 6;
        return null;
    }

    /** Whether the packet is UDP that was sent without a checksum. */
    boolean unsummed() {
        return protocol == IpProtocol.UDP && checksumAt >= 0 && packet.u16(checksumAt) == 0;
    }

    /** Whether the transport checksum holds the pseudo header's sum alone; not asked for a packet without a checksum. */
    boolean holdsPseudoHeaderOnly() {
        // 0 and 65535 are the same number here.
        return pseudoHeader && packet.u16(checksumAt) % 0xffff == InternetChecksum.fold(pseudoHeaderSum()) % 0xffff;
    }

    private long pseudoHeaderSum() {
        int covered = transportEnd - transportAt;
        return version == 4
                ? InternetChecksum.pseudoHeader((int) packet.u32(12), (int) packet.u32(16), protocol, covered)
                : InternetChecksum.pseudoHeader(packet, 8, protocol, covered);
    }

    /** The checksum of the transport, computed from all data that it covers; only if there is one. */
    int transportChecksum() {
        int after = checksumAt + 2;
        long sum = sum(transportAt, checksumAt - transportAt) + sum(after, transportEnd - after);
        return asSent(InternetChecksum.finish(pseudoHeader ? sum + pseudoHeaderSum() : sum));
    }

    /** The sum of a part of the packet. */
    long sum(int at, int count) {
        return array == null ? InternetChecksum.sum(packet, at, count) : InternetChecksum.sum(array, at, count);
    }

    /** UDP's 0 means that there is no checksum, so that a computed 0 is sent as its equal, 65535 (RFC 768). */
    int asSent(int checksum) {
        return checksum == 0 && protocol == IpProtocol.UDP ? 0xffff : checksum;
    }

    /** The checksum of an IPv4 header, computed from all of it. */
    static int headerChecksum(Bytes packet) {
        int headerLength = (packet.u8(0) & 0xf) * 4;
        return InternetChecksum.finish(
                InternetChecksum.sum(packet, 0, 10) + InternetChecksum.sum(packet, 12, headerLength - 12));
    }
}
