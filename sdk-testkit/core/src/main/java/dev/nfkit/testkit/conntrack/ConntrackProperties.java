// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.socket.ConntrackDrops;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.AttributeType;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What a test sets of connection tracking. Setters take the lock; the rest requires it, apart from {@link #drops}. */
public final class ConntrackProperties {
    private static final int IPPROTO_TCP = ConntrackTuple.IPPROTO_TCP;
    private static final int IPPROTO_UDP = ConntrackTuple.IPPROTO_UDP;

    private final ModelClock clock;
    private final Map<String, Set<Integer>> helpers = new HashMap<>();
    private final Map<Integer, Map<StatisticsAttribute, Long>> statistics = new TreeMap<>();
    private final Map<StatisticsAttribute.Expectations, Long> expectationStatistics =
            new EnumMap<>(StatisticsAttribute.Expectations.class);
    private KernelVersion version = KernelVersion.LATEST;
    private boolean available = true;
    private boolean accounting;
    private boolean timestamps;
    private boolean labelled;
    private boolean invertedIpv6Filter = true;
    private boolean tellsChanges = true;
    private long maximum = 262_144;

    ConntrackProperties(ModelClock clock) {
        this.clock = clock;
        helper("ftp", IPPROTO_TCP);
        helper("irc", IPPROTO_TCP);
        helper("sip", IPPROTO_TCP);
        helper("sip", IPPROTO_UDP);
        helper("tftp", IPPROTO_UDP);
        statistics.put(0, new EnumMap<>(StatisticsAttribute.class));
    }

    private void set(Runnable change) {
        clock.locked(() -> change.run());
    }

    /** Sets the version of the kernel. */
    public void kernelVersion(int major, int minor) {
        set(() -> version = new KernelVersion(major, minor));
    }

    /** Sets whether the kernel has ctnetlink ({@code CONFIG_NF_CT_NETLINK}). */
    public void available(boolean there) {
        set(() -> available = there);
    }

    /** Sets whether connections created from now on are counted ({@code net.netfilter.nf_conntrack_acct}). */
    public void accounting(boolean on) {
        set(() -> accounting = on);
    }

    /** Sets whether new connections have the time when they began, and events the time when they occurred. */
    public void timestamps(boolean on) {
        set(() -> timestamps = on);
    }

    /** Sets whether a rule matches labels, so that connections created from now on have space for labels. */
    public void labelled(boolean on) {
        set(() -> labelled = on);
    }

    /** Adds a helper. */
    public void helper(String name, int protocol) {
        set(() -> helpers.computeIfAbsent(name, key -> new HashSet<>()).add(protocol));
    }

    /** Sets the maximum number of connections in the table. */
    public void maximum(long entries) {
        set(() -> maximum = entries);
    }

    /** Sets whether a filter by IPv6 addresses selects all other addresses ({@code ctnetlink_filter_match_tuple}). */
    public void invertedIpv6Filter(boolean inverted) {
        set(() -> invertedIpv6Filter = inverted);
    }

    /** Sets whether a dump is marked (NLM_F_DUMP_INTR) once entries are added or removed while it is in progress. */
    public void tellsChanges(boolean on) {
        set(() -> tellsChanges = on);
    }

    /** Sets a counter of a processor. */
    public void statistic(int processor, StatisticsAttribute counter, long value) {
        set(() -> statistics
                .computeIfAbsent(processor, key -> new EnumMap<>(StatisticsAttribute.class))
                .put(counter, value));
    }

    /** Sets a counter of expectations, for the processor 0. */
    public void statistic(StatisticsAttribute.Expectations counter, long value) {
        set(() -> expectationStatistics.put(counter, value));
    }

    /** The drop counters, summed over all processors; empty without connection tracking. Any thread. */
    public Optional<ConntrackDrops> drops() {
        return clock.locked(() -> available
                ? Optional.of(
                        new ConntrackDrops(total(StatisticsAttribute.INSERT_FAILED), total(StatisticsAttribute.DROP)))
                : Optional.empty());
    }

    private long total(StatisticsAttribute counter) {
        return statistics.values().stream()
                .mapToLong(processor -> processor.getOrDefault(counter, 0L))
                .sum();
    }

    // All that follows requires the lock.

    /** Counts a packet that clashes with a connection, and is dropped. */
    public void countClash() {
        count(StatisticsAttribute.INSERT_FAILED);
        count(StatisticsAttribute.DROP);
    }

    private void count(StatisticsAttribute counter) {
        statistics
                .computeIfAbsent(0, key -> new EnumMap<>(StatisticsAttribute.class))
                .merge(counter, 1L, (before, one) -> (before + one) & 0xffff_ffffL);
    }

    boolean available() {
        return available;
    }

    boolean accounting() {
        return accounting;
    }

    boolean timestamps() {
        return timestamps;
    }

    boolean labelled() {
        return labelled;
    }

    boolean invertedIpv6Filter() {
        return invertedIpv6Filter;
    }

    boolean tellsChanges() {
        return tellsChanges;
    }

    long maximum() {
        return maximum;
    }

    boolean hasHelper(String name, int protocol) {
        return helpers.getOrDefault(name, Set.of()).contains(protocol);
    }

    /** Whether the kernel has the features of a version. */
    boolean has(String since) {
        return version.has(since);
    }

    boolean knows(AttributeType attribute) {
        return version.has(attribute.since());
    }

    Map<Integer, Map<StatisticsAttribute, Long>> statistics() {
        return statistics;
    }

    long statistic(StatisticsAttribute.Expectations counter) {
        return expectationStatistics.getOrDefault(counter, 0L);
    }
}
