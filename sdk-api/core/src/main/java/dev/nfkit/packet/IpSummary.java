// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import java.net.InetAddress;

/**
 * The main fields of a packet that starts with an IP header: addresses, protocol, ports, length. For both versions,
 * distinguished by the version nibble. Fields that are cut off are reported as unknown.
 */
public final class IpSummary {
    private static final int IPV4_SOURCE = 12;
    private static final int IPV4_DESTINATION = 16;
    private static final int IPV6_SOURCE = 8;
    private static final int IPV6_DESTINATION = 24;

    private final Ipv4View ipv4 = new Ipv4View();
    private final Ipv6View ipv6 = new Ipv6View();
    private Bytes bytes = Bytes.of();
    private int start;
    private int version;
    private int protocol;
    private int originalLength;
    private int portsAt;
    private int transportAt;
    private int end;

    /** Makes a summary of nothing; {@link #wrap(Bytes)} aims it. */
    public IpSummary() {}

    /**
     * Aims the summary at a packet.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if they start with neither a whole IPv4 nor a whole IPv6 header (without options or extensions);
     *     the summary then still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     */
    public boolean wrap(Bytes bytes) {
        return wrap(bytes, 0);
    }

    /**
     * Aims the summary at a packet within some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @param offset where the IP header starts, from 0
     * @return false if there is neither a whole IPv4 nor a whole IPv6 header (without options or extensions); the
     *     summary then still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     * @throws IllegalArgumentException if the offset is negative
     */
    public boolean wrap(Bytes bytes, int offset) {
        if (ipv4.wrap(bytes, offset)) {
            version = 4;
            protocol = ipv4.protocol();
            int total = ipv4.totalLength();
            originalLength = total < ipv4.headerLength() ? -1 : total;
            transportAt = ipv4.fragmentOffset() == 0 ? ipv4.payloadOffset() : -1;
        } else if (ipv6.wrap(bytes, offset)) {
            version = 6;
            protocol = ipv6.upperProtocol();
            int payload = ipv6.payloadLength();
            boolean empty = ipv6.nextHeader() == IpProtocol.NO_NEXT_HEADER;
            originalLength = payload == 0 && !empty ? -1 : Ipv6View.LENGTH + payload;
            transportAt = ipv6.transportOffset();
        } else {
            return false;
        }
        this.bytes = bytes;
        this.start = offset;
        end = originalLength < 0 ? bytes.length() : (int) Math.min(bytes.length(), (long) offset + originalLength);
        portsAt = IpProtocol.hasPorts(protocol) && transportAt <= end - 4 ? transportAt : -1;
        return true;
    }

    /**
     * The version of IP.
     *
     * @return 4 or 6; 0 before the first successful wrap
     */
    public int version() {
        return version;
    }

    /**
     * What the packet carries; for IPv6 after the extension headers, as {@link Ipv6View#upperProtocol()}.
     *
     * @return a number of {@link IpProtocol}, 0 to 255
     */
    public int protocol() {
        return protocol;
    }

    /**
     * The source address as text. Allocates.
     *
     * @return such as {@code 10.9.0.1} or {@code fd09::1}
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public String source() {
        StringBuilder text = new StringBuilder(40);
        writeSource(text);
        return text.toString();
    }

    /**
     * The destination address as text. Allocates.
     *
     * @return such as {@code 10.9.0.1} or {@code fd09::1}
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public String destination() {
        StringBuilder text = new StringBuilder(40);
        writeDestination(text);
        return text.toString();
    }

    /**
     * Appends the source address as text. Allocates nothing while the target has capacity.
     *
     * @param target where to
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public void writeSource(StringBuilder target) {
        write(target, IPV4_SOURCE, IPV6_SOURCE);
    }

    /**
     * Appends the destination address as text. Allocates nothing while the target has capacity.
     *
     * @param target where to
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public void writeDestination(StringBuilder target) {
        write(target, IPV4_DESTINATION, IPV6_DESTINATION);
    }

    /**
     * The source address as a value. Allocates.
     *
     * @return an Inet4Address or Inet6Address, by the packet's version
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public InetAddress sourceAddress() {
        return address(IPV4_SOURCE, IPV6_SOURCE);
    }

    /**
     * The destination address as a value. Allocates.
     *
     * @return an Inet4Address or Inet6Address, by the packet's version
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public InetAddress destinationAddress() {
        return address(IPV4_DESTINATION, IPV6_DESTINATION);
    }

    private InetAddress address(int ipv4At, int ipv6At) {
        return AddressText.toInetAddress(bytes, addressAt(ipv4At, ipv6At), version == 4 ? 4 : 16);
    }

    /**
     * Whether the source address is in a prefix. Allocates nothing.
     *
     * @param prefix the prefix
     * @return false if the prefix is of the other version
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public boolean sourceIn(IpPrefix prefix) {
        int at = addressAt(IPV4_SOURCE, IPV6_SOURCE);
        return version == prefix.version() && prefix.contains(bytes, at);
    }

    /**
     * Whether the source address is in one of some prefixes. Allocates nothing.
     *
     * @param prefixes the prefixes
     * @return whether a prefix of the packet's version contains it
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public boolean sourceIn(IpPrefixSet prefixes) {
        return prefixes.contains(bytes, addressAt(IPV4_SOURCE, IPV6_SOURCE), version == 4 ? 4 : 16);
    }

    /**
     * Whether the destination address is in a prefix. Allocates nothing.
     *
     * @param prefix the prefix
     * @return false if the prefix is of the other version
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public boolean destinationIn(IpPrefix prefix) {
        int at = addressAt(IPV4_DESTINATION, IPV6_DESTINATION);
        return version == prefix.version() && prefix.contains(bytes, at);
    }

    /**
     * Whether the destination address is in one of some prefixes. Allocates nothing.
     *
     * @param prefixes the prefixes
     * @return whether a prefix of the packet's version contains it
     * @throws IllegalStateException before the first successful wrap, or if the bytes were released
     */
    public boolean destinationIn(IpPrefixSet prefixes) {
        return prefixes.contains(bytes, addressAt(IPV4_DESTINATION, IPV6_DESTINATION), version == 4 ? 4 : 16);
    }

    private void write(StringBuilder target, int ipv4At, int ipv6At) {
        AddressText.append(bytes, addressAt(ipv4At, ipv6At), version == 4 ? 4 : 16, target);
    }

    private int addressAt(int ipv4At, int ipv6At) {
        return switch (version) {
            case 4 -> start + ipv4At;
            case 6 -> start + ipv6At;
            default -> throw new IllegalStateException("no packet was wrapped yet");
        };
    }

    /**
     * Whether the packet's ports are known: it carries a protocol with ports, is a whole packet or the first fragment,
     * and is not cut before them.
     *
     * @return whether {@link #sourcePort()} and {@link #destinationPort()} are valid
     */
    public boolean hasPorts() {
        return portsAt >= 0 && version != 0;
    }

    /**
     * The source port.
     *
     * @return 0 to 65535
     * @throws IllegalStateException if the ports are not known, or the bytes were released
     */
    public int sourcePort() {
        return bytes.u16(portsIndex());
    }

    /**
     * The destination port.
     *
     * @return 0 to 65535
     * @throws IllegalStateException if the ports are not known, or the bytes were released
     */
    public int destinationPort() {
        return bytes.u16(portsIndex() + 2);
    }

    private int portsIndex() {
        if (!hasPorts()) {
            throw new IllegalStateException("the packet's ports are not known; check hasPorts()");
        }
        return portsAt;
    }

    /**
     * Where the header of {@link #protocol()} starts.
     *
     * @return an offset in the wrapped bytes; −1 if the packet has none, is cut before it, or is a fragment that is
     *     not the first
     */
    public int transportOffset() {
        return version == 0 || transportAt > end ? -1 : transportAt;
    }

    /**
     * Aims a view at the payload of TCP, UDP, ICMP or ICMPv6, as far as it is present, up to the end given by the IP
     * and UDP headers, without a link's padding. A UDP length below 8 is ignored: 0 stands for a jumbogram (RFC 2675).
     * Allocates nothing. The view does not notice when the wrapped bytes are released.
     *
     * @param view the view to aim, possibly at no bytes; unchanged if the result is false
     * @return false if the packet carries something else, its header is cut or contradicts itself, or it is a fragment
     *     that is not the first
     * @throws IllegalStateException if the bytes were released
     */
    public boolean payload(BytesView view) {
        int at = payloadOffset();
        if (at < 0) {
            return false;
        }
        int until = end;
        if (protocol == IpProtocol.UDP) {
            int udpEnd = transportAt + bytes.u16(transportAt + 4);
            until = udpEnd < at ? end : Math.min(end, udpEnd);
        }
        bytes.slice(at, until - at, view);
        return true;
    }

    /**
     * Where the payload of TCP, UDP, ICMP or ICMPv6 starts.
     *
     * @return an offset in the wrapped bytes; −1 where {@link #payload} returns false
     */
    public int payloadOffset() {
        int header = transportOffset();
        int at = header < 0 ? -1 : payloadAt(header);
        return at > end ? -1 : at;
    }

    /** The payload's offset; −1 if there is no payload; beyond the end if the header is cut. */
    private int payloadAt(int header) {
        return switch (protocol) {
            case IpProtocol.TCP -> {
                int length = end - header < TcpView.MIN_LENGTH ? 0 : (bytes.u8(header + 12) >> 4) * 4;
                yield length < TcpView.MIN_LENGTH ? -1 : header + length;
            }
            case IpProtocol.UDP -> header + UdpView.LENGTH;
            case IpProtocol.ICMP, IpProtocol.ICMPV6 -> header + IcmpView.LENGTH;
            default -> -1;
        };
    }

    /**
     * The packet's length before it was cut, according to its header: IPv4's total length, or 40 more than IPv6's
     * payload length.
     *
     * @return bytes; −1 if the header does not give it: a jumbogram, BIG TCP, or a length shorter than the header
     */
    public int originalLength() {
        return originalLength;
    }
}
