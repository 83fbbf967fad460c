// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.jfr.CallbackTimer;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.time.Duration;

/**
 * The receive loop of one session: it hands messages to a handler, makes requests, and ends the session. One thread
 * polls at a time; stop, close, wakeup and {@link #ask} may be called by any thread.
 *
 * <p>{@link Turn} decides which thread receives, {@link Intake} receives and finds the answers to requests, {@link
 * Requester} waits for them, and {@link Shutdown} leads from {@link Phase#OPEN} to {@link Phase#ENDED}.
 */
public final class MessageLoop implements AutoCloseable {
    /** The longest that a run waits before it checks whether its thread was interrupted. */
    public static final Duration RUN_SLICE = Duration.ofSeconds(1);

    private static final long RUN_SLICE_NANOS = RUN_SLICE.toNanos();

    /**
     * A spinning poll reads the clock after every eighth look at the socket; a look takes about a microsecond. A mask, so
     * a power of two less one.
     */
    private static final int LOOKS_MASK = 7;

    private final NetlinkTransport transport;
    private final NetlinkSocket socket;
    private final Life life;
    private final Requests requests;
    private final Turn turn;
    private final Shutdown shutdown;
    private final Intake intake;
    private final Requester requester;
    private final CallbackTimer timer;

    /** A wakeup that no poll has taken yet. */
    private volatile boolean wakeup;
    /** Whether the poll in progress has taken a wakeup: it then returns, even while the session ends. */
    private boolean awake;

    private volatile long spinNanos;

    /**
     * A loop over an open socket, which it owns from now on.
     *
     * @param transport provides the clock
     * @param socket the socket
     * @param batch the batch to receive into
     * @param life the session's part
     */
    public MessageLoop(NetlinkTransport transport, NetlinkSocket socket, DatagramBatch batch, Life life) {
        this.transport = transport;
        this.socket = socket;
        this.life = life;
        requests = new Requests(socket);
        turn = new Turn();
        shutdown = new Shutdown(socket, life, requests, turn, life.session());
        intake = new Intake(socket, batch, life, requests, this::noteAnswer);
        requester = new Requester(transport, requests, intake, turn, shutdown);
        timer = new CallbackTimer(life.session());
    }

    private void noteAnswer(Request request) {
        shutdown.noteAnswer(request);
        turn.signal();
    }

    /**
     * The received messages and their counters.
     *
     * @return the received messages
     */
    public Inbound inbound() {
        return intake.inbound();
    }

    /**
     * The sequence number for the next request. The upper half of the numbers is for messages that a session
     * numbers itself, such as verdicts.
     *
     * @return 1 to 2³¹−1
     */
    public long nextSequence() {
        return requests.nextSequence();
    }

    /**
     * Sets how long a poll looks at the socket again and again before it sleeps.
     *
     * @param nanos the time in nanoseconds; 0 for not at all
     */
    public void spin(long nanos) {
        spinNanos = nanos;
    }

    /**
     * Sends a request that asks for an acknowledgement, without waiting for it.
     *
     * @param what the request in words
     * @param sequence the result of {@link #nextSequence()} for it
     * @param writer holds the one message, written with that number
     * @return the request
     * @throws NetlinkException if sending fails
     */
    public Request post(String what, long sequence, MessageWriter writer) throws NetlinkException {
        return requests.post(what, sequence, writer);
    }

    /**
     * Sends a request and waits for its answer, for five seconds at most. Packets that arrive before the answer are set
     * aside and not lost. Only before the first poll.
     *
     * @param what the request in words
     * @param sequence the result of {@link #nextSequence()} for it
     * @param writer holds the one message, written with that number
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if sending or receiving fails, or no answer arrives
     */
    public void call(String what, long sequence, MessageWriter writer) throws NetlinkException {
        requester.call(what, sequence, writer);
    }

    /**
     * Sends a request of an open session and waits for its answer, for five seconds at most. Any thread, except inside
     * a callback. If a poll is in progress, that poll receives the answer. An interrupt does not end the wait, and
     * stays.
     *
     * @param what the request in words
     * @param sequence the result of {@link #nextSequence()} for it
     * @param writer holds the one message, written with that number
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if sending or receiving fails, or no answer arrives
     * @throws IllegalStateException inside a callback of the session: the answer could only come after the callback
     *     returns
     */
    public void ask(String what, long sequence, MessageWriter writer) throws NetlinkException {
        requester.ask(what, sequence, writer);
    }

    /**
     * Delivers what was received, or waits for the next batch and delivers that.
     *
     * @param handler takes the messages
     * @param context passed to the handler
     * @param timeoutNanos the longest wait; 0 does not wait, negative waits without bound
     * @return the number of packets delivered; 0 on timeout or wakeup; −1 once the session has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the handler throws; the next poll delivers the messages after that one
     * @throws IllegalStateException if another poll is in progress
     * @param <C> the handler's context
     * @param <E> what the handler may throw
     */
    public <C, E extends Exception> int poll(Handler<C, E> handler, C context, long timeoutNanos)
            throws NetlinkException, E {
        if (!takeTurn()) {
            return -1;
        }
        int delivered;
        try {
            delivered = pollAlone(handler, context, timeoutNanos);
        } catch (Throwable e) {
            shutdown.leaveAfter(intake, e);
            throw e;
        }
        shutdown.leave(intake);
        return delivered;
    }

    /**
     * As {@link #poll(Handler, Object, long)}, with a timeout as a duration.
     *
     * @param handler takes the messages
     * @param context passed to the handler
     * @param timeout the longest wait; zero does not wait
     * @return the number of packets delivered; 0 on timeout or wakeup; −1 once the session has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the handler throws
     * @throws IllegalStateException if another poll is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <C> the handler's context
     * @param <E> what the handler may throw
     */
    public <C, E extends Exception> int poll(Handler<C, E> handler, C context, Duration timeout)
            throws NetlinkException, E {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout " + timeout + " is negative");
        }
        boolean unbounded = timeout.toSeconds() >= Long.MAX_VALUE / 2_000_000_000L;
        return poll(handler, context, unbounded ? -1 : timeout.toNanos());
    }

    /**
     * Polls until the session has ended or the thread is interrupted. An interrupt is noticed between batches, and
     * within a second while waiting.
     *
     * @param handler takes the messages
     * @param context passed to the handler
     * @return the number of packets delivered
     * @throws NetlinkException if receiving fails
     * @throws E as the handler throws
     * @throws IllegalStateException if another poll is in progress
     * @param <C> the handler's context
     * @param <E> what the handler may throw
     */
    public <C, E extends Exception> long run(Handler<C, E> handler, C context) throws NetlinkException, E {
        return repeat(() -> poll(handler, context, RUN_SLICE_NANOS));
    }

    /**
     * A poll of a run.
     *
     * @param <E> what it may throw
     */
    @FunctionalInterface
    public interface Poll<E extends Exception> {
        /**
         * Polls for {@link #RUN_SLICE} at most.
         *
         * @return the number delivered; −1 once the session has ended
         * @throws NetlinkException if receiving fails
         * @throws E as the sink throws
         */
        int poll() throws NetlinkException, E;
    }

    /**
     * Repeats a poll until the session has ended or the thread is interrupted.
     *
     * @param poll the poll
     * @return the sum of the numbers delivered
     * @throws NetlinkException if receiving fails
     * @throws E as the poll throws
     * @param <E> what the poll may throw
     */
    public static <E extends Exception> long repeat(Poll<E> poll) throws NetlinkException, E {
        long delivered = 0;
        while (!Thread.currentThread().isInterrupted()) {
            int count = poll.poll();
            if (count < 0) {
                break;
            }
            delivered += count;
        }
        return delivered;
    }

    /** Becomes the thread that receives; false if another thread closes the session. */
    private boolean takeTurn() {
        Thread self = Thread.currentThread();
        return turn.take(self) || waitForTurn(self);
    }

    private boolean waitForTurn(Thread self) {
        try {
            do {
                if (turn.isMine()) {
                    throw new IllegalStateException("poll or run was called inside a callback of the same session");
                }
                if (shutdown.isClosing()) {
                    return false;
                }
                if (turn.isHeldToPoll()) {
                    throw new IllegalStateException("another thread polls this session; one at a time");
                }
                if (!turn.isWanted()) {
                    turn.want(true);
                    socket.wakeup(); // the thread that waits for an answer
                }
                turn.await(turn::isFree, Long.MAX_VALUE);
            } while (!turn.take(self));
            return true;
        } finally {
            turn.want(false);
        }
    }

    private <C, E extends Exception> int pollAlone(Handler<C, E> handler, C context, long timeoutNanos)
            throws NetlinkException, E {
        awake = false;
        intake.reportMiss();
        life.resume();
        if (inbound().pending() && !shutdown.isClosing()) {
            int delivered = deliver(handler, context);
            if (delivered > 0) {
                return delivered;
            }
        }
        long deadline = timeoutNanos > 0 ? transport.nanoTime() + timeoutNanos : 0;
        for (; ; ) {
            if (shutdown.isClosing()) {
                return -1;
            }
            shutdown.requestIfDue();
            int count = receive(shutdown.receiveWait(left(timeoutNanos, deadline)));
            intake.open();
            if (count > 0) {
                shutdown.busy();
                int delivered = deliver(handler, context);
                if (delivered > 0 || (intake.overrun() && timeoutNanos >= 0) || life.hasReport()) {
                    return delivered; // an overrun that comes with no packet is reported as one that comes alone
                }
            } else if (count < 0 || shutdown.proceed()) {
                shutdown.finish(intake);
                return -1;
            } else if (!shutdown.isStopping() && (timeoutNanos >= 0 || !intake.overrun())) {
                return 0;
            }
            if (awake) {
                return 0; // also if it came with no more than the answer to the request to unbind
            }
            if (timeoutNanos > 0 && !shutdown.isStopping() && deadline - transport.nanoTime() <= 0) {
                return 0;
            }
        }
    }

    private long left(long timeoutNanos, long deadline) {
        return timeoutNanos <= 0 ? Long.signum(timeoutNanos) : Math.max(0, deadline - transport.nanoTime());
    }

    private int receive(long wait) throws NetlinkException {
        long spin = spinNanos;
        long left = wait;
        // While the session ends it waits in short slices, and sleeps in them.
        if (spin > 0 && wait != 0 && !shutdown.isStopping()) {
            long before = transport.nanoTime();
            // Not the transport's clock: a test may stop it, and spinning takes real time.
            long start = System.nanoTime();
            long most = wait < 0 ? spin : Math.min(wait, spin);
            int looks = 0;
            do {
                int count = intake.receive(0);
                takeWakeup();
                if (count != 0 || intake.overrun() || awake || shutdown.isStopping()) {
                    return count;
                }
                Thread.onSpinWait();
            } while ((++looks & LOOKS_MASK) != 0 || System.nanoTime() - start < most);
            if (wait > 0) {
                if (wait <= most) {
                    return 0;
                }
                left = Math.max(0, wait - (transport.nanoTime() - before));
            }
        }
        // What woke the socket may have been taken by a thread that waited for an answer, before this poll had its
        // turn.
        int count = intake.receive(wakeup ? 0 : left);
        takeWakeup();
        return count;
    }

    /** Takes a pending wakeup; one that arrives after the check stays pending. */
    private void takeWakeup() {
        if (wakeup) {
            wakeup = false;
            awake = true;
        }
    }

    private <C, E extends Exception> int deliver(Handler<C, E> handler, C context) throws NetlinkException, E {
        int delivered;
        try {
            delivered = deliverBatch(handler, context);
        } catch (Throwable e) {
            try {
                life.batchDone();
            } catch (Throwable later) {
                Failures.join(e, later);
            }
            throw e;
        }
        life.batchDone();
        return delivered;
    }

    private <C, E extends Exception> int deliverBatch(Handler<C, E> handler, C context) throws NetlinkException, E {
        int delivered = 0;
        timer.begin();
        try {
            while (intake.next()) {
                MessageCursor message = intake.message();
                if (message.type() < Netlink.NLMSG_MIN_TYPE) {
                    intake.takeAnswer(message); // or the NLMSG_DONE that ends a batch of packets
                } else if (handler.message(message, intake.inbound(), context)) {
                    delivered++;
                    if (shutdown.isClosing()) {
                        return delivered;
                    }
                }
            }
            return delivered;
        } finally {
            timer.end(socket.portId(), delivered);
        }
    }

    /**
     * Begins a graceful end: the poll in progress, or the following ones, deliver everything and then return −1. Any
     * thread.
     */
    public void stop() {
        if (shutdown.advance(Phase.STOPPING)) {
            socket.wakeup();
        }
    }

    /** Makes the poll in progress, or the next, return 0. Any thread. */
    public void wakeup() {
        wakeup = true;
        socket.wakeup();
    }

    /**
     * Whether this thread receives: it polls, waits for the answer to a request, or closes. No other thread then does.
     *
     * @return whether it does
     */
    public boolean inside() {
        return turn.isMine();
    }

    /**
     * Whether this thread polls or closes, and may therefore be inside a callback.
     *
     * @return whether it is the polling thread
     */
    public boolean polling() {
        return turn.isMineToPoll();
    }

    /**
     * Whether the session has ended.
     *
     * @return whether the socket is closed
     */
    public boolean ended() {
        return shutdown.isOver();
    }

    /**
     * Ends the session: what is not delivered is discarded and counted. Any thread; idempotent. Inside a callback it
     * only marks, and the poll in progress ends the session when the callback returns. From another thread it waits for
     * the callback in progress, for one second at most, and then closes the socket although the callback goes on.
     */
    @Override
    public void close() {
        shutdown.advance(Phase.CLOSING);
        if (inside()) {
            return;
        }
        try {
            socket.wakeup();
        } finally {
            shutdown.close(intake);
        }
    }
}
