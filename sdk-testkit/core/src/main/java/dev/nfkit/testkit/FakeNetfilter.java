package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.EscapeListener;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
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
 * A kernel in memory: what it is asked it answers as Linux does, unless a rule of the test says otherwise. Requests
 * that ask for an acknowledgement get one; those for NFLOG go through {@link #nflog()}, those for NFQUEUE through
 * {@link #nfqueue()} and those for conntrack through {@link #conntrack()}, models of the kernel's side. A request for
 * another subsystem is refused with EINVAL, as by a kernel that was built without it. Safe for any number of threads.
 *
 * <p>What the code under test does on other threads is waited for: {@link FakeNfqueue#awaitBound},
 * {@link FakeNfqueue#takeDecided}, {@link FakeNflog#awaitBound}, or {@link #await} for anything else. No wait is for ever.
 *
 * <p>The models are held against a running Linux, scenario by scenario. In one thing this kernel is stricter, since its
 * user is a test: a datagram of malformed bytes, which Linux passes over in silence, fails the send with an
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

    /** A fake kernel with an automatic clock. */
    public FakeNetfilter() {
        this(TestClock.automatic());
    }

    /**
     * A fake kernel.
     *
     * @param clock what its time follows
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
     * What the fake kernel tells besides its sockets, for the test to set.
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
     * The clock.
     *
     * @return what this transport's time follows
     */
    public TestClock clock() {
        return clock;
    }

    /**
     * The model of NFLOG in this kernel.
     *
     * @return the model, always the same
     */
    public FakeNflog nflog() {
        return nflog;
    }

    /**
     * The model of NFQUEUE in this kernel.
     *
     * @return the model, always the same
     */
    public FakeNfqueue nfqueue() {
        return nfqueue;
    }

    /**
     * The model of connection tracking in this kernel.
     *
     * @return the model, always the same
     */
    public FakeConntrack conntrack() {
        return conntrack;
    }

    /**
     * Sets the byte order of the sockets that are opened from now on.
     *
     * @param order that of headers; native unless set
     * @return this transport
     */
    public FakeNetfilter order(ByteOrder order) {
        this.order = order;
        return this;
    }

    /**
     * Sets whether batches are strict, so that a packet that escapes its callback is reported with its place, by
     * {@link #verify()} too.
     *
     * @param on true unless set
     * @return this transport
     */
    public FakeNetfilter strictBatches(boolean on) {
        this.strict = on;
        return this;
    }

    /** Who is told of views that escape; null where they are not watched. */
    @Nullable
    EscapeListener escapes() {
        return strict ? escapes : null;
    }

    /**
     * Lets the next {@link #open} that is tried fail.
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
     * Scripts what happens to requests. Of several rules that match, the one made first is used until it is used up.
     *
     * @param matcher whether a request is meant; called with the transport's lock held, so it must not block
     * @return a rule that acknowledges, for the test to change
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
     * All messages that were sent to the kernel, in order.
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
     * All sockets that were opened, closed ones too.
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
     * The socket that was opened last.
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
     * How many sockets are open.
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
     * Waits for code under test that runs on another thread, until something of this kernel is so. In real time, its own
     * standing still, and no longer than the clock's patience.
     *
     * <pre>{@code
     * kernel.await("the flush", () -> kernel.conntrack().connections().isEmpty());
     * }</pre>
     *
     * @param what names it in the failure
     * @param condition whether it is so; called at each change, with the lock held, so that it must not block
     * @throws AssertionError if it never was: it tells what the kernel holds then
     */
    public void await(String what, BooleanSupplier condition) {
        awaitOr(what + " did not come", condition);
    }

    /** Waits, or fails with a complaint. */
    void awaitOr(String complaint, BooleanSupplier condition) {
        clock.lock().lock();
        try {
            if (!clock.awaitUntil(condition)) {
                throw new AssertionError(
                        complaint + " within " + clock.patience() + ": " + new KernelState(this).told());
            }
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Fails where something is left over: a socket that is open, datagrams that nobody received, packets that wait for a
     * verdict or in a batch, a rule that no request met; or where a borrowed view was used after its callback had returned,
     * on whichever thread.
     *
     * @throws AssertionError naming everything that is left over, and where the view was used and handed out
     */
    public void verify() {
        clock.lock().lock();
        try {
            List<String> left = new ArrayList<>(new KernelState(this).left());
            left.addAll(requests.left());
            List<String> wrong = new ArrayList<>(escapes.told());
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

    /** A datagram has come from a socket; wants the lock. */
    void transmitted(FakeNetlinkSocket socket, byte[] datagram) {
        requests.transmitted(socket, datagram);
    }

    /**
     * Sends a message to every open socket that is in a multicast group, as {@code netlink_broadcast} does: each has a
     * filter and a receive buffer of its own, so that one may lose what another gets. Wants the lock.
     *
     * @param group the group, from 1
     * @param allocated the bytes that the kernel allocates for it beforehand
     * @param message writes one message, from its beginning to its end; called once a socket, in the byte order of each
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

    /** A socket is no more; wants the lock. */
    void closed(FakeNetlinkSocket socket) {
        nflog.closed(socket);
        nfqueue.closed(socket);
    }
}
