package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in memory: what it is asked it answers as Linux does, unless a rule of the test says otherwise. Requests
 * that ask for an acknowledgement get one; those for NFLOG's configuration go through {@link #nflog()}, a model of the
 * kernel's side. Safe for any number of threads.
 *
 * <pre>{@code
 * FakeTransport transport = new FakeTransport();
 * transport.onRequest(request -> request.has(1)).refuse(Errno.EPERM).times(1);
 * ... the code under test opens its socket ...
 * transport.nflog().log(30, SampleNflog.of(SamplePackets.udp4()).prefix("hello"));
 * ... it receives the packet ...
 * transport.verify();
 * }</pre>
 */
public final class FakeTransport implements NetlinkTransport {
    private static final int ERROR_TEXT = 1;
    private static final int MAX_DATAGRAM = 1 << 20;

    private final TestClock clock;
    private final FakeKernel kernel;
    private final FakeNflog nflog;
    private final List<RequestRule> rules = new ArrayList<>();
    private final List<SentMessage> sent = new ArrayList<>();
    private final List<FakeNetlinkSocket> sockets = new ArrayList<>();
    private final Deque<Errno> openFailures = new ArrayDeque<>();
    private ByteOrder order = ByteOrder.nativeOrder();
    private boolean strict = true;
    private long nextPort = 4711;

    /** A fake kernel with an automatic clock. */
    public FakeTransport() {
        this(TestClock.automatic());
    }

    /**
     * A fake kernel.
     *
     * @param clock what its time follows
     */
    public FakeTransport(TestClock clock) {
        this.clock = clock;
        this.nflog = new FakeNflog(this);
        this.kernel = new FakeKernel(nflog::groups);
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
    public FakeKernel kernel() {
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
     * Sets the byte order of the sockets that are opened from now on.
     *
     * @param order that of headers; native unless set
     * @return this transport
     */
    public FakeTransport order(ByteOrder order) {
        this.order = order;
        return this;
    }

    /**
     * Sets whether batches are strict, so that a packet that escapes its callback is reported with its place.
     *
     * @param on true unless set
     * @return this transport
     */
    public FakeTransport strictBatches(boolean on) {
        this.strict = on;
        return this;
    }

    boolean strictBatches() {
        return strict;
    }

    /**
     * Lets the next {@link #open} that is tried fail.
     *
     * @param errno the error number
     * @return this transport
     */
    public FakeTransport failOpen(Errno errno) {
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
            RequestRule rule = new RequestRule(matcher);
            rules.add(rule);
            return rule;
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
            return List.copyOf(sent);
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
     * Fails where something is left over: a socket that is open, a rule that no request met.
     *
     * @throws AssertionError naming everything that is left over
     */
    public void verify() {
        clock.lock().lock();
        try {
            List<String> left = new ArrayList<>();
            for (FakeNetlinkSocket socket : sockets) {
                if (!socket.closed()) {
                    left.add("socket " + socket.portId() + " is open, with " + socket.pending()
                            + " datagrams not received");
                }
            }
            long unused = rules.stream().filter(RequestRule::unused).count();
            if (unused > 0) {
                left.add(unused + " of " + rules.size() + " request rules met no request");
            }
            if (!left.isEmpty()) {
                throw new AssertionError("left over: " + String.join("; ", left));
            }
        } finally {
            clock.lock().unlock();
        }
    }

    /** A datagram has come from a socket; wants the lock. */
    void transmitted(FakeNetlinkSocket socket, byte[] datagram) {
        List<SentMessage> messages;
        try {
            messages = SentMessage.parse(datagram, socket.order(), socket.portId());
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
        for (SentMessage message : messages) {
            sent.add(message);
            if ((message.flags() & Netlink.NLM_F_REQUEST) != 0) {
                answer(socket, message);
            }
        }
    }

    private void answer(FakeNetlinkSocket socket, SentMessage request) {
        for (RequestRule rule : rules) {
            if (rule.takes(request)) {
                follow(socket, request, rule);
                return;
            }
        }
        if (kernel.netAdmin() != NetAdmin.HELD) {
            acknowledge(socket, request, Errno.EPERM, null);
            return;
        }
        Errno errno = nflog.configures(request) ? nflog.configure(socket, request) : null;
        if (errno != null || (request.flags() & Netlink.NLM_F_ACK) != 0) {
            acknowledge(socket, request, errno, null);
        }
    }

    private static void follow(FakeNetlinkSocket socket, SentMessage request, RequestRule rule) {
        for (BiConsumer<SentMessage, MessageWriter> reply : rule.replies()) {
            MessageWriter writer = new MessageWriter(MAX_DATAGRAM, socket.order());
            reply.accept(request, writer);
            socket.deliver(writer);
        }
        boolean wanted = rule.errno() != null || (request.flags() & Netlink.NLM_F_ACK) != 0;
        if (wanted && !rule.silent()) {
            acknowledge(socket, request, rule.errno(), rule.text());
        }
    }

    private static void acknowledge(
            FakeNetlinkSocket socket, SentMessage request, @Nullable Errno errno, @Nullable String text) {
        byte[] original = request.bytes().toArray();
        boolean capped = errno == null || socket.on(SocketOption.CAP_ACK);
        boolean words = text != null && socket.on(SocketOption.EXT_ACK);
        MessageWriter writer = new MessageWriter(original.length + 1024, socket.order());
        int flags = (capped ? Netlink.NLM_F_CAPPED : 0) | (words ? Netlink.NLM_F_ACK_TLVS : 0);
        writer.begin(Netlink.NLMSG_ERROR, flags, request.sequence(), socket.portId())
                .rawHost32(errno == null ? 0 : -errno.number())
                .raw(capped ? Arrays.copyOf(original, Netlink.NLMSG_HDRLEN) : original);
        if (words && text != null) {
            writer.raw(new byte[capped ? 0 : Netlink.align(original.length) - original.length])
                    .string(ERROR_TEXT, text);
        }
        socket.deliver(writer.end());
    }

    /** A socket is no more; wants the lock. */
    void closed(FakeNetlinkSocket socket) {
        nflog.closed(socket);
    }
}
