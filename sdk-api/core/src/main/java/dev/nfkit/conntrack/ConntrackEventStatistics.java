package dev.nfkit.conntrack;

/**
 * What a session of events received and what was lost on the way, since it was opened. A snapshot.
 *
 * @param events events delivered, {@link ConntrackEvent.Overrun} not counted
 * @param lost events lost because the receive buffer was full, exactly
 * @param overruns how often the kernel said so
 * @param filtered events received that no filter means: those that were on the socket before it had its filter
 * @param malformed messages that could not be read
 * @param truncatedDatagrams datagrams larger than the session's slots, which were not read
 * @param foreign datagrams from others than the kernel
 * @param discarded events that a close threw away
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
