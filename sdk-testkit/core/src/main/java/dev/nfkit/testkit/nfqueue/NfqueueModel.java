// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.socket.QueueState;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelProperties;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.Subsystem;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.nfqueue.DepartedPacket.Reason;
import dev.nfkit.testkit.sample.NfqueueContents;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * NFQUEUE: queues and their owners, their configuration, the packets that wait in them, and the verdict of each.
 * Modelled on {@code net/netfilter/nfnetlink_queue.c}, including what it silently ignores. Safe for any number of
 * threads.
 */
public final class NfqueueModel implements Subsystem {
    private static final int BYPASS = NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS;

    private final Kernel kernel;
    private final ConnectionClashes clashes;
    private final Map<Integer, NfqueueInstance> queues = new TreeMap<>();
    private final List<DepartedPacket> departed = new ArrayList<>();
    private Consumer<DepartedPacket> next = packet -> {};
    private Consumer<DepartedPacket> owner = packet -> {};
    private int taken;

    /**
     * Creates the model of a kernel.
     *
     * @param clash is called, with the lock, for each packet that connection tracking drops
     */
    public NfqueueModel(Kernel kernel, Runnable clash) {
        this.kernel = kernel;
        this.clashes = new ConnectionClashes(clash);
    }

    /** Sets whether packets have passed connection tracking when they enter a queue. */
    public void afterConntrack(boolean on) {
        locked(() -> clashes.on(on));
    }

    /** Puts a copy of a packet into a queue, as a rule does. Returns whether it, or one of its segments, waits. */
    public boolean enqueue(int queue, NfqueueContents packet) {
        return locked(() -> {
            boolean waits = enter(queue, packet.copy(), packet.bypasses());
            kernel.clock().changed();
            return waits;
        });
    }

    /** The packets that left a queue, in that order; a copy. */
    public List<DepartedPacket> departed() {
        return locked(() -> List.copyOf(departed));
    }

    /** Sets a follower, which is called with the lock for each packet that leaves. */
    public void onDeparted(Consumer<DepartedPacket> follower) {
        locked(() -> {
            next = follower;
        });
    }

    /** Sets what happens with packets that leave and that carry something; called before the follower, with the lock. */
    public void onCarriedDeparted(Consumer<DepartedPacket> handler) {
        owner = handler;
    }

    /** Waits until a number of packets have left, and returns these and all others; a copy. */
    public List<DepartedPacket> awaitDeparted(int count) {
        return locked(() -> {
            kernel.awaitOr("the end of " + count + " packets did not happen", () -> departed.size() >= count);
            return List.copyOf(departed);
        });
    }

    /** Takes the next packet that has left, and waits for it. */
    public DepartedPacket takeDeparted() {
        return locked(() -> {
            int number = taken + 1;
            kernel.awaitOr("the end of packet " + number + " did not happen", () -> departed.size() >= number);
            taken = number;
            return departed.get(number - 1);
        });
    }

    /** Waits until a queue is bound. */
    public void awaitBound(int queue) {
        kernel.awaitOr("queue " + queue + " was not bound", () -> queues.containsKey(queue));
    }

    /** The bound queues by number, as the kernel reports them. */
    public List<QueueState> queues() {
        return locked(() -> queues.values().stream().map(NfqueueInstance::state).toList());
    }

    /** Sets the next id of a bound queue. */
    public void nextId(int queue, long id) {
        locked(() -> {
            NfqueueInstance instance = queues.get(queue);
            if (instance == null) {
                throw new IllegalStateException("queue " + queue + " is not bound");
            }
            instance.nextId((int) id);
        });
    }

    /** Drops waiting packets that arrived on a device or leave by it. */
    public void deviceDown(long index) {
        flush(Reason.DEVICE_DOWN, packet -> packet.touches(index));
    }

    /** Drops all waiting packets. */
    public void hookRemoved() {
        flush(Reason.HOOK_REMOVED, packet -> true);
    }

    private void flush(Reason cause, Predicate<NfqueueContents> meant) {
        locked(() -> {
            List<DepartedPacket> flushed = new ArrayList<>();
            queues.values().forEach(instance -> flushed.addAll(instance.flush(cause, meant)));
            flushed.forEach(this::left);
            kernel.clock().changed();
        });
    }

    private <T> T locked(ModelClock.Step<T, RuntimeException> step) {
        return kernel.clock().locked(step);
    }

    private void locked(ModelClock.Action<RuntimeException> action) {
        kernel.clock().locked(action);
    }

    // All that follows requires the lock.

    @Override
    public boolean takes(ParsedMessage request) {
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_QUEUE;
    }

    @Override
    public boolean request(KernelSocket socket, ParsedMessage request) throws Refused {
        Refused.throwIf(
                switch (request.type()) {
                    case NfqueueConfig.NFQNL_MSG_CONFIG -> NfqueueRequests.configure(this, socket, request);
                    case NfqueueConfig.NFQNL_MSG_VERDICT, NfqueueConfig.NFQNL_MSG_VERDICT_BATCH ->
                        NfqueueVerdicts.decide(this, socket, request);
                    case NfqueueConfig.NFQNL_MSG_PACKET -> Errno.ENOTSUPP;
                    default -> Errno.EINVAL;
                });
        return true;
    }

    @Override
    public List<String> state() {
        List<String> texts = queues.values().stream()
                .map(queue -> queue.number() + " (socket " + queue.socket().portId() + ", waiting: "
                        + queue.waitingIds() + ")")
                .toList();
        return List.of(
                "queues " + (texts.isEmpty() ? "none" : String.join(", ", texts)),
                "packets that left a queue "
                        + (departed.isEmpty() ? "none" : departed.size() + ": " + List.copyOf(departed)));
    }

    @Override
    public List<String> left() {
        return queues.values().stream()
                .filter(queue -> !queue.waitingIds().isEmpty())
                .map(queue -> "queue " + queue.number() + " has "
                        + queue.waitingIds().size() + " packets that wait for a verdict: ids " + queue.waitingIds())
                .toList();
    }

    KernelProperties properties() {
        return kernel.properties();
    }

    @Nullable
    NfqueueInstance bound(int queue) {
        return queues.get(queue);
    }

    boolean foreign(int queue, KernelSocket socket) {
        NfqueueInstance instance = queues.get(queue);
        return properties().foreignQueues().containsKey(queue) || (instance != null && instance.socket() != socket);
    }

    NfqueueInstance bind(int queue, KernelSocket socket) {
        NfqueueInstance instance = new NfqueueInstance(socket, queue);
        queues.put(queue, instance);
        return instance;
    }

    void unbind(NfqueueInstance instance, Reason cause) {
        queues.remove(instance.number());
        instance.flush(cause, packet -> true).forEach(this::left);
    }

    private void left(DepartedPacket packet) {
        departed.add(packet);
        kernel.clock().changed();
        if (packet.packet().carried() != null) {
            owner.accept(packet);
        }
        next.accept(packet);
    }

    @Override
    public void closed(KernelSocket socket) {
        List.copyOf(queues.values()).stream()
                .filter(instance -> instance.socket() == socket)
                .forEach(instance -> unbind(instance, Reason.SOCKET_CLOSED));
    }

    /** Lets a packet leave by a verdict, which may send it to a queue again. */
    void leave(DepartedPacket decision, NfqueueContents packet) {
        if (decision.goesOn() && clashes.drops(packet)) {
            left(new DepartedPacket(
                    decision.queue(), (int) decision.id(), Reason.CLASH, NfqueueConfig.NF_DROP, packet));
            return;
        }
        left(decision);
        int verdict = decision.verdict();
        if ((verdict & 0xff) == NfqueueConfig.NF_QUEUE) {
            enter(verdict >>> 16, packet, (verdict & BYPASS) != 0);
        }
    }

    private boolean enter(int queue, NfqueueContents packet, boolean bypass) {
        NfqueueInstance instance = queues.get(queue);
        if (properties().foreignQueues().containsKey(queue)) {
            return leftAtOnce(queue, Reason.OTHER_OWNER, NfqueueConfig.NF_ACCEPT, packet);
        }
        if (instance == null) {
            int verdict = bypass ? NfqueueConfig.NF_ACCEPT : NfqueueConfig.NF_DROP;
            return leftAtOnce(queue, Reason.NO_QUEUE, verdict, packet);
        }
        if (instance.copiesNothing()) {
            return leftAtOnce(queue, Reason.COPY_MODE_NONE, NfqueueConfig.NF_DROP, packet);
        }
        List<NfqueueContents> segments = packet.cut();
        if (segments.isEmpty() || instance.on(NfqueueConfig.NFQA_CFG_F_GSO)) {
            segments = List.of(packet);
        }
        if (segments.size() == 1) {
            clashes.entered(segments.get(0)); // the segments of a large packet share its entry
        }
        boolean waits = false;
        boolean lost = false;
        for (NfqueueContents segment : segments) {
            DepartedPacket left = lost
                    ? new DepartedPacket(queue, 0, Reason.SEGMENT_LOST, NfqueueConfig.NF_DROP, segment)
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

    private boolean leftAtOnce(int queue, Reason reason, int verdict, NfqueueContents packet) {
        left(new DepartedPacket(queue, 0, reason, verdict, packet));
        return false;
    }
}
