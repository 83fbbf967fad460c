// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.wire.MessageWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a pattern of tuples: compared on receipt, in the kernel's dump, and in the kernel's filter of events.
 * A number that is not set is {@link #UNSET}.
 *
 * @param source the source address; null if any matches
 * @param destination the destination address; null if any matches
 * @param protocol the protocol above IP
 * @param sourcePort the source port
 * @param destinationPort the destination port
 * @param icmpType the ICMP type
 * @param icmpCode the ICMP code
 * @param icmpId the ICMP identifier
 * @param zone the zone of the tuple's direction only
 */
public record TupleConditions(
        @Nullable MaskedAddress source,
        @Nullable MaskedAddress destination,
        int protocol,
        int sourcePort,
        int destinationPort,
        int icmpType,
        int icmpCode,
        int icmpId,
        int zone) {
    /** A number that is not set; that of a tuple that is not there. */
    public static final int UNSET = TupleReader.ABSENT;

    /** No conditions. */
    public static final TupleConditions ANY =
            new TupleConditions(null, null, UNSET, UNSET, UNSET, UNSET, UNSET, UNSET, UNSET);

    public TupleConditions withSource(MaskedAddress other) {
        return new TupleConditions(
                other, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, icmpId, zone);
    }

    public TupleConditions withDestination(MaskedAddress other) {
        return new TupleConditions(
                source, other, protocol, sourcePort, destinationPort, icmpType, icmpCode, icmpId, zone);
    }

    public TupleConditions withProtocol(int other) {
        return new TupleConditions(
                source, destination, other, sourcePort, destinationPort, icmpType, icmpCode, icmpId, zone);
    }

    public TupleConditions withSourcePort(int other) {
        return new TupleConditions(
                source, destination, protocol, other, destinationPort, icmpType, icmpCode, icmpId, zone);
    }

    public TupleConditions withDestinationPort(int other) {
        return new TupleConditions(source, destination, protocol, sourcePort, other, icmpType, icmpCode, icmpId, zone);
    }

    public TupleConditions withIcmpType(int other) {
        return new TupleConditions(
                source, destination, protocol, sourcePort, destinationPort, other, icmpCode, icmpId, zone);
    }

    public TupleConditions withIcmpCode(int other) {
        return new TupleConditions(
                source, destination, protocol, sourcePort, destinationPort, icmpType, other, icmpId, zone);
    }

    public TupleConditions withIcmpId(int other) {
        return new TupleConditions(
                source, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, other, zone);
    }

    public TupleConditions withZone(int other) {
        return new TupleConditions(
                source, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, icmpId, other);
    }

    /**
     * Whether a tuple meets all conditions.
     *
     * @param tuple the tuple's fields
     * @return whether it matches
     */
    public boolean matches(TupleReader tuple) {
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
    void writeTo(MessageWriter writer, int type, int flags) {
        int tuple = writer.beginNest(type);
        boolean hasSource = (flags & FilterFlags.IP_SRC) != 0 && source != null;
        boolean hasDestination = (flags & FilterFlags.IP_DST) != 0 && destination != null;
        if (hasSource || hasDestination) {
            int ip = writer.beginNest(Cta.TUPLE_IP);
            if (hasSource && source != null) {
                writer.bytes(Cta.IP_V4_SRC, source.bytes());
            }
            if (hasDestination && destination != null) {
                writer.bytes(Cta.IP_V4_DST, destination.bytes());
            }
            writer.endNest(ip);
        }
        if ((flags & FilterFlags.PROTO_NUM) != 0) {
            int proto = writer.beginNest(Cta.TUPLE_PROTO);
            writer.u8(Cta.PROTO_NUM, protocol);
            be16(writer, flags, FilterFlags.PROTO_SRC_PORT, Cta.PROTO_SRC_PORT, sourcePort);
            be16(writer, flags, FilterFlags.PROTO_DST_PORT, Cta.PROTO_DST_PORT, destinationPort);
            u8(writer, flags, FilterFlags.ICMP_TYPE, Cta.PROTO_ICMP_TYPE, icmpType);
            u8(writer, flags, FilterFlags.ICMP_CODE, Cta.PROTO_ICMP_CODE, icmpCode);
            be16(writer, flags, FilterFlags.ICMP_ID, Cta.PROTO_ICMP_ID, icmpId);
            u8(writer, flags, FilterFlags.ICMPV6_TYPE, Cta.PROTO_ICMPV6_TYPE, icmpType);
            u8(writer, flags, FilterFlags.ICMPV6_CODE, Cta.PROTO_ICMPV6_CODE, icmpCode);
            be16(writer, flags, FilterFlags.ICMPV6_ID, Cta.PROTO_ICMPV6_ID, icmpId);
            writer.endNest(proto);
        }
        if ((flags & FilterFlags.TUPLE_ZONE) != 0) {
            writer.be16(Cta.TUPLE_ZONE, zone);
        }
        writer.endNest(tuple);
    }

    private static void be16(MessageWriter writer, int flags, int flag, int type, int value) {
        if ((flags & flag) != 0) {
            writer.be16(type, value);
        }
    }

    private static void u8(MessageWriter writer, int flags, int flag, int type, int value) {
        if ((flags & flag) != 0) {
            writer.u8(type, value);
        }
    }

    /** Adds the conditions on such a tuple in a message. */
    void addTo(List<EventCondition> conditions, int type) {
        if (source != null) {
            source.addTo(conditions, type, Cta.TUPLE_IP, source.six() ? Cta.IP_V6_SRC : Cta.IP_V4_SRC);
        }
        if (destination != null) {
            destination.addTo(conditions, type, Cta.TUPLE_IP, destination.six() ? Cta.IP_V6_DST : Cta.IP_V4_DST);
        }
        boolean icmp6 = protocol == IpProtocol.ICMPV6;
        proto(conditions, 1, protocol, type, Cta.PROTO_NUM);
        proto(conditions, 2, sourcePort, type, Cta.PROTO_SRC_PORT);
        proto(conditions, 2, destinationPort, type, Cta.PROTO_DST_PORT);
        proto(conditions, 1, icmpType, type, icmp6 ? Cta.PROTO_ICMPV6_TYPE : Cta.PROTO_ICMP_TYPE);
        proto(conditions, 1, icmpCode, type, icmp6 ? Cta.PROTO_ICMPV6_CODE : Cta.PROTO_ICMP_CODE);
        proto(conditions, 2, icmpId, type, icmp6 ? Cta.PROTO_ICMPV6_ID : Cta.PROTO_ICMP_ID);
        if (zone != UNSET) {
            conditions.add(AttributeCondition.at(type, Cta.TUPLE_ZONE).width(2).is(zone));
        }
    }

    private static void proto(List<EventCondition> conditions, int width, int value, int type, int member) {
        if (value != UNSET) {
            conditions.add(AttributeCondition.at(type, Cta.TUPLE_PROTO, member)
                    .width(width)
                    .is(value));
        }
    }
}
