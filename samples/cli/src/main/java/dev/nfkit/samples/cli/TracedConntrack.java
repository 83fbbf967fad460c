package dev.nfkit.samples.cli;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackEvent;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.wire.MessageCursor;

/**
 * Writes what a recording has of connection tracking, each message as one line without its end. Times are of nanoseconds
 * since 1970, or {@link ConntrackPrinter#NO_TIME}.
 */
interface TracedConntrack {
    /** Appends a request. */
    void request(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException;

    /** Appends an answer that is no entry: counters. */
    void answer(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException;

    /** Appends a connection that was asked for. */
    void entry(ConntrackEntry entry, long nanos, StringBuilder line);

    /** Appends an expectation that was asked for. */
    void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line);

    /** Appends what the kernel told without being asked. */
    void event(ConntrackEvent event, long nanos, StringBuilder line);

    /**
     * Appends the end of an answer.
     *
     * @param request what was answered
     * @param outcome {@code done}, {@code interrupted}, {@code ack}, or an error's name
     * @param nanos when
     * @param line where to
     */
    void outcome(ConntrackMessage request, String outcome, long nanos, StringBuilder line);
}
