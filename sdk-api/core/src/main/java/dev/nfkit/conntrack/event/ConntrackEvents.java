// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.conntrack.codec.Probe;
import dev.nfkit.conntrack.event.ConntrackEvent.OfConnection;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.session.EventStream;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.session.TableRequests;
import dev.nfkit.socket.Loan;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open session of conntrack's events.
 *
 * <pre>{@code
 * try (ConntrackEvents events = ConntrackEvents.open(transport, ConntrackEventOptions.builder().build())) {
 *     events.run(event -> System.out.println(event));
 * }
 * }</pre>
 *
 * <p>The kernel sends events only while there is a listener: by default ({@code net.netfilter.nf_conntrack_events=2},
 * since 5.19) it generates no events for connections that began before. If events arrive faster than they are received,
 * the kernel drops some; an {@link ConntrackEvent.Overrun} takes their place, with their number.
 *
 * <p>{@link NetfilterSession} describes its threads. {@link #stop} ends gracefully: the session stops listening, events
 * on the socket are delivered, and run or poll then return. {@link #close} ends at once; undelivered events are
 * discarded and counted.
 */
public final class ConntrackEvents implements NetfilterSession {
    private final ConntrackEventOptions options;
    private final EventStream<ConntrackEventSink<?>> stream;
    private final View view = new View(null);

    /** The attributes that borrowed events share, and an event of each kind over them. */
    private static final class View {
        final EntryAttributes attributes;
        final ConntrackEvent.New created;
        final ConntrackEvent.Updated updated;
        final ConntrackEvent.Destroyed destroyed;

        View(@Nullable Loan loan) {
            attributes = new EntryAttributes(loan);
            ConntrackEntry entry = new ConntrackEntry(attributes);
            created = new ConntrackEvent.New(entry);
            updated = new ConntrackEvent.Updated(entry);
            destroyed = new ConntrackEvent.Destroyed(entry);
        }
    }

    private ConntrackEvents(NetlinkTransport transport, NetlinkSocket socket, ConntrackEventOptions options)
            throws NetlinkException {
        this.options = options;
        stream = new EventStream<>(transport, socket, subscription(options), this::deliver, ConntrackEvents::lost);
    }

    private static EventStream.Subscription subscription(ConntrackEventOptions options) {
        List<Integer> groups =
                options.kinds().stream().map(ConntrackEventKind::group).toList();
        return new EventStream.Subscription(
                ConntrackEvents.class, groups, options.eventFilter(), options.receiveBuffer());
    }

    /**
     * Opens a socket and begins to listen. Events that occur after this returns are delivered.
     *
     * @param transport the network namespace
     * @param options the options
     * @return an open session; the caller closes it
     * @throws KernelRefusedException if the capability is missing ({@link Refusal#NO_CAPABILITY}) or belongs to another
     *     user namespace, or the kernel has no {@code nf_conntrack_netlink} ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a system call fails
     * @throws IllegalArgumentException if the filters exceed the kernel's limit
     */
    public static ConntrackEvents open(NetlinkTransport transport, ConntrackEventOptions options)
            throws NetlinkException {
        // Joining a group only requests the kernel's module, which sends no events until it is loaded.
        try (TableRequests requests = TableRequests.open(transport, Probe.TABLE, 1)) {
            requests.probe(Probe.NAME, Probe.TYPE, Probe.UNSUPPORTED);
        }
        return SocketSetup.open(transport, socket -> new ConntrackEvents(transport, socket, options));
    }

    /**
     * Delivers the available events, or waits for the next ones and delivers those.
     *
     * @param sink takes the events, on this thread; each is borrowed for the call
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered events, including overruns; 0 on timeout or {@link #wakeup}; −1 once the session
     *     has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the next poll continues with the event after that one. An {@link
     *     ConntrackEvent.Overrun} at which the sink threw is delivered again first, so that a loss that was not handled
     *     is not forgotten
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(ConntrackEventSink<E> sink, Duration timeout) throws NetlinkException, E {
        return stream.<E>poll(sink, timeout);
    }

    private static void lost(long lost, ConntrackEventSink<?> sink) throws Exception {
        sink.event(new ConntrackEvent.Overrun(lost));
    }

    /**
     * Delivers events until the session is stopped or closed, or the thread is interrupted, which is noticed between
     * batches, and within a second while waiting; its flag is kept, and the session stays open.
     *
     * @param sink takes the events, on this thread; each is borrowed for the call
     * @return the number of delivered events, including overruns
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the session stays open and can be run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(ConntrackEventSink<E> sink) throws NetlinkException, E {
        return stream.<E>run(sink);
    }

    private boolean deliver(MessageCursor message, Inbound inbound, ConntrackEventSink<?> sink) throws Exception {
        ConntrackEvent event;
        Loan loan = inbound.lend("event");
        View shown = loan == null ? view : new View(loan);
        try {
            event = read(message, shown);
        } catch (MalformedMessageException e) {
            stream.malformed(e);
            return false;
        }
        if (event == null) {
            return false;
        }
        try {
            if (event instanceof OfConnection change && !options.matches(change.entry())) {
                stream.filtered();
                return false;
            }
            stream.delivered();
            sink.event(event);
            return true;
        } finally {
            shown.attributes.release();
        }
    }

    /** The event in a message; null if it contains none. */
    private static @Nullable ConntrackEvent read(MessageCursor message, View view) throws MalformedMessageException {
        // New and changed share a message type; the flags distinguish them (ctnetlink_conntrack_event).
        boolean created = (message.flags() & (Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL)) != 0;
        switch (message.type()) {
            case MessageTypes.CT_NEW -> {
                view.attributes.wrap(message);
                return created ? view.created : view.updated;
            }
            case MessageTypes.CT_DELETE -> {
                view.attributes.wrap(message);
                return view.destroyed;
            }
            case MessageTypes.EXP_NEW -> {
                ConntrackExpectation expectation = ConntrackExpectation.read(message);
                return created
                        ? new ConntrackEvent.ExpectationNew(expectation)
                        : new ConntrackEvent.ExpectationUpdated(expectation);
            }
            case MessageTypes.EXP_DELETE -> {
                return new ConntrackEvent.ExpectationDestroyed(ConntrackExpectation.read(message));
            }
            default -> {
                return null;
            }
        }
    }

    @Override
    public void wakeup() {
        stream.wakeup();
    }

    /**
     * Begins a graceful end: the session stops listening, events on the socket are delivered, and the session ends. The
     * run in progress then returns; a caller that polls continues until −1. Any thread; idempotent; does not wait.
     */
    @Override
    public void stop() {
        stream.stop();
    }

    @Override
    public void close() {
        stream.close();
    }

    @Override
    public boolean ended() {
        return stream.ended();
    }

    /**
     * The counters of received and lost events since the session was opened. Any thread; also after the end.
     *
     * @return a snapshot; {@link EventStatistics#socketDrops()} is exact, because an event is one datagram, and {@link
     *     EventStatistics#filtered()} counts events that were on the socket before its filter was set
     */
    @Override
    public EventStatistics statistics() {
        return new EventStatistics(stream.counts());
    }

    @Override
    public int receiveBuffer() {
        return stream.receiveBuffer();
    }

    @Override
    public long portId() {
        return stream.portId();
    }
}
