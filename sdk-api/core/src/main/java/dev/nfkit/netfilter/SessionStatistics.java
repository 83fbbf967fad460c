// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

/**
 * The counters that the statistics of all sessions have: of packets for NFLOG and NFQUEUE, of events for conntrack. All
 * are counts since the session was opened. A snapshot: it does not change.
 */
public interface SessionStatistics {
    /**
     * Packets or events delivered to the application.
     *
     * @return a count
     */
    long delivered();

    /**
     * Datagrams lost because the receive buffer was full: the socket's exact count. A datagram may have contained many
     * packets; an event is one datagram.
     *
     * @return a count
     */
    long socketDrops();

    /**
     * Datagrams larger than the slots of the receive buffer; they are not read, so what they contained is lost.
     *
     * @return a count
     */
    long truncatedDatagrams();

    /**
     * Messages that could not be read.
     *
     * @return a count
     */
    long malformed();

    /**
     * Datagrams from foreign senders, senders other than the kernel, which were dropped.
     *
     * @return a count
     */
    long foreign();

    /**
     * Packets or events that were received, or held by the kernel, when the session was closed, and that were not
     * delivered.
     *
     * @return a count
     */
    long discarded();
}
