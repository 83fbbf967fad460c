package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.EscapeListener;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in memory. It answers requests as Linux does, unless a rule of the test changes the answer. Requests that
 * ask for an acknowledgement get one. Requests for NFLOG are handled by {@link #nflog()}, those for NFQUEUE by {@link
 * #nfqueue()} and those for conntrack by {@link #conntrack()}, which are models of the kernel's side. A request for
 * another subsystem is refused with EINVAL, as by a kernel that was built without it. Safe for any number of threads.
 *
 * <p>To wait for code under test on other threads, use {@link FakeNfqueue#awaitBound}, {@link FakeNfqueue#takeDecided},
 * {@link FakeNflog#awaitBound}, or {@link #await} for anything else. Every wait has a bound.
 *
 * <p>The models are compared with a running Linux, scenario by scenario. This kernel is stricter in one respect, since
 * it is used by tests: a datagram of malformed bytes, which Linux silently ignores, fails the send with an
 * AssertionError.
 *
 * <pre>{@code
 * FakeNetfilter transport = new FakeNetfilter();
 * transport.onRequest(request -> request.has(1)).refuse(Errno.EPERM).times(1);
 * ... the code under test opens its socket ...
 * transport.nflog().log(30, SampleNflog.of(SamplePackets.udp4()).prefix("hello"));
 * ... it receives the packet ...
 * transport.verify();
 * }</pre>
 */
public final class FakeNetfilter implements NetlinkTransport {
    private static final int LARGEST_EVENT = 1 << 16;

    private final TestClock clock;
    private final FakeKernelView kernel;
    private final FakeNflog nflog;
    private final FakeNfqueue nfqueue;
    private final FakeConntrack conntrack;
    private final FakeRequests requests;
    private final List<FakeNetlinkSocket> sockets = new ArrayList<>();
    private final Deque<Errno> openFailures = new ArrayDeque<>();
    private final Map<ByteOrder, MessageWriter> eventWriters = new HashMap<>();
    private ByteOrder order = ByteOrder.nativeOrder();
    private final Escapes escapes = new Escapes();
    private boolean strict = true;
    private long nextPort = 4711;

    /** Creates a fake kernel with an automatic clock. */
    public FakeNetfilter() {
        this(TestClock.automatic());
    }

    /**
     * Creates a fake kernel.
     *
     * @param clock the clock that it follows
     */
    public FakeNetfilter(TestClock clock) {
        this.clock = clock;
        this.nflog = new FakeNflog(this);
        this.conntrack = new FakeConntrack(this);
        this.nfqueue = new FakeNfqueue(this, conntrack);
        this.kernel = new FakeKernelView(nflog::groups, nfqueue::queues, conntrack.settings()::drops);
        this.requests = new FakeRequests(this);
    }

    @Override
    public FakeNetlinkSocket open(int protocol) throws NetlinkException {
        clock.lock().lock();
        try {
            Errno failure = openFailures.poll();
            if (failure == null && (protocol < 0 || protocol > 31)) {
                failure = Errno.EPROTONOSUPPORT;
            }
            if (failure != null) {
                throw new SystemCallException("socket(AF_NETLINK, protocol " + protocol + ")", failure, null);
            }
            FakeNetlinkSocket socket = new FakeNetlinkSocket(this, nextPort++, order);
            sockets.add(socket);
            return socket;
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Returns the view of the fake kernel, which the test can set.
     *
     * @return the view, always the same
     */
    @Override
    public FakeKernelView kernel() {
        return kernel;
    }

    @Override
    public long nanoTime() {
        return clock.nanoTime();
    }

    /**
     * Returns the clock that this kernel follows.
     *
     * @return the clock
     */
    public TestClock clock() {
        return clock;
    }

    /**
     * Returns the model of NFLOG in this kernel.
     *
     * @return the model, always the same
     */
    public FakeNflog nflog() {
        return nflog;
    }

    /**
     * Returns the model of NFQUEUE in this kernel.
     *
     * @return the model, always the same
     */
    public FakeNfqueue nfqueue() {
        return nfqueue;
    }

    /**
     * Returns the model of connection tracking in this kernel.
     *
     * @return the model, always the same
     */
    public FakeConntrack conntrack() {
        return conntrack;
    }

    /**
     * Sets the byte order of sockets opened from now on.
     *
     * @param order the byte order of headers; native unless set
     * @return this transport
     */
    public FakeNetfilter order(ByteOrder order) {
        this.order = order;
        return this;
    }

    /**
     * Sets whether batches are strict, so that a packet that is used after its callback is reported with the place of
     * its use, by {@link #verify()} too.
     *
     * @param on true unless set
     * @return this transport
     */
    public FakeNetfilter strictBatches(boolean on) {
        this.strict = on;
        return this;
    }

    /** Receives the views that are used after their callback; null if they are not watched. */
    @Nullable
    EscapeListener escapes() {
        return strict ? escapes : null;
    }

    /**
     * Lets the next {@link #open} fail.
     *
     * @param errno the error number
     * @return this transport
     */
    public FakeNetfilter failOpen(Errno errno) {
        clock.lock().lock();
        try {
            openFailures.add(errno);
            return this;
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Adds a rule for requests. If several rules match a request, the first one applies until it is used up.
     *
     * @param matcher whether the rule applies to a request; called with the transport's lock held, so it must not block
     * @return a rule that acknowledges; the test can change it
     */
    public RequestRule onRequest(Predicate<SentMessage> matcher) {
        clock.lock().lock();
        try {
            return requests.rule(matcher);
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Returns all messages that were sent to the kernel, in order.
     *
     * @return a copy of the list
     */
    public List<SentMessage> sent() {
        clock.lock().lock();
        try {
            return requests.sent();
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Returns all sockets that were opened, including closed ones.
     *
     * @return a copy of the list, in the order of opening
     */
    public List<FakeNetlinkSocket> sockets() {
        clock.lock().lock();
        try {
            return List.copyOf(sockets);
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Returns the socket that was opened last.
     *
     * @return the socket
     * @throws IllegalStateException if none was
     */
    public FakeNetlinkSocket socket() {
        List<FakeNetlinkSocket> all = sockets();
        if (all.isEmpty()) {
            throw new IllegalStateException("no socket was opened");
        }
        return all.get(all.size() - 1);
    }

    /**
     * Returns the number of open sockets.
     *
     * @return a count
     */
    public int openSockets() {
        clock.lock().lock();
        try {
            return (int) sockets.stream().filter(socket -> !socket.closed()).count();
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Waits in real time until a condition of this kernel is true, for code under test on another thread. The kernel's
     * own time stands still. The wait is no longer than the clock's patience.
     *
     * <pre>{@code
     * kernel.await("the flush", () -> kernel.conntrack().connections().isEmpty());
     * }</pre>
     *
     * @param what names the condition in the failure
     * @param condition the condition; called at each change, with the lock held, so that it must not block
     * @throws AssertionError if it did not become true; the message describes the state of the kernel
     */
    public void await(String what, BooleanSupplier condition) {
        awaitOr(what + " did not happen", condition);
    }

    /** Waits, or fails with a message. */
    void awaitOr(String complaint, BooleanSupplier condition) {
        clock.lock().lock();
        try {
            if (!clock.awaitUntil(condition)) {
                throw new AssertionError(
                        complaint + " within " + clock.patience() + ": " + new KernelState(this).describe());
            }
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Fails if something is left: an open socket, datagrams that were not received, packets that wait for a verdict or
     * in a batch, a rule that matched no request. Also fails if a borrowed view was used after its callback had
     * returned, on any thread.
     *
     * @throws AssertionError with everything that is left, and the places where the view was used and handed out
     */
    public void verify() {
        clock.lock().lock();
        try {
            List<String> left = new ArrayList<>(new KernelState(this).left());
            left.addAll(requests.left());
            List<String> wrong = new ArrayList<>(escapes.texts());
            if (!left.isEmpty()) {
                wrong.add("left over: " + String.join("; ", left));
            }
            if (!wrong.isEmpty()) {
                throw new AssertionError(String.join("\n", wrong), escapes.first());
            }
        } finally {
            clock.lock().unlock();
        }
    }

    /** Receives a datagram from a socket; requires the lock. */
    void transmitted(FakeNetlinkSocket socket, byte[] datagram) {
        requests.transmitted(socket, datagram);
    }

    /**
     * Sends a message to every open socket that is in a multicast group, as {@code netlink_broadcast} does. Each socket
     * has its own filter and receive buffer, so that one may lose what another receives. Requires the lock.
     *
     * @param group the group, from 1
     * @param allocated the bytes that the kernel allocates for it beforehand
     * @param message writes one complete message; called once for each socket, in its byte order
     */
    void multicast(int group, int allocated, Consumer<MessageWriter> message) {
        for (FakeNetlinkSocket socket : sockets) {
            if (socket.listensTo(group)) {
                MessageWriter writer =
                        eventWriters.computeIfAbsent(socket.order(), order -> new MessageWriter(LARGEST_EVENT, order));
                message.accept(writer.clear());
                socket.deliverAllocated(Datagrams.bytes(writer), allocated);
            }
        }
    }

    /** Removes a socket; requires the lock. */
    void closed(FakeNetlinkSocket socket) {
        nflog.closed(socket);
        nfqueue.closed(socket);
    }
}
