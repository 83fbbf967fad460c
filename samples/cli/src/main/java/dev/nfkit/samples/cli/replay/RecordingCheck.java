// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * Checks the headers of a recording: each netfilter datagram is a sequence of complete messages, and an error is alone
 * in its datagram, as the kernel sends it. No other class checks all datagrams: each printer reads the messages of its
 * own family only.
 */
final class RecordingCheck {
    /** An error number and the header of the request. */
    private static final int SHORTEST_ERROR = Integer.BYTES + Netlink.NLMSG_HDRLEN;

    private static final String DATAGRAM = "datagram";
    private static final String ERROR = "NLMSG_ERROR";
    /** The problems that are reported here, and must not be reported again by the readers of messages. */
    private static final Set<String> CHECKED = Set.of(DATAGRAM, ERROR, "nlmsghdr", "nfgenmsg");

    private RecordingCheck() {}

    /**
     * Checks a recording.
     *
     * @param trace the recording
     * @param malformed receives the problems, at most one for each datagram
     * @return the number of datagrams that the recording truncated; they are not checked
     */
    static long of(Trace trace, MalformedReport malformed) {
        long cut = 0;
        long number = 0;
        for (TraceEntry entry : trace.entries()) {
            number++;
            boolean datagram = entry.kind() == TraceKind.TO_KERNEL || entry.kind() == TraceKind.FROM_KERNEL;
            if (!datagram || entry.protocol() != Netlink.NETLINK_NETFILTER) {
                continue;
            }
            if (entry.truncated()) {
                cut++;
                continue;
            }
            try {
                check(entry.datagram(), trace.order());
            } catch (MalformedMessageException e) {
                malformed.malformed(number, e);
            }
        }
        return cut;
    }

    /** Whether a problem is one that this class finds and reports. */
    static boolean finds(MalformedMessageException problem) {
        return CHECKED.contains(problem.path());
    }

    private static void check(Bytes datagram, ByteOrder order) throws MalformedMessageException {
        if (datagram.length() == 0) {
            throw new MalformedMessageException(
                    DATAGRAM, 0, "a header of " + Netlink.NLMSG_HDRLEN + " bytes", "nothing");
        }
        MessageCursor message = new MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), order);
        while (message.next()) {
            if (message.type() >= Netlink.NLMSG_MIN_TYPE) {
                message.requireNfgenmsg();
            } else if (message.type() == Netlink.NLMSG_ERROR) {
                checkError(message);
            }
        }
    }

    private static void checkError(MessageCursor message) throws MalformedMessageException {
        int body = message.length() - Netlink.NLMSG_HDRLEN;
        if (body < SHORTEST_ERROR) {
            throw new MalformedMessageException(
                    ERROR, message.offset(), "an errno and a header of " + SHORTEST_ERROR + " bytes", body + " bytes");
        }
        if (message.hasNext()) {
            throw new MalformedMessageException(ERROR, message.end(), "the end of the datagram", "more bytes");
        }
        TracedError error = TracedError.read(message);
        if (error != null && error.errno() != 0 && (message.flags() & Netlink.NLM_F_ACK_TLVS) != 0) {
            checkAttributes(message, error);
        }
    }

    /**
     * Checks the attributes of an error, which follow the quoted request. If it is capped, only the request's header is
     * quoted.
     */
    private static void checkAttributes(MessageCursor message, TracedError error) throws MalformedMessageException {
        boolean capped = (message.flags() & Netlink.NLM_F_CAPPED) != 0;
        long quoted = capped ? Netlink.NLMSG_HDRLEN : error.quotedLength(message);
        if (quoted < Netlink.NLMSG_HDRLEN || quoted > error.length()) {
            throw new MalformedMessageException(
                    ERROR,
                    error.offset(),
                    "a request of " + Netlink.NLMSG_HDRLEN + " to " + error.length() + " bytes",
                    quoted + " bytes");
        }
        int at = error.offset() + Netlink.align((int) quoted);
        AttributeCursor attributes = new AttributeCursor()
                .wrap(message.buffer(), at, Math.max(0, message.end() - at), message.order(), ERROR);
        while (attributes.next()) {
            attributes.length(); // a header alone can be malformed
        }
    }
}
