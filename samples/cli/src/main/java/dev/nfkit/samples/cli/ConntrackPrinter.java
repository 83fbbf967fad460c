package dev.nfkit.samples.cli;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackEvent;
import dev.nfkit.conntrack.ConntrackExpectation;

/** Writes what connection tracking tells, each as one line without its end. One thread at a time. */
interface ConntrackPrinter {
    /** In place of a time that is not to be told. */
    long NO_TIME = Long.MIN_VALUE;

    /**
     * Appends a connection.
     *
     * @param entry the connection
     * @param nanos when it was told of, since 1970, or {@link #NO_TIME}
     * @param line where to
     */
    void entry(ConntrackEntry entry, long nanos, StringBuilder line);

    /** Appends a connection that was deleted; as {@link #entry}. */
    default void deleted(ConntrackEntry entry, StringBuilder line) {
        entry(entry, NO_TIME, line);
    }

    /**
     * Appends the lines before the first entry.
     *
     * @param expectations whether expectations follow, otherwise connections
     * @param line where to; nothing if there are none
     */
    default void head(boolean expectations, StringBuilder line) {}

    /** Appends the lines after the last entry; as {@link #head}. */
    default void tail(boolean expectations, StringBuilder line) {}

    /** Appends an expectation; as {@link #entry}. */
    void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line);

    /** Appends an event; as {@link #entry}. */
    void event(ConntrackEvent event, long nanos, StringBuilder line);
}
