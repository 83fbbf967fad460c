// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.HashMap;
import java.util.Map;

/**
 * Prints the connection tracking messages of a recording in order: events, and requests with their answers. A requested
 * entry looks like the event of a changed one; the sequence number of its request distinguishes them.
 */
final class ConntrackTrace {
    private final TracedConntrack printer;
    private final TextOutput text;
    private final StringBuilder line = new StringBuilder();
    /** Requests by their sequence numbers. */
    private final Map<Long, ConntrackMessage> requests = new HashMap<>();

    private long printed;

    private ConntrackTrace(TracedConntrack printer, TextOutput text) {
        this.printer = printer;
        this.text = text;
    }

    /** Prints all messages. Reports malformed ones and omits them. */
    static ConntrackTrace print(Trace trace, MalformedReport malformed, boolean json, TextOutput text)
            throws WriteFailure {
        TracedConntrack printer = json ? new TracedConntrackJson() : new TracedConntrackText();
        ConntrackTrace conntrack = new ConntrackTrace(printer, text);
        TraceWalk.of(trace, malformed, conntrack::message);
        text.flush();
        return conntrack;
    }

    /** The number of messages printed. */
    long printed() {
        return printed;
    }

    private void message(TraceEntry from, MessageCursor message) throws MalformedMessageException, WriteFailure {
        line.setLength(0);
        ConntrackMessage type = ConntrackMessage.of(message.type()).orElse(null);
        if (type == null) {
            outcome(message, from.epochNanos());
        } else if (from.kind() == TraceKind.TO_KERNEL) {
            requests.put(message.sequence(), type);
            printer.request(type, message, from.epochNanos(), line);
        } else {
            printMessage(type, message, from.epochNanos());
        }
        if (!line.isEmpty()) {
            printed++;
            text.line(line);
        }
    }

    /** Prints the end of an answer: the end of a dump, an acknowledgement, or a refusal. */
    private void outcome(MessageCursor message, long nanos) {
        if (message.type() == Netlink.NLMSG_DONE) {
            ConntrackMessage request = requests.get(message.sequence());
            if (request != null) {
                boolean interrupted = (message.flags() & Netlink.NLM_F_DUMP_INTR) != 0;
                printer.outcome(request, interrupted ? "interrupted" : "done", nanos, line);
            }
            return;
        }
        TracedError error = TracedError.read(message);
        ConntrackMessage request =
                error == null ? null : ConntrackMessage.of(error.type()).orElse(null);
        if (error != null && request != null) {
            printer.outcome(request, error.errno() == 0 ? "ack" : name(error.errno()), nanos, line);
        }
    }

    private static String name(int errno) {
        return Errno.of(errno).name();
    }

    private void printMessage(ConntrackMessage type, MessageCursor message, long nanos)
            throws MalformedMessageException {
        boolean part = (message.flags() & Netlink.NLM_F_MULTI) != 0;
        ConntrackMessage request = requests.get(message.sequence());
        boolean asked = request != null && isQuestion(request) && request.ofExpectations() == type.ofExpectations();
        switch (type) {
            case CT_NEW, CT_DELETE -> {
                ConntrackEntry read = ConntrackEntry.read(message);
                if (part || asked) {
                    printer.entry(read, nanos, line);
                } else {
                    printer.event(event(type, message, read), nanos, line);
                }
            }
            case EXP_NEW, EXP_DELETE -> {
                ConntrackExpectation expectation = ConntrackExpectation.read(message);
                if (part || asked) {
                    printer.expectation(expectation, nanos, line);
                } else {
                    printer.event(event(type, message, expectation), nanos, line);
                }
            }
            default -> printer.answer(type, message, nanos, line);
        }
    }

    private static boolean isQuestion(ConntrackMessage request) {
        return switch (request) {
            case CT_GET, CT_GET_CTRZERO, EXP_GET -> true;
            default -> false;
        };
    }

    /** New and changed entries share a message type; the flags distinguish them. */
    private static boolean created(MessageCursor message) {
        return (message.flags() & (Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL)) != 0;
    }

    private static ConntrackEvent event(ConntrackMessage type, MessageCursor message, ConntrackEntry entry) {
        if (type == ConntrackMessage.CT_DELETE) {
            return new ConntrackEvent.Destroyed(entry);
        }
        return created(message) ? new ConntrackEvent.New(entry) : new ConntrackEvent.Updated(entry);
    }

    private static ConntrackEvent event(
            ConntrackMessage type, MessageCursor message, ConntrackExpectation expectation) {
        if (type == ConntrackMessage.EXP_DELETE) {
            return new ConntrackEvent.ExpectationDestroyed(expectation);
        }
        return created(message)
                ? new ConntrackEvent.ExpectationNew(expectation)
                : new ConntrackEvent.ExpectationUpdated(expectation);
    }
}
