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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
    private static final long CLOSE_WAIT_MILLIS = 1000;
    private static final long CLOSE_STEP_MILLIS = 5;
    private static final int FAREWELLS = 3;
    /** A receive that returns 0 may have taken a wakeup; the second in a row says that the socket is empty. */
    private static final int EMPTY = 2;

    private final NetlinkTransport transport;
    private final NetlinkSocket socket;
    private final DatagramBatch batch;
    private final Life life;
    private final Inbound inbound;
    private final List<Request> waiting = new ArrayList<>();
    private final AtomicReference<@Nullable Thread> poller = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile boolean closing;
    private boolean farewellSent;
    private int farewells;
    private int quiet;
    private long sequence;

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
        this.inbound = new Inbound(batch, socket.order());
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
     * The sequence number for the next request.
     *
     * @return 1 to 2³²−1
     */
    public long nextSequence() {
        sequence = sequence >= 0xffff_ffffL ? 1 : sequence + 1;
        return sequence;
    }

    /**
     * Sends a request that asks for an acknowledgement, without waiting for it.
     *
     * @param what the request in words
     * @param writer holds the one message, written with {@link #nextSequence()}
     * @return the request
     * @throws NetlinkException if sending fails
     */
    public Request post(String what, MessageWriter writer) throws NetlinkException {
        Request request = new Request(what, sequence);
        socket.send(writer.datagram());
        waiting.add(request);
        return request;
    }

    /**
     * Sends a request and waits for its answer. Packets that come before it are set aside and not lost. Only while no
     * poll has begun.
     *
     * @param what the request in words
     * @param writer holds the one message, written with {@link #nextSequence()}
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if sending or receiving fails, or no answer comes
     */
    public void call(String what, MessageWriter writer) throws NetlinkException {
        Request request = post(what, writer);
        long deadline = transport.nanoTime() + ANSWER_NANOS;
        while (!request.answered()) {
            long left = deadline - transport.nanoTime();
            int count = left <= 0 ? 0 : socket.receive(batch, left);
            if (count < 0 || left <= 0) {
                throw new SystemCallException(
                        what,
                        count < 0 ? Errno.EBADF : Errno.ETIMEDOUT,
                        count < 0 ? "the socket was closed before the kernel's answer came" : "no answer came");
            }
            inbound.take();
            while (nextOfBatch()) {
                if (!answered(inbound.message())) {
                    inbound.setAside();
                }
            }
        }
        KernelRefusedException refusal = request.refusal();
        if (refusal != null) {
            throw refusal;
        }
    }

    private boolean nextOfBatch() throws MalformedMessageException {
        for (; ; ) {
            try {
                return inbound.nextOfBatch();
            } catch (MalformedMessageException e) {
                life.malformed(e);
            }
        }
    }

    /** Whether a message answers a request; if so the request has its outcome. */
    private boolean answered(MessageCursor message) throws MalformedMessageException {
        if (message.type() != Netlink.NLMSG_ERROR) {
            return false;
        }
        for (int i = 0; i < waiting.size(); i++) {
            Request request = waiting.get(i);
            if (request.sequence() == message.sequence()) {
                try {
                    request.answer(KernelAnswer.read(message, request.what()));
                    waiting.remove(i);
                    warnOfRefusedFarewell(request);
                } catch (MalformedMessageException e) {
                    life.malformed(e);
                }
                return true;
            }
        }
        return false;
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
        Thread self = Thread.currentThread();
        if (!poller.compareAndSet(null, self)) {
            if (closing && poller.get() != self) {
                return -1; // another thread is closing
            }
            throw new IllegalStateException(
                    poller.get() == self
                            ? "poll or run was called inside a callback of the same session"
                            : "another thread polls this session; one at a time");
        }
        try {
            return pollAlone(handler, context, timeoutNanos);
        } finally {
            try {
                if (closing) {
                    finish();
                }
            } finally {
                poller.set(null);
            }
        }
    }

    private <C, E extends Exception> int pollAlone(Handler<C, E> handler, C context, long timeoutNanos)
            throws NetlinkException, E {
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
            long wait = farewellSent || timeoutNanos == 0
                    ? 0
                    : timeoutNanos < 0 ? -1 : Math.max(0, deadline - transport.nanoTime());
            int count = socket.receive(batch, wait);
            inbound.take();
            if (count > 0) {
                quiet = 0;
                int delivered = deliver(handler, context);
                if (delivered > 0) {
                    return delivered;
                }
            } else if (count < 0 || (farewellSent && ++quiet >= EMPTY && bidden())) {
                finish();
                return -1;
            } else if (!stopping && !closing && (timeoutNanos >= 0 || !batch.overrun())) {
                return 0;
            }
            if (timeoutNanos > 0 && !stopping && deadline - transport.nanoTime() <= 0) {
                return 0;
            }
        }
    }

    private <C, E extends Exception> int deliver(Handler<C, E> handler, C context) throws NetlinkException, E {
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

    private boolean next() throws MalformedMessageException {
        for (; ; ) {
            try {
                return inbound.next();
            } catch (MalformedMessageException e) {
                life.malformed(e);
            }
        }
    }

    private void farewell() throws NetlinkException {
        farewellSent = true;
        life.farewell();
    }

    /** The socket is empty: whether the farewell is answered, or is not going to be. */
    private boolean bidden() throws NetlinkException {
        if (waiting.isEmpty() || ++farewells > FAREWELLS) {
            return true;
        }
        waiting.clear();
        quiet = 0;
        life.farewell();
        return false;
    }

    /** Ends the session on the polling thread: what is left is counted as discarded. */
    private void finish() {
        if (ended.getCount() == 0) {
            return;
        }
        try {
            discardRest();
        } catch (NetlinkException e) {
            log(System.Logger.Level.DEBUG, "while counting what a close discards", e);
        } finally {
            socket.close();
            if (ended.getCount() > 0) {
                life.ended();
                ended.countDown();
            }
        }
    }

    private void discardRest() throws NetlinkException {
        discardReceived();
        if (!farewellSent) {
            farewell();
        }
        for (int empty = 0; empty < EMPTY; ) {
            int count = socket.receive(batch, 0);
            if (count < 0) {
                return;
            }
            inbound.take();
            discardReceived();
            empty = count > 0 ? 0 : empty + 1;
        }
    }

    private void discardReceived() {
        for (; ; ) {
            try {
                if (!next()) {
                    return;
                }
                if (inbound.message().type() >= Netlink.NLMSG_MIN_TYPE) {
                    life.discarded(inbound.message());
                }
            } catch (MalformedMessageException | RuntimeException e) {
                log(System.Logger.Level.DEBUG, "told of malformed bytes, a handler failed", e); // counting goes on
            }
        }
    }

    /** A group that is gone is as good as unbound; any other refusal means that the kernel keeps what it holds. */
    private void warnOfRefusedFarewell(Request request) {
        KernelRefusedException refusal = request.refusal();
        if (farewellSent && refusal != null && !refusal.errno().equals(Errno.ENODEV)) {
            log(System.Logger.Level.WARNING, "what the kernel still held is lost with the socket", refusal);
        }
    }

    private static void log(System.Logger.Level level, String what, Throwable problem) {
        System.getLogger(MessageLoop.class.getName()).log(level, what, problem);
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
        socket.wakeup();
    }

    /**
     * Whether the session has ended.
     *
     * @return whether the socket is closed
     */
    public boolean ended() {
        return ended.getCount() == 0;
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
        if (poller.get() == self) {
            return;
        }
        socket.wakeup();
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_WAIT_MILLIS);
        while (ended.getCount() > 0) {
            if (poller.compareAndSet(null, self)) {
                try {
                    finish();
                } finally {
                    poller.set(null);
                }
            } else if (System.nanoTime() > deadline) {
                socket.close(); // the callback in progress ends the session when it returns
                break;
            } else {
                try {
                    ended.await(CLOSE_STEP_MILLIS, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            self.interrupt();
        }
    }
}
