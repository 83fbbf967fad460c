package dev.nfkit.testkit;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a recording's kernel answered to requests for the table of connections, to be answered again: by whom they were
 * asked then does not matter. Guarded by the clock's lock.
 */
final class RecordedAnswers {
    private static final int FLAGS = 6;
    private static final MessageText TEXT = new MessageText(Map.of(), true);

    /** A request and the datagrams that answered it. */
    private static final class Conversation {
        private final int type;
        private final boolean dump;
        private final long sequence;
        private final List<String> structure;
        private final List<byte[]> answers = new ArrayList<>();
        private long portId;
        private boolean used;

        Conversation(SentMessage request) {
            type = request.type();
            dump = dumps(request);
            sequence = request.sequence();
            structure = structure(request);
        }

        boolean like(SentMessage request) {
            return type == request.type() && dump == dumps(request);
        }
    }

    private final ByteOrder order;
    private final List<Conversation> conversations = new ArrayList<>();
    private final Set<TraceEntry> taken = Collections.newSetFromMap(new IdentityHashMap<>());

    RecordedAnswers(List<TraceEntry> entries, ByteOrder order) {
        this.order = order;
        for (TraceEntry entry : entries) {
            if (entry.kind() == TraceKind.TO_KERNEL) {
                asked(entry);
            } else if (entry.kind() == TraceKind.FROM_KERNEL && !entry.truncated()) {
                answered(entry);
            }
        }
    }

    /** Whether a request is for the table, and so for these answers. */
    static boolean meant(SentMessage request) {
        int subsystem = request.type() >> 8;
        return subsystem == Netlink.NFNL_SUBSYS_CTNETLINK || subsystem == Netlink.NFNL_SUBSYS_CTNETLINK_EXP;
    }

    private static boolean dumps(SentMessage request) {
        return (request.flags() & Netlink.NLM_F_DUMP) == Netlink.NLM_F_DUMP;
    }

    private static List<String> structure(SentMessage request) {
        byte[] bytes = request.bytes().toArray();
        ByteBuffer.wrap(bytes).order(request.order()).putShort(FLAGS, (short) (request.flags() & ~Netlink.NLM_F_ACK));
        return TEXT.lines(bytes, request.order());
    }

    private void asked(TraceEntry entry) {
        try {
            SentMessage.parse(entry.datagram().toArray(), order, 0).stream()
                    .filter(RecordedAnswers::meant)
                    .forEach(request -> conversations.add(new Conversation(request)));
        } catch (MalformedMessageException e) {
            // A malformed request was none.
            return;
        }
    }

    private void answered(TraceEntry entry) {
        byte[] datagram = entry.datagram().toArray();
        MessageCursor first = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        try {
            if (!first.next() || !answers(first)) {
                return;
            }
        } catch (MalformedMessageException e) {
            return;
        }
        for (int index = conversations.size() - 1; index >= 0; index--) {
            Conversation last = conversations.get(index);
            boolean its = last.answers.isEmpty() || last.portId == first.portId();
            if (its && last.sequence == first.sequence()) {
                last.portId = first.portId();
                last.answers.add(datagram);
                taken.add(entry);
                return;
            }
        }
    }

    /** Whether a message can be an answer: an event has the sequence number 0, as some tools' requests have. */
    static boolean answers(MessageCursor message) {
        return message.sequence() != 0
                || message.type() == Netlink.NLMSG_ERROR
                || (message.flags() & Netlink.NLM_F_MULTI) != 0;
    }

    /** Whether an entry answers one of these requests. */
    boolean has(TraceEntry entry) {
        return taken.contains(entry);
    }

    /**
     * The datagrams that answer a request as they did then: to the same request, else to one of its kind; each request
     * of the recording once, and again where none is left. Null where the recording has nothing of the kind.
     */
    @Nullable
    List<byte[]> answer(SentMessage request, long portId) {
        List<String> structure = structure(request);
        Predicate<Conversation> same = each -> each.structure.equals(structure);
        Conversation found = first(each -> same.test(each) && !each.used);
        found = found == null ? first(same) : found;
        found = found == null ? first(each -> each.like(request) && !each.used) : found;
        found = found == null ? first(each -> each.like(request)) : found;
        if (found == null) {
            return null;
        }
        found.used = true;
        boolean wanted = (request.flags() & Netlink.NLM_F_ACK) != 0 && !dumps(request);
        boolean ended = false;
        List<byte[]> answers = new ArrayList<>();
        for (byte[] datagram : found.answers) {
            boolean acknowledgement = acknowledges(datagram);
            ended |= acknowledgement || refuses(datagram);
            if (!acknowledgement || wanted) {
                answers.add(ReplayScript.readdressed(
                        datagram, order, Map.of((int) found.sequence, (int) request.sequence()), portId));
            }
        }
        if (wanted && !ended) {
            answers.add(ReplayScript.acknowledgement(request, portId));
        }
        return answers;
    }

    private @Nullable Conversation first(Predicate<Conversation> wanted) {
        return conversations.stream()
                .filter(each -> !each.answers.isEmpty())
                .filter(wanted)
                .findFirst()
                .orElse(null);
    }

    private boolean acknowledges(byte[] datagram) {
        return error(datagram) == 0;
    }

    private boolean refuses(byte[] datagram) {
        return error(datagram) < 0;
    }

    /** The error of an answer that is one, else 1. */
    private int error(byte[] datagram) {
        ByteBuffer message = ByteBuffer.wrap(datagram).order(order);
        boolean error = datagram.length >= Netlink.NLMSG_HDRLEN + 4 && message.getShort(4) == Netlink.NLMSG_ERROR;
        return error ? message.getInt(Netlink.NLMSG_HDRLEN) : 1;
    }
}
