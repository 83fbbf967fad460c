package dev.nfkit.testkit;

import dev.nfkit.Errno;
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

/**
 * Gives what the kernel sent of its own, behind the answers to what is asked: those that were recorded where the table of
 * connections is asked, acknowledgements of everything else. Guarded by the clock's lock.
 */
final class LenientScript extends ReplayScript {
    private static final int NFLOG_CONFIG = Netlink.NFNL_SUBSYS_ULOG << 8 | 1;
    private static final int NFQUEUE_CONFIG = Netlink.NFNL_SUBSYS_QUEUE << 8 | 2;
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final int NEW = 0;
    private static final int DELETE = 2;
    /** The statistics of the whole table, which clients ask for to see whether there is one. */
    private static final int PROBE = Netlink.NFNL_SUBSYS_CTNETLINK << 8 | 5;

    /** The first of the three groups of each: made, changed, ended. */
    private static final int CONNECTIONS = 1;

    private static final int EXPECTATIONS = 4;
    private static final int CFG_CMD = 1;
    private static final int BIND = 1;
    private static final int UNBIND = 2;

    private final List<TraceEntry> entries;
    private final RecordedAnswers recorded;
    private final Set<Integer> groups = new HashSet<>();
    private int at;
    private int bound;
    private boolean unbound;

    LenientScript(List<TraceEntry> entries, ByteOrder order) {
        super(order);
        recorded = new RecordedAnswers(entries, order);
        Set<Integer> asked = new HashSet<>();
        entries.stream()
                .filter(entry -> entry.kind() == TraceKind.TO_KERNEL && headed(entry))
                .forEach(entry -> asked.add(header(entry, order).getInt(SEQUENCE)));
        this.entries = entries.stream()
                .filter(entry -> entry.kind() == TraceKind.OVERRUN
                        || (entry.kind() == TraceKind.FROM_KERNEL
                                && !recorded.has(entry)
                                && !answer(entry, order, asked)))
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
        while (at < entries.size() && !heard(entries.get(at))) {
            at++;
        }
        return unbound || at == entries.size();
    }

    /** Whether the socket would hear of it: of an event of connections, only as a member of its group. */
    private boolean heard(TraceEntry entry) {
        if (entry.kind() != TraceKind.FROM_KERNEL || !headed(entry)) {
            return true;
        }
        ByteBuffer header = header(entry, order);
        int first = switch (header.getShort(TYPE) >> 8) {
            case Netlink.NFNL_SUBSYS_CTNETLINK -> CONNECTIONS;
            case Netlink.NFNL_SUBSYS_CTNETLINK_EXP -> EXPECTATIONS;
            default -> 0;
        };
        if (first == 0) {
            return true;
        }
        boolean ended = (header.getShort(TYPE) & 0xff) == DELETE;
        boolean made = (header.getShort(FLAGS) & Netlink.NLM_F_CREATE) != 0;
        return groups.contains(first + (ended ? 2 : made ? 0 : 1));
    }

    @Override
    void member(int group, boolean joined) {
        if (joined) {
            groups.add(group);
        } else {
            groups.remove(group);
        }
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
        for (SentMessage request : requests) {
            if (RecordedAnswers.meant(request)) {
                answer(request, portId);
            } else {
                acknowledge(List.of(request), portId);
            }
        }
    }

    private void answer(SentMessage request, long portId) {
        List<byte[]> then = recorded.answer(request, portId);
        int message = request.type() & 0xff;
        if (then != null) {
            answers().addAll(then);
        } else if (message == NEW || message == DELETE || request.type() == PROBE) {
            acknowledge(List.of(request), portId);
        } else {
            answers().add(refusal(request, portId, Errno.EOPNOTSUPP, "the recording has no answer to such a request"));
        }
    }

    @Override
    List<String> left() {
        return tell(
                entries.subList(at, entries.size()).stream().filter(this::heard).toList());
    }
}
