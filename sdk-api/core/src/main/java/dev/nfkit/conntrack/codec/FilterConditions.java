// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.socket.FamilyCondition;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a filter of connections, in the three places where they are compared: on receipt, in the kernel's
 * dump, and in the kernel's filter of events. A number that is not set is {@link TupleConditions#UNSET}.
 *
 * @param family IPv4 or IPv6; unspecified for both
 * @param mark the mark; null if any matches
 * @param status the status; null if any matches
 * @param zone the zone of both directions
 * @param tcpState the number of TCP's state
 * @param original the original tuple
 * @param reply the reply tuple
 */
public record FilterConditions(
        AddressFamily family,
        @Nullable MaskedBits mark,
        @Nullable MaskedBits status,
        int zone,
        int tcpState,
        TupleConditions original,
        TupleConditions reply) {
    private static final int UNSET = TupleConditions.UNSET;

    public FilterConditions withFamily(AddressFamily other) {
        return new FilterConditions(other, mark, status, zone, tcpState, original, reply);
    }

    public FilterConditions withMark(@Nullable MaskedBits other) {
        return new FilterConditions(family, other, status, zone, tcpState, original, reply);
    }

    public FilterConditions withStatus(@Nullable MaskedBits other) {
        return new FilterConditions(family, mark, other, zone, tcpState, original, reply);
    }

    public FilterConditions withZone(int other) {
        return new FilterConditions(family, mark, status, other, tcpState, original, reply);
    }

    public FilterConditions withTcpState(int other) {
        return new FilterConditions(family, mark, status, zone, other, original, reply);
    }

    public FilterConditions withOriginal(TupleConditions other) {
        return new FilterConditions(family, mark, status, zone, tcpState, other, reply);
    }

    public FilterConditions withReply(TupleConditions other) {
        return new FilterConditions(family, mark, status, zone, tcpState, original, other);
    }

    /**
     * Whether a connection meets all conditions.
     *
     * @param entry the connection
     * @return whether it matches; false if the kernel did not send an attribute of a condition
     */
    public boolean matches(EntryAttributes entry) {
        return (family.equals(AddressFamily.UNSPEC) || family.equals(entry.family()))
                && (mark == null || mark.matches(entry.mark))
                && (zone == UNSET || (entry.zone == zone && (zone != 0 || !entry.inZoneOfDirection())))
                && (status == null || (entry.has(Cta.STATUS) && status.matches(entry.status)))
                && (tcpState == UNSET || (entry.protocolInfo.isTcp() && entry.protocolInfo.state == tcpState))
                && matches(original, entry, Cta.TUPLE_ORIG, entry.original)
                && matches(reply, entry, Cta.TUPLE_REPLY, entry.reply);
    }

    @SuppressWarnings("ReferenceEquality") // a short cut
    private static boolean matches(TupleConditions conditions, EntryAttributes entry, int type, TupleReader tuple) {
        return conditions == TupleConditions.ANY || (entry.has(type) && conditions.matches(tuple));
    }

    /**
     * The family for a request: the one that is set, or the one of the tuples.
     *
     * @return unspecified if none is determined
     */
    public AddressFamily requestFamily() {
        if (!family.equals(AddressFamily.UNSPEC)) {
            return family;
        }
        AddressFamily named = original.family();
        return named.equals(AddressFamily.UNSPEC) ? reply.family() : named;
    }

    /**
     * The conditions on an event of such a connection.
     *
     * @return at least one
     */
    public List<EventCondition> ofEvents() {
        List<EventCondition> conditions = new ArrayList<>();
        if (family.equals(AddressFamily.UNSPEC)) {
            conditions.add(FamilyCondition.of(AddressFamily.IPV4.number(), AddressFamily.IPV6.number()));
        } else {
            conditions.add(FamilyCondition.of(family.number()));
        }
        if (mark != null && mark.mask() != 0) {
            conditions.add(AttributeCondition.at(Cta.MARK)
                    .width(Integer.BYTES)
                    .mask(mark.mask())
                    .whenAbsent(AttributeCondition.WhenAbsent.ZERO)
                    .is(mark.value()));
        }
        if (status != null && status.mask() != 0) {
            conditions.add(AttributeCondition.at(Cta.STATUS)
                    .width(Integer.BYTES)
                    .mask(status.mask())
                    .is(status.value()));
        }
        if (zone != UNSET) {
            conditions.add(AttributeCondition.at(Cta.ZONE)
                    .width(Short.BYTES)
                    .whenAbsent(AttributeCondition.WhenAbsent.ZERO)
                    .is(zone));
        }
        if (tcpState != UNSET) {
            conditions.add(AttributeCondition.at(Cta.PROTOINFO, Cta.PROTOINFO_TCP, Cta.PROTOINFO_TCP_STATE)
                    .is(tcpState));
        }
        original.addTo(conditions, Cta.TUPLE_ORIG);
        reply.addTo(conditions, Cta.TUPLE_REPLY);
        return conditions;
    }

    /**
     * Writes the conditions that the kernel can compare in a dump.
     *
     * @param writer the target; the family's header has been written
     */
    public void writeTo(MessageWriter writer) {
        if (mark != null) {
            writer.be32(Cta.MARK, mark.value());
            writer.be32(Cta.MARK_MASK, mark.mask());
        }
        if (status != null && status.mask() != 0) {
            writer.be32(Cta.STATUS, status.value());
            writer.be32(Cta.STATUS_MASK, status.mask());
        }
        if (zone != UNSET) {
            writer.be16(Cta.ZONE, zone);
        }
        // The kernel refuses (EINVAL) a zone of both directions together with one of a single direction.
        int comparable = zone == UNSET ? ~0 : ~FilterFlags.TUPLE_ZONE;
        int originalFlags = original.kernelFlags(requestFamily()) & comparable;
        int replyFlags = reply.kernelFlags(requestFamily()) & comparable;
        if ((originalFlags | replyFlags) == 0) {
            return;
        }
        if (originalFlags != 0) {
            original.writeTo(writer, Cta.TUPLE_ORIG, originalFlags);
        }
        if (replyFlags != 0) {
            reply.writeTo(writer, Cta.TUPLE_REPLY, replyFlags);
        }
        int filter = writer.beginNest(Cta.FILTER);
        writer.hostWords(Cta.FILTER_ORIG_FLAGS, originalFlags);
        writer.hostWords(Cta.FILTER_REPLY_FLAGS, replyFlags);
        writer.endNest(filter);
    }
}
