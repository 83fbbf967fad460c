// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

/** The counters of an {@link EventStream}. */
public enum EventCounter {
    /** Events delivered to the application, losses not counted. */
    DELIVERED,
    /** Datagrams that the kernel dropped because the receive buffer was full. */
    SOCKET_DROPS,
    /** Reports of such losses by the kernel. */
    OVERRUNS,
    /** Received events that the session's filter does not match. */
    FILTERED,
    /** Messages that could not be read. */
    MALFORMED,
    /** Datagrams that were larger than their slot. */
    TRUNCATED_DATAGRAMS,
    /** Datagrams from foreign senders. */
    FOREIGN,
    /** Events that a close discarded. */
    DISCARDED
}
