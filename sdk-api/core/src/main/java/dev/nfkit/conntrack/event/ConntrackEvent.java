// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;

/**
 * An event of connection tracking, or a loss of events.
 *
 * <p>An event that was handed to a callback is borrowed, as its entry is; {@link #copy()} returns one that stays valid.
 *
 * <p>Follows {@code ctnetlink_conntrack_event} and {@code ctnetlink_expect_event} in {@code nf_conntrack_netlink.c}.
 * The attributes of an event depend on the kernel and on the kind: for example, the end of a connection has no timeout.
 */
public sealed interface ConntrackEvent {
    /**
     * An event that stays valid.
     *
     * @return an owned copy, or this event if it is owned
     * @throws IllegalStateException if its callback has returned
     */
    ConntrackEvent copy();

    /** An event of a connection. */
    sealed interface OfConnection extends ConntrackEvent {
        /**
         * The connection.
         *
         * @return the entry that the kernel sent
         */
        ConntrackEntry entry();

        /**
         * The netlink port of the socket whose request caused the event, such as that of a process that deleted the
         * entry. A port is often, but not always, a process's id.
         *
         * @return 0 to 2³²−1; 0 if no request caused it: a packet or a timeout did
         */
        default long portId() {
            return entry().portId();
        }

        @Override
        OfConnection copy();
    }

    /** An event of an expectation. */
    sealed interface OfExpectation extends ConntrackEvent {
        /**
         * The expectation.
         *
         * @return the entry that the kernel sent
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
     * @param entry the connection after the change
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
     * @param entry the connection, with its last counts if the kernel counts
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
     * @param expectation the expectation after the change
     */
    record ExpectationUpdated(ConntrackExpectation expectation) implements OfExpectation {}

    /**
     * An expectation has ended: fulfilled, timed out, or removed.
     *
     * @param expectation the expectation
     */
    record ExpectationDestroyed(ConntrackExpectation expectation) implements OfExpectation {}

    /**
     * Events were lost here, because they were not received from the socket in time. Earlier events were received
     * before the loss, later ones after it. Any copy of the table is now out of date; a {@link ConntrackMirror} brings
     * its copy up to date. An event that could not be read is also lost; the overrun follows the events that were
     * received with it. If the sink throws at an overrun, the next poll delivers it again.
     *
     * @param lost the exact number of lost events of the session's kinds and filter since the last overrun, or since
     *     the beginning; each event that could not be read counts as one. 0 if the kernel had no memory to make an
     *     event, and did not count it
     */
    record Overrun(long lost) implements ConntrackEvent {
        @Override
        public Overrun copy() {
            return this;
        }
    }
}
