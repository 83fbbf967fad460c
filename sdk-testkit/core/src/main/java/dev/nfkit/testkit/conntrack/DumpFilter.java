// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.Filter;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import org.jspecify.annotations.Nullable;

/**
 * Selects the entries of a dump or a flush, as {@code ctnetlink_alloc_filter} and {@code ctnetlink_filter_match} do.
 */
final class DumpFilter {
    private static final long ALL_BITS = 0xffff_ffffL;

    private final boolean inverted;
    private final int family;
    private final long mark;
    private final long markMask;
    private final long status;
    private final long statusMask;
    private final int zone;
    private final int originalBits;
    private final int replyBits;
    private final @Nullable ConntrackTuple original;
    private final @Nullable ConntrackTuple reply;

    private DumpFilter(MessageAttributes request, int family, ConntrackProperties kernel) throws Refused {
        this.family = family;
        inverted = kernel.invertedIpv6Filter();
        mark = request.number(ConntrackAttribute.MARK.code());
        boolean marked = request.has(ConntrackAttribute.MARK);
        markMask = marked ? request.number(ConntrackAttribute.MARK_MASK.code(), ALL_BITS) : 0;
        boolean byStatus = kernel.has("5.15") && request.has(ConntrackAttribute.STATUS);
        status = byStatus ? request.number(ConntrackAttribute.STATUS.code()) : 0;
        statusMask = byStatus ? request.number(ConntrackAttribute.STATUS_MASK.code(), status) : 0;
        boolean loneMask = (!marked && request.has(ConntrackAttribute.MARK_MASK))
                || (!byStatus && request.has(ConntrackAttribute.STATUS_MASK));
        if (loneMask || (byStatus && statusMask == 0)) {
            throw new Refused(Errno.EINVAL);
        }
        zone = byZone(request, kernel)
                ? request.value(ConntrackAttribute.ZONE.code()).orElseThrow().u16(0)
                : -1;
        MessageAttributes bits = request.nested(ConntrackAttribute.FILTER);
        originalBits = bits(bits, Filter.ORIG_FLAGS);
        replyBits = bits(bits, Filter.REPLY_FLAGS);
        original = tuple(request, ConntrackAttribute.TUPLE_ORIG, originalBits);
        reply = tuple(request, ConntrackAttribute.TUPLE_REPLY, replyBits);
    }

    /** The filter of a request, or null if it selects everything. */
    static @Nullable DumpFilter of(MessageAttributes request, int family, ConntrackProperties kernel) throws Refused {
        boolean needed = family != 0
                || request.has(ConntrackAttribute.MARK)
                || request.has(ConntrackAttribute.FILTER)
                || (kernel.has("5.15") && request.has(ConntrackAttribute.STATUS))
                || byZone(request, kernel);
        return needed ? new DumpFilter(request, family, kernel) : null;
    }

    private static boolean byZone(MessageAttributes request, ConntrackProperties kernel) {
        return kernel.has("6.8") && request.has(ConntrackAttribute.ZONE);
    }

    private static int bits(@Nullable MessageAttributes filter, Filter direction) throws Refused {
        long bits = filter == null ? 0 : filter.number(direction.code());
        if ((bits & ~RequestedTuple.ALL) != 0) {
            throw new Refused(Errno.EINVAL);
        }
        return (int) bits;
    }

    private @Nullable ConntrackTuple tuple(MessageAttributes request, ConntrackAttribute direction, int bits)
            throws Refused {
        if (bits == 0) {
            return null;
        }
        MessageAttributes tuple = request.nested(direction);
        if (tuple == null) {
            throw new Refused(Errno.EINVAL);
        }
        return RequestedTuple.read(tuple, family, bits);
    }

    boolean matches(TrackedConnection entry) {
        ConnectionContents sample = entry.sample();
        return (family == 0 || sample.original().family().number() == family)
                && (zone < 0 || entry.zone().id() == zone)
                && (original == null || matches(original, sample.original(), originalBits))
                && (reply == null || matches(reply, sample.reply(), replyBits))
                && (sample.number(ConntrackAttribute.MARK) & markMask) == mark
                && (sample.status() & statusMask) == status;
    }

    private boolean matches(ConntrackTuple wanted, ConntrackTuple found, int bits) {
        boolean flip = inverted && found.source().length() == 16;
        boolean addresses = ((bits & RequestedTuple.IP_SRC) == 0
                        || wanted.source().toHex().equals(found.source().toHex()) != flip)
                && ((bits & RequestedTuple.IP_DST) == 0
                        || wanted.target().toHex().equals(found.target().toHex()) != flip);
        if (!addresses || ((bits & RequestedTuple.PROTO_NUM) != 0 && wanted.protocol() != found.protocol())) {
            return false;
        }
        return switch (found.protocol()) {
            case ConntrackTuple.IPPROTO_TCP, ConntrackTuple.IPPROTO_UDP ->
                parts(wanted, found, bits, RequestedTuple.SRC_PORT, RequestedTuple.DST_PORT, RequestedTuple.DST_PORT);
            case ConntrackTuple.IPPROTO_ICMP ->
                parts(wanted, found, bits, RequestedTuple.ICMP_ID, RequestedTuple.ICMP_TYPE, RequestedTuple.ICMP_CODE);
            case ConntrackTuple.IPPROTO_ICMPV6 ->
                parts(
                        wanted,
                        found,
                        bits,
                        RequestedTuple.ICMPV6_ID,
                        RequestedTuple.ICMPV6_TYPE,
                        RequestedTuple.ICMPV6_CODE);
            default -> true;
        };
    }

    private static boolean parts(ConntrackTuple wanted, ConntrackTuple found, int bits, int source, int high, int low) {
        int mask = ((bits & high) == 0 ? 0 : 0xff00) | ((bits & low) == 0 ? 0 : 0xff);
        return ((bits & source) == 0 || wanted.sourcePart() == found.sourcePart())
                && (wanted.targetPart() & mask) == (found.targetPart() & mask);
    }
}
