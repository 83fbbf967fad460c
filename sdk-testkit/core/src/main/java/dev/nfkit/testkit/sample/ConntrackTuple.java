// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.sample;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackAttribute.Ip;
import dev.nfkit.conntrack.ConntrackAttribute.Proto;
import dev.nfkit.conntrack.ConntrackAttribute.Tuple;
import dev.nfkit.packet.AddressText;
import dev.nfkit.testkit.message.LiteralAddress;
import dev.nfkit.testkit.message.MessageAttributes;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One direction of a connection, as in {@code struct nf_conntrack_tuple}. Immutable. */
public final class ConntrackTuple {
    public static final int IPPROTO_ICMP = 1;
    public static final int IPPROTO_TCP = 6;
    public static final int IPPROTO_UDP = 17;
    public static final int IPPROTO_GRE = 47;
    public static final int IPPROTO_ICMPV6 = 58;
    public static final int IPPROTO_DCCP = 33;
    public static final int IPPROTO_SCTP = 132;
    public static final int IPPROTO_UDPLITE = 136;

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

    private ConntrackTuple(byte[] source, byte[] target, int protocol, int sourcePart, int targetPart, int zone) {
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

    /** A tuple without a zone. The parts are ports, or for ICMP the id, and type and code. */
    public ConntrackTuple(byte[] source, byte[] target, int protocol, int sourcePart, int targetPart) {
        this(source, target, protocol, sourcePart, targetPart, ANY_ZONE);
    }

    private static int range(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to " + most);
        }
        return value;
    }

    /** A tuple of TCP. */
    public static ConntrackTuple tcp(String source, int sourcePort, String target, int targetPort) {
        return ports(IPPROTO_TCP, source, sourcePort, target, targetPort);
    }

    /** A tuple of UDP. */
    public static ConntrackTuple udp(String source, int sourcePort, String target, int targetPort) {
        return ports(IPPROTO_UDP, source, sourcePort, target, targetPort);
    }

    /** A tuple of a protocol with ports. */
    public static ConntrackTuple ports(int protocol, String source, int sourcePort, String target, int targetPort) {
        if (!withPorts(protocol)) {
            throw new IllegalArgumentException("protocol " + protocol + " has no tracked ports");
        }
        return new ConntrackTuple(
                LiteralAddress.literal(source),
                LiteralAddress.literal(target),
                protocol,
                range("sourcePort", sourcePort, 0xffff),
                range("targetPort", targetPort, 0xffff),
                ANY_ZONE);
    }

    /** A tuple of ICMP or ICMPv6. */
    public static ConntrackTuple icmp(String source, String target, int type, int code, int id) {
        byte[] from = LiteralAddress.literal(source);
        int what = range("type", type, 255) << 8 | range("code", code, 255);
        int protocol = from.length == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
        return new ConntrackTuple(
                from, LiteralAddress.literal(target), protocol, range("id", id, 0xffff), what, ANY_ZONE);
    }

    /** A tuple of a protocol without ports. */
    public static ConntrackTuple generic(int protocol, String source, String target) {
        byte[] from = LiteralAddress.literal(source);
        return new ConntrackTuple(from, LiteralAddress.literal(target), protocol, 0, 0, ANY_ZONE);
    }

    /** This tuple in a zone. */
    public ConntrackTuple zone(int id) {
        return new ConntrackTuple(source, target, protocol, sourcePart, targetPart, range("zone", id, 0xffff));
    }

    /** The tuple of the other direction, without a zone. */
    public ConntrackTuple inverted() {
        if (protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) {
            return new ConntrackTuple(
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
        return new ConntrackTuple(/* source= */ target, /* target= */ source, protocol, sourcePart, what, ANY_ZONE);
    }

    /** Whether the kernel tracks an ICMP type. */
    public static boolean icmpTracked(int protocol, int type) {
        return (protocol == IPPROTO_ICMP ? ICMP_ANSWERS : ICMPV6_ANSWERS).containsKey(type);
    }

    /** Whether a protocol has tracked ports. */
    public static boolean withPorts(int protocol) {
        return switch (protocol) {
            case IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_GRE -> true;
            default -> false;
        };
    }

    /** This tuple with another source or destination, as address translation changes it. */
    public ConntrackTuple with(boolean asTarget, byte[] address, OptionalInt port) {
        return asTarget
                ? new ConntrackTuple(source, address, protocol, sourcePart, port.orElse(targetPart), zone)
                : new ConntrackTuple(address, target, protocol, port.orElse(sourcePart), targetPart, zone);
    }

    /** The family of the addresses. */
    public AddressFamily family() {
        return source.length == 4 ? AddressFamily.IPV4 : AddressFamily.IPV6;
    }

    /** The protocol. */
    public int protocol() {
        return protocol;
    }

    /** The source address. */
    public Bytes source() {
        return Bytes.of(source);
    }

    /** The target address. */
    public Bytes target() {
        return Bytes.of(target);
    }

    /** The source port; for ICMP the id. */
    public int sourcePart() {
        return sourcePart;
    }

    /** The target port; for ICMP type and code. */
    public int targetPart() {
        return targetPart;
    }

    /** The zone of this direction, if it has one. */
    public OptionalInt zone() {
        return zone == ANY_ZONE ? OptionalInt.empty() : OptionalInt.of(zone);
    }

    /** This tuple without a zone, for lookup. */
    public ConntrackTuple plain() {
        return zone == ANY_ZONE ? this : new ConntrackTuple(source, target, protocol, sourcePart, targetPart, ANY_ZONE);
    }

    /** The attributes of {@code ctnetlink_dump_tuples}, in its order. */
    public MessageAttributes attributes() {
        MessageAttributes tuple = new MessageAttributes(Tuple.SCHEMA);
        boolean four = source.length == 4;
        tuple.nest(Tuple.IP)
                .put((four ? Ip.V4_SRC : Ip.V6_SRC).code(), source)
                .put((four ? Ip.V4_DST : Ip.V6_DST).code(), target);
        MessageAttributes proto = tuple.nest(Tuple.PROTO).u8(Proto.NUM, protocol);
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

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConntrackTuple tuple
                && protocol == tuple.protocol
                && sourcePart == tuple.sourcePart
                && targetPart == tuple.targetPart
                && zone == tuple.zone
                && Arrays.equals(source, tuple.source)
                && Arrays.equals(target, tuple.target);
    }

    @Override
    public int hashCode() {
        return Objects.hash(protocol, sourcePart, targetPart, zone, Arrays.hashCode(source), Arrays.hashCode(target));
    }

    @Override
    public String toString() {
        return protocol + " " + AddressText.of(source()) + " " + sourcePart + " > " + AddressText.of(target()) + " "
                + targetPart + (zone == ANY_ZONE ? "" : " zone " + zone);
    }
}
