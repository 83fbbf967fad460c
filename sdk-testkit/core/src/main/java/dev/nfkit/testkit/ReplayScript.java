package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a recording gives a socket, step by step. Guarded by the clock's lock. */
abstract class ReplayScript {
    /** A step of receiving: a recorded entry or, without one, an answer that is made now; and the bytes to give. */
    static final class Step {
        private final @Nullable TraceEntry entry;
        private final byte[] datagram;

        Step(@Nullable TraceEntry entry, byte[] datagram) {
            this.entry = entry;
            this.datagram = datagram;
        }

        byte[] datagram() {
            return datagram;
        }

        boolean overrun() {
            return entry != null && entry.kind() == TraceKind.OVERRUN;
        }

        boolean truncated() {
            return entry != null && entry.truncated();
        }

        long epochNanos(TestClock clock) {
            return entry == null || entry.epochNanos() == TraceEntry.NO_TIME ? clock.epochNanos() : entry.epochNanos();
        }
    }

    private static final int SEQUENCE = 8;
    private static final int PORT_ID = 12;
    private static final int ECHOED = Netlink.NLMSG_HDRLEN + 4;
    private static final int ERROR_TEXT = 1;

    private final Deque<byte[]> answers = new ArrayDeque<>();
    final ByteOrder order;

    ReplayScript(ByteOrder order) {
        this.order = order;
    }

    /** The next step, which stays; null where none is due. */
    abstract @Nullable Step peek(long portId);

    /** Takes the step that peek gave. */
    abstract void next();

    /** Whether nothing will ever be due again, unless something is sent. */
    abstract boolean ended();

    /** The socket has joined or left a multicast group. */
    void member(int group, boolean joined) {}

    /** Takes what the socket sends. */
    abstract void sent(byte[] datagram, long portId);

    /** What was not consumed, in words. */
    abstract List<String> left();

    /** Acknowledges those requests of a datagram that ask for it. */
    final void acknowledge(List<SentMessage> requests, long portId) {
        for (SentMessage request : requests) {
            int wanted = Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK;
            if ((request.flags() & wanted) == wanted) {
                answers.add(acknowledgement(request, portId));
            }
        }
    }

    /** The acknowledgement of a request. */
    static byte[] acknowledgement(SentMessage request, long portId) {
        return Datagrams.bytes(error(request, portId, 0, Netlink.NLM_F_CAPPED).end());
    }

    /** The refusal of a request, with words. */
    static byte[] refusal(SentMessage request, long portId, Errno errno, String words) {
        int flags = Netlink.NLM_F_CAPPED | Netlink.NLM_F_ACK_TLVS;
        return Datagrams.bytes(error(request, portId, -errno.number(), flags)
                .string(ERROR_TEXT, words)
                .end());
    }

    private static MessageWriter error(SentMessage request, long portId, int error, int flags) {
        return new MessageWriter(1024, request.order())
                .begin(Netlink.NLMSG_ERROR, flags, request.sequence(), portId)
                .rawHost32(error)
                .raw(Arrays.copyOf(request.bytes().toArray(), Netlink.NLMSG_HDRLEN));
    }

    /** Puts the live requests' sequence numbers and the live port id into the answers of a recorded datagram. */
    static byte[] readdressed(byte[] datagram, ByteOrder order, Map<Integer, Integer> liveSequences, long portId) {
        byte[] live = datagram.clone();
        ByteBuffer headers = ByteBuffer.wrap(live).order(order);
        MessageCursor cursor = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        try {
            while (cursor.next()) {
                Integer sequence = liveSequences.get((int) cursor.sequence());
                boolean error = cursor.type() == Netlink.NLMSG_ERROR;
                if (sequence != null && (error || cursor.portId() != 0) && RecordedAnswers.answers(cursor)) {
                    address(headers, cursor.offset(), sequence, portId);
                    if (error && cursor.length() >= ECHOED + Netlink.NLMSG_HDRLEN) {
                        address(headers, cursor.offset() + ECHOED, sequence, portId);
                    }
                }
            }
        } catch (MalformedMessageException e) {
            // A cut or malformed datagram is replayed as it was, from there on.
            return live;
        }
        return live;
    }

    private static void address(ByteBuffer headers, int header, int sequence, long portId) {
        headers.putInt(header + SEQUENCE, sequence);
        headers.putInt(header + PORT_ID, (int) portId);
    }

    final Deque<byte[]> answers() {
        return answers;
    }

    static List<String> tell(List<TraceEntry> entries) {
        List<String> told = new ArrayList<>();
        entries.forEach(entry -> told.add(entry.toString()));
        return told;
    }
}
