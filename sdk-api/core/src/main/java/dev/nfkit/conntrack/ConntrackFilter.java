// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.codec.FilterConditions;
import dev.nfkit.conntrack.codec.MaskedBits;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.conntrack.codec.TupleConditions;
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
    private static final String NO_MATCH = ": nothing could match";
    private static final int UNSET = TupleConditions.UNSET;
    private static final ConntrackFilter ALL = new ConntrackFilter(new FilterConditions(
            AddressFamily.UNSPEC, null, null, UNSET, UNSET, TupleConditions.ANY, TupleConditions.ANY));

    private final FilterConditions conditions;

    private ConntrackFilter(FilterConditions conditions) {
        this.conditions = conditions;
    }

    /**
     * The conditions in the form that is compared and sent. For the packages of nfkit only: the type's package is not
     * exported.
     *
     * @return the conditions
     */
    @SuppressWarnings("exports")
    public FilterConditions conditions() {
        return conditions;
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
        return new ConntrackFilter(conditions.withFamily(Ranges.family(family)));
    }

    /**
     * Requires a mark.
     *
     * @param mark 0 to 2³²−1
     * @return a new filter
     * @throws IllegalArgumentException if it is out of range
     */
    public ConntrackFilter mark(long mark) {
        return new ConntrackFilter(conditions.withMark(MaskedBits.all("mark", mark)));
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
        return new ConntrackFilter(conditions.withMark(MaskedBits.of("mark", mark, mask, NO_MATCH)));
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
        return new ConntrackFilter(conditions.withStatus(MaskedBits.of("status", status, mask, NO_MATCH)));
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
        return new ConntrackFilter(conditions.withZone(Ranges.zone(zone)));
    }

    /**
     * Requires TCP in a state.
     *
     * @param state the state
     * @return a new filter
     */
    public ConntrackFilter tcpState(TcpState state) {
        return new ConntrackFilter(conditions.withTcpState(state.number()));
    }

    /**
     * Requires a pattern of the original tuple.
     *
     * @param pattern the pattern
     * @return a new filter
     */
    public ConntrackFilter original(TuplePattern pattern) {
        return new ConntrackFilter(conditions.withOriginal(pattern.conditions()));
    }

    /**
     * Requires a pattern of the reply tuple.
     *
     * @param pattern the pattern
     * @return a new filter
     */
    public ConntrackFilter reply(TuplePattern pattern) {
        return new ConntrackFilter(conditions.withReply(pattern.conditions()));
    }

    /**
     * The pattern of the original tuple.
     *
     * @return the pattern set by {@link #original(TuplePattern)}, or the pattern that matches all
     */
    public TuplePattern original() {
        return TuplePattern.with(conditions.original());
    }

    /**
     * The pattern of the reply tuple.
     *
     * @return the pattern set by {@link #reply(TuplePattern)}, or the pattern that matches all
     */
    public TuplePattern reply() {
        return TuplePattern.with(conditions.reply());
    }

    /**
     * The conditions that a connection meets either always or never: family, zone and tuples, without mark, status and
     * state. To track the connections that a filter matches, listen to events with this part: with the whole filter, no
     * event would report that a connection no longer matches.
     *
     * @return a filter that matches these connections and possibly more
     */
    public ConntrackFilter lasting() {
        return new ConntrackFilter(conditions.withMark(null).withStatus(null).withTcpState(UNSET));
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
     * @throws IllegalStateException if the loan has ended
     */
    public boolean matches(ConntrackEntry entry) {
        return conditions.matches(entry.source().alive());
    }

    /**
     * Whether another object is the same filter.
     *
     * @param other what to compare with
     * @return whether all conditions are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConntrackFilter filter && conditions.equals(filter.conditions);
    }

    /**
     * A hash of all conditions.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return conditions.hashCode();
    }

    /**
     * A description of the filter, for logs.
     *
     * @return text such as {@code IPv4, mark 0x7/0xff, original tcp dport=443}; {@code all} if nothing is set
     */
    @Override
    public String toString() {
        FilterConditions set = conditions;
        StringBuilder text = new StringBuilder();
        text.append(set.family().equals(AddressFamily.UNSPEC) ? "" : ", " + set.family());
        text.append(set.mark() == null ? "" : ", mark " + set.mark());
        text.append(set.status() == null ? "" : ", status " + set.status());
        text.append(set.zone() == UNSET ? "" : ", zone " + set.zone());
        TcpState.of(set.tcpState()).ifPresent(state -> text.append(", TCP ").append(state));
        text.append(original().isAny() ? "" : ", original " + original());
        text.append(reply().isAny() ? "" : ", reply " + reply());
        return text.isEmpty() ? "all" : text.substring(2);
    }
}
