package dev.nfkit.testkit;

import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
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

    /** Takes what the socket sends. */
    abstract void sent(byte[] datagram, long portId);

    /** What was not consumed, in words. */
    abstract List<String> left();

    /** Acknowledges those requests of a datagram that ask for it. */
    final void acknowledge(List<SentMessage> requests, long portId) {
        for (SentMessage request : requests) {
            int wanted = Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK;
            if ((request.flags() & wanted) == wanted) {
                byte[] header = Arrays.copyOf(request.bytes().toArray(), Netlink.NLMSG_HDRLEN);
                answers.add(Datagrams.bytes(new MessageWriter(64, order)
                        .begin(Netlink.NLMSG_ERROR, Netlink.NLM_F_CAPPED, request.sequence(), portId)
                        .rawHost32(0)
                        .raw(header)
                        .end()));
            }
        }
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
