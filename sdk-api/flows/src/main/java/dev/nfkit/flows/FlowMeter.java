// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEventKind;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open session that turns connection tracking into flow records: one when a connection ends, and one for each
 * interval in which an open connection carried something.
 *
 * <pre>{@code
 * try (FlowMeter meter = FlowMeter.open(transport, FlowMeterOptions.builder().build())) {
 *     meter.run(report -> System.out.println(report));
 * }
 * }</pre>
 *
 * <p>The meter listens to the events of beginnings and ends, and dumps the table twice in each active timeout for the
 * counts of open connections. If the kernel drops events, a {@link FlowLoss} reports their number, the meter dumps the table
 * at once, and flows whose end was lost get a last record. A meter that begins reports connections that exist already
 * from then on: their deltas are since that moment. By default the kernel sends no events of these (see {@link
 * ConntrackEvents}), so the dumps show their end.
 *
 * <p>Packets and bytes need {@code net.netfilter.nf_conntrack_acct=1}, which holds for connections that begin after it
 * was set; exact times need {@code net.netfilter.nf_conntrack_timestamp=1}.
 *
 * <p>An open flow takes about 380 bytes, and {@link FlowMeterOptions#maxFlows} bounds their number. {@link
 * NetfilterSession} describes threads, wakeups and errors. {@link #stop} reads what the socket has, dumps the table once
 * more, reports all open flows that carried something, and ends; {@link #close} reports nothing more.
 */
public final class FlowMeter implements NetfilterSession {
    private static final Duration SLICE = Duration.ofSeconds(1);

    /** In effect unbounded. */
    private static final Duration FOREVER = Duration.ofDays(36_500);

    /** The entries of a dump that are read at a time, before events are: else these would overrun their socket. */
    private static final int ENTRIES_BETWEEN_EVENTS = 1024;

    /** A table that is resized again and again is dumped at once so often, and then once a second. */
    private static final int IMMEDIATE_DUMPS = 8;

    /** Less than what any event takes in the receive buffer. */
    private static final int LEAST_EVENT = 256;

    private final NetlinkTransport transport;
    private final FlowMeterOptions options;
    private final ConntrackEvents events;
    private final Conntrack table;
    private final ArrayDeque<FlowReport> reports = new ArrayDeque<>();
    private final FlowCounts counts = new FlowCounts();
    private final LossAccount losses = new LossAccount(counts);
    private final FlowTimes times;
    private final FlowTable flows;
    private final AtomicBoolean polling = new AtomicBoolean();
    private final long dumpInterval;

    private FlowTime inStep;
    private long nextDump;
    private long eventsSinceDump;
    private int emptyReads;
    private int incompleteDumps;

    /** Events were lost, and no complete dump has followed. */
    private boolean dumpOwed;

    private boolean lastDumpDone;
    private volatile boolean woken;
    private volatile boolean stopped;
    private volatile boolean closed;
    private volatile FlowStatistics statistics;

    private FlowMeter(NetlinkTransport transport, FlowMeterOptions options, ConntrackEvents events, Conntrack table) {
        this.transport = transport;
        this.options = options;
        this.events = events;
        this.table = table;
        times = new FlowTimes(options.clock());
        FlowWriter writer = new FlowWriter(options, times, transport::nanoTime, reports::add);
        flows = new FlowTable(options, writer, losses, counts);
        dumpInterval = options.activeTimeout().toNanos() / 2;
        inStep = times.now();
        nextDump = transport.nanoTime();
        statistics = counts.snapshot(0, events.statistics());
    }

    /**
     * Begins to listen to events, and reads the table. Connections that begin after this returns are reported whole.
     *
     * @param transport the network namespace
     * @param options the options
     * @return an open session; the caller closes it
     * @throws dev.nfkit.KernelRefusedException as {@link ConntrackEvents#open} and {@link Conntrack#open} do
     * @throws NetlinkException if a system call fails
     */
    public static FlowMeter open(NetlinkTransport transport, FlowMeterOptions options) throws NetlinkException {
        ConntrackEventOptions.Builder subscription =
                ConntrackEventOptions.builder().receiveBuffer(options.receiveBuffer());
        if (!options.changes()) {
            subscription.kinds(ConntrackEventKind.NEW, ConntrackEventKind.DESTROYED);
        }
        if (!options.filter().isAll()) {
            subscription.filter(options.filter());
        }
        ConntrackEvents events = ConntrackEvents.open(transport, subscription.build());
        boolean opened = false;
        try {
            FlowMeter meter = open(transport, options, events);
            opened = true;
            return meter;
        } finally {
            if (!opened) {
                events.close();
            }
        }
    }

    private static FlowMeter open(NetlinkTransport transport, FlowMeterOptions options, ConntrackEvents events)
            throws NetlinkException {
        Conntrack table = Conntrack.open(transport);
        boolean opened = false;
        try {
            FlowMeter meter = new FlowMeter(transport, options, events, table);
            meter.dump();
            opened = true;
            return meter;
        } finally {
            if (!opened) {
                table.close();
            }
        }
    }

    /**
     * Delivers the available reports, or waits for the next one.
     *
     * @param sink takes the reports, on this thread
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered reports; 0 on timeout or {@link #wakeup}; −1 once the session has ended
     * @throws NetlinkException if receiving or a dump fails; the next poll repeats it
     * @throws E as the sink throws; the next poll delivers the same report first
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(FlowSink<E> sink, Duration timeout) throws NetlinkException, E {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: " + timeout);
        }
        if (!polling.compareAndSet(false, true)) {
            throw new IllegalStateException("another poll or run of this meter is in progress");
        }
        try {
            long deadline = transport.nanoTime() + (timeout.compareTo(FOREVER) < 0 ? timeout : FOREVER).toNanos();
            boolean goesOn = true;
            while (true) {
                int delivered = this.<E>deliver(sink);
                if (delivered > 0) {
                    return delivered;
                }
                if (closed || lastDumpDone) {
                    return -1;
                }
                if (!goesOn) {
                    return 0;
                }
                goesOn = advance(deadline);
            }
        } finally {
            polling.set(false);
            statistics = counts.snapshot(flows.open(), events.statistics());
        }
    }

    /** Delivers what has been made, and then the open flows that are due. */
    private <E extends Exception> int deliver(FlowSink<E> sink) throws E {
        int delivered = 0;
        while (!closed) {
            FlowReport report = reports.peek();
            if (report != null) {
                sink.report(report);
                reports.remove();
                delivered++;
            } else if (delivered > ENTRIES_BETWEEN_EVENTS || !flows.reportDue()) {
                return delivered;
            }
        }
        return delivered;
    }

    /**
     * Reads events once, and dumps the table if it is time.
     *
     * @return whether there is time left to go on
     */
    private boolean advance(long deadline) throws NetlinkException {
        if (transport.nanoTime() - nextDump >= 0) {
            dump();
        }
        boolean unsettled = flows.isUnsettled() || losses.isOpen();
        long now = transport.nanoTime();
        long wait = unsettled ? 0 : Math.max(0, Math.min(deadline - now, nextDump - now));
        int read = events.poll(this::event, Duration.ofNanos(wait));
        if (read < 0) {
            end();
            return true;
        }
        if (read > 0) {
            eventsSinceDump += read;
            emptyReads = 0;
            if (!losses.isOpen()) {
                inStep = times.now();
            }
        } else {
            emptyReads++; // one may be a wakeup
        }
        if (unsettled && (emptyReads > 1 || eventsSinceDump > events.receiveBuffer() / LEAST_EVENT)) {
            settle();
        }
        if (woken) {
            woken = false;
            return false;
        }
        return transport.nanoTime() - deadline < 0;
    }

    private void settle() {
        flows.settle();
        if (losses.isOpen() && !dumpOwed) {
            reports.add(losses.close(options.host(), times.now()));
        }
    }

    private void event(ConntrackEvent event) {
        if (event instanceof ConntrackEvent.Overrun overrun) {
            lost(overrun.lost());
        } else if (event instanceof ConntrackEvent.OfConnection change) {
            ConntrackEntry entry = change.entry();
            if (!entry.has(ConntrackAttribute.TUPLE_ORIG)) {
                lost(1); // nothing identifies its connection
            } else if (change instanceof ConntrackEvent.New) {
                flows.begin(entry);
            } else if (change instanceof ConntrackEvent.Destroyed) {
                flows.end(entry);
            } else {
                flows.change(entry);
            }
        }
    }

    private void lost(long number) {
        losses.lost(number, inStep);
        if (options.changes()) {
            flows.changesLost();
        }
        nextDump = transport.nanoTime();
        dumpOwed = true;
    }

    private void dump() throws NetlinkException {
        flows.beginDump();
        boolean complete = false;
        int[] entries = new int[1];
        try {
            complete = !table.<NetlinkException>dump(options.filter(), entry -> {
                        if (entry.has(ConntrackAttribute.TUPLE_ORIG)) {
                            flows.dumped(entry);
                        }
                        if (++entries[0] % ENTRIES_BETWEEN_EVENTS == 0) {
                            events.poll(this::event, Duration.ZERO);
                        }
                    })
                    .interrupted();
        } finally {
            flows.endDump(complete);
        }
        eventsSinceDump = 0;
        emptyReads = 0;
        dumpOwed &= !complete;
        incompleteDumps = complete ? 0 : incompleteDumps + 1;
        long pause = incompleteDumps > IMMEDIATE_DUMPS ? SLICE.toNanos() : 0;
        nextDump = transport.nanoTime() + (complete ? dumpInterval : pause);
    }

    /** All events have been read, and no more come: the last counts, and a record for each flow that has news. */
    private void end() throws NetlinkException {
        try {
            if (stopped && !closed) { // a recording may end without it
                dump();
            }
        } finally {
            lastDumpDone = true;
            nextDump = Long.MAX_VALUE;
            flows.settle();
            if (losses.isOpen()) {
                reports.add(losses.close(options.host(), times.now()));
            }
            flows.allDue();
            table.close();
        }
    }

    /**
     * Delivers reports until the session is stopped or closed, or the thread is interrupted, which is noticed within a
     * second; its flag is kept, and the session stays open.
     *
     * @param sink takes the reports, on this thread
     * @return the number of delivered reports
     * @throws NetlinkException if receiving or a dump fails
     * @throws E as the sink throws; the session stays open and can be run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(FlowSink<E> sink) throws NetlinkException, E {
        long delivered = 0;
        while (!Thread.currentThread().isInterrupted()) {
            int number = this.<E>poll(sink, SLICE);
            if (number < 0) {
                break;
            }
            delivered += number;
        }
        return delivered;
    }

    @Override
    public void wakeup() {
        woken = true;
        events.wakeup();
    }

    @Override
    public void stop() {
        stopped = true;
        events.stop();
    }

    @Override
    public void close() {
        closed = true;
        events.close();
        table.close();
    }

    @Override
    public boolean ended() {
        return events.ended();
    }

    @Override
    public long portId() {
        return events.portId();
    }

    @Override
    public int receiveBuffer() {
        return events.receiveBuffer();
    }

    /**
     * The counts of the events. {@link #flowStatistics} has those of the flows.
     *
     * @return a snapshot
     */
    @Override
    public EventStatistics statistics() {
        return events.statistics();
    }

    /**
     * The counts of connections and reports, at the end of the last poll. Any thread; also after the end.
     *
     * @return a snapshot
     */
    public FlowStatistics flowStatistics() {
        return statistics;
    }
}
