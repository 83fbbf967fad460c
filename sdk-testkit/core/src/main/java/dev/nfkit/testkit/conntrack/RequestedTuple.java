// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute.Ip;
import dev.nfkit.conntrack.ConntrackAttribute.Proto;
import dev.nfkit.conntrack.ConntrackAttribute.Tuple;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.wire.AttributeType;
import org.jspecify.annotations.Nullable;

/** Tuples of requests, parsed and refused as in {@code ctnetlink_parse_tuple_filter}. */
final class RequestedTuple {
    /** The bits that select the compared members of a tuple ({@code CTA_FILTER_F_*}). */
    static final int IP_SRC = 1;

    static final int IP_DST = 1 << 1;
    static final int TUPLE_ZONE = 1 << 2;
    static final int PROTO_NUM = 1 << 3;
    static final int SRC_PORT = 1 << 4;
    static final int DST_PORT = 1 << 5;
    static final int ICMP_TYPE = 1 << 6;
    static final int ICMP_CODE = 1 << 7;
    static final int ICMP_ID = 1 << 8;
    static final int ICMPV6_TYPE = 1 << 9;
    static final int ICMPV6_CODE = 1 << 10;
    static final int ICMPV6_ID = 1 << 11;
    static final int ALL = (1 << 12) - 1;

    private static final int ALL_PROTO = ALL & ~(IP_SRC | IP_DST | TUPLE_ZONE | PROTO_NUM);
    private static final int IPV4 = 2;
    private static final int IPV6 = 10;

    private RequestedTuple() {}

    /** A complete tuple, for lookup. */
    static ConntrackTuple read(MessageAttributes tuple, int family) throws Refused {
        return read(tuple, family, ALL);
    }

    /** The selected members of a tuple; the others are 0. */
    static ConntrackTuple read(MessageAttributes tuple, int family, int bits) throws Refused {
        if (family != IPV4 && family != IPV6) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        byte[] source = new byte[family == IPV4 ? 4 : 16];
        byte[] target = source.clone();
        if ((bits & (IP_SRC | IP_DST)) != 0) {
            MessageAttributes ip = nest(tuple, Tuple.IP);
            source = (bits & IP_SRC) == 0 ? source : value(ip, family == IPV4 ? Ip.V4_SRC : Ip.V6_SRC, source.length);
            target = (bits & IP_DST) == 0 ? target : value(ip, family == IPV4 ? Ip.V4_DST : Ip.V6_DST, target.length);
        }
        int protocol = 0;
        int sourcePart = 0;
        int targetPart = 0;
        if ((bits & PROTO_NUM) != 0) {
            MessageAttributes proto = nest(tuple, Tuple.PROTO);
            protocol = value(proto, Proto.NUM, 1)[0] & 0xff;
            if (protocol == ConntrackTuple.IPPROTO_ICMP) {
                sourcePart = number(proto, Proto.ICMP_ID, 2, bits & ICMP_ID);
                targetPart = icmp(
                        protocol,
                        number(proto, Proto.ICMP_TYPE, 1, bits & ICMP_TYPE),
                        bits & ICMP_TYPE,
                        number(proto, Proto.ICMP_CODE, 1, bits & ICMP_CODE));
            } else if (protocol == ConntrackTuple.IPPROTO_ICMPV6) {
                sourcePart = number(proto, Proto.ICMPV6_ID, 2, bits & ICMPV6_ID);
                targetPart = icmp(
                        protocol,
                        number(proto, Proto.ICMPV6_TYPE, 1, bits & ICMPV6_TYPE),
                        bits & ICMPV6_TYPE,
                        number(proto, Proto.ICMPV6_CODE, 1, bits & ICMPV6_CODE));
            } else if (ConntrackTuple.withPorts(protocol)) {
                sourcePart = number(proto, Proto.SRC_PORT, 2, bits & SRC_PORT);
                targetPart = number(proto, Proto.DST_PORT, 2, bits & DST_PORT);
            }
        } else if ((bits & ALL_PROTO) != 0) {
            throw new Refused(Errno.EINVAL);
        }
        ConntrackTuple read = new ConntrackTuple(source, target, protocol, sourcePart, targetPart);
        boolean zoned = (bits & TUPLE_ZONE) != 0 && tuple.has(Tuple.ZONE);
        return zoned ? read.zone(number(tuple, Tuple.ZONE, 2, 1)) : read;
    }

    private static int icmp(int protocol, int type, int asked, int code) throws Refused {
        if (asked != 0 && !ConntrackTuple.icmpTracked(protocol, type)) {
            throw new Refused(Errno.EINVAL);
        }
        return type << 8 | code;
    }

    private static MessageAttributes nest(MessageAttributes tuple, AttributeType type) throws Refused {
        MessageAttributes nest = tuple.nested(type);
        if (nest == null) {
            throw new Refused(Errno.EINVAL);
        }
        return nest;
    }

    private static int number(MessageAttributes attributes, AttributeType type, int length, int asked) throws Refused {
        if (asked == 0) {
            return 0;
        }
        byte[] value = value(attributes, type, length);
        return length == 1 ? value[0] & 0xff : (value[0] & 0xff) << 8 | (value[1] & 0xff);
    }

    private static byte[] value(@Nullable MessageAttributes attributes, AttributeType type, int length) throws Refused {
        Bytes value = attributes == null ? null : attributes.value(type.code()).orElse(null);
        if (value == null) {
            throw new Refused(Errno.EINVAL);
        }
        if (value.length() < length) {
            throw new Refused(Errno.ERANGE);
        }
        return value.slice(0, length).toArray();
    }
}
