package dev.nfkit.conntrack.event;

import dev.nfkit.netfilter.SessionStatistics;
import dev.nfkit.session.Counts;
import dev.nfkit.session.EventCounter;

/**
 * The counters of received and lost events of a session, since it was opened. A snapshot: it does not change. If
 * another thread polls while it is taken, its numbers may be of slightly different times.
 *
 * <p>A layer that passes events on, such as Kotlin's flows, corrects the counters with {@link #withDelivered} and {@link
 * #withDiscarded}.
 */
public final class ConntrackEventStatistics implements SessionStatistics {
    private final Counts<EventCounter> counts;

    ConntrackEventStatistics(Counts<EventCounter> counts) {
        this.counts = counts;
    }

    /**
     * Events delivered to the application, {@link ConntrackEvent.Overrun} not counted.
     *
     * @return a count
     */
    @Override
    public long delivered() {
        return counts.get(EventCounter.DELIVERED);
    }

    /**
     * Events lost because the receive buffer was full: exact, because an event is one datagram. {@link
     * ConntrackEvent.Overrun#lost()} reports them in their place.
     *
     * @return a count
     */
    @Override
    public long socketDrops() {
        return counts.get(EventCounter.SOCKET_DROPS);
    }

    /**
     * Reports of such losses by the kernel.
     *
     * @return a count
     */
    public long overruns() {
        return counts.get(EventCounter.OVERRUNS);
    }

    /**
     * Received events that no filter matches: they were on the socket before its filter was set.
     *
     * @return a count
     */
    public long filtered() {
        return counts.get(EventCounter.FILTERED);
    }

    @Override
    public long malformed() {
        return counts.get(EventCounter.MALFORMED);
    }

    @Override
    public long truncatedDatagrams() {
        return counts.get(EventCounter.TRUNCATED_DATAGRAMS);
    }

    @Override
    public long foreign() {
        return counts.get(EventCounter.FOREIGN);
    }

    /**
     * Events that a close discarded.
     *
     * @return a count
     */
    @Override
    public long discarded() {
        return counts.get(EventCounter.DISCARDED);
    }

    /**
     * A copy with another number of delivered events.
     *
     * @param number the number
     * @return the copy
     */
    public ConntrackEventStatistics withDelivered(long number) {
        return with(EventCounter.DELIVERED, number);
    }

    /**
     * A copy with another number of discarded events.
     *
     * @param number the number
     * @return the copy
     */
    public ConntrackEventStatistics withDiscarded(long number) {
        return with(EventCounter.DISCARDED, number);
    }

    private ConntrackEventStatistics with(EventCounter counter, long number) {
        return new ConntrackEventStatistics(counts.with(counter, number));
    }

    /**
     * Compares the counts.
     *
     * @param other any object
     * @return whether it has the same counts
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof ConntrackEventStatistics statistics && counts.equals(statistics.counts);
    }

    /**
     * A hash code of the counts.
     *
     * @return the hash code
     */
    @Override
    public int hashCode() {
        return counts.hashCode();
    }

    /** All counters by their names. */
    @Override
    public String toString() {
        return "ConntrackEventStatistics[" + counts + "]";
    }
}
