package dev.nfkit.channel;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One session's conversation: it sends requests, tells their answers from packets, and leads the session from open to
 * closed. One thread polls at a time; stop and close come from any.
 *
 * <p>A stop sends the session's farewell and goes on delivering until it is answered. The kernel handles a request
 * before {@code sendmsg} returns, so that what it held then lies in the socket, or was dropped and counted: once the
 * socket is empty nothing more will come, and an answer that is still missing was itself dropped.
 */
public final class MessageLoop implements AutoCloseable {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final String NO_ANSWER =
            "no answer came; it was lost, and the kernel may have carried out the request: make it again";
    /** How long a run waits at most before it looks whether its thread was interrupted. */
    public static final Duration RUN_SLICE = Duration.ofSeconds(1);

    private static final long RUN_SLICE_NANOS = RUN_SLICE.toNanos();
    private static final long CLOSE_WAIT_MILLIS = 1000;
    private static final long CLOSE_STEP_MILLIS = 5;
    private static final int FAREWELLS = 3;
    private static final int FAILED_RECEIVES = 3;
    private static final long SETTLE_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** A receive that returns 0 may have taken a wakeup; the second in a row says that the socket is empty. */
    private static final int EMPTY = 2;

    /** One less than how many looks at a socket, a microsecond each, a spinning poll takes for each at the clock. */
    private static final int LOOKS_PER_TIME = 7;

    /** How long a poll sleeps between looks whether an asker has left, which takes as long as one answer. */
    private static final long ASKER_STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    /** A thread that receives the answer to its request, while nobody polls. */
    private record Asker(Thread thread) {}

    private final NetlinkTransport transport;
    private final NetlinkSocket socket;
    private final DatagramBatch batch;
    private final Life life;
    private final Inbound inbound;
    private final Requests requests;

    /** Who receives: the thread that polls or closes, or an {@link Asker}, for whom a poll waits. */
    private final AtomicReference<@Nullable Object> poller = new AtomicReference<>();

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile boolean closing;
    private volatile boolean woken;
    /** Closed under a callback that did not return. */
    private volatile boolean abandoned;

    private volatile long spinNanos;
    /** Whether a {@link #wakeup} has met the poll in progress: it then returns, even while the session ends. */
    private boolean roused;

    private boolean farewellSent;
    /** Memory or stack were short while messages were handed over, and one may be lost; a field, since that needs neither. */
    private boolean unreported;

    /** A refused farewell, logged once the socket is closed. */
    private @Nullable KernelRefusedException refusedFarewell;

    /** What a handler threw while a close counted what it discards; logged once the socket is closed. */
    private @Nullable Exception undiscarded;

    /** A poll waits for the asker that receives: it hands over at its next return. */
    private volatile boolean pollWaits;

    private boolean settling;
    private int farewells;
    private int unsentFarewells;
    private int quiet;

    /**
     * A loop over an open socket, which it owns from now on.
     *
     * @param transport whose clock it follows
     * @param socket the socket
     * @param batch what to receive into
     * @param life what the session adds
     */
    public MessageLoop(NetlinkTransport transport, NetlinkSocket socket, DatagramBatch batch, Life life) {
        this.transport = transport;
        this.socket = socket;
        this.batch = batch;
        this.life = life;
        this.requests = new Requests(socket);
        this.inbound = new Inbound(batch, socket.order(), life);
    }

    /**
     * The received messages and their counters.
     *
     * @return what is received
     */
    public Inbound inbound() {
        return inbound;
    }

    /**
     * The sequence number for the next request. The upper half of the numbers is the session's own.
     *
     * @return 1 to 2³¹−1
     */
    public long nextSequence() {
        return requests.nextSequence();
    }

    /**
     * How long a poll looks again and again before it sleeps.
     *
     * @param nanos 0 for not at all
     */
    public void spin(long nanos) {
        spinNanos = nanos;
    }

    /**
     * Sends a request that asks for an acknowledgement, without waiting for it.
     *
     * @param what the request in words
     * @param sequence what {@link #nextSequence()} gave for it
     * @param writer holds the one message, written with that number
     * @return the request
     * @throws NetlinkException if sending fails
     */
    public Request post(String what, long sequence, MessageWriter writer) throws NetlinkException {
        return requests.post(what, sequence, writer);
    }

    /**
     * Sends a request and waits for its answer. Packets that come before it are set aside and not lost. Only while no
     * poll has begun.
     *
     * @param what the request in words
     * @param sequence what {@link #nextSequence()} gave for it
     * @param writer holds the one message, written with that number
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if sending or receiving fails, or no answer comes
     */
    public void call(String what, long sequence, MessageWriter writer) throws NetlinkException {
        Request request = post(what, sequence, writer);
        pump(request, transport.nanoTime() + ANSWER_NANOS);
        request.check();
    }

    /**
     * Sends a request of an open session and waits for its answer. Any thread but inside a callback; the poll in progress
     * hands the answer over.
     *
     * @param what the request in words
     * @param sequence what {@link #nextSequence()} gave for it
     * @param writer holds the one message, written with that number
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if sending or receiving fails, or no answer comes
     * @throws IllegalStateException inside a callback of the session: the answer would lie behind the callback's return
     */
    public void ask(String what, long sequence, MessageWriter writer) throws NetlinkException {
        Asker self = new Asker(Thread.currentThread());
        if (inside()) {
            throw new IllegalStateException(what + ": not inside a callback of the same session; use another thread");
        }
        Request request = post(what, sequence, writer);
        long deadline = transport.nanoTime() + ANSWER_NANOS;
        boolean interrupted = false;
        try {
            while (!request.answered()) {
                if (closing || ended()) {
                    throw new SystemCallException(
                            what, Errno.EBADF, "the session was closed before the kernel's answer came");
                }
                if (!pollWaits && poller.compareAndSet(null, self)) {
                    try {
                        pump(request, deadline);
                    } catch (Throwable e) {
                        unreported |= e instanceof VirtualMachineError;
                        leaveAfter(e);
                        throw e;
                    }
                    leave();
                } else if (deadline - transport.nanoTime() <= 0) {
                    throw new SystemCallException(what, Errno.ETIMEDOUT, NO_ANSWER);
                } else {
                    try {
                        request.await(CLOSE_STEP_MILLIS);
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
        } finally {
            if (interrupted) {
                self.thread.interrupt();
            }
        }
        request.check();
    }

    /**
     * Receives until a request is answered or a poll wants to receive. What else comes is set aside, after what is pending.
     */
    private void pump(Request request, long deadline) throws NetlinkException {
        reportMiss();
        setBatchAside();
        while (!request.answered() && !pollWaits) {
            long left = deadline - transport.nanoTime();
            int count = left <= 0 ? 0 : receiveBatch(left);
            if (count < 0 || left <= 0) {
                throw new SystemCallException(
                        request.what(),
                        count < 0 ? Errno.EBADF : Errno.ETIMEDOUT,
                        count < 0 ? "the socket was closed before the kernel's answer came" : NO_ANSWER);
            }
            inbound.take();
            life.received(batch);
            setBatchAside();
        }
    }

    private void setBatchAside() throws NetlinkException {
        while (nextOfBatch()) {
            if (!answered(inbound.message())) {
                boolean kept = false;
                try {
                    inbound.setAside();
                    kept = true;
                } finally {
                    if (!kept) {
                        miss();
                    }
                }
            }
        }
    }

    /** A stack or heap that was full may have cut short the way of a message anywhere: it may be lost. */
    private void reportMiss() {
        if (unreported) {
            miss();
            unreported = false;
        }
    }

    private void miss() {
        inbound.newEpoch();
        life.missed();
    }

    /** Receives a batch. A receive that throws may have taken datagrams out of the socket. */
    private int receiveBatch(long wait) throws NetlinkException {
        boolean returned = false;
        try {
            int count = socket.receive(batch, wait);
            returned = true;
            return count;
        } finally {
            if (!returned) {
                miss();
            }
        }
    }

    private boolean nextOfBatch() throws NetlinkException {
        for (; ; ) {
            try {
                return inbound.nextOfBatch();
            } catch (MalformedMessageException e) {
                inbound.newEpoch();
                life.malformed(e);
            }
        }
    }

    /** Whether a message answers a request; if so the request has its outcome. */
    private boolean answered(MessageCursor message) throws MalformedMessageException {
        if (message.type() != Netlink.NLMSG_ERROR) {
            return false;
        }
        Request request = requests.claim(message.sequence());
        try {
            if (request == null) {
                life.unclaimed(message);
            } else {
                request.answer(KernelAnswer.read(message, request.what()));
                noteRefusedFarewell(request);
            }
        } catch (MalformedMessageException e) {
            life.malformed(e);
        }
        return request != null;
    }

    /**
     * Delivers what is there, or waits for the next batch and delivers that.
     *
     * @param handler who takes the messages
     * @param context what to give it
     * @param timeoutNanos the longest wait; 0 does not wait, negative waits without bound
     * @return how many packets were delivered; 0 on timeout or wakeup; −1 once the session has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the handler throws; what it had not seen yet comes with the next poll
     * @throws IllegalStateException if another poll is in progress
     * @param <C> what the handler is given
     * @param <E> what the handler may throw
     */
    public <C, E extends Exception> int poll(Handler<C, E> handler, C context, long timeoutNanos)
            throws NetlinkException, E {
        if (!enterPoll()) {
            return -1;
        }
        int delivered;
        try {
            delivered = pollAlone(handler, context, timeoutNanos);
        } catch (Throwable e) {
            leaveAfter(e);
            throw e;
        }
        leave();
        return delivered;
    }

    /**
     * Whether this thread receives: it polls, waits for the answer to a request, or closes. Nobody else then does.
     *
     * @return whether it does
     */
    public boolean inside() {
        Object holder = poller.get();
        Thread self = Thread.currentThread();
        return holder == self || (holder instanceof Asker asker && asker.thread == self);
    }

    /** Becomes the thread that receives, for which an asker hands over; false if another thread closes the session. */
    private boolean enterPoll() {
        Thread self = Thread.currentThread();
        try {
            while (!poller.compareAndSet(null, self)) {
                Object holder = poller.get();
                if (inside()) {
                    throw new IllegalStateException("poll or run was called inside a callback of the same session");
                }
                if (closing) {
                    return false;
                }
                if (holder instanceof Thread) {
                    throw new IllegalStateException("another thread polls this session; one at a time");
                }
                if (!pollWaits) {
                    pollWaits = true;
                    socket.wakeup();
                }
                LockSupport.parkNanos(this, ASKER_STEP_NANOS); // the asker hands over as soon as it is awake
            }
            return true;
        } finally {
            if (pollWaits) {
                pollWaits = false;
            }
        }
    }

    /** As {@link #leave}, after a failure, which is the one to be thrown. */
    private void leaveAfter(Throwable failure) {
        try {
            leave();
        } catch (Throwable later) {
            Failures.join(failure, later);
        }
    }

    /** Stops receiving on this thread, and ends the session if it was closed meanwhile. */
    private void leave() {
        try {
            if (closing) {
                finish();
            }
        } finally {
            poller.set(null);
        }
    }

    /**
     * As {@link #poll(Handler, Object, long)}, for users' timeouts.
     *
     * @param handler who takes the messages
     * @param context what to give it
     * @param timeout the longest wait; zero does not wait
     * @return how many packets were delivered; 0 on timeout or wakeup; −1 once the session has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the handler throws
     * @throws IllegalStateException if another poll is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <C> what the handler is given
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
     * Polls until the session has ended or the thread is interrupted, which is noticed between batches, and within a
     * second while waiting.
     *
     * @param handler who takes the messages
     * @param context what to give it
     * @return how many packets were delivered
     * @throws NetlinkException if receiving fails
     * @throws E as the handler throws
     * @throws IllegalStateException if another poll is in progress
     * @param <C> what the handler is given
     * @param <E> what the handler may throw
     */
    public <C, E extends Exception> long run(Handler<C, E> handler, C context) throws NetlinkException, E {
        long delivered = 0;
        while (!Thread.currentThread().isInterrupted()) {
            int count = poll(handler, context, RUN_SLICE_NANOS);
            if (count < 0) {
                break;
            }
            delivered += count;
        }
        return delivered;
    }

    private <C, E extends Exception> int pollAlone(Handler<C, E> handler, C context, long timeoutNanos)
            throws NetlinkException, E {
        roused = false;
        reportMiss();
        life.resume();
        if (inbound.pending() && !closing) {
            int delivered = deliver(handler, context);
            if (delivered > 0) {
                return delivered;
            }
        }
        long deadline = timeoutNanos > 0 ? transport.nanoTime() + timeoutNanos : 0;
        for (; ; ) {
            if (closing || ended.getCount() == 0) {
                return -1;
            }
            if (stopping && !farewellSent) {
                farewell();
            }
            int count = receive(wait(timeoutNanos, deadline));
            inbound.take();
            life.received(batch);
            if (count > 0) {
                quiet = 0;
                int delivered = deliver(handler, context);
                if (delivered > 0 || (batch.overrun() && timeoutNanos >= 0) || life.tells()) {
                    return delivered; // none behind an overrun is told as an overrun alone is
                }
            } else if (count < 0 || (farewellSent && ++quiet >= EMPTY && bidden() && settled())) {
                finish();
                return -1;
            } else if (!stopping && !closing && (timeoutNanos >= 0 || !batch.overrun())) {
                return 0;
            }
            if (roused) {
                return 0; // also where it came with no more than the answer to a farewell
            }
            if (timeoutNanos > 0 && !stopping && deadline - transport.nanoTime() <= 0) {
                return 0;
            }
        }
    }

    private long wait(long timeoutNanos, long deadline) {
        if (settling) {
            return SETTLE_SLICE_NANOS;
        }
        if (farewellSent || timeoutNanos == 0) {
            return 0;
        }
        return timeoutNanos < 0 ? -1 : Math.max(0, deadline - transport.nanoTime());
    }

    private int receive(long wait) throws NetlinkException {
        long spin = spinNanos;
        if (spin > 0 && wait != 0) {
            // Not the transport's clock: a test may hold that still, and spinning costs real time.
            long start = System.nanoTime();
            long most = wait < 0 ? spin : Math.min(wait, spin);
            int looks = 0;
            do {
                int count = receiveBatch(0);
                takeWakeup();
                if (count != 0 || batch.overrun() || roused || stopping || closing) {
                    return count;
                }
                Thread.onSpinWait();
            } while ((++looks & LOOKS_PER_TIME) != 0 || System.nanoTime() - start < most);
            if (wait > 0 && wait <= most) {
                return 0;
            }
        }
        // What woke the socket may have been taken by an asker before this poll had its place.
        int count = receiveBatch(woken ? 0 : wait);
        takeWakeup();
        return count;
    }

    /** Takes a wakeup that has come; one that comes behind the look stays. */
    private void takeWakeup() {
        if (woken) {
            woken = false;
            roused = true;
        }
    }

    private boolean settled() {
        settling = true;
        return life.settled();
    }

    private <C, E extends Exception> int deliver(Handler<C, E> handler, C context) throws NetlinkException, E {
        int delivered;
        try {
            delivered = deliverBatch(handler, context);
        } catch (Throwable e) {
            unreported |= e instanceof VirtualMachineError;
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
        while (next()) {
            MessageCursor message = inbound.message();
            int type = message.type();
            if (type < Netlink.NLMSG_MIN_TYPE) {
                answered(message); // a batch of packets ends with NLMSG_DONE, which says nothing
            } else if (handler.message(message, inbound, context)) {
                delivered++;
                if (closing) {
                    return delivered;
                }
            }
        }
        return delivered;
    }

    private boolean next() throws NetlinkException {
        for (; ; ) {
            try {
                return inbound.next();
            } catch (MalformedMessageException e) {
                inbound.newEpoch();
                life.malformed(e);
            }
        }
    }

    private void farewell() throws NetlinkException {
        boolean sent = false;
        try {
            life.farewell();
            sent = true;
        } catch (SystemCallException e) {
            if (!e.errno().equals(Errno.EBADF)) {
                throw e;
            }
            sent = true; // the socket is closed: the receive that follows ends the session
        } finally {
            // The next poll tries again, but not for ever: a session that can't send must end as well.
            farewellSent = sent || ++unsentFarewells >= FAREWELLS;
        }
    }

    /** The socket is empty: whether the farewell is answered, or is not going to be. */
    private boolean bidden() throws NetlinkException {
        if (!requests.anyUnanswered() || ++farewells > FAREWELLS) {
            return true;
        }
        requests.forget();
        quiet = 0;
        farewellSent = false;
        farewell();
        return false;
    }

    /**
     * Ends the session on the thread that receives: what is left is counted as discarded. Whatever a step throws, the next
     * ones are carried out, and the socket is closed. It needs no memory of its own for that.
     */
    private void finish() {
        if (ended.getCount() == 0) {
            return;
        }
        Throwable failure = null;
        NetlinkException unsettled = null;
        try {
            discardRest();
        } catch (NetlinkException e) {
            undiscarded = e;
        } catch (Throwable e) {
            failure = e;
        }
        try {
            life.settle();
        } catch (NetlinkException e) {
            unsettled = e;
        } catch (Throwable e) {
            failure = Failures.join(failure, e);
        }
        failure = closeSocket(failure);
        try {
            life.ended();
        } catch (Throwable e) {
            failure = Failures.join(failure, e);
        } finally {
            ended.countDown();
        }
        failure = reportEnd(failure);
        logUnsettled(unsettled);
        Exception counting = undiscarded;
        if (counting != null) {
            SessionLog.log(
                    MessageLoop.class, System.Logger.Level.DEBUG, "while counting what a close discards", counting);
        }
        KernelRefusedException refused = refusedFarewell;
        if (refused != null) {
            SessionLog.warn(MessageLoop.class, "what the kernel still held is lost with the socket", refused);
        }
        Failures.rethrow(failure);
    }

    private @Nullable Throwable closeSocket(@Nullable Throwable before) {
        try {
            socket.close();
            return before;
        } catch (Throwable e) {
            return Failures.join(before, e);
        }
    }

    private @Nullable Throwable reportEnd(@Nullable Throwable before) {
        try {
            life.closed();
            return before;
        } catch (Throwable e) {
            return Failures.join(before, e);
        }
    }

    private static void logUnsettled(@Nullable NetlinkException problem) {
        if (problem != null) {
            SessionLog.warn(
                    MessageLoop.class,
                    "the last requests could not be sent; the kernel ends what waits by itself",
                    problem);
        }
    }

    /** Closes the socket under a callback that does not return, which ends the session when it does. */
    private void abandon() {
        Throwable failure = null;
        NetlinkException unsettled = null;
        try {
            life.settle();
        } catch (NetlinkException e) {
            unsettled = e;
        } catch (Throwable e) {
            failure = e;
        }
        failure = closeSocket(failure);
        abandoned = true;
        failure = reportEnd(failure);
        logUnsettled(unsettled);
        Failures.rethrow(failure);
    }

    private void discardRest() throws NetlinkException {
        Throwable failure = discardReceived(null);
        if (!farewellSent) {
            try {
                farewell();
            } catch (Throwable e) { // what waits in the socket is counted all the same
                failure = Failures.join(failure, e);
            }
        }
        int failed = 0;
        for (int empty = 0; empty < EMPTY && failed < FAILED_RECEIVES; ) {
            int count;
            try {
                count = receiveBatch(0);
            } catch (Throwable e) {
                failure = Failures.join(failure, e);
                failed++; // what the socket still has is counted all the same, if it can be
                continue;
            }
            if (count < 0) {
                break;
            }
            inbound.take();
            failure = discardReceived(failure);
            empty = count > 0 ? 0 : empty + 1;
        }
        if (failure instanceof NetlinkException problem) {
            throw problem;
        }
        Failures.rethrow(failure);
    }

    /**
     * Counts what was received and will not be delivered; each message is taken, whatever a handler throws for it. Its
     * exceptions are logged once the socket is closed.
     */
    private @Nullable Throwable discardReceived(@Nullable Throwable before) {
        Throwable failure = before;
        Exception problem = null;
        int lacks = 0;
        for (; ; ) {
            try {
                if (!next()) {
                    if (problem != null) {
                        undiscarded = problem;
                    }
                    return failure;
                }
                if (inbound.message().type() >= Netlink.NLMSG_MIN_TYPE) {
                    batch.discarded();
                    life.discarded(inbound.message());
                } else {
                    answered(inbound.message()); // what the kernel refused until now still counts
                }
            } catch (Exception e) {
                problem = problem == null ? e : (Exception) Failures.join(problem, e);
            } catch (Throwable e) {
                failure = Failures.join(failure, e);
                if (e instanceof VirtualMachineError && ++lacks >= FAILED_RECEIVES) {
                    return failure; // perhaps it makes no progress
                }
            }
        }
    }

    /** A group that is gone is as good as unbound; any other refusal means that the kernel keeps what it holds. */
    private void noteRefusedFarewell(Request request) {
        KernelRefusedException refusal = request.refusal();
        if (farewellSent && refusal != null && !refusal.errno().equals(Errno.ENODEV)) {
            refusedFarewell = refusal;
        }
    }

    /** Begins a graceful end: the poll in progress, or the next ones, deliver everything and then return −1. Any thread. */
    public void stop() {
        if (!stopping) {
            stopping = true;
            socket.wakeup();
        }
    }

    /** Makes the poll in progress, or the next, return 0. Any thread. */
    public void wakeup() {
        woken = true;
        socket.wakeup();
    }

    /**
     * Whether this thread polls or closes, so that it is inside a callback.
     *
     * @return whether it is the polling thread
     */
    public boolean polling() {
        return poller.get() == Thread.currentThread();
    }

    /**
     * Whether the session has ended.
     *
     * @return whether the socket is closed
     */
    public boolean ended() {
        return abandoned || ended.getCount() == 0;
    }

    /**
     * Ends the session: what is not delivered is discarded and counted. Any thread; idempotent. Inside a callback it
     * only marks, and the poll in progress ends the session when the callback returns. From another thread it waits for
     * the callback in progress, for one second at most, and then closes the socket under it.
     */
    @Override
    public void close() {
        closing = true;
        Thread self = Thread.currentThread();
        if (inside()) {
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_WAIT_MILLIS);
        try {
            socket.wakeup();
        } finally {
            awaitEnd(self, deadline);
        }
    }

    /** Ends the session, or waits until the thread that receives has ended it. */
    private void awaitEnd(Thread self, long deadline) {
        boolean interrupted = false;
        try {
            while (!ended()) {
                if (poller.compareAndSet(null, self)) {
                    try {
                        finish();
                    } finally {
                        poller.set(null);
                    }
                } else if (System.nanoTime() > deadline) {
                    abandon();
                } else {
                    try {
                        ended.await(CLOSE_STEP_MILLIS, TimeUnit.MILLISECONDS);
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
        } finally {
            if (interrupted) {
                self.interrupt();
            }
        }
    }
}
