// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.conntrack.codec.TupleReader;
import dev.nfkit.conntrack.codec.TupleWriter;
import dev.nfkit.packet.AddressText;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.wire.MessageWriter;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection: addresses, the protocol above IP, and its ports or, for ICMP, its id, type and code.
 * Each of a connection's two tuples identifies it in the kernel. An immutable value, suitable as a key.
 *
 * <p>Follows {@code ctnetlink_parse_tuple} in {@code nf_conntrack_netlink.c}.
 */
public final class ConntrackTuple {
    private static final int ABSENT = TupleReader.ABSENT;
    private static final int IPV6_LEN = 16;

    private final AddressFamily family;
    private final boolean hasSource;
    private final boolean hasDestination;
    private final long sourceHigh;
    private final long sourceLow;
    private final long destinationHigh;
    private final long destinationLow;
    private final int protocol;
    private final int sourcePort;
    private final int destinationPort;
    private final int icmpId;
    private final int icmpType;
    private final int icmpCode;
    private final int zone;

    /** The tuple that was read; the same object until the next read. */
    static ConntrackTuple of(TupleReader read) {
        if (read.made instanceof ConntrackTuple known) {
            return known;
        }
        ConntrackTuple tuple = new ConntrackTuple(read);
        read.made = tuple;
        return tuple;
    }

    private ConntrackTuple(TupleReader read) {
        family = read.family;
        hasSource = read.hasSource;
        hasDestination = read.hasDestination;
        sourceHigh = read.sourceHigh;
        sourceLow = read.sourceLow;
        destinationHigh = read.destinationHigh;
        destinationLow = read.destinationLow;
        protocol = read.protocol;
        sourcePort = read.sourcePort;
        destinationPort = read.destinationPort;
        icmpId = read.icmpId;
        icmpType = read.icmpType;
        icmpCode = read.icmpCode;
        zone = read.zone;
    }

    /**
     * A tuple of a protocol without ports, such as GRE without a key or IGMP.
     *
     * @param protocol the protocol above IP, 0 to 255; see {@link IpProtocol}
     * @param source the source address
     * @param destination the destination address, of the same family
     * @return the tuple
     * @throws IllegalArgumentException if the protocol is out of range or the families differ
     */
    public static ConntrackTuple of(int protocol, InetAddress source, InetAddress destination) {
        return new ConntrackTuple(addressed(protocol, source, destination));
    }

    /**
     * A tuple of a protocol with ports.
     *
     * @param protocol the protocol above IP, 0 to 255; see {@link IpProtocol}
     * @param source the source address
     * @param sourcePort 0 to 65535
     * @param destination the destination address, of the same family
     * @param destinationPort 0 to 65535
     * @return the tuple
     * @throws IllegalArgumentException if a number is out of range or the families differ
     */
    public static ConntrackTuple of(
            int protocol, InetAddress source, int sourcePort, InetAddress destination, int destinationPort) {
        TupleReader fields = addressed(protocol, source, destination);
        fields.sourcePort = Ranges.upTo(0xffff, "sourcePort", sourcePort);
        fields.destinationPort = Ranges.upTo(0xffff, "destinationPort", destinationPort);
        return new ConntrackTuple(fields);
    }

    /**
     * A tuple of TCP.
     *
     * @param source the source address
     * @param sourcePort 0 to 65535
     * @param destination the destination address, of the same family
     * @param destinationPort 0 to 65535
     * @return the tuple
     * @throws IllegalArgumentException if a port is out of range or the families differ
     */
    public static ConntrackTuple tcp(InetAddress source, int sourcePort, InetAddress destination, int destinationPort) {
        return of(IpProtocol.TCP, source, sourcePort, destination, destinationPort);
    }

    /**
     * A tuple of UDP.
     *
     * @param source the source address
     * @param sourcePort 0 to 65535
     * @param destination the destination address, of the same family
     * @param destinationPort 0 to 65535
     * @return the tuple
     * @throws IllegalArgumentException if a port is out of range or the families differ
     */
    public static ConntrackTuple udp(InetAddress source, int sourcePort, InetAddress destination, int destinationPort) {
        return of(IpProtocol.UDP, source, sourcePort, destination, destinationPort);
    }

    /**
     * A tuple of ICMP or ICMPv6, depending on the addresses. The kernel tracks queries, such as an echo request, type 8
     * or 128.
     *
     * @param source the source address
     * @param destination the destination address, of the same family
     * @param id the identifier, 0 to 65535
     * @param type 0 to 255
     * @param code 0 to 255
     * @return the tuple
     * @throws IllegalArgumentException if a number is out of range or the families differ
     */
    public static ConntrackTuple icmp(InetAddress source, InetAddress destination, int id, int type, int code) {
        int protocol = source instanceof Inet6Address ? IpProtocol.ICMPV6 : IpProtocol.ICMP;
        TupleReader fields = addressed(protocol, source, destination);
        fields.icmpId = Ranges.upTo(0xffff, "icmp id", id);
        fields.icmpType = Ranges.upTo(0xff, "icmp type", type);
        fields.icmpCode = Ranges.upTo(0xff, "icmp code", code);
        return new ConntrackTuple(fields);
    }

    /**
     * The tuple of a packet: its source and destination, with ports if it has them. For a packet of ICMP it has neither
     * id nor type.
     *
     * @param packet the packet's header
     * @return the tuple
     */
    public static ConntrackTuple of(IpSummary packet) {
        return packet.hasPorts()
                ? of(
                        packet.protocol(),
                        packet.sourceAddress(),
                        packet.sourcePort(),
                        packet.destinationAddress(),
                        packet.destinationPort())
                : of(packet.protocol(), packet.sourceAddress(), packet.destinationAddress());
    }

    private static TupleReader addressed(int protocol, InetAddress source, InetAddress destination) {
        boolean six = source instanceof Inet6Address;
        if (six != (destination instanceof Inet6Address)) {
            throw new IllegalArgumentException("source " + source.getHostAddress() + " and destination "
                    + destination.getHostAddress() + " are of two families");
        }
        TupleReader fields = TupleReader.blank();
        fields.protocol = Ranges.upTo(0xff, "protocol", protocol);
        fields.family = six ? AddressFamily.IPV6 : AddressFamily.IPV4;
        Bytes from = Bytes.of(source.getAddress());
        Bytes to = Bytes.of(destination.getAddress());
        fields.hasSource = true;
        fields.hasDestination = true;
        fields.sourceHigh = six ? from.u64(0) : 0;
        fields.sourceLow = six ? from.u64(Long.BYTES) : from.u32(0);
        fields.destinationHigh = six ? to.u64(0) : 0;
        fields.destinationLow = six ? to.u64(Long.BYTES) : to.u32(0);
        return fields;
    }

    /** The members, for one that is made of them, or for encoders. */
    TupleReader fields() {
        TupleReader fields = TupleReader.blank();
        fields.family = family;
        fields.hasSource = hasSource;
        fields.hasDestination = hasDestination;
        fields.sourceHigh = sourceHigh;
        fields.sourceLow = sourceLow;
        fields.destinationHigh = destinationHigh;
        fields.destinationLow = destinationLow;
        fields.protocol = protocol;
        fields.sourcePort = sourcePort;
        fields.destinationPort = destinationPort;
        fields.icmpId = icmpId;
        fields.icmpType = icmpType;
        fields.icmpCode = icmpCode;
        fields.zone = zone;
        return fields;
    }

    /**
     * The same tuple in a zone that applies to its direction only ({@code CTA_TUPLE_ZONE}). A zone of both directions
     * belongs to the connection.
     *
     * @param zone 0 to 65535
     * @return a new tuple
     * @throws IllegalArgumentException if it is out of range
     */
    public ConntrackTuple inZone(int zone) {
        TupleReader fields = fields();
        fields.zone = Ranges.upTo(0xffff, "zone", zone);
        return new ConntrackTuple(fields);
    }

    /**
     * The tuple of the reply direction without translation: source and destination are exchanged, and the type of an
     * ICMP query becomes that of its reply. A zone of this direction only does not apply to the other.
     *
     * @return a new tuple
     * @throws IllegalArgumentException if it has an ICMP type without a reply
     */
    public ConntrackTuple inverted() {
        TupleReader fields = fields();
        fields.hasSource = hasDestination;
        fields.hasDestination = hasSource;
        fields.sourceHigh = destinationHigh;
        fields.sourceLow = destinationLow;
        fields.destinationHigh = sourceHigh;
        fields.destinationLow = sourceLow;
        fields.sourcePort = destinationPort;
        fields.destinationPort = sourcePort;
        fields.zone = ABSENT;
        if (icmpType != ABSENT) {
            fields.icmpType = IcmpReplies.of(protocol, icmpType);
        }
        return new ConntrackTuple(fields);
    }

    /**
     * The family of the addresses.
     *
     * @return IPv4, IPv6, or unspecified if the tuple has no address
     */
    public AddressFamily family() {
        return family;
    }

    /**
     * Whether the tuple contains the protocol above IP.
     *
     * @return whether {@link #protocol} is present
     */
    public boolean hasProtocol() {
        return protocol != ABSENT;
    }

    /**
     * The protocol above IP.
     *
     * @return 0 to 255; see {@link IpProtocol}
     * @throws NoSuchElementException if the kernel did not send it
     */
    public int protocol() {
        return require("CTA_PROTO_NUM", protocol);
    }

    /**
     * The source address.
     *
     * @return the address
     * @throws NoSuchElementException if the kernel did not send it
     */
    public InetAddress source() {
        require("the source address", hasSource ? 0 : ABSENT);
        return address(sourceHigh, sourceLow);
    }

    /**
     * The destination address.
     *
     * @return the address
     * @throws NoSuchElementException if the kernel did not send it
     */
    public InetAddress destination() {
        require("the destination address", hasDestination ? 0 : ABSENT);
        return address(destinationHigh, destinationLow);
    }

    /**
     * Whether the protocol has ports. For GRE they are keys.
     *
     * @return whether both are present
     */
    public boolean hasPorts() {
        return sourcePort != ABSENT && destinationPort != ABSENT;
    }

    /**
     * The source port.
     *
     * @return 0 to 65535
     * @throws NoSuchElementException if the protocol has none
     */
    public int sourcePort() {
        return require("CTA_PROTO_SRC_PORT", sourcePort);
    }

    /**
     * The destination port.
     *
     * @return 0 to 65535
     * @throws NoSuchElementException if the protocol has none
     */
    public int destinationPort() {
        return require("CTA_PROTO_DST_PORT", destinationPort);
    }

    /**
     * Whether the protocol is ICMP or ICMPv6.
     *
     * @return whether id, type and code are present
     */
    public boolean hasIcmp() {
        return icmpId != ABSENT && icmpType != ABSENT && icmpCode != ABSENT;
    }

    /**
     * The ICMP identifier.
     *
     * @return 0 to 65535
     * @throws NoSuchElementException if the protocol is another
     */
    public int icmpId() {
        return require("CTA_PROTO_ICMP_ID", icmpId);
    }

    /**
     * The ICMP type.
     *
     * @return 0 to 255
     * @throws NoSuchElementException if the protocol is another
     */
    public int icmpType() {
        return require("CTA_PROTO_ICMP_TYPE", icmpType);
    }

    /**
     * The ICMP code.
     *
     * @return 0 to 255
     * @throws NoSuchElementException if the protocol is another
     */
    public int icmpCode() {
        return require("CTA_PROTO_ICMP_CODE", icmpCode);
    }

    /**
     * The zone, if it applies to this direction only.
     *
     * @return 0 to 65535, or empty
     */
    public OptionalInt zone() {
        return zone == ABSENT ? OptionalInt.empty() : OptionalInt.of(zone);
    }

    /**
     * Appends the source address as text.
     *
     * @param target the target; nothing is appended if the tuple has none
     */
    public void appendSource(StringBuilder target) {
        if (hasSource) {
            append(sourceHigh, sourceLow, target);
        }
    }

    /**
     * Appends the destination address as text.
     *
     * @param target the target; nothing is appended if the tuple has none
     */
    public void appendDestination(StringBuilder target) {
        if (hasDestination) {
            append(destinationHigh, destinationLow, target);
        }
    }

    /**
     * Whether the tuple contains both addresses.
     *
     * @return whether {@link #source} and {@link #destination} are present
     */
    public boolean hasAddresses() {
        return hasSource && hasDestination;
    }

    /**
     * Writes the source address, as a packet has it: 4 bytes for IPv4, 16 for IPv6.
     *
     * @param target the target, big-endian, at the position to write to; it is after the address on return
     * @throws NoSuchElementException if the kernel did not send it
     * @throws java.nio.BufferOverflowException if it does not fit
     */
    public void putSource(ByteBuffer target) {
        require("the source address", hasSource ? 0 : ABSENT);
        put(sourceHigh, sourceLow, target);
    }

    /**
     * Writes the destination address, as a packet has it: 4 bytes for IPv4, 16 for IPv6.
     *
     * @param target the target, big-endian, at the position to write to; it is after the address on return
     * @throws NoSuchElementException if the kernel did not send it
     * @throws java.nio.BufferOverflowException if it does not fit
     */
    public void putDestination(ByteBuffer target) {
        require("the destination address", hasDestination ? 0 : ABSENT);
        put(destinationHigh, destinationLow, target);
    }

    private void put(long high, long low, ByteBuffer target) {
        if (six()) {
            target.putLong(high).putLong(low);
        } else {
            target.putInt((int) low);
        }
    }

    private void append(long high, long low, StringBuilder target) {
        if (six()) {
            AddressText.appendIpv6(high, low, target);
        } else {
            AddressText.appendIpv4((int) low, target);
        }
    }

    private InetAddress address(long high, long low) {
        return AddressText.toInetAddress(
                Bytes.of(TupleWriter.address(six(), high, low)), 0, six() ? IPV6_LEN : Integer.BYTES);
    }

    private boolean six() {
        return family.equals(AddressFamily.IPV6);
    }

    private static int require(String name, int value) {
        if (value == ABSENT) {
            throw new NoSuchElementException(name + " is absent from this tuple");
        }
        return value;
    }

    /**
     * Writes the tuple as a nested attribute.
     *
     * @param writer the target; a message or nest must have been begun
     * @param type the attribute's type, such as {@code CTA_TUPLE_ORIG}
     */
    public void writeTo(MessageWriter writer, int type) {
        TupleWriter.write(writer, type, fields());
    }

    /**
     * Whether another object is the same tuple.
     *
     * @param other what to compare with
     * @return whether all members are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConntrackTuple tuple
                && sourceLow == tuple.sourceLow
                && destinationLow == tuple.destinationLow
                && sourcePort == tuple.sourcePort
                && destinationPort == tuple.destinationPort
                && protocol == tuple.protocol
                && sourceHigh == tuple.sourceHigh
                && destinationHigh == tuple.destinationHigh
                && icmpId == tuple.icmpId
                && icmpType == tuple.icmpType
                && icmpCode == tuple.icmpCode
                && zone == tuple.zone
                && hasSource == tuple.hasSource
                && hasDestination == tuple.hasDestination
                && family.equals(tuple.family);
    }

    /**
     * A hash of all members.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        long hash = sourceHigh * 31 + sourceLow;
        hash = hash * 31 + destinationHigh;
        hash = hash * 31 + destinationLow;
        hash = hash * 31 + (((long) sourcePort << 16) ^ destinationPort);
        hash = hash * 31 + (((long) icmpId << 16) ^ ((long) icmpType << 8) ^ icmpCode);
        hash = hash * 31 + (((long) zone << 8) ^ protocol);
        return Objects.hash(hash, family);
    }

    /**
     * A description of the tuple.
     *
     * @return text such as {@code tcp src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=443}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(96);
        if (protocol != ABSENT) {
            text.append(IpProtocol.name(protocol)).append(' ');
        }
        text.append("src=");
        appendSource(text);
        text.append(" dst=");
        appendDestination(text);
        if (hasPorts()) {
            text.append(" sport=").append(sourcePort).append(" dport=").append(destinationPort);
        }
        if (hasIcmp()) {
            text.append(" type=")
                    .append(icmpType)
                    .append(" code=")
                    .append(icmpCode)
                    .append(" id=")
                    .append(icmpId);
        }
        if (zone != ABSENT) {
            text.append(" zone=").append(zone);
        }
        return text.toString();
    }
}
