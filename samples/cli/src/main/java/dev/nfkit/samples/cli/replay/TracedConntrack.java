// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter;
import dev.nfkit.wire.MessageCursor;

/**
 * Formats the connection tracking messages of a recording, each as one line without a line break. Times are in
 * nanoseconds since 1970, or {@link ConntrackPrinter#NO_TIME}.
 */
interface TracedConntrack {
    /** Appends a request. */
    void request(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException;

    /** Appends an answer without an entry: counters. */
    void answer(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException;

    /** Appends a requested connection. */
    void entry(ConntrackEntry entry, long nanos, StringBuilder line);

    /** Appends a requested expectation. */
    void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line);

    /** Appends an event. */
    void event(ConntrackEvent event, long nanos, StringBuilder line);

    /**
     * Appends the end of an answer.
     *
     * @param request the message type of the request
     * @param outcome {@code done}, {@code interrupted}, {@code ack}, or an error's name
     * @param nanos the time
     * @param line the line to append to
     */
    void outcome(ConntrackMessage request, String outcome, long nanos, StringBuilder line);
}
