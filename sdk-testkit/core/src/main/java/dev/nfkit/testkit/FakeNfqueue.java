package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.socket.QueueState;
import dev.nfkit.testkit.DecidedPacket.Departure;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of NFQUEUE: queues and their owners, their configuration, the packets that wait in them, and the
 * verdict of each. Modelled on {@code net/netfilter/nfnetlink_queue.c}, including what it silently ignores. Safe for
 * any number of threads.
 *
 * <pre>{@code
 * transport.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4()).mark(7));
 * ... the code under test decides, on this thread or on another ...
 * DecidedPacket packet = transport.nfqueue().takeDecided();
 * assertTrue(packet.passed());
 * assertEquals(9, packet.mark());
 * }</pre>
 *
 * <p>Limitations: checksums of large packets are the sample's; NF_REPEAT does not traverse a rule again (a test
 * enqueues the packet again, see {@link #onDecided}); and a change of a connection is reported but not applied.
 */
public final class FakeNfqueue {
    private static final int BYPASS = NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS;

    private final FakeNetfilter transport;
    private final ConnectionClashes clashes;
    private final Map<Integer, NfqueueInstance> queues = new TreeMap<>();
    private final List<DecidedPacket> decided = new ArrayList<>();
    private Consumer<DecidedPacket> next = packet -> {};
    private int taken;

    FakeNfqueue(FakeNetfilter transport, FakeConntrack conntrack) {
        this.transport = transport;
        this.clashes = new ConnectionClashes(conntrack);
    }

    /**
     * Sets whether packets have passed connection tracking when they enter a queue, as in the filter table. Otherwise
     * they are queued before it, as in the raw table. After connection tracking, all but one of the packets of a new
     * connection that wait together are lost: the first one accepted confirms the connection, and the others leave with
     * {@link DecidedPacket.Departure#CLASH} and count in the statistics of {@link FakeConntrack#settings()}. That
     * applies to ICMP, ICMPv6, TCP and SCTP. Connections are not put into the table of {@link FakeConntrack}.
     *
     * @param on false unless set
     * @return this model
     */
    public FakeNfqueue afterConntrack(boolean on) {
        return locked(() -> {
            clashes.on(on);
            return this;
        });
    }

    /**
     * Puts a packet into a queue, as a rule does: it gets an id, and the owner of the queue gets the message. If that
     * fails, the packet leaves at once, with the reason in {@link #decided}.
     *
     * @param queue the queue, 0 to 65535
     * @param packet the packet, which is copied; the kernel sets its queue and id
     * @return whether the packet, or at least one of its segments, waits for a verdict
     */
    public boolean enqueue(int queue, SampleNfqueue packet) {
        return locked(() -> {
            boolean waits = enter(queue, packet.copy(), packet.bypasses());
            transport.clock().changed();
            return waits;
        });
    }

    /**
     * Puts a packet of bytes into a queue, as a rule does, with only its family and hardware protocol.
     *
     * @param queue the queue, 0 to 65535
     * @param packet an IP packet
     * @return whether the packet waits for a verdict
     */
    public boolean enqueue(int queue, byte... packet) {
        return enqueue(queue, SampleNfqueue.of(packet));
    }

    /**
     * Returns the packets that left a queue, or that could not enter it.
     *
     * @return a copy of the list, in the order in which they left
     */
    public List<DecidedPacket> decided() {
        return locked(() -> List.copyOf(decided));
    }

    /**
     * Sets a follower for packets that leave a queue: the test may, for example, log them or enqueue them again.
     *
     * @param follower is called with each packet when it leaves, before the caller that decided it continues; the lock
     *     of the model is held, so that it must not block
     */
    public void onDecided(Consumer<DecidedPacket> follower) {
        locked(() -> next = follower);
    }

    /**
     * Waits until a number of packets have left, in real time and no longer than the clock's patience, for verdicts of
     * other threads.
     *
     * @param count the number of packets in {@link #decided}
     * @return the packets that have left, at least that many
     * @throws AssertionError if fewer have left within the patience; the message names the packets that wait and that
     *     have left
     */
    public List<DecidedPacket> awaitDecided(int count) {
        return locked(() -> {
            transport.await("the end of " + count + " packets", () -> decided.size() >= count);
            return List.copyOf(decided);
        });
    }

    /**
     * Takes the next packet that has left, and waits for it as {@link #awaitDecided} does. The first call returns the
     * first packet, the second call the second, on any thread.
     *
     * @return the packet
     * @throws AssertionError if none has left within the patience
     */
    public DecidedPacket takeDecided() {
        return locked(() -> {
            int number = taken + 1;
            transport.await("the end of packet " + number, () -> decided.size() >= number);
            taken = number;
            return decided.get(number - 1);
        });
    }

    /**
     * Waits until a queue is bound, for code under test on another thread. As {@link #awaitDecided}.
     *
     * @param queue the queue, 0 to 65535
     * @throws AssertionError if it is not bound within the patience; the message names the bound queues
     */
    public void awaitBound(int queue) {
        transport.awaitOr("queue " + queue + " was not bound", () -> queues.containsKey(queue));
    }

    /**
     * Returns the bound queues, as the kernel reports them.
     *
     * @return one entry for each queue, by number
     */
    public List<QueueState> queues() {
        return locked(() -> queues.values().stream().map(NfqueueInstance::state).toList());
    }

    /**
     * Sets the next id of a queue, for example to test the wrap of ids.
     *
     * @param queue the queue, which must be bound
     * @param id 0 to 2³²−1
     * @throws IllegalStateException if the queue is not bound
     */
    public void nextId(int queue, long id) {
        locked(() -> {
            NfqueueInstance instance = queues.get(queue);
            if (instance == null) {
                throw new IllegalStateException("queue " + queue + " is not bound");
            }
            instance.nextId((int) id);
            return id;
        });
    }

    /**
     * Disables a device: waiting packets that arrived on it or leave by it are dropped, and verdicts for them find
     * nothing.
     *
     * @param index the interface's index, more than 0
     */
    public void deviceDown(long index) {
        flush(Departure.DEVICE_DOWN, packet -> packet.touches(index));
    }

    /**
     * Removes a hook, as deleting any base chain of nftables or the last table of iptables at a hook does. The kernel
     * drops all packets that wait in any queue of the namespace, whichever rule queued them ({@code
     * nf_queue_nf_hook_drop}).
     */
    public void hookRemoved() {
        flush(Departure.HOOK_REMOVED, packet -> true);
    }

    private void flush(Departure cause, Predicate<SampleNfqueue> meant) {
        locked(() -> {
            List<DecidedPacket> flushed = new ArrayList<>();
            queues.values().forEach(instance -> flushed.addAll(instance.flush(cause, meant)));
            flushed.forEach(this::left);
            transport.clock().changed();
            return cause;
        });
    }

    private <T> T locked(Supplier<T> action) {
        transport.clock().lock().lock();
        try {
            return action.get();
        } finally {
            transport.clock().lock().unlock();
        }
    }

    // The following is for the requests. All of it requires the lock.

    boolean takes(SentMessage request) {
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_QUEUE;
    }

    /** Executes a message. Returns the error, or null. */
    @Nullable
    Errno request(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        return switch (request.type()) {
            case NfqueueConfig.NFQNL_MSG_CONFIG -> NfqueueRequests.configure(this, socket, request);
            case NfqueueConfig.NFQNL_MSG_VERDICT, NfqueueConfig.NFQNL_MSG_VERDICT_BATCH ->
                NfqueueVerdicts.decide(this, socket, request);
            case NfqueueConfig.NFQNL_MSG_PACKET -> Errno.ENOTSUPP;
            default -> Errno.EINVAL;
        };
    }

    List<Long> waitingIds(int queue) {
        NfqueueInstance instance = queues.get(queue);
        return instance == null ? List.of() : instance.waitingIds();
    }

    FakeKernelView kernel() {
        return transport.kernel();
    }

    @Nullable
    NfqueueInstance bound(int queue) {
        return queues.get(queue);
    }

    boolean foreign(int queue, FakeNetlinkSocket socket) {
        NfqueueInstance instance = queues.get(queue);
        return kernel().queueOwnedElsewhere(queue) || (instance != null && instance.socket() != socket);
    }

    NfqueueInstance bind(int queue, FakeNetlinkSocket socket) {
        NfqueueInstance instance = new NfqueueInstance(socket, queue);
        queues.put(queue, instance);
        return instance;
    }

    void unbind(NfqueueInstance instance, Departure cause) {
        queues.remove(instance.number());
        instance.flush(cause, packet -> true).forEach(this::left);
    }

    private void left(DecidedPacket packet) {
        decided.add(packet);
        transport.clock().changed();
        next.accept(packet);
    }

    /** Removes the queues of a closed socket, and drops the packets that wait in them. */
    void closed(FakeNetlinkSocket socket) {
        List.copyOf(queues.values()).stream()
                .filter(instance -> instance.socket() == socket)
                .forEach(instance -> unbind(instance, Departure.SOCKET_CLOSED));
    }

    /** Lets a packet leave by a verdict, which may send it to a queue again. */
    void leave(DecidedPacket decision, SampleNfqueue packet) {
        if (decision.goesOn() && clashes.drops(packet)) {
            left(new DecidedPacket(
                    decision.queue(), (int) decision.id(), Departure.CLASH, NfqueueConfig.NF_DROP, packet));
            return;
        }
        left(decision);
        int verdict = decision.verdict();
        if ((verdict & 0xff) == NfqueueConfig.NF_QUEUE) {
            enter(verdict >>> 16, packet, (verdict & BYPASS) != 0);
        }
    }

    private boolean enter(int queue, SampleNfqueue packet, boolean bypass) {
        NfqueueInstance instance = queues.get(queue);
        if (kernel().queueOwnedElsewhere(queue)) {
            return leftAtOnce(queue, Departure.OTHER_OWNER, NfqueueConfig.NF_ACCEPT, packet);
        }
        if (instance == null) {
            int verdict = bypass ? NfqueueConfig.NF_ACCEPT : NfqueueConfig.NF_DROP;
            return leftAtOnce(queue, Departure.NO_QUEUE, verdict, packet);
        }
        if (instance.copiesNothing()) {
            return leftAtOnce(queue, Departure.COPY_MODE_NONE, NfqueueConfig.NF_DROP, packet);
        }
        List<SampleNfqueue> segments = packet.cut();
        if (segments.isEmpty() || instance.on(NfqueueConfig.NFQA_CFG_F_GSO)) {
            segments = List.of(packet);
        }
        if (segments.size() == 1) {
            clashes.entered(segments.get(0)); // the segments of a large packet share its entry
        }
        boolean waits = false;
        boolean lost = false;
        for (SampleNfqueue segment : segments) {
            DecidedPacket left = lost
                    ? new DecidedPacket(queue, 0, Departure.SEGMENT_LOST, NfqueueConfig.NF_DROP, segment)
                    : instance.enqueue(segment);
            if (left == null) {
                waits = true;
            } else {
                lost |= left.dropped();
                left(left);
            }
        }
        return waits;
    }

    private boolean leftAtOnce(int queue, Departure departure, int verdict, SampleNfqueue packet) {
        left(new DecidedPacket(queue, 0, departure, verdict, packet));
        return false;
    }
}
