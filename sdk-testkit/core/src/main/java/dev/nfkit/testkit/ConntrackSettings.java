package dev.nfkit.testkit;

import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.socket.ConntrackDrops;
import dev.nfkit.wire.AttributeType;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The properties of the kernel of a {@link FakeConntrack}, which a test sets before the code under test runs. By
 * default it is a recent kernel without counters, timestamps and rules that match labels. Every method may be called by
 * any thread.
 */
public final class ConntrackSettings {
    private static final int IPPROTO_TCP = SampleTuple.IPPROTO_TCP;
    private static final int IPPROTO_UDP = SampleTuple.IPPROTO_UDP;

    private final TestClock clock;
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

    ConntrackSettings(TestClock clock) {
        this.clock = clock;
        helper("ftp", IPPROTO_TCP).helper("irc", IPPROTO_TCP);
        helper("sip", IPPROTO_TCP).helper("sip", IPPROTO_UDP).helper("tftp", IPPROTO_UDP);
        statistics.put(0, new EnumMap<>(StatisticsAttribute.class));
    }

    private ConntrackSettings set(Runnable change) {
        clock.lock().lock();
        try {
            change.run();
            return this;
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Sets the version of the kernel. It sends no attribute of a later version, and ignores the filters of later
     * versions.
     *
     * @param major the major version, such as 5
     * @param minor the minor version, such as 4
     * @return these settings
     */
    public ConntrackSettings kernelVersion(int major, int minor) {
        return set(() -> version = new KernelVersion(major, minor));
    }

    /**
     * Sets whether the kernel has ctnetlink ({@code CONFIG_NF_CT_NETLINK}). Without it every request is refused with
     * EINVAL, as for any missing subsystem of nfnetlink.
     *
     * @param there true unless set
     * @return these settings
     */
    public ConntrackSettings available(boolean there) {
        return set(() -> available = there);
    }

    /**
     * Sets whether connections created from now on are counted ({@code net.netfilter.nf_conntrack_acct}).
     *
     * @param on false unless set
     * @return these settings
     */
    public ConntrackSettings accounting(boolean on) {
        return set(() -> accounting = on);
    }

    /**
     * Sets whether connections created from now on have the time when they began, and events the time when they
     * occurred ({@code net.netfilter.nf_conntrack_timestamp}).
     *
     * @param on false unless set
     * @return these settings
     */
    public ConntrackSettings timestamps(boolean on) {
        return set(() -> timestamps = on);
    }

    /**
     * Sets whether a rule matches labels, so that connections created from now on have space for labels. Without it,
     * labels of an update are refused (ENOSPC), and those of a new connection are omitted.
     *
     * @param on false unless set
     * @return these settings
     */
    public ConntrackSettings labelled(boolean on) {
        return set(() -> labelled = on);
    }

    /**
     * Adds a helper. By default there are ftp and irc of TCP, sip of both, tftp of UDP.
     *
     * @param name its name
     * @param protocol {@code IPPROTO_*} of the connections that it follows
     * @return these settings
     */
    public ConntrackSettings helper(String name, int protocol) {
        return set(() -> helpers.computeIfAbsent(name, key -> new HashSet<>()).add(protocol));
    }

    /**
     * Sets the maximum number of connections in the table. One more is refused with ENOMEM.
     *
     * @param entries {@code net.netfilter.nf_conntrack_max}; 262144 unless set
     * @return these settings
     */
    public ConntrackSettings maximum(long entries) {
        return set(() -> maximum = entries);
    }

    /**
     * Sets whether a dump with a filter by IPv6 addresses returns the connections of all other addresses, as Linux does
     * (observed on 6.18; {@code ctnetlink_filter_match_tuple}).
     *
     * @param inverted true unless set
     * @return these settings
     */
    public ConntrackSettings invertedIpv6Filter(boolean inverted) {
        return set(() -> invertedIpv6Filter = inverted);
    }

    /**
     * Sets whether a dump is marked (NLM_F_DUMP_INTR) once entries are added or removed while it is in progress.
     * Netlink has the mark for that purpose, but the connection table of Linux up to 6.18 never sets it.
     *
     * @param on true unless set
     * @return these settings
     */
    public ConntrackSettings tellsChanges(boolean on) {
        return set(() -> tellsChanges = on);
    }

    /**
     * Sets a counter of a processor. A kernel has at least the processor 0.
     *
     * @param processor 0 to 65535
     * @param counter the counter
     * @param value 0 to 2³²−1; 0 unless set
     * @return these settings
     */
    public ConntrackSettings statistic(int processor, StatisticsAttribute counter, long value) {
        return set(() -> statistics
                .computeIfAbsent(processor, key -> new EnumMap<>(StatisticsAttribute.class))
                .put(counter, value));
    }

    /**
     * Sets a counter of expectations, for the processor 0.
     *
     * @param counter the counter
     * @param value 0 to 2³²−1; 0 unless set
     * @return these settings
     */
    public ConntrackSettings statistic(StatisticsAttribute.Expectations counter, long value) {
        return set(() -> expectationStatistics.put(counter, value));
    }

    /** The drop counters, summed over all processors; empty without connection tracking. Any thread. */
    Optional<ConntrackDrops> drops() {
        clock.lock().lock();
        try {
            return available
                    ? Optional.of(new ConntrackDrops(
                            total(StatisticsAttribute.INSERT_FAILED), total(StatisticsAttribute.DROP)))
                    : Optional.empty();
        } finally {
            clock.lock().unlock();
        }
    }

    private long total(StatisticsAttribute counter) {
        return statistics.values().stream()
                .mapToLong(processor -> processor.getOrDefault(counter, 0L))
                .sum();
    }

    // The following is for the model. All of it requires the lock.

    /** Increments a counter of processor 0. */
    void count(StatisticsAttribute counter) {
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
