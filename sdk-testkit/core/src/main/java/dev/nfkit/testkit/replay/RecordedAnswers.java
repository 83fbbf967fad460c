// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The recorded answers to requests for the connection table, to be used again, independent of the recorded socket. Also
 * determines which entries are answers. Keeps only the requests and answers of the table.
 */
final class RecordedAnswers {
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final MessageText TEXT = new MessageText(new MessageNames());

    /** A request and the datagrams that answered it. */
    private static final class Conversation {
        private final int socket;
        private final int type;
        private final boolean dump;
        private final long sequence;
        private final List<String> structure;
        private final List<byte[]> answers = new ArrayList<>();
        private long portId;

        Conversation(int socket, ParsedMessage request) {
            this.socket = socket;
            type = request.type();
            dump = dumps(request);
            sequence = request.sequence();
            structure = structure(request);
        }

        boolean like(ParsedMessage request) {
            return type == request.type() && dump == dumps(request);
        }
    }

    private final List<Conversation> conversations = new ArrayList<>();
    /** The numbers of the entries that belong to a conversation. */
    private final BitSet taken = new BitSet();
    /** The requests that may have answers other than an error: the socket is in the upper half of the key. */
    private final Set<Long> asked = new HashSet<>();

    /** Adds an entry. */
    void see(EntryCursor entry) {
        if (entry.kind() == TraceKind.TO_KERNEL) {
            asked(entry);
        } else if (entry.kind() == TraceKind.FROM_KERNEL && !entry.truncated() && !conversations.isEmpty()) {
            answered(entry);
        }
    }

    /** Whether a request is for the table. */
    static boolean meant(ParsedMessage request) {
        return meant(request.type());
    }

    private static boolean meant(int type) {
        int subsystem = type >> 8;
        return subsystem == Netlink.NFNL_SUBSYS_CTNETLINK || subsystem == Netlink.NFNL_SUBSYS_CTNETLINK_EXP;
    }

    private static boolean dumps(ParsedMessage request) {
        return (request.flags() & Netlink.NLM_F_DUMP) == Netlink.NLM_F_DUMP;
    }

    private static List<String> structure(ParsedMessage request) {
        byte[] bytes = request.bytes().toArray();
        ByteBuffer.wrap(bytes).order(request.order()).putShort(FLAGS, (short) (request.flags() & ~Netlink.NLM_F_ACK));
        return TEXT.structure(bytes, request.order());
    }

    private void asked(EntryCursor entry) {
        if (entry.datagram().length() < Netlink.NLMSG_HDRLEN) {
            return;
        }
        int type = Headers.u16(entry.datagram(), TYPE, entry.order());
        if (type == NfqueueConfig.NFQNL_MSG_VERDICT || type == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH) {
            return; // a recording may have a million such entries
        }
        asked.add(key(entry));
        if (!meant(type)) {
            return;
        }
        try {
            ParsedMessage.parse(entry.datagram().toArray(), entry.order(), 0).stream()
                    .filter(RecordedAnswers::meant)
                    .forEach(request -> conversations.add(new Conversation(entry.socket(), request)));
        } catch (MalformedMessageException e) {
            // A malformed request has no answer.
            return;
        }
    }

    private static long key(EntryCursor entry) {
        return (long) entry.socket() << 32 | (Headers.u32(entry.datagram(), SEQUENCE, entry.order()) & 0xffff_ffffL);
    }

    private void answered(EntryCursor entry) {
        byte[] datagram = entry.datagram().toArray();
        MessageCursor first = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, entry.order());
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
            if (its && last.socket == entry.socket() && last.sequence == first.sequence()) {
                last.portId = first.portId();
                last.answers.add(datagram);
                taken.set(Math.toIntExact(entry.number()));
                return;
            }
        }
    }

    /** Whether a message can be an answer: an event has the sequence number 0, as requests of some tools have. */
    private static boolean answers(MessageCursor message) {
        return message.sequence() != 0
                || message.type() == Netlink.NLMSG_ERROR
                || (message.flags() & Netlink.NLM_F_MULTI) != 0;
    }

    /** Whether an entry answers a request: unsolicited messages of the kernel have the sequence number 0. */
    boolean isAnswer(EntryCursor entry) {
        if (entry.datagram().length() < Netlink.NLMSG_HDRLEN) {
            return false;
        }
        int type = Headers.u16(entry.datagram(), TYPE, entry.order());
        int sequence = Headers.u32(entry.datagram(), SEQUENCE, entry.order());
        return type == Netlink.NLMSG_ERROR
                || (sequence != 0 && asked.contains(key(entry)))
                || (!taken.isEmpty() && taken.get(Math.toIntExact(entry.number())));
    }

    /** The answers for one replayed socket: each conversation is used once, and again if none is left. */
    final class Turn {
        private final BitSet used = new BitSet();

        /**
         * The datagrams that answered a request in the recording: the same request, otherwise one of its kind. Null if
         * the recording has none of the kind.
         */
        @Nullable
        List<byte[]> answer(ParsedMessage request, long portId) {
            List<String> structure = structure(request);
            IntPredicate same = index -> conversations.get(index).structure.equals(structure);
            IntPredicate like = index -> conversations.get(index).like(request);
            IntPredicate unused = index -> !used.get(index);
            int found = first(same.and(unused));
            found = found < 0 ? first(same) : found;
            found = found < 0 ? first(like.and(unused)) : found;
            found = found < 0 ? first(like) : found;
            if (found < 0) {
                return null;
            }
            used.set(found);
            return answersOf(conversations.get(found), request, portId);
        }
    }

    private static List<byte[]> answersOf(Conversation found, ParsedMessage request, long portId) {
        boolean wanted = (request.flags() & Netlink.NLM_F_ACK) != 0 && !dumps(request);
        boolean ended = false;
        Map<Integer, Integer> live = Map.of((int) found.sequence, (int) request.sequence());
        List<byte[]> answers = new ArrayList<>();
        for (byte[] datagram : found.answers) {
            int error = error(datagram, request.order());
            ended |= error <= 0;
            if (error != 0 || wanted) {
                byte[] readdressed = datagram.clone();
                Headers.readdress(ByteBuffer.wrap(readdressed), 0, readdressed.length, request.order(), live, portId);
                answers.add(readdressed);
            }
        }
        if (wanted && !ended) {
            answers.add(Acknowledgements.of(request, portId));
        }
        return answers;
    }

    private int first(IntPredicate wanted) {
        for (int index = 0; index < conversations.size(); index++) {
            if (!conversations.get(index).answers.isEmpty() && wanted.test(index)) {
                return index;
            }
        }
        return -1;
    }

    /** The error of an answer; 1 if it is not an error. */
    private static int error(byte[] datagram, ByteOrder order) {
        ByteBuffer message = ByteBuffer.wrap(datagram).order(order);
        boolean error = datagram.length >= Netlink.NLMSG_HDRLEN + 4 && message.getShort(4) == Netlink.NLMSG_ERROR;
        return error ? message.getInt(Netlink.NLMSG_HDRLEN) : 1;
    }
}
