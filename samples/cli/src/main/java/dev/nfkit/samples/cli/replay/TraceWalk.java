// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;

/**
 * Passes the messages of a recording to a visitor, and reports those that the visitor finds malformed. A damaged header
 * ends a datagram without a report: {@link RecordingCheck} has reported it, and the number of truncated datagrams.
 */
final class TraceWalk {
    private final ByteOrder order;
    private final MalformedReport malformed;
    private final Visitor visitor;
    private long number;

    /** Receives the messages. */
    interface Visitor {
        /** Receives the message at the cursor. */
        void message(TraceEntry entry, MessageCursor message) throws MalformedMessageException, WriteFailure;
    }

    private TraceWalk(ByteOrder order, MalformedReport malformed, Visitor visitor) {
        this.order = order;
        this.malformed = malformed;
        this.visitor = visitor;
    }

    /**
     * Passes all netfilter messages to a visitor, in order.
     *
     * @param trace the recording
     * @param malformed receives the messages that the visitor finds malformed
     * @param visitor receives the messages
     */
    static void of(Trace trace, MalformedReport malformed, Visitor visitor) throws WriteFailure {
        TraceWalk walk = new TraceWalk(trace.order(), malformed, visitor);
        for (TraceEntry entry : trace.entries()) {
            walk.number++;
            if (entry.protocol() == Netlink.NETLINK_NETFILTER) {
                walk.datagram(entry);
            }
        }
    }

    private void datagram(TraceEntry entry) throws WriteFailure {
        Bytes datagram = entry.datagram();
        MessageCursor message = new MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), order);
        try {
            while (message.next()) {
                message(entry, message);
            }
        } catch (MalformedMessageException e) {
            // The headers are damaged from here on.
        }
    }

    private void message(TraceEntry entry, MessageCursor message) throws WriteFailure {
        try {
            visitor.message(entry, message);
        } catch (MalformedMessageException e) {
            if (!entry.truncated() && !RecordingCheck.finds(e)) {
                malformed.malformed(number, e); // later messages may be valid
            }
        }
    }
}
