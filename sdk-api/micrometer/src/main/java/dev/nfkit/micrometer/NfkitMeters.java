// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.event.ConntrackMirror;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.ConntrackStatistics;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nftables.trace.PathStatistics;
import dev.nfkit.socket.QueueState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The statistics of a session, table or mirror as meters.
 *
 * <pre>{@code
 * try (NfqueueSession session = NfqueueSession.open(transport, options);
 *         NfkitMeters meters = NfkitMeters.nfqueue("egress", session)) {
 *     meters.bindTo(registry);
 *     session.run(decider);
 * }
 * }</pre>
 *
 * <p>The meters read the statistics only when the registry is scraped, once for all meters of a scrape: values are at
 * most 100 ms old. A session does nothing for them, so a packet costs the same with and without meters. All meters have
 * the tag {@code session}, the name that the caller chose, and where it matters {@code kind}. The guide to operating
 * lists them.
 *
 * <p>The meters stay in the registry until {@link #close}, also after the end of the session, with its last numbers. Any
 * thread.
 */
public final class NfkitMeters implements MeterBinder, AutoCloseable {
    /** What meters refer to weakly: it must never be collected. */
    private static final Object ANCHOR = new Object();

    /** Registers the meters of one kind of statistics. */
    @FunctionalInterface
    private interface Part {
        void register(MeterRegistry registry, List<Meter> registered);
    }

    private record Bound(MeterRegistry registry, List<Meter> meters) {}

    private final List<Part> parts = new ArrayList<>();
    private final List<Bound> bound = new ArrayList<>();
    private final LongSupplier clock;

    /** Meters that take the age of statistics from a clock. */
    NfkitMeters(LongSupplier clock) {
        this.clock = clock;
    }

    private NfkitMeters() {
        this(System::nanoTime);
    }

    /**
     * The meters of an NFLOG session.
     *
     * @param session the name that the meters have as the tag {@code session}
     * @param statistics returns the statistics, such as {@code NflogSession::statistics}
     * @return meters, not bound yet
     */
    public static NfkitMeters nflog(String session, Supplier<Statistics> statistics) {
        return new NfkitMeters().addPackets("nflog", session, statistics);
    }

    NfkitMeters addPackets(String kind, String session, Supplier<Statistics> statistics) {
        return add(new Snapshot<>(statistics, clock), Readings.OF_PACKETS, tags(kind, session));
    }

    /**
     * The meters of an NFQUEUE session and its queues, with the length at which a queue is full.
     *
     * @param name the name that the meters have as the tag {@code session}
     * @param session the session
     * @return meters, not bound yet
     */
    public static NfkitMeters nfqueue(String name, NfqueueSession session) {
        return new NfkitMeters()
                .addQueues(
                        name,
                        session::statistics,
                        queue -> session.options(queue).maximumLength());
    }

    /**
     * The meters of an NFQUEUE session or of workers, and of their queues: those that the kernel reports when the meters
     * are bound.
     *
     * @param session the name that the meters have as the tag {@code session}
     * @param statistics returns the statistics, such as {@code NfqueueWorkers::statistics}
     * @return meters, not bound yet
     */
    public static NfkitMeters nfqueue(String session, Supplier<NfqueueStatistics> statistics) {
        return new NfkitMeters().addQueues(session, statistics, null);
    }

    NfkitMeters addQueues(
            String session, Supplier<NfqueueStatistics> statistics, @Nullable IntUnaryOperator maximumLength) {
        Tags tags = tags("nfqueue", session);
        Snapshot<NfqueueStatistics> snapshot = new Snapshot<>(statistics, clock);
        add(snapshot, of(Readings.OF_PACKETS, NfqueueStatistics::received), tags);
        add(snapshot, Readings.OF_DECISIONS, tags);
        parts.add((registry, meters) -> {
            for (QueueState queue : statistics.get().queues()) {
                int number = queue.queue();
                Tags ofQueue = tags.and("queue", Integer.toString(number));
                Function<NfqueueStatistics, QueueState> ofThis = all -> state(all, queue);
                for (Reading<NfqueueStatistics> reading : of(Readings.OF_QUEUES, ofThis)) {
                    register(registry, reading, snapshot, ofQueue, meters);
                }
                if (maximumLength != null) {
                    Reading<NfqueueStatistics> limit = Reading.gauge(
                            LIMIT, "maximumLength", "packets", LIMIT_TEXT, all -> maximumLength.applyAsInt(number));
                    register(registry, limit, snapshot, ofQueue, meters);
                }
            }
        });
        return this;
    }

    /** The meter of {@link dev.nfkit.nfqueue.NfqueueQueue#maximumLength()}. */
    static final String LIMIT = "nfkit.nfqueue.limit";

    private static final String LIMIT_TEXT = "The maximum number of packets that wait in the queue";

    private static QueueState state(NfqueueStatistics all, QueueState before) {
        return all.queues().stream()
                .filter(state -> state.queue() == before.queue())
                .findFirst()
                .orElse(before);
    }

    /**
     * The meters of a session of connection tracking's events.
     *
     * @param session the name that the meters have as the tag {@code session}
     * @param statistics returns the statistics, such as {@code ConntrackEvents::statistics}
     * @return meters, not bound yet
     */
    public static NfkitMeters conntrackEvents(String session, Supplier<EventStatistics> statistics) {
        return new NfkitMeters().addEvents("conntrack", session, statistics);
    }

    /**
     * The meters of a session of nftables' events.
     *
     * @param session the name that the meters have as the tag {@code session}
     * @param statistics returns the statistics, such as {@code NftablesEvents::statistics}
     * @return meters, not bound yet
     */
    public static NfkitMeters nftablesEvents(String session, Supplier<EventStatistics> statistics) {
        return new NfkitMeters().addEvents("nftables", session, statistics);
    }

    /**
     * The meters of a session of trace messages.
     *
     * @param session the name that the meters have as the tag {@code session}
     * @param statistics returns the statistics, such as {@code TraceEvents::statistics} or {@code PacketPaths::statistics}
     * @return meters, not bound yet
     */
    public static NfkitMeters traceEvents(String session, Supplier<EventStatistics> statistics) {
        return new NfkitMeters().addEvents("trace", session, statistics);
    }

    NfkitMeters addEvents(String kind, String session, Supplier<EventStatistics> statistics) {
        return add(new Snapshot<>(statistics, clock), Readings.OF_EVENTS, tags(kind, session));
    }

    /**
     * The meters of packets' paths through rules.
     *
     * @param session the name that the meters have as the tag {@code session}
     * @param statistics returns the statistics, such as {@code PacketPaths::pathStatistics}
     * @return meters, not bound yet
     */
    public static NfkitMeters packetPaths(String session, Supplier<PathStatistics> statistics) {
        NfkitMeters meters = new NfkitMeters();
        return meters.add(new Snapshot<>(statistics, meters.clock), Readings.OF_PATHS, Tags.of("session", session));
    }

    /**
     * The fill level of the kernel's table of connections. Each scrape makes a request; if it fails, the meters are not
     * a number.
     *
     * @param name the name that the meters have as the tag {@code session}
     * @param table the table's client, which must stay open until {@link #close}
     * @return meters, not bound yet
     */
    public static NfkitMeters conntrackTable(String name, Conntrack table) {
        NfkitMeters meters = new NfkitMeters();
        Snapshot<ConntrackStatistics> snapshot = new Snapshot<>(
                () -> {
                    try {
                        return table.statistics();
                    } catch (NetlinkException e) {
                        return null;
                    }
                },
                meters.clock);
        return meters.add(snapshot, Readings.OF_TABLE, Tags.of("session", name));
    }

    /**
     * The size of a mirror of the table, and whether it is out of date. The mirror's own thread may go on: a scrape only
     * reads a number.
     *
     * @param name the name that the meters have as the tag {@code session}
     * @param mirror the mirror
     * @return meters, not bound yet
     */
    public static NfkitMeters conntrackMirror(String name, ConntrackMirror mirror) {
        NfkitMeters meters = new NfkitMeters();
        return meters.add(new Snapshot<>(() -> mirror, meters.clock), Readings.OF_MIRROR, Tags.of("session", name));
    }

    private static Tags tags(String kind, String session) {
        return Tags.of("session", Objects.requireNonNull(session, "session"), "kind", kind);
    }

    private static <S, T> List<Reading<T>> of(List<Reading<S>> readings, Function<T, S> part) {
        return readings.stream().map(reading -> reading.<T>of(part)).toList();
    }

    private <S> NfkitMeters add(Snapshot<S> snapshot, List<Reading<S>> readings, Tags tags) {
        parts.add(
                (registry, meters) -> readings.forEach(reading -> register(registry, reading, snapshot, tags, meters)));
        return this;
    }

    private static <S> void register(
            MeterRegistry registry, Reading<S> reading, Snapshot<S> snapshot, Tags tags, List<Meter> registered) {
        if (!registry.find(reading.name()).tags(tags).meters().isEmpty()) {
            throw new IllegalStateException("the registry has a meter " + reading.name() + " with " + tags
                    + " already; give each session a name of its own");
        }
        if (reading.counter()) {
            registered.add(FunctionCounter.builder(reading.name(), ANCHOR, anchor -> snapshot.read(reading))
                    .tags(tags)
                    .baseUnit(reading.unit())
                    .description(reading.description())
                    .register(registry));
        } else {
            registered.add(Gauge.builder(reading.name(), ANCHOR, anchor -> snapshot.read(reading))
                    .tags(tags)
                    .baseUnit(reading.unit())
                    .description(reading.description())
                    .register(registry));
        }
    }

    /**
     * Registers the meters.
     *
     * @param registry the registry, of which there may be several
     * @throws IllegalStateException if the registry has meters with the same names and tags; no meter is then added
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        List<Meter> meters = new ArrayList<>();
        boolean complete = false;
        try {
            parts.forEach(part -> part.register(registry, meters));
            complete = true;
        } finally {
            if (!complete) {
                meters.forEach(registry::remove);
            }
        }
        synchronized (bound) {
            bound.add(new Bound(registry, meters));
        }
    }

    /** Removes the meters from all registries. Idempotent; the session stays open. */
    @Override
    public void close() {
        synchronized (bound) {
            bound.forEach(each -> each.meters().forEach(each.registry()::remove));
            bound.clear();
        }
    }
}
