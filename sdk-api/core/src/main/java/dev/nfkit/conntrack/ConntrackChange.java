package dev.nfkit.conntrack;

/** How a {@link ConntrackMirror} has changed. Its entries are owned. */
public sealed interface ConntrackChange {
    /**
     * A connection is there that was not.
     *
     * @param entry the connection
     */
    record Added(ConntrackEntry entry) implements ConntrackChange {}

    /**
     * A connection is not as it was. Timeouts, counters and references alone are no change.
     *
     * @param before as it was last known
     * @param after as it is now
     */
    record Changed(ConntrackEntry before, ConntrackEntry after) implements ConntrackChange {}

    /**
     * A connection is gone.
     *
     * @param entry as it was last known; where an event told of its end, as that event told
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
         * Takes one change, which the mirror shows already.
         *
         * @param change the change; it may be kept
         * @throws E as the application wishes; it propagates, and the changes behind it are not told
         */
        void change(ConntrackChange change) throws E;
    }
}
