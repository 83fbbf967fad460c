// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Probe;
import dev.nfkit.session.EventStream;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.session.TableRequests;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.Loan;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import java.util.List;

/**
 * An open session of trace messages: what rules did with the packets that a rule with {@code meta nftrace set 1} marked,
 * whichever process installed it. {@link PacketPaths} composes them to the paths of packets.
 *
 * <pre>{@code
 * try (TraceEvents events = TraceEvents.open(transport, TraceEventOptions.builder().build())) {
 *     events.run(event -> System.out.println(event));
 * }
 * }</pre>
 *
 * <p>The kernel sends a message for each rule that matches a traced packet. If they arrive faster than they are received,
 * it drops some; a {@link TraceEvent.Overrun} takes their place, with their number. The kernel may also fail to allocate a
 * message, which it does not report.
 *
 * <p>{@link NetfilterSession} describes its threads. {@link #stop} ends gracefully: the session stops listening, messages
 * on the socket are delivered, and run or poll then return. {@link #close} ends at once; undelivered messages are
 * discarded and counted.
 *
 * <p>Follows {@code nf_tables_trace.c}.
 */
public final class TraceEvents implements NetfilterSession {
    /** {@code NFNLGRP_NFTRACE}. */
    private static final int GROUP = 9;

    private final EventStream<TraceEventSink<?>> stream;
    private final TraceStep view = new TraceStep(null);

    private TraceEvents(NetlinkTransport transport, NetlinkSocket socket, TraceEventOptions options)
            throws NetlinkException {
        EventStream.Subscription subscription = new EventStream.Subscription(
                TraceEvents.class, List.of(GROUP), EventFilter.builder().build(), options.receiveBuffer());
        stream = new EventStream<>(transport, socket, subscription, this::deliver, TraceEvents::lost);
    }

    /**
     * Opens a socket and begins to listen. Messages that are sent after this returns are delivered.
     *
     * @param transport the network namespace
     * @param options the options
     * @return an open session; the caller closes it
     * @throws KernelRefusedException if the capability is missing ({@link Refusal#NO_CAPABILITY}) or belongs to another
     *     user namespace, or the kernel has no nftables ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a system call fails
     */
    public static TraceEvents open(NetlinkTransport transport, TraceEventOptions options) throws NetlinkException {
        // Joining a group only requests the kernel's module, which sends nothing until it is loaded.
        try (TableRequests requests = TableRequests.open(transport, Probe.TABLE, 1)) {
            Probe.send(requests);
        }
        return SocketSetup.open(transport, socket -> new TraceEvents(transport, socket, options));
    }

    /**
     * Delivers the available messages, or waits for the next ones and delivers those.
     *
     * @param sink takes them, on this thread; each is borrowed for the call
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered events, including overruns; 0 on timeout or {@link #wakeup}; −1 once the session
     *     has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the next poll continues with the event after that one. A {@link TraceEvent.Overrun}
     *     at which the sink threw is delivered again first
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(TraceEventSink<E> sink, Duration timeout) throws NetlinkException, E {
        return stream.<E>poll(sink, timeout);
    }

    /**
     * Delivers messages until the session is stopped or closed, or the thread is interrupted, which is noticed between
     * batches, and within a second while waiting; its flag is kept, and the session stays open.
     *
     * @param sink takes them, on this thread; each is borrowed for the call
     * @return the number of delivered events, including overruns
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the session stays open and can be run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(TraceEventSink<E> sink) throws NetlinkException, E {
        return stream.<E>run(sink);
    }

    private static void lost(long lost, TraceEventSink<?> sink) throws Exception {
        sink.event(new TraceEvent.Overrun(lost));
    }

    private boolean deliver(MessageCursor message, Inbound inbound, TraceEventSink<?> sink) throws Exception {
        if (message.type() != MessageTypes.TRACE) {
            return false;
        }
        Loan loan = inbound.lend("trace step");
        TraceStep step = loan == null ? view : new TraceStep(loan);
        try {
            step.wrap(message);
        } catch (MalformedMessageException e) {
            stream.malformed(e);
            return false;
        }
        try {
            stream.delivered();
            sink.event(step);
            return true;
        } finally {
            step.release();
        }
    }

    @Override
    public void wakeup() {
        stream.wakeup();
    }

    /**
     * Begins a graceful end: the session stops listening, messages on the socket are delivered, and the session ends. The
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
     * The counters of received and lost messages since the session was opened. Any thread; also after the end.
     *
     * @return a snapshot
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
