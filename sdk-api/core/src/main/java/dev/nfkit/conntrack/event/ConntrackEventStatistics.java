package dev.nfkit.conntrack.event;

/**
 * The counters of received and lost events of a session, since it was opened. A snapshot.
 *
 * @param events events delivered, {@link ConntrackEvent.Overrun} not counted
 * @param lost events lost because the receive buffer was full; exact
 * @param overruns reports of such losses by the kernel
 * @param filtered received events that no filter matches: they were on the socket before its filter was set
 * @param malformed messages that could not be read
 * @param truncatedDatagrams datagrams larger than the session's slots, which were not read
 * @param foreign datagrams from foreign senders
 * @param discarded events that a close discarded
 */
public record ConntrackEventStatistics(
        long events,
        long lost,
        long overruns,
        long filtered,
        long malformed,
        long truncatedDatagrams,
        long foreign,
        long discarded) {}
