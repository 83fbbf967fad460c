package dev.nfkit.conntrack;

/**
 * What the kernel told of its connections, or that it could not tell.
 *
 * <p>An event that was handed to a callback is borrowed, as its entry is; {@link #copy()} gives one that lives on.
 *
 * <p>Follows {@code ctnetlink_conntrack_event} and {@code ctnetlink_expect_event} in {@code nf_conntrack_netlink.c}. Which
 * attributes an event has differs by kernel and by kind: the end of a connection tells no timeout, for one.
 */
public sealed interface ConntrackEvent {
    /**
     * An event that lives on.
     *
     * @return an owned copy, or this event where it is owned
     * @throws IllegalStateException if its callback has returned
     */
    ConntrackEvent copy();

    /** Of a connection. */
    sealed interface OfConnection extends ConntrackEvent {
        /**
         * The connection.
         *
         * @return what the kernel told of it
         */
        ConntrackEntry entry();

        /**
         * The netlink port of the socket whose request caused the event, such as that of a process that deleted the entry.
         * A port is often, but not always, a process's id.
         *
         * @return 0 to 2³²−1; 0 if no request caused it: a packet or a timeout did
         */
        default long portId() {
            return entry().portId();
        }

        @Override
        OfConnection copy();
    }

    /** Of an expectation. */
    sealed interface OfExpectation extends ConntrackEvent {
        /**
         * The expectation.
         *
         * @return what the kernel told of it
         */
        ConntrackExpectation expectation();

        @Override
        default OfExpectation copy() {
            return this;
        }
    }

    /**
     * A connection is new.
     *
     * @param entry the connection
     */
    record New(ConntrackEntry entry) implements OfConnection {
        @Override
        @SuppressWarnings("ReferenceEquality") // an owned entry copies to itself
        public New copy() {
            ConntrackEntry owned = entry.copy();
            return owned == entry ? this : new New(owned);
        }
    }

    /**
     * A connection has changed.
     *
     * @param entry the connection as it is now
     */
    record Updated(ConntrackEntry entry) implements OfConnection {
        @Override
        @SuppressWarnings("ReferenceEquality") // an owned entry copies to itself
        public Updated copy() {
            ConntrackEntry owned = entry.copy();
            return owned == entry ? this : new Updated(owned);
        }
    }

    /**
     * A connection has ended: timed out, removed, or replaced.
     *
     * @param entry the connection, with its last counts where the kernel counts
     */
    record Destroyed(ConntrackEntry entry) implements OfConnection {
        @Override
        @SuppressWarnings("ReferenceEquality") // an owned entry copies to itself
        public Destroyed copy() {
            ConntrackEntry owned = entry.copy();
            return owned == entry ? this : new Destroyed(owned);
        }
    }

    /**
     * A connection is expected.
     *
     * @param expectation the expectation
     */
    record ExpectationNew(ConntrackExpectation expectation) implements OfExpectation {}

    /**
     * An expectation has changed.
     *
     * @param expectation the expectation as it is now
     */
    record ExpectationUpdated(ConntrackExpectation expectation) implements OfExpectation {}

    /**
     * An expectation has ended: met, timed out, or removed.
     *
     * @param expectation the expectation
     */
    record ExpectationDestroyed(ConntrackExpectation expectation) implements OfExpectation {}

    /**
     * Events were lost here, because they were not taken from the socket in time: what stands before was received before the
     * loss, what follows came after it. What is known of the table is out of date; a {@link ConntrackMirror} brings it up
     * to date. An event that could not be read is lost, too: that is told behind those that came with it. If the sink throws
     * at an overrun, the next poll delivers it again.
     *
     * @param lost how many events, exactly, of the kinds and filter of the session, and as one each what could not be
     *     read; since the last overrun, or the beginning. 0 where the kernel had no memory to make an event of, and did not
     *     count
     */
    record Overrun(long lost) implements ConntrackEvent {
        @Override
        public Overrun copy() {
            return this;
        }
    }
}
