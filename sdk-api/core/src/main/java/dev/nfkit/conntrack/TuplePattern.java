package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackAttribute.Ip;
import dev.nfkit.conntrack.ConntrackAttribute.Proto;
import dev.nfkit.conntrack.ConntrackAttribute.Tuple;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.wire.MessageWriter;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Selects tuples: a tuple matches if all conditions that are set are met. An immutable value; each method returns a new
 * one.
 *
 * <pre>{@code
 * TuplePattern.any().protocol(IpProtocol.TCP).destinationPort(443)
 * }</pre>
 */
public final class TuplePattern {
    private static final int UNSET = -1;
    private static final TuplePattern ANY = new TuplePattern();

    @Nullable
    MaskedAddress source;

    @Nullable
    MaskedAddress destination;

    int protocol = UNSET;
    int sourcePort = UNSET;
    int destinationPort = UNSET;
    int icmpType = UNSET;
    int icmpCode = UNSET;
    int icmpId = UNSET;
    private int zone = UNSET;

    private TuplePattern() {}

    private TuplePattern(TuplePattern other) {
        source = other.source;
        destination = other.destination;
        protocol = other.protocol;
        sourcePort = other.sourcePort;
        destinationPort = other.destinationPort;
        icmpType = other.icmpType;
        icmpCode = other.icmpCode;
        icmpId = other.icmpId;
        zone = other.zone;
    }

    /**
     * All tuples.
     *
     * @return a pattern without conditions, to start from
     */
    public static TuplePattern any() {
        return ANY;
    }

    /**
     * Matches exactly one tuple.
     *
     * @param tuple the tuple
     * @return a pattern that requires all values of the tuple
     */
    public static TuplePattern of(ConntrackTuple tuple) {
        TuplePattern pattern = new TuplePattern();
        pattern.source = tuple.hasSource ? MaskedAddress.of(tuple.source()) : null;
        pattern.destination = tuple.hasDestination ? MaskedAddress.of(tuple.destination()) : null;
        pattern.protocol = tuple.protocol;
        pattern.sourcePort = tuple.sourcePort;
        pattern.destinationPort = tuple.destinationPort;
        pattern.icmpType = tuple.icmpType;
        pattern.icmpCode = tuple.icmpCode;
        pattern.icmpId = tuple.icmpId;
        pattern.zone = tuple.zone;
        return pattern;
    }

    /**
     * Requires a source address.
     *
     * @param address the address
     * @return a new pattern
     */
    public TuplePattern source(InetAddress address) {
        return source(MaskedAddress.of(address));
    }

    /**
     * Requires a prefix of the source address.
     *
     * @param address the network's address; its bits after the prefix are ignored
     * @param prefixLength the number of bits to compare, 0 to 32, or 128 for IPv6
     * @return a new pattern
     * @throws IllegalArgumentException if the length is out of range
     */
    public TuplePattern source(InetAddress address, int prefixLength) {
        return source(MaskedAddress.of(address, prefixLength));
    }

    /**
     * Requires bits of the source address.
     *
     * @param address the address; its bits outside of the mask are ignored
     * @param mask the bits to compare, an address of the same family
     * @return a new pattern
     * @throws IllegalArgumentException if the families differ
     */
    public TuplePattern source(InetAddress address, InetAddress mask) {
        return source(MaskedAddress.of(address, mask));
    }

    private TuplePattern source(MaskedAddress address) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.source = address;
        return pattern;
    }

    /**
     * Requires a destination address.
     *
     * @param address the address
     * @return a new pattern
     */
    public TuplePattern destination(InetAddress address) {
        return destination(MaskedAddress.of(address));
    }

    /**
     * Requires a prefix of the destination address.
     *
     * @param address the network's address; its bits after the prefix are ignored
     * @param prefixLength the number of bits to compare, 0 to 32, or 128 for IPv6
     * @return a new pattern
     * @throws IllegalArgumentException if the length is out of range
     */
    public TuplePattern destination(InetAddress address, int prefixLength) {
        return destination(MaskedAddress.of(address, prefixLength));
    }

    /**
     * Requires bits of the destination address.
     *
     * @param address the address; its bits outside of the mask are ignored
     * @param mask the bits to compare, an address of the same family
     * @return a new pattern
     * @throws IllegalArgumentException if the families differ
     */
    public TuplePattern destination(InetAddress address, InetAddress mask) {
        return destination(MaskedAddress.of(address, mask));
    }

    private TuplePattern destination(MaskedAddress address) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.destination = address;
        return pattern;
    }

    /**
     * Requires a protocol above IP.
     *
     * @param protocol 0 to 255
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern protocol(int protocol) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.protocol = range("protocol", protocol, 255);
        return pattern;
    }

    /**
     * Requires a source port.
     *
     * @param sourcePort 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern sourcePort(int sourcePort) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.sourcePort = range("sourcePort", sourcePort, 65535);
        return pattern;
    }

    /**
     * Requires a destination port.
     *
     * @param destinationPort 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern destinationPort(int destinationPort) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.destinationPort = range("destinationPort", destinationPort, 65535);
        return pattern;
    }

    /**
     * Requires an ICMP type.
     *
     * @param icmpType 0 to 255
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern icmpType(int icmpType) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.icmpType = range("icmpType", icmpType, 255);
        return pattern;
    }

    /**
     * Requires an ICMP code.
     *
     * @param icmpCode 0 to 255
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern icmpCode(int icmpCode) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.icmpCode = range("icmpCode", icmpCode, 255);
        return pattern;
    }

    /**
     * Requires an ICMP identifier.
     *
     * @param icmpId 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern icmpId(int icmpId) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.icmpId = range("icmpId", icmpId, 65535);
        return pattern;
    }

    /**
     * Requires a zone that applies to the tuple's direction only.
     *
     * @param zone 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern zone(int zone) {
        TuplePattern pattern = new TuplePattern(this);
        pattern.zone = range("zone", zone, 0xffff);
        return pattern;
    }

    private static int range(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to " + most);
        }
        return value;
    }

    /**
     * Whether nothing is set.
     *
     * @return whether it matches all tuples
     */
    public boolean isAny() {
        return equals(ANY);
    }

    /**
     * Whether a tuple matches.
     *
     * @param tuple the tuple
     * @return whether it meets all conditions
     */
    public boolean matches(ConntrackTuple tuple) {
        return is(protocol, tuple.protocol)
                && is(sourcePort, tuple.sourcePort)
                && is(destinationPort, tuple.destinationPort)
                && is(icmpType, tuple.icmpType)
                && is(icmpCode, tuple.icmpCode)
                && is(icmpId, tuple.icmpId)
                && is(zone, tuple.zone)
                && (source == null
                        || (tuple.hasSource && source.matches(tuple.family, tuple.sourceHigh, tuple.sourceLow)))
                && (destination == null
                        || (tuple.hasDestination
                                && destination.matches(tuple.family, tuple.destinationHigh, tuple.destinationLow)));
    }

    private static boolean is(int wanted, int actual) {
        return wanted == UNSET || wanted == actual;
    }

    /** The family of its addresses or its protocol; unspecified if these do not determine one. */
    AddressFamily family() {
        MaskedAddress prefix = source == null ? destination : source;
        if (prefix != null) {
            return prefix.family();
        }
        return switch (protocol) {
            case IpProtocol.ICMP -> AddressFamily.IPV4;
            case IpProtocol.ICMPV6 -> AddressFamily.IPV6;
            default -> AddressFamily.UNSPEC;
        };
    }

    /**
     * The parts of it that the kernel can compare in a dump of a family ({@code CTA_FILTER_F_*}): whole IPv4 addresses,
     * and ports if the protocol is set. IPv6 addresses are not sent: for such a request, Linux 6.18 returns the
     * connections of all other addresses, because {@code ctnetlink_filter_match_tuple} excludes those that {@code
     * ipv6_addr_cmp} finds equal. Addresses of another family than the dump's are refused.
     */
    int kernelFlags(AddressFamily dumped) {
        AddressFamily own = family();
        if (dumped.equals(AddressFamily.UNSPEC) || !(own.equals(AddressFamily.UNSPEC) || own.equals(dumped))) {
            return 0;
        }
        int flags = 0;
        flags |= source != null && source.isWhole() && !source.six() ? FilterFlags.IP_SRC : 0;
        flags |= destination != null && destination.isWhole() && !destination.six() ? FilterFlags.IP_DST : 0;
        flags |= zone == UNSET ? 0 : FilterFlags.TUPLE_ZONE;
        if (protocol == UNSET) {
            return flags;
        }
        boolean icmp = protocol == IpProtocol.ICMP;
        boolean icmp6 = protocol == IpProtocol.ICMPV6;
        flags |= FilterFlags.PROTO_NUM;
        if (icmp || icmp6) {
            flags |= icmpType == UNSET ? 0 : icmp ? FilterFlags.ICMP_TYPE : FilterFlags.ICMPV6_TYPE;
            flags |= icmpCode == UNSET ? 0 : icmp ? FilterFlags.ICMP_CODE : FilterFlags.ICMPV6_CODE;
            flags |= icmpId == UNSET ? 0 : icmp ? FilterFlags.ICMP_ID : FilterFlags.ICMPV6_ID;
        } else {
            flags |= sourcePort == UNSET ? 0 : FilterFlags.PROTO_SRC_PORT;
            flags |= destinationPort == UNSET ? 0 : FilterFlags.PROTO_DST_PORT;
        }
        return flags;
    }

    /** Writes the members given by the flags, as a tuple. */
    void writeTo(MessageWriter writer, ConntrackAttribute attribute, int flags) {
        int tuple = writer.beginNest(attribute.code());
        boolean hasSource = (flags & FilterFlags.IP_SRC) != 0 && source != null;
        boolean hasDestination = (flags & FilterFlags.IP_DST) != 0 && destination != null;
        if (hasSource || hasDestination) {
            int ip = writer.beginNest(Tuple.IP.code());
            if (hasSource && source != null) {
                writer.bytes(Ip.V4_SRC.code(), source.bytes());
            }
            if (hasDestination && destination != null) {
                writer.bytes(Ip.V4_DST.code(), destination.bytes());
            }
            writer.endNest(ip);
        }
        if ((flags & FilterFlags.PROTO_NUM) != 0) {
            int proto = writer.beginNest(Tuple.PROTO.code());
            writer.u8(Proto.NUM.code(), protocol);
            be16(writer, flags, FilterFlags.PROTO_SRC_PORT, Proto.SRC_PORT, sourcePort);
            be16(writer, flags, FilterFlags.PROTO_DST_PORT, Proto.DST_PORT, destinationPort);
            u8(writer, flags, FilterFlags.ICMP_TYPE, Proto.ICMP_TYPE, icmpType);
            u8(writer, flags, FilterFlags.ICMP_CODE, Proto.ICMP_CODE, icmpCode);
            be16(writer, flags, FilterFlags.ICMP_ID, Proto.ICMP_ID, icmpId);
            u8(writer, flags, FilterFlags.ICMPV6_TYPE, Proto.ICMPV6_TYPE, icmpType);
            u8(writer, flags, FilterFlags.ICMPV6_CODE, Proto.ICMPV6_CODE, icmpCode);
            be16(writer, flags, FilterFlags.ICMPV6_ID, Proto.ICMPV6_ID, icmpId);
            writer.endNest(proto);
        }
        if ((flags & FilterFlags.TUPLE_ZONE) != 0) {
            writer.be16(Tuple.ZONE.code(), zone);
        }
        writer.endNest(tuple);
    }

    /** Adds the tests of such a tuple in a message. */
    void addTests(ConntrackAttribute attribute, List<EventCondition> tests) {
        int code = attribute.code();
        int ip = Tuple.IP.code();
        int proto = Tuple.PROTO.code();
        if (source != null) {
            source.addTests(tests, code, ip, (source.six() ? Ip.V6_SRC : Ip.V4_SRC).code());
        }
        if (destination != null) {
            destination.addTests(tests, code, ip, (destination.six() ? Ip.V6_DST : Ip.V4_DST).code());
        }
        boolean icmp6 = protocol == IpProtocol.ICMPV6;
        addTest(tests, 1, protocol, code, proto, Proto.NUM.code());
        addTest(tests, 2, sourcePort, code, proto, Proto.SRC_PORT.code());
        addTest(tests, 2, destinationPort, code, proto, Proto.DST_PORT.code());
        addTest(tests, 1, icmpType, code, proto, (icmp6 ? Proto.ICMPV6_TYPE : Proto.ICMP_TYPE).code());
        addTest(tests, 1, icmpCode, code, proto, (icmp6 ? Proto.ICMPV6_CODE : Proto.ICMP_CODE).code());
        addTest(tests, 2, icmpId, code, proto, (icmp6 ? Proto.ICMPV6_ID : Proto.ICMP_ID).code());
        addTest(tests, 2, zone, code, Tuple.ZONE.code());
    }

    private static void addTest(List<EventCondition> tests, int width, int value, int... path) {
        if (value != UNSET) {
            tests.add(AttributeCondition.at(path).width(width).is(value));
        }
    }

    private static void be16(MessageWriter writer, int flags, int flag, Proto type, int value) {
        if ((flags & flag) != 0) {
            writer.be16(type.code(), value);
        }
    }

    private static void u8(MessageWriter writer, int flags, int flag, Proto type, int value) {
        if ((flags & flag) != 0) {
            writer.u8(type.code(), value);
        }
    }

    /**
     * Whether another object is the same pattern.
     *
     * @param other what to compare with
     * @return whether all conditions are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TuplePattern pattern
                && Objects.equals(source, pattern.source)
                && Objects.equals(destination, pattern.destination)
                && protocol == pattern.protocol
                && sourcePort == pattern.sourcePort
                && destinationPort == pattern.destinationPort
                && icmpType == pattern.icmpType
                && icmpCode == pattern.icmpCode
                && icmpId == pattern.icmpId
                && zone == pattern.zone;
    }

    /**
     * A hash of all conditions.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(
                source, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, icmpId, zone);
    }

    /**
     * A description of the pattern, for logs.
     *
     * @return text such as {@code tcp dport=443}; {@code any} if nothing is set
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(protocol == UNSET ? "" : " " + IpProtocol.name(protocol));
        text.append(source == null ? "" : " src=" + source);
        text.append(destination == null ? "" : " dst=" + destination);
        append(text, "sport", sourcePort);
        append(text, "dport", destinationPort);
        append(text, "type", icmpType);
        append(text, "code", icmpCode);
        append(text, "id", icmpId);
        append(text, "zone", zone);
        return text.isEmpty() ? "any" : text.substring(1);
    }

    private static void append(StringBuilder text, String name, int value) {
        if (value != UNSET) {
            text.append(' ').append(name).append('=').append(value);
        }
    }
}
