// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.event.ConntrackEvent;

/** Formats connections, expectations and events, each as one line without a line break. One thread at a time. */
public interface ConntrackPrinter {
    /** Stands for a time that is not printed. */
    long NO_TIME = Long.MIN_VALUE;

    /**
     * Appends a connection.
     *
     * @param entry the connection
     * @param nanos the time of the event in nanoseconds since 1970, or {@link #NO_TIME}
     * @param line the line to append to
     */
    void entry(ConntrackEntry entry, long nanos, StringBuilder line);

    /** Appends a connection that was deleted. As {@link #entry}. */
    default void deleted(ConntrackEntry entry, StringBuilder line) {
        entry(entry, NO_TIME, line);
    }

    /**
     * Appends the lines before the first entry.
     *
     * @param expectations whether expectations follow, otherwise connections
     * @param line the line to append to; unchanged if there is nothing before the first entry
     */
    default void head(boolean expectations, StringBuilder line) {}

    /** Appends the lines after the last entry. As {@link #head}. */
    default void tail(boolean expectations, StringBuilder line) {}

    /** Appends an expectation. As {@link #entry}. */
    void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line);

    /** Appends an event. As {@link #entry}. */
    void event(ConntrackEvent event, long nanos, StringBuilder line);
}
