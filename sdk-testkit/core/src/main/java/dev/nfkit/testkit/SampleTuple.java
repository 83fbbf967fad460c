package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackAttribute.Ip;
import dev.nfkit.conntrack.ConntrackAttribute.Proto;
import dev.nfkit.conntrack.ConntrackAttribute.Tuple;
import dev.nfkit.packet.AddressText;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection as the kernel writes it ({@code struct nf_conntrack_tuple}): addresses, protocol, and
 * ports or their equivalents. An immutable value.
 *
 * <pre>{@code
 * SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 443)
 * SampleTuple.icmp("fd00::1", "fd00::2", 128, 0, 7)
 * }</pre>
 */
public final class SampleTuple {
    static final int IPPROTO_ICMP = 1;
    static final int IPPROTO_TCP = 6;
    static final int IPPROTO_UDP = 17;
    static final int IPPROTO_GRE = 47;
    static final int IPPROTO_ICMPV6 = 58;
    static final int IPPROTO_DCCP = 33;
    static final int IPPROTO_SCTP = 132;
    static final int IPPROTO_UDPLITE = 136;

    private static final int ANY_ZONE = -1;
    /** The tracked types of ICMP and ICMPv6, and the types of their answers ({@code invmap}). */
    private static final Map<Integer, Integer> ICMP_ANSWERS =
            Map.of(8, 0, 0, 8, 13, 14, 14, 13, 15, 16, 16, 15, 17, 18, 18, 17);

    private static final Map<Integer, Integer> ICMPV6_ANSWERS = Map.of(128, 129, 129, 128, 139, 140, 140, 139);

    private final byte[] source;
    private final byte[] target;
    private final int protocol;
    /** The source port; for ICMP the id. */
    private final int sourcePart;
    /** The target port; for ICMP type and code. */
    private final int targetPart;

    private final int zone;

    SampleTuple(byte[] source, byte[] target, int protocol, int sourcePart, int targetPart, int zone) {
        if (source.length != target.length) {
            throw new IllegalArgumentException("source and target are of different families");
        }
        this.source = source;
        this.target = target;
        this.protocol = range("protocol", protocol, 255);
        this.sourcePart = sourcePart;
        this.targetPart = targetPart;
        this.zone = zone;
    }

    private static int range(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to " + most);
        }
        return value;
    }

    /**
     * Creates a tuple of TCP.
     *
     * @param source the sender's literal address
     * @param sourcePort 0 to 65535
     * @param target the receiver's literal address, of the same family
     * @param targetPort 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or a number is out of range
     */
    public static SampleTuple tcp(String source, int sourcePort, String target, int targetPort) {
        return ports(IPPROTO_TCP, source, sourcePort, target, targetPort);
    }

    /**
     * Creates a tuple of UDP.
     *
     * @param source the sender's literal address
     * @param sourcePort 0 to 65535
     * @param target the receiver's literal address, of the same family
     * @param targetPort 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or a number is out of range
     */
    public static SampleTuple udp(String source, int sourcePort, String target, int targetPort) {
        return ports(IPPROTO_UDP, source, sourcePort, target, targetPort);
    }

    /**
     * Creates a tuple of a protocol with ports: TCP, UDP, UDP-Lite, SCTP, DCCP, or GRE with its keys.
     *
     * @param protocol {@code IPPROTO_*}, 0 to 255
     * @param source the sender's literal address
     * @param sourcePort 0 to 65535
     * @param target the receiver's literal address, of the same family
     * @param targetPort 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, the protocol has no ports, or a number is out of range
     */
    public static SampleTuple ports(int protocol, String source, int sourcePort, String target, int targetPort) {
        if (!withPorts(protocol)) {
            throw new IllegalArgumentException("protocol " + protocol + " has no tracked ports");
        }
        return new SampleTuple(
                SampleAddress.literal(source),
                SampleAddress.literal(target),
                protocol,
                range("sourcePort", sourcePort, 0xffff),
                range("targetPort", targetPort, 0xffff),
                ANY_ZONE);
    }

    /**
     * Creates a tuple of ICMP, or of ICMPv6 between IPv6 addresses.
     *
     * @param source the sender's literal address
     * @param target the receiver's literal address, of the same family
     * @param type 0 to 255
     * @param code 0 to 255
     * @param id 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or a number is out of range
     */
    public static SampleTuple icmp(String source, String target, int type, int code, int id) {
        byte[] from = SampleAddress.literal(source);
        int what = range("type", type, 255) << 8 | range("code", code, 255);
        int protocol = from.length == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
        return new SampleTuple(from, SampleAddress.literal(target), protocol, range("id", id, 0xffff), what, ANY_ZONE);
    }

    /**
     * Creates a tuple of a protocol of which only the number is tracked.
     *
     * @param protocol {@code IPPROTO_*}, 0 to 255
     * @param source the sender's literal address
     * @param target the receiver's literal address, of the same family
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or the protocol is out of range
     */
    public static SampleTuple generic(int protocol, String source, String target) {
        byte[] from = SampleAddress.literal(source);
        return new SampleTuple(from, SampleAddress.literal(target), protocol, 0, 0, ANY_ZONE);
    }

    /**
     * Returns this tuple in a zone that applies to this direction only.
     *
     * @param id 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if it is out of range
     */
    public SampleTuple zone(int id) {
        return new SampleTuple(source, target, protocol, sourcePart, targetPart, range("zone", id, 0xffff));
    }

    /**
     * Returns the inverted tuple: addresses and ports exchanged; for ICMP, with the type of the answer. Without a zone
     * of its own.
     *
     * @return a tuple
     */
    public SampleTuple inverted() {
        if (protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) {
            return new SampleTuple(
                    /* source= */ target,
                    /* target= */ source,
                    protocol,
                    /* sourcePart= */ targetPart,
                    /* targetPart= */ sourcePart,
                    ANY_ZONE);
        }
        int type = targetPart >> 8;
        int answer = (protocol == IPPROTO_ICMP ? ICMP_ANSWERS : ICMPV6_ANSWERS).getOrDefault(type, type);
        int what = answer << 8 | (targetPart & 0xff);
        return new SampleTuple(/* source= */ target, /* target= */ source, protocol, sourcePart, what, ANY_ZONE);
    }

    /** Whether the kernel tracks an ICMP type. */
    static boolean icmpTracked(int protocol, int type) {
        return (protocol == IPPROTO_ICMP ? ICMP_ANSWERS : ICMPV6_ANSWERS).containsKey(type);
    }

    static boolean withPorts(int protocol) {
        return switch (protocol) {
            case IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_GRE -> true;
            default -> false;
        };
    }

    /** This tuple with another source or destination, as address translation changes it. */
    SampleTuple with(boolean asTarget, byte[] address, OptionalInt port) {
        return asTarget
                ? new SampleTuple(source, address, protocol, sourcePart, port.orElse(targetPart), zone)
                : new SampleTuple(address, target, protocol, port.orElse(sourcePart), targetPart, zone);
    }

    AddressFamily family() {
        return source.length == 4 ? AddressFamily.IPV4 : AddressFamily.IPV6;
    }

    int protocol() {
        return protocol;
    }

    Bytes source() {
        return Bytes.of(source);
    }

    Bytes target() {
        return Bytes.of(target);
    }

    int sourcePart() {
        return sourcePart;
    }

    int targetPart() {
        return targetPart;
    }

    /** The zone of this direction, if it has one. */
    OptionalInt zone() {
        return zone == ANY_ZONE ? OptionalInt.empty() : OptionalInt.of(zone);
    }

    /** This tuple without a zone, for lookup. */
    SampleTuple plain() {
        return zone == ANY_ZONE ? this : new SampleTuple(source, target, protocol, sourcePart, targetPart, ANY_ZONE);
    }

    /** The attributes of {@code ctnetlink_dump_tuples}, in its order. */
    SampleAttributes attributes() {
        SampleAttributes tuple = new SampleAttributes(Tuple.SCHEMA);
        boolean four = source.length == 4;
        tuple.nest(Tuple.IP)
                .put((four ? Ip.V4_SRC : Ip.V6_SRC).code(), source)
                .put((four ? Ip.V4_DST : Ip.V6_DST).code(), target);
        SampleAttributes proto = tuple.nest(Tuple.PROTO).u8(Proto.NUM, protocol);
        if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
            boolean icmp = protocol == IPPROTO_ICMP;
            proto.be16(icmp ? Proto.ICMP_ID : Proto.ICMPV6_ID, sourcePart)
                    .u8(icmp ? Proto.ICMP_TYPE : Proto.ICMPV6_TYPE, targetPart >> 8)
                    .u8(icmp ? Proto.ICMP_CODE : Proto.ICMPV6_CODE, targetPart);
        } else if (withPorts(protocol)) {
            proto.be16(Proto.SRC_PORT, sourcePart).be16(Proto.DST_PORT, targetPart);
        }
        if (zone > 0) {
            tuple.be16(Tuple.ZONE, zone);
        }
        return tuple;
    }

    /**
     * Returns whether another object represents the same direction.
     *
     * @param other the other object
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SampleTuple tuple
                && protocol == tuple.protocol
                && sourcePart == tuple.sourcePart
                && targetPart == tuple.targetPart
                && zone == tuple.zone
                && Arrays.equals(source, tuple.source)
                && Arrays.equals(target, tuple.target);
    }

    /**
     * Returns a hash code.
     *
     * @return a number that is the same for equal tuples
     */
    @Override
    public int hashCode() {
        return Objects.hash(protocol, sourcePart, targetPart, zone, Arrays.hashCode(source), Arrays.hashCode(target));
    }

    /**
     * Returns protocol, addresses and ports, for messages.
     *
     * @return text such as {@code 6 10.0.0.1 40000 > 10.0.0.2 443}
     */
    @Override
    public String toString() {
        return protocol + " " + AddressText.of(source()) + " " + sourcePart + " > " + AddressText.of(target()) + " "
                + targetPart + (zone == ANY_ZONE ? "" : " zone " + zone);
    }
}
