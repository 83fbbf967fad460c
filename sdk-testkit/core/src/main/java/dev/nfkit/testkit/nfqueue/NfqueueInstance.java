// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nfqueue;

import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.socket.QueueState;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.sample.NfqueueContents;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One bound queue of {@link NfqueueModel} ({@code struct nfqnl_instance}). Guarded by the clock's lock. */
final class NfqueueInstance {
    private static final int MODE_NONE = 0;
    private static final int MODE_META = 1;
    private static final int MODE_PACKET = 2;
    private static final int MAX_DATAGRAM = 1 << 18;

    /** A waiting packet and its id. */
    static final class Waiting {
        private final int id;
        private final NfqueueContents packet;

        Waiting(int id, NfqueueContents packet) {
            this.id = id;
            this.packet = packet;
        }

        int id() {
            return id;
        }

        NfqueueContents packet() {
            return packet;
        }
    }

    private final KernelSocket socket;
    private final int number;
    private final MessageWriter writer;
    private final Map<Integer, Waiting> waiting = new LinkedHashMap<>();
    private int mode = MODE_NONE;
    private int copyRange = NfqueueConfig.COPY_RANGE_MAX;
    private long maxLength = NfqueueConfig.QUEUE_MAXLEN_DEFAULT;
    private int flags;
    private int lastId;
    private long queueDropped;
    private long userDropped;

    NfqueueInstance(KernelSocket socket, int number) {
        this.socket = socket;
        this.number = number;
        this.writer = new MessageWriter(MAX_DATAGRAM, socket.order());
    }

    KernelSocket socket() {
        return socket;
    }

    int number() {
        return number;
    }

    /** Sets a copy mode. An unknown one is ignored, as by the kernel. */
    void mode(int newMode, long range) {
        if (newMode == MODE_NONE || newMode == MODE_META) {
            mode = newMode;
            copyRange = 0;
        } else if (newMode == MODE_PACKET) {
            boolean usual = range == 0 || range > NfqueueConfig.COPY_RANGE_MAX;
            mode = newMode;
            copyRange = usual ? NfqueueConfig.COPY_RANGE_MAX : (int) range;
        }
    }

    void maxLength(long packets) {
        maxLength = packets;
    }

    void flags(int bits, int mask) {
        flags = (flags & ~mask) | (bits & mask);
    }

    boolean on(int flag) {
        return (flags & flag) != 0;
    }

    boolean copiesNothing() {
        return mode == MODE_NONE;
    }

    void nextId(int id) {
        lastId = id - 1;
    }

    QueueState state() {
        return new QueueState(
                number,
                socket.portId(),
                waiting.size(),
                mode,
                copyRange,
                queueDropped,
                userDropped,
                Integer.toUnsignedLong(lastId));
    }

    /** Queues a packet, or returns why it left at once ({@code __nfqnl_enqueue_packet}). */
    @Nullable
    DepartedPacket enqueue(NfqueueContents packet) {
        boolean open = on(NfqueueConfig.NFQA_CFG_F_FAIL_OPEN);
        int verdict = open ? NfqueueConfig.NF_ACCEPT : NfqueueConfig.NF_DROP;
        if (waiting.size() >= maxLength) {
            queueDropped += open ? 0 : 1;
            return new DepartedPacket(number, 0, DepartedPacket.Reason.QUEUE_FULL, verdict, packet);
        }
        int id = ++lastId;
        OptionalInt range = mode == MODE_PACKET ? OptionalInt.of(copyRange) : OptionalInt.empty();
        if (!socket.deliver(packet.write(writer.clear(), number, id, range, flags))) {
            userDropped += open ? 0 : 1;
            return new DepartedPacket(number, id, DepartedPacket.Reason.SOCKET_FULL, verdict, packet);
        }
        waiting.put(id, new Waiting(id, packet));
        return null;
    }

    List<Long> waitingIds() {
        return waiting.keySet().stream().map(Integer::toUnsignedLong).toList();
    }

    /** Removes one packet and returns it, or null. */
    @Nullable
    Waiting take(int id) {
        return waiting.remove(id);
    }

    /** Removes all waiting packets before the first one after an id; ids wrap. */
    List<Waiting> takeUpTo(int id) {
        List<Waiting> taken = new ArrayList<>();
        for (Waiting next : waiting.values()) {
            if (next.id() - id > 0) {
                break;
            }
            taken.add(next);
        }
        taken.forEach(packet -> waiting.remove(packet.id()));
        return taken;
    }

    /** Removes all matching packets, which are dropped ({@code nfqnl_flush}). */
    List<DepartedPacket> flush(DepartedPacket.Reason cause, Predicate<NfqueueContents> meant) {
        List<DepartedPacket> flushed = new ArrayList<>();
        waiting.values().removeIf(next -> {
            boolean out = meant.test(next.packet());
            if (out) {
                flushed.add(new DepartedPacket(number, next.id(), cause, NfqueueConfig.NF_DROP, next.packet()));
            }
            return out;
        });
        return flushed;
    }
}
