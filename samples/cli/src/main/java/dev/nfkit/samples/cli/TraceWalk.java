package dev.nfkit.samples.cli;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.Set;

/** Goes through the messages of a recording; tells of those that are malformed, and leaves them out. */
final class TraceWalk {
    private final ByteOrder order;
    private final Set<Integer> subsystems;
    private final MalformedReport malformed;
    private final Visitor visitor;
    private int truncated;

    /** Takes the messages. */
    interface Visitor {
        /** Takes the message that a cursor stands on. */
        void message(TraceEntry entry, MessageCursor message) throws MalformedMessageException, WriteFailure;
    }

    private TraceWalk(ByteOrder order, Set<Integer> subsystems, MalformedReport malformed, Visitor visitor) {
        this.order = order;
        this.subsystems = subsystems;
        this.malformed = malformed;
        this.visitor = visitor;
    }

    /**
     * Shows a visitor all netfilter messages, in their order.
     *
     * @param trace the recording
     * @param subsystems whose datagrams to tell of where they can't be read; others' are told of by their own
     * @param malformed told of what the visitor finds malformed too
     * @param visitor takes the messages
     * @return how many of their datagrams the recording has cut
     */
    static int of(Trace trace, Set<Integer> subsystems, MalformedReport malformed, Visitor visitor)
            throws WriteFailure {
        TraceWalk walk = new TraceWalk(trace.order(), subsystems, malformed, visitor);
        for (TraceEntry entry : trace.entries()) {
            if (entry.protocol() == Netlink.NETLINK_NETFILTER) {
                walk.datagram(entry);
            }
        }
        return walk.truncated;
    }

    private void datagram(TraceEntry entry) throws WriteFailure {
        Bytes datagram = entry.datagram();
        MessageCursor message = new MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), order);
        try {
            while (message.next()) {
                message(entry, message);
            }
        } catch (MalformedMessageException e) {
            if (isTheirs(datagram)) {
                told(entry, e);
            }
        }
    }

    private void message(TraceEntry entry, MessageCursor message) throws WriteFailure {
        try {
            visitor.message(entry, message);
        } catch (MalformedMessageException e) {
            told(entry, e); // those behind it may be sound
        }
    }

    private void told(TraceEntry entry, MalformedMessageException problem) {
        if (entry.truncated()) {
            truncated++;
        } else {
            malformed.malformed(problem);
        }
    }

    /** Whether a datagram begins with a message of the subsystems. */
    private boolean isTheirs(Bytes datagram) {
        return datagram.length() >= Netlink.NLMSG_HDRLEN && subsystems.contains(host16(datagram.u16(4), order) >>> 8);
    }

    private static int host16(int value, ByteOrder order) {
        return order == ByteOrder.LITTLE_ENDIAN ? Short.toUnsignedInt(Short.reverseBytes((short) value)) : value;
    }
}
