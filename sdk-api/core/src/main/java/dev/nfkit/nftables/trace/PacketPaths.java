// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.nftables.InstalledRule;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.TableId;
import dev.nfkit.session.Failures;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An open session of the paths of packets through the rules: chain by chain, and rule by rule.
 *
 * <pre>{@code
 * PacketPathOptions options = PacketPathOptions.builder().rule("tcp dport 443").build();
 * try (PacketPaths paths = PacketPaths.open(transport, options)) {
 *     paths.run(path -> {
 *         for (ChainPass pass : path.passes()) {
 *             for (PathStep step : pass.steps()) {
 *                 System.out.println(step + " " + paths.text(pass.table(), step).orElse(""));
 *             }
 *         }
 *     });
 * }
 * }</pre>
 *
 * <p>The rule that traces is in a table that belongs to this process: it disappears with it (Linux 5.12), and the tables of
 * others are not changed. Rules that do not match cause no message and are in no path. {@link PathComposer} describes when a
 * path ends and how memory is bounded.
 *
 * <p>{@link NetfilterSession} describes its threads. {@link #stop} ends gracefully: the rule is removed, then messages on the
 * socket are delivered, paths that have not ended too, and run or poll then return. {@link #close} ends at once.
 */
public final class PacketPaths implements NetfilterSession {
    private final NetlinkTransport transport;
    private final TraceEvents events;
    private final Nftables client;
    private final TracedRuleset ruleset;
    private final Optional<InstalledRule> rule;
    private final PathComposer composer = new PathComposer();
    private final AtomicReference<@Nullable Thread> polling = new AtomicReference<>();
    private volatile PathStatistics pathStatistics = composer.statistics();
    private volatile boolean closed;
    /** Whether the base chains were compared since the poll in progress began. */
    private boolean compared;
    /** The paths delivered since the poll in progress began. */
    private int delivered;

    private @Nullable NetlinkException failure;

    private PacketPaths(NetlinkTransport transport, TraceEvents events, Nftables client, Optional<InstalledRule> rule) {
        this.transport = transport;
        this.events = events;
        this.client = client;
        this.ruleset = new TracedRuleset(client);
        this.rule = rule;
    }

    /**
     * Opens its sockets, listens, and then installs the rule, if there is one. Packets that meet it after this returns are
     * traced.
     *
     * @param transport the network namespace
     * @param options the options
     * @return an open session; the caller closes it
     * @throws KernelRefusedException as {@link TraceEvents#open}
     * @throws BatchRefusedException if the kernel refuses the rule
     * @throws NetlinkException if a system call fails
     */
    public static PacketPaths open(NetlinkTransport transport, PacketPathOptions options) throws NetlinkException {
        Nftables client = Nftables.open(transport);
        TraceEvents events = null;
        try {
            events = TraceEvents.open(transport, options.events());
            Optional<InstalledRule> rule = options.rule().isPresent()
                    ? Optional.of(InstalledRule.trace(transport, options.rule().get()))
                    : Optional.empty();
            return new PacketPaths(transport, events, client, rule);
        } catch (Throwable e) {
            Failures.closeAfter(client, e);
            if (events != null) {
                Failures.closeAfter(events, e);
            }
            throw e;
        }
    }

    /**
     * Delivers the paths that have ended, or waits for the next ones and delivers those.
     *
     * @param sink takes the paths, on this thread
     * @param timeout the longest wait; zero does not wait. The call may return earlier without a path
     * @return the number of delivered paths; 0 if none has ended; −1 once the session has ended
     * @throws NetlinkException if receiving fails, or the ruleset cannot be read
     * @throws E as the sink throws; the next poll continues with the path after that one
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(PacketPathSink<E> sink, Duration timeout) throws NetlinkException, E {
        Thread self = Thread.currentThread();
        Thread other = polling.compareAndExchange(null, self);
        if (other != null) {
            throw new IllegalStateException(
                    other == self
                            ? "a session cannot be polled inside a callback of its own"
                            : "another thread polls this session");
        }
        try {
            int earlier = deliver(sink);
            return earlier > 0 ? earlier : receive(sink, timeout);
        } finally {
            pathStatistics = composer.statistics();
            polling.set(null);
        }
    }

    private <E extends Exception> int receive(PacketPathSink<E> sink, Duration timeout) throws NetlinkException, E {
        Duration expiry = composer.nextExpiry(transport.nanoTime()).orElse(timeout);
        compared = false;
        delivered = 0;
        int received = events.<E>poll(event -> take(event, sink), expiry.compareTo(timeout) < 0 ? expiry : timeout);
        if (received < 0) {
            composer.end();
            int rest = closed ? 0 : deliver(sink);
            return rest > 0 ? rest : received;
        }
        composer.expire(transport.nanoTime());
        deliver(sink);
        NetlinkException unread = failure;
        if (unread != null && delivered == 0) {
            failure = null;
            throw unread;
        }
        return delivered;
    }

    /** Takes an event. One that was received is never lost, even if the ruleset cannot be read. */
    private <E extends Exception> void take(TraceEvent event, PacketPathSink<E> sink) throws E {
        if (!compared) {
            compared = true;
            try {
                if (ruleset.refresh()) {
                    composer.chains(ruleset.chains());
                }
            } catch (NetlinkException e) {
                failure = e;
            }
        }
        composer.add(event, transport.nanoTime());
        deliver(sink);
    }

    private <E extends Exception> int deliver(PacketPathSink<E> sink) throws E {
        int before = delivered;
        Optional<PacketPath> path = composer.take();
        while (path.isPresent()) {
            delivered++;
            sink.path(path.get());
            path = composer.take();
        }
        return delivered - before;
    }

    /**
     * Delivers paths until the session is stopped or closed, or the thread is interrupted, which is noticed between batches,
     * and within a second while waiting; its flag is kept, and the session stays open.
     *
     * @param sink takes the paths, on this thread
     * @return the number of delivered paths
     * @throws NetlinkException as {@link #poll}
     * @throws E as the sink throws; the session stays open and can be run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(PacketPathSink<E> sink) throws NetlinkException, E {
        return MessageLoop.<E>repeat(() -> this.<E>poll(sink, MessageLoop.RUN_SLICE));
    }

    /**
     * The text of a step's rule, as nft prints it. Any thread, also in a sink, and until {@link #close}.
     *
     * @param table the table of the step's pass
     * @param step the step
     * @return one line; it contains text from outside, such as comments; empty if the step has no rule, or the rule was
     *     removed
     * @throws NetlinkException if the ruleset cannot be read, or the session is closed
     */
    public Optional<String> text(TableId table, PathStep step) throws NetlinkException {
        return step.ruleHandle().isPresent()
                ? ruleset.text(table, step.chain(), step.ruleHandle().getAsLong())
                : Optional.empty();
    }

    /**
     * The table of the session's own rule.
     *
     * @return the table; empty without a rule, or if the rule is in a chain that existed
     */
    public Optional<TableId> ownTable() {
        return rule.flatMap(InstalledRule::ownTable);
    }

    @Override
    public void wakeup() {
        events.wakeup();
    }

    /**
     * Begins a graceful end: the rule is removed, messages on the socket and paths that have not ended are delivered, and the
     * session ends. The run in progress then returns; a caller that polls continues until −1. Any thread; idempotent.
     */
    @Override
    public void stop() {
        rule.ifPresent(installed -> installed.detach(PacketPaths.class));
        events.stop();
    }

    @Override
    public void close() {
        closed = true;
        Throwable problem = null;
        for (AutoCloseable part : new AutoCloseable[] {() -> rule.ifPresent(InstalledRule::close), events, client}) {
            try {
                part.close();
            } catch (Exception | Error e) {
                problem = Failures.join(problem, e);
            }
        }
        Failures.rethrow(problem);
    }

    @Override
    public boolean ended() {
        return events.ended();
    }

    /**
     * The counters of received and lost messages since the session was opened. Any thread; also after the end.
     *
     * @return a snapshot
     */
    @Override
    public EventStatistics statistics() {
        return events.statistics();
    }

    /**
     * The counters of paths since the session was opened, as of the last poll. Any thread; also after the end.
     *
     * @return a snapshot
     */
    public PathStatistics pathStatistics() {
        return pathStatistics;
    }

    @Override
    public int receiveBuffer() {
        return events.receiveBuffer();
    }

    @Override
    public long portId() {
        return events.portId();
    }
}
