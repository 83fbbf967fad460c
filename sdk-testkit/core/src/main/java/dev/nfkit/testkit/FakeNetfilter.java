// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.conntrack.ConntrackModel;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.nflog.NflogModel;
import dev.nfkit.testkit.nfqueue.NfqueueModel;
import dev.nfkit.testkit.nftables.NftablesModel;
import dev.nfkit.testkit.process.RouteModel;
import dev.nfkit.testkit.process.SocketModel;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * A kernel in memory. It answers requests as Linux does, unless a rule of the test changes the answer. Requests that
 * ask for an acknowledgement get one. Requests for NFLOG are handled by {@link #nflog()}, those for NFQUEUE by {@link
 * #nfqueue()} and those for conntrack by {@link #conntrack()}, which are models of the kernel's side. Requests for
 * nftables change a ruleset in memory, and {@link #packets()} sends packets through it. A request for
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
 * FakeNetfilter kernel = new FakeNetfilter();
 * kernel.onRequest(request -> request.type() == NflogConfig.NFULNL_MSG_CONFIG).refuse(Errno.EPERM).times(1);
 * ... the code under test opens its socket ...
 * kernel.nflog().log(30, SampleNflog.of(SamplePackets.udp4()).prefix("hello"));
 * ... it receives the packet ...
 * kernel.verify();
 * }</pre>
 */
public final class FakeNetfilter implements NetlinkTransport {
    private final TestClock clock;
    private final Kernel kernel;
    private final FakeKernelView view;
    private final FakeNflog nflog;
    private final FakeNfqueue nfqueue;
    private final FakeConntrack conntrack;
    private final FakePackets packets;
    private final FakeSockets processSockets;
    private final List<FakeNetlinkSocket> sockets = new ArrayList<>();
    private ByteOrder order = ByteOrder.nativeOrder();

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
        this.kernel = new Kernel(clock.model());
        NflogModel log = new NflogModel(kernel);
        ConntrackModel table = new ConntrackModel(kernel);
        NfqueueModel queues = new NfqueueModel(kernel, table.properties()::countClash);
        NftablesModel ruleset = new NftablesModel(kernel, queues::hookRemoved);
        kernel.add(log);
        kernel.add(queues);
        kernel.add(table);
        kernel.add(ruleset);
        SocketModel socketModel = new SocketModel(kernel);
        RouteModel routes = new RouteModel(kernel);
        kernel.add(socketModel);
        kernel.add(routes);
        this.processSockets = new FakeSockets(socketModel, routes);
        this.nflog = new FakeNflog(log);
        this.conntrack = new FakeConntrack(table);
        this.nfqueue = new FakeNfqueue(queues);
        this.packets = new FakePackets(ruleset.ruleset(), kernel, log, queues);
        this.view = new FakeKernelView(kernel.properties(), log::groups, queues::queues, table.properties()::drops);
    }

    @Override
    public FakeNetlinkSocket open(int protocol) throws NetlinkException {
        return kernel.clock().locked(() -> {
            FakeNetlinkSocket socket = new FakeNetlinkSocket(kernel.open(protocol, order));
            sockets.add(socket);
            return socket;
        });
    }

    /**
     * Returns the view of the fake kernel, which the test can set.
     *
     * @return the view, always the same
     */
    @Override
    public FakeKernelView kernel() {
        return view;
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
     * Returns what sends packets through the rules of this kernel.
     *
     * @return the sender, always the same
     */
    public FakePackets packets() {
        return packets;
    }

    /**
     * Returns the sockets of processes in this kernel, which requests for the process of a connection find.
     *
     * @return the sockets, always the same
     */
    public FakeSockets processSockets() {
        return processSockets;
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
        kernel.strictBatches(on);
        return this;
    }

    /**
     * Lets the next {@link #open} fail.
     *
     * @param errno the error number
     * @return this transport
     */
    public FakeNetfilter failNextOpen(Errno errno) {
        kernel.failNextOpen(errno);
        return this;
    }

    /**
     * Adds a rule for requests. If several rules match a request, the first one applies until it is used up.
     *
     * @param matcher whether the rule applies to a request; called with the transport's lock held, so it must not block
     * @return a rule that acknowledges; the test can change it
     */
    public RequestRule onRequest(Predicate<SentMessage> matcher) {
        return new RequestRule(kernel.onRequest(request -> matcher.test(new SentMessage(request))));
    }

    /**
     * Returns all messages that were sent to the kernel, in order.
     *
     * @return a copy of the list
     */
    public List<SentMessage> sent() {
        return kernel.sent().stream().map(SentMessage::new).toList();
    }

    /**
     * Returns all sockets that were opened, including closed ones.
     *
     * @return a copy of the list, in the order of opening
     */
    public List<FakeNetlinkSocket> sockets() {
        return kernel.clock().locked(() -> List.copyOf(sockets));
    }

    /**
     * Returns the socket that was opened last.
     *
     * @return the socket
     * @throws IllegalStateException if none was opened
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
        return kernel.openSockets();
    }

    /**
     * Waits in real time until a condition is true, for code under test on another thread. The kernel's own time stands
     * still. Waits at most as long as {@link TestClock#patience} allows.
     *
     * <pre>{@code
     * kernel.await("the flush", () -> kernel.conntrack().connections().isEmpty());
     * }</pre>
     *
     * @param what names the condition in the failure
     * @param condition the condition; called at each change of the kernel or its clock, and every few milliseconds, with
     *     the lock held, so that it must not block
     * @throws AssertionError if it did not become true; the message describes the state of the kernel
     */
    public void await(String what, BooleanSupplier condition) {
        kernel.awaitOr(what + " did not happen", condition);
    }

    /**
     * Fails if something is left: an open socket, datagrams that were not received, queued packets without a
     * verdict, logged packets still in a group's batch, a rule that matched no request. Also fails if a borrowed view was used after its callback had
     * returned, on any thread.
     *
     * @throws AssertionError with everything that is left, and the places where the view was used and handed out
     */
    public void verify() {
        kernel.verify();
    }

    /** The kernel itself, whose parts tests of this module use. */
    Kernel model() {
        return kernel;
    }
}
