package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackAttribute.Filter;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.socket.FamilyCondition;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Selects connections: a connection matches if all conditions that are set are met. An immutable value; each method
 * returns a new one.
 *
 * <p>In a dump, the kernel compares what its version supports: the family since 4.20, the mark since 3.3, tuples of a
 * known family since 5.8 (whole addresses of IPv4, and ports if the protocol is set), the status since 5.15, the zone
 * since 6.8. Every entry is compared once more on receipt, so that the result is the same on all kernels.
 *
 * <p>Follows {@code ctnetlink_alloc_filter} and {@code ctnetlink_filter_match} in {@code nf_conntrack_netlink.c}.
 */
public final class ConntrackFilter {
    private static final long U32_MAX = 0xffff_ffffL;
    private static final ConntrackFilter ALL = new ConntrackFilter();

    private AddressFamily family = AddressFamily.UNSPEC;
    private @Nullable Long mark;
    private long markMask;
    private @Nullable Long status;
    private long statusMask;
    private @Nullable Integer zone;
    private @Nullable TcpState tcpState;
    private TuplePattern original = TuplePattern.any();
    private TuplePattern reply = TuplePattern.any();

    private ConntrackFilter() {}

    private ConntrackFilter(ConntrackFilter other) {
        family = other.family;
        mark = other.mark;
        markMask = other.markMask;
        status = other.status;
        statusMask = other.statusMask;
        zone = other.zone;
        tcpState = other.tcpState;
        original = other.original;
        reply = other.reply;
    }

    /**
     * All connections.
     *
     * @return a filter without conditions, to start from
     */
    public static ConntrackFilter all() {
        return ALL;
    }

    /**
     * Requires a family.
     *
     * @param family IPv4, IPv6, or unspecified for both
     * @return a new filter
     * @throws IllegalArgumentException if it is another family
     */
    public ConntrackFilter family(AddressFamily family) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.family = Ranges.family(family);
        return filter;
    }

    /**
     * Requires a mark.
     *
     * @param mark 0 to 2³²−1
     * @return a new filter
     * @throws IllegalArgumentException if it is out of range
     */
    public ConntrackFilter mark(long mark) {
        return mark(mark, U32_MAX);
    }

    /**
     * Requires the values of some bits of the mark.
     *
     * @param mark 0 to 2³²−1, within the mask
     * @param mask the bits to compare, 0 to 2³²−1
     * @return a new filter
     * @throws IllegalArgumentException if a number is out of range, or the mark has bits outside of the mask
     */
    public ConntrackFilter mark(long mark, long mask) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.mark = within("mark", mark, mask);
        filter.markMask = mask;
        return filter;
    }

    /**
     * Requires that some status bits are set.
     *
     * @param bits the bits, such as {@link ConntrackStatus#ASSURED}
     * @return a new filter
     */
    public ConntrackFilter status(ConntrackStatus... bits) {
        long status = ConntrackStatus.bits(bits);
        return status(status, status);
    }

    /**
     * Requires the values of some status bits.
     *
     * @param status 0 to 2³²−1, within the mask
     * @param mask the bits to compare, 0 to 2³²−1
     * @return a new filter
     * @throws IllegalArgumentException if a number is out of range, or the status has bits outside of the mask
     */
    public ConntrackFilter status(long status, long mask) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.status = within("status", status, mask);
        filter.statusMask = mask;
        return filter;
    }

    private static long within(String name, long value, long mask) {
        if (value < 0 || value > U32_MAX || mask < 0 || mask > U32_MAX) {
            throw new IllegalArgumentException(
                    name + " " + value + " or its mask " + mask + " is out of 0 to 4294967295");
        }
        if ((value & ~mask) != 0) {
            throw new IllegalArgumentException(name + " 0x" + Long.toHexString(value)
                    + " has bits outside of the mask 0x" + Long.toHexString(mask) + ": nothing could match");
        }
        return value;
    }

    /**
     * Requires a zone of both directions. A connection with a zone that applies to one direction is in no such zone,
     * not even in 0; {@link TuplePattern#zone} matches it.
     *
     * @param zone 0 to 65535
     * @return a new filter
     * @throws IllegalArgumentException if it is out of range
     */
    public ConntrackFilter zone(int zone) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.zone = Ranges.zone(zone);
        return filter;
    }

    /**
     * Requires TCP in a state.
     *
     * @param state the state
     * @return a new filter
     */
    public ConntrackFilter tcpState(TcpState state) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.tcpState = Objects.requireNonNull(state, "state");
        return filter;
    }

    /**
     * Requires a pattern of the original tuple.
     *
     * @param pattern the pattern
     * @return a new filter
     */
    public ConntrackFilter original(TuplePattern pattern) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.original = Objects.requireNonNull(pattern, "pattern");
        return filter;
    }

    /**
     * Requires a pattern of the reply tuple.
     *
     * @param pattern the pattern
     * @return a new filter
     */
    public ConntrackFilter reply(TuplePattern pattern) {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.reply = Objects.requireNonNull(pattern, "pattern");
        return filter;
    }

    /**
     * The pattern of the original tuple.
     *
     * @return the pattern set by {@link #original(TuplePattern)}, or the pattern that matches all
     */
    public TuplePattern original() {
        return original;
    }

    /**
     * The pattern of the reply tuple.
     *
     * @return the pattern set by {@link #reply(TuplePattern)}, or the pattern that matches all
     */
    public TuplePattern reply() {
        return reply;
    }

    /**
     * The conditions that a connection meets either always or never: family, zone and tuples, without mark, status and
     * state. To track the connections that a filter matches, listen to events with this part: with the whole filter, no
     * event would report that a connection no longer matches.
     *
     * @return a filter that matches these connections and possibly more
     */
    public ConntrackFilter lasting() {
        ConntrackFilter filter = new ConntrackFilter(this);
        filter.mark = null;
        filter.markMask = 0;
        filter.status = null;
        filter.statusMask = 0;
        filter.tcpState = null;
        return filter;
    }

    /**
     * Whether nothing is set.
     *
     * @return whether it matches all connections
     */
    public boolean isAll() {
        return equals(ALL);
    }

    /**
     * Whether a connection matches.
     *
     * @param entry the connection
     * @return whether it meets all conditions; false if the kernel did not send an attribute of a condition
     */
    public boolean matches(ConntrackEntry entry) {
        return (family.equals(AddressFamily.UNSPEC) || family.equals(entry.family()))
                && (mark == null || (entry.mark() & markMask) == mark)
                && (zone == null || (entry.zone() == zone && (zone != 0 || !entry.inZoneOfDirection())))
                && (status == null || (entry.has(ConntrackAttribute.STATUS) && (entry.status() & statusMask) == status))
                && (tcpState == null || entry.isTcpIn(tcpState))
                && matches(original, entry, ConntrackAttribute.TUPLE_ORIG, Direction.ORIGINAL)
                && matches(reply, entry, ConntrackAttribute.TUPLE_REPLY, Direction.REPLY);
    }

    @SuppressWarnings("ReferenceEquality") // a short cut
    private static boolean matches(
            TuplePattern pattern, ConntrackEntry entry, ConntrackAttribute attribute, Direction direction) {
        return pattern == TuplePattern.any() || (entry.has(attribute) && pattern.matches(entry.tuple(direction)));
    }

    /**
     * The family for a request: the one that is set, or the one of the patterns.
     *
     * @return the family; unspecified if none is determined
     */
    public AddressFamily requestFamily() {
        if (!family.equals(AddressFamily.UNSPEC)) {
            return family;
        }
        AddressFamily named = original.family();
        return named.equals(AddressFamily.UNSPEC) ? reply.family() : named;
    }

    /**
     * The tests of an event of such a connection.
     *
     * @return at least one
     */
    public List<EventCondition> eventTests() {
        List<EventCondition> tests = new ArrayList<>();
        if (family.equals(AddressFamily.UNSPEC)) {
            tests.add(FamilyCondition.of(AddressFamily.IPV4.number(), AddressFamily.IPV6.number()));
        } else {
            tests.add(FamilyCondition.of(family.number()));
        }
        if (mark != null && markMask != 0) {
            tests.add(AttributeCondition.at(ConntrackAttribute.MARK.code())
                    .width(Integer.BYTES)
                    .mask(markMask)
                    .whenAbsent(AttributeCondition.WhenAbsent.ZERO)
                    .is(mark));
        }
        if (status != null && statusMask != 0) {
            tests.add(AttributeCondition.at(ConntrackAttribute.STATUS.code())
                    .width(Integer.BYTES)
                    .mask(statusMask)
                    .is(status));
        }
        if (zone != null) {
            tests.add(AttributeCondition.at(ConntrackAttribute.ZONE.code())
                    .width(Short.BYTES)
                    .whenAbsent(AttributeCondition.WhenAbsent.ZERO)
                    .is(zone));
        }
        if (tcpState != null) {
            tests.add(AttributeCondition.at(ConntrackAttribute.PROTOINFO.code(), ProtoInfo.TCP.code(), Tcp.STATE.code())
                    .is(tcpState.number()));
        }
        original.addTests(ConntrackAttribute.TUPLE_ORIG, tests);
        reply.addTests(ConntrackAttribute.TUPLE_REPLY, tests);
        return tests;
    }

    /**
     * Writes the conditions that the kernel can compare.
     *
     * @param writer the target
     */
    public void writeTo(MessageWriter writer) {
        if (mark != null) {
            writer.be32(ConntrackAttribute.MARK.code(), mark);
            writer.be32(ConntrackAttribute.MARK_MASK.code(), markMask);
        }
        if (status != null && statusMask != 0) {
            writer.be32(ConntrackAttribute.STATUS.code(), status);
            writer.be32(ConntrackAttribute.STATUS_MASK.code(), statusMask);
        }
        if (zone != null) {
            writer.be16(ConntrackAttribute.ZONE.code(), zone);
        }
        // The kernel refuses (EINVAL) a zone of both directions together with one of a single direction.
        int comparable = zone == null ? ~0 : ~FilterFlags.TUPLE_ZONE;
        int originalFlags = original.kernelFlags(requestFamily()) & comparable;
        int replyFlags = reply.kernelFlags(requestFamily()) & comparable;
        if ((originalFlags | replyFlags) == 0) {
            return;
        }
        if (originalFlags != 0) {
            original.writeTo(writer, ConntrackAttribute.TUPLE_ORIG, originalFlags);
        }
        if (replyFlags != 0) {
            reply.writeTo(writer, ConntrackAttribute.TUPLE_REPLY, replyFlags);
        }
        int filter = writer.beginNest(ConntrackAttribute.FILTER.code());
        writer.hostWords(Filter.ORIG_FLAGS.code(), originalFlags);
        writer.hostWords(Filter.REPLY_FLAGS.code(), replyFlags);
        writer.endNest(filter);
    }

    /**
     * Whether another object is the same filter.
     *
     * @param other what to compare with
     * @return whether all conditions are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConntrackFilter filter
                && family.equals(filter.family)
                && Objects.equals(mark, filter.mark)
                && markMask == filter.markMask
                && Objects.equals(status, filter.status)
                && statusMask == filter.statusMask
                && Objects.equals(zone, filter.zone)
                && tcpState == filter.tcpState
                && original.equals(filter.original)
                && reply.equals(filter.reply);
    }

    /**
     * A hash of all conditions.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(family, mark, markMask, status, statusMask, zone, tcpState, original, reply);
    }

    /**
     * A description of the filter, for logs.
     *
     * @return text such as {@code IPv4, mark 0x7/0xff, original tcp dport=443}; {@code all} if nothing is set
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(family.equals(AddressFamily.UNSPEC) ? "" : ", " + family);
        text.append(mark == null ? "" : ", mark " + masked(mark, markMask));
        text.append(status == null ? "" : ", status " + masked(status, statusMask));
        text.append(zone == null ? "" : ", zone " + zone);
        text.append(tcpState == null ? "" : ", TCP " + tcpState);
        text.append(original.isAny() ? "" : ", original " + original);
        text.append(reply.isAny() ? "" : ", reply " + reply);
        return text.isEmpty() ? "all" : text.substring(2);
    }

    private static String masked(long value, long mask) {
        return "0x" + Long.toHexString(value) + (mask == U32_MAX ? "" : "/0x" + Long.toHexString(mask));
    }
}
