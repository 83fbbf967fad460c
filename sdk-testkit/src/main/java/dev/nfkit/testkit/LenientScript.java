package dev.nfkit.testkit;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gives what the kernel sent of its own, behind acknowledgements of everything. Guarded by the clock's lock. */
final class LenientScript extends ReplayScript {
    private static final int NFLOG_CONFIG = Netlink.NFNL_SUBSYS_ULOG << 8 | 1;
    private static final int NFQUEUE_CONFIG = Netlink.NFNL_SUBSYS_QUEUE << 8 | 2;
    private static final int TYPE = 4;
    private static final int SEQUENCE = 8;
    private static final int CFG_CMD = 1;
    private static final int BIND = 1;
    private static final int UNBIND = 2;

    private final List<TraceEntry> entries;
    private int at;
    private int bound;
    private boolean unbound;

    LenientScript(List<TraceEntry> entries, ByteOrder order) {
        super(order);
        Set<Integer> asked = new HashSet<>();
        entries.stream()
                .filter(entry -> entry.kind() == TraceKind.TO_KERNEL && headed(entry))
                .forEach(entry -> asked.add(header(entry, order).getInt(SEQUENCE)));
        this.entries = entries.stream()
                .filter(entry -> entry.kind() == TraceKind.OVERRUN
                        || (entry.kind() == TraceKind.FROM_KERNEL && !answer(entry, order, asked)))
                .toList();
    }

    /** Whether a datagram answers a request: what the kernel sends of its own has the sequence number 0. */
    private static boolean answer(TraceEntry entry, ByteOrder order, Set<Integer> asked) {
        if (!headed(entry)) {
            return false;
        }
        ByteBuffer header = header(entry, order);
        int sequence = header.getInt(SEQUENCE);
        return (header.getShort(TYPE) & 0xffff) == Netlink.NLMSG_ERROR || (sequence != 0 && asked.contains(sequence));
    }

    private static boolean headed(TraceEntry entry) {
        return entry.datagram().length() >= Netlink.NLMSG_HDRLEN;
    }

    private static ByteBuffer header(TraceEntry entry, ByteOrder order) {
        return ByteBuffer.wrap(entry.datagram().slice(0, Netlink.NLMSG_HDRLEN).toArray())
                .order(order);
    }

    @Override
    @Nullable
    Step peek(long portId) {
        byte[] answer = answers().peek();
        if (answer != null) {
            return new Step(null, answer);
        }
        return exhausted()
                ? null
                : new Step(entries.get(at), entries.get(at).datagram().toArray());
    }

    private boolean exhausted() {
        return unbound || at == entries.size();
    }

    @Override
    void next() {
        if (answers().poll() == null) {
            at++;
        }
    }

    @Override
    boolean ended() {
        return exhausted() && answers().isEmpty();
    }

    @Override
    void sent(byte[] datagram, long portId) {
        List<SentMessage> requests;
        try {
            requests = SentMessage.parse(datagram, order, portId);
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
        for (SentMessage request : requests) {
            if (request.type() == NFLOG_CONFIG || request.type() == NFQUEUE_CONFIG) {
                int command = request.attribute(CFG_CMD)
                        .filter(value -> value.length() > 0)
                        .map(value -> value.u8(0))
                        .orElse(0);
                if (command == BIND) {
                    bound++;
                } else if (command == UNBIND) {
                    unbound = --bound <= 0;
                }
            }
        }
        acknowledge(requests, portId);
    }

    @Override
    List<String> left() {
        return tell(entries.subList(at, entries.size()));
    }
}
