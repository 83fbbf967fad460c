package dev.nfkit.testkit;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives what the kernel sent of its own, behind acknowledgements of everything. Guarded by the clock's lock. */
final class LenientScript extends ReplayScript {
    private static final int NFLOG_CONFIG = Netlink.NFNL_SUBSYS_ULOG << 8 | 1;
    private static final int NFQUEUE_CONFIG = Netlink.NFNL_SUBSYS_QUEUE << 8 | 2;
    private static final int CFG_CMD = 1;
    private static final int BIND = 1;
    private static final int UNBIND = 2;

    private final List<TraceEntry> entries;
    private int at;
    private int bound;
    private boolean unbound;

    LenientScript(List<TraceEntry> entries, ByteOrder order) {
        super(order);
        this.entries = entries.stream()
                .filter(entry -> entry.kind() == TraceKind.OVERRUN
                        || (entry.kind() == TraceKind.FROM_KERNEL && !answer(entry, order)))
                .toList();
    }

    private static boolean answer(TraceEntry entry, ByteOrder order) {
        byte[] bytes = entry.datagram().toArray();
        if (bytes.length < Netlink.NLMSG_HDRLEN) {
            return false;
        }
        ByteBuffer header = ByteBuffer.wrap(bytes).order(order);
        return (header.getShort(4) & 0xffff) == Netlink.NLMSG_ERROR;
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
