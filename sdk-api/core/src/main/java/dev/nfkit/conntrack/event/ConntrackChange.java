// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

import dev.nfkit.conntrack.ConntrackEntry;

/** A change of a {@link ConntrackMirror}. Its entries are owned. */
public sealed interface ConntrackChange {
    /**
     * A connection was added.
     *
     * @param entry the connection
     */
    record Added(ConntrackEntry entry) implements ConntrackChange {}

    /**
     * A connection has changed. Changes of only timeouts, counters and references do not count.
     *
     * @param before the last known entry
     * @param after the current entry
     */
    record Changed(ConntrackEntry before, ConntrackEntry after) implements ConntrackChange {}

    /**
     * A connection was removed.
     *
     * @param entry the last known entry; if an event reported its end, the entry of that event
     */
    record Removed(ConntrackEntry entry) implements ConntrackChange {}

    /**
     * Takes changes.
     *
     * @param <E> what it may throw
     */
    @FunctionalInterface
    interface Sink<E extends Exception> {
        /**
         * Takes one change, which the mirror already contains.
         *
         * @param change the change; it may be kept
         * @throws E as the application requires; it propagates, and the next call reports the changes after this one
         */
        void change(ConntrackChange change) throws E;
    }
}
