// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.List;

/**
 * The messages of multicast groups, with each loss in its place: what sessions of events have in common. A session adds
 * how it reads a message.
 *
 * <p>A loss is never forgotten: if the sink throws at it, the next poll delivers it again, joined with what was lost
 * since. {@link EventLife} finds its place.
 *
 * <p>One thread at a time polls; all other methods may be called by any thread, except that only a handler counts.
 *
 * @param <S> what takes the events
 */
public final class EventStream<S> {
    /** The largest notification: one page of 8 KiB at most ({@code NLMSG_GOODSIZE}). */
    private static final int SLOT = 8192;

    private static final int SLOTS = 128;

    /** In effect unbounded. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private final NetlinkSocket socket;
    private final EventLife life;
    private final MessageLoop loop;
    private final int receiveBuffer;
    private final Handler<S, Exception> handler;
    private final Loss<S, Exception> loss;

    /**
     * Which events a session receives.
     *
     * @param owner the session's class, after which its log is named
     * @param groups the multicast groups
     * @param filter applied by the kernel before an event takes space on the socket
     * @param receiveBuffer the requested size in bytes
     */
    public record Subscription(Class<?> owner, List<Integer> groups, EventFilter filter, int receiveBuffer) {}

    /**
     * Delivers a loss.
     *
     * @param <S> what takes it
     * @param <E> what it may throw
     */
    @FunctionalInterface
    public interface Loss<S, E extends Exception> {
        /**
         * Delivers a loss.
         *
         * @param lost the number of datagrams that the socket dropped, and of messages and datagrams that could not be
         *     read; 0 if the kernel reported a loss that it did not count
         * @param sink takes it
         * @throws E as the application requires; the loss is then delivered again
         */
        void lost(long lost, S sink) throws E;
    }

    /**
     * Joins the groups of a socket, which it owns from now on. Events that occur after this returns are delivered.
     *
     * @param transport the network namespace
     * @param socket the open socket
     * @param subscription the groups and options
     * @param handler reads the messages and delivers events; it counts them by {@link #delivered}, {@link #filtered}
     *     and {@link #malformed}. It throws what the sink throws
     * @param loss delivers losses. It throws what the sink throws
     * @throws NetlinkException if a system call fails
     * @throws IllegalArgumentException if the filter exceeds the kernel's limit
     */
    public EventStream(
            NetlinkTransport transport,
            NetlinkSocket socket,
            Subscription subscription,
            Handler<S, Exception> handler,
            Loss<S, Exception> loss)
            throws NetlinkException {
        this.socket = socket;
        this.handler = handler;
        this.loss = loss;
        receiveBuffer = SocketSetup.receiveBuffer(socket, subscription.receiveBuffer());
        socket.filter(subscription.filter());
        life = new EventLife(socket, subscription.groups(), receiveBuffer, subscription.owner());
        loop = new MessageLoop(transport, socket, new DatagramBatch(SLOTS, SLOT), life);
        life.attach(loop.inbound());
        life.subscribe();
        life.opened();
    }

    /**
     * Delivers the available events, or waits for the next ones and delivers those.
     *
     * @param sink takes the events, on this thread
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered events, including losses; 0 on timeout or wakeup; −1 once the session has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the next poll continues with the event after that one, or with the same loss
     * @throws IllegalStateException if another poll is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(S sink, Duration timeout) throws NetlinkException, E {
        if (life.owed()) {
            return this.<E>deliverLost(life.takeLost(false), sink);
        }
        int delivered = loop.poll(Handler.<S, E>of(handler), sink, wait(timeout));
        // The kernel reports an overrun before the events that it had already queued: these are delivered first.
        while (delivered == 0 && life.overrunAhead()) {
            delivered = loop.poll(Handler.<S, E>of(handler), sink, Duration.ZERO);
        }
        long lost = life.takeLost(delivered < 0);
        if (lost < 0) {
            return delivered;
        }
        return Math.max(delivered, 0) + this.<E>deliverLost(lost, sink);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the loss throws what the sink throws
    private <E extends Exception> int deliverLost(long lost, S sink) throws E {
        boolean taken = false;
        try {
            ((Loss<S, E>) loss).lost(lost, sink);
            taken = true;
        } finally {
            if (!taken) {
                life.owe(lost);
            }
        }
        return 1;
    }

    /**
     * The loop's longest wait. A reported overrun is delivered even if no more events arrive. The loop returns after
     * such a report only if its wait is bounded.
     */
    private Duration wait(Duration timeout) {
        if (life.overrunAhead()) {
            return Duration.ZERO;
        }
        return timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    }

    /**
     * Delivers events until the session has ended or the thread is interrupted, which is noticed between batches, and
     * within a second while waiting.
     *
     * @param sink takes the events, on this thread
     * @return the number of delivered events, including losses
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the stream can be run again
     * @throws IllegalStateException if another poll is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(S sink) throws NetlinkException, E {
        return MessageLoop.<E>repeat(() -> this.<E>poll(sink, MessageLoop.RUN_SLICE));
    }

    /** Counts an event that is delivered. Only in the handler. */
    public void delivered() {
        life.delivered();
    }

    /** Counts an event that the session's filter does not match. Only in the handler. */
    public void filtered() {
        life.filtered();
    }

    /**
     * Counts and logs a message that could not be read, and reports it as a loss of one. Only in the handler.
     *
     * @param problem what is wrong
     */
    public void malformed(MalformedMessageException problem) {
        life.malformed(problem);
    }

    /** Makes the poll in progress return 0, or the next one. */
    public void wakeup() {
        loop.wakeup();
    }

    /** Begins a graceful end: leaves the groups, delivers what is on the socket, and ends. Idempotent. */
    public void stop() {
        loop.stop();
    }

    /** Ends at once. What was not delivered is discarded and counted. Idempotent. */
    public void close() {
        loop.close();
    }

    /**
     * Whether the session has ended.
     *
     * @return whether its socket is closed
     */
    public boolean ended() {
        return loop.ended();
    }

    /**
     * The socket's address.
     *
     * @return the port id, 1 to 2³²−1
     */
    public long portId() {
        return socket.portId();
    }

    /**
     * The receive buffer in force.
     *
     * @return bytes as the kernel counts them
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /**
     * The counters since the session was opened.
     *
     * @return a snapshot
     */
    public Counts<EventCounter> counts() {
        return life.counts();
    }
}
