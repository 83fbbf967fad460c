// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.session.EventStream;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * An open session of the ruleset's events: what any process changes in the network namespace.
 *
 * <pre>{@code
 * try (NftablesEvents events = NftablesEvents.open(transport, NftablesEventOptions.builder().build())) {
 *     events.run(event -> System.out.println(event.toText()));
 * }
 * }</pre>
 *
 * <p>If events arrive faster than they are received, the kernel drops some; an {@link NftablesEvent.Overrun} takes their
 * place. A copy of the ruleset begins with {@link #generation()}: list the ruleset after the session was opened, and apply the
 * events of the transactions after the one of the list.
 *
 * <p>The session has a list of the sets that exist, because only with their types can elements and rules be read. It lists
 * the sets when it is opened and after each loss; its memory depends on their number, and not on that of elements and rules.
 *
 * <p>{@link NetfilterSession} describes its threads. {@link #stop} ends gracefully: the session stops listening, events on
 * the socket are delivered, and run or poll then return. {@link #close} ends at once; undelivered events are discarded and
 * counted.
 *
 * <p>Follows {@code nf_tables_commit} in {@code nf_tables_api.c}.
 */
public final class NftablesEvents implements NetfilterSession {
    /** {@code NFNLGRP_NFTABLES}. */
    private static final int GROUP = 7;

    private final EventStream<NftablesEventSink<?>> stream;
    private final Generation generation;
    private final EventReader reader;
    /** Events that were read and not delivered: after an event at which the sink threw. */
    private final Queue<NftablesEvent> ready = new ConcurrentLinkedQueue<>();
    /** The number of events in this poll that were delivered with another event of the same message. */
    private int joint;

    private NftablesEvents(NetlinkTransport transport, NetlinkSocket socket, NftablesEventOptions options)
            throws NetlinkException {
        EventStream.Subscription subscription = new EventStream.Subscription(
                NftablesEvents.class, List.of(GROUP), EventFilter.builder().build(), options.receiveBuffer());
        stream = new EventStream<>(transport, socket, subscription, this::deliver, this::lost);
        KnownSets sets = new KnownSets(transport);
        generation = sets.load();
        reader = new EventReader(options, sets, generation);
    }

    /**
     * Opens a socket and begins to listen. Events that occur after this returns are delivered.
     *
     * @param transport the network namespace
     * @param options the options
     * @return an open session; the caller closes it
     * @throws KernelRefusedException if the capability is missing ({@link Refusal#NO_CAPABILITY}), or the kernel has no
     *     nftables ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a system call fails, or the ruleset changes all the time while its sets are listed
     */
    public static NftablesEvents open(NetlinkTransport transport, NftablesEventOptions options)
            throws NetlinkException {
        return SocketSetup.open(transport, socket -> new NftablesEvents(transport, socket, options));
    }

    /**
     * The state of the ruleset at the beginning: the events of all later transactions are delivered, and no others.
     *
     * @return its number
     */
    public Generation generation() {
        return generation;
    }

    /**
     * Delivers the available events, or waits for the next ones and delivers those.
     *
     * @param sink takes the events, on this thread
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered events, including overruns; 0 on timeout or {@link #wakeup}, or if the options exclude
     *     all that arrived; −1 once the session has ended
     * @throws NetlinkException if receiving fails, or after a loss, if the sets cannot be listed; the loss is then delivered
     *     by a later poll
     * @throws E as the sink throws; the next poll continues with the event after that one. An {@link NftablesEvent.Overrun}
     *     at which the sink threw is delivered again first, so that a loss that was not handled is not forgotten
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(NftablesEventSink<E> sink, Duration timeout) throws NetlinkException, E {
        int left = deliverReady(sink);
        if (left > 0) {
            return left;
        }
        joint = 0;
        int delivered = stream.<E>poll(sink, timeout);
        return delivered < 0 ? delivered : delivered + joint;
    }

    /**
     * Delivers events until the session is stopped or closed, or the thread is interrupted, which is noticed between
     * batches, and within a second while waiting; its flag is kept, and the session stays open.
     *
     * @param sink takes the events, on this thread
     * @return the number of delivered events, including overruns
     * @throws NetlinkException as {@link #poll}
     * @throws E as the sink throws; the session stays open and can be run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(NftablesEventSink<E> sink) throws NetlinkException, E {
        return MessageLoop.<E>repeat(() -> poll(sink, MessageLoop.RUN_SLICE));
    }

    private boolean deliver(MessageCursor message, Inbound inbound, NftablesEventSink<?> sink) throws Exception {
        try {
            if (reader.read(message, ready)) {
                stream.filtered();
            }
        } catch (MalformedMessageException e) {
            stream.malformed(e);
        }
        int delivered = this.<Exception>deliverReady(sink);
        joint += Math.max(0, delivered - 1);
        return delivered > 0;
    }

    private <E extends Exception> int deliverReady(NftablesEventSink<? extends E> sink) throws E {
        int delivered = 0;
        NftablesEvent event = ready.poll();
        while (event != null) {
            stream.delivered();
            delivered++;
            sink.event(event);
            event = ready.poll();
        }
        return delivered;
    }

    private void lost(long lost, NftablesEventSink<?> sink) throws Exception {
        reader.lost();
        sink.event(new NftablesEvent.Overrun(lost));
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
     * @return a snapshot; {@link EventStatistics#discarded()} counts messages, also of sets that rules contain
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
