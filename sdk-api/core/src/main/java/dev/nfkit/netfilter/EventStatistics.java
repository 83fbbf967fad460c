// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

import dev.nfkit.session.Counts;
import dev.nfkit.session.EventCounter;

/**
 * The counters of received and lost events of a session, since it was opened. A snapshot: it does not change. If
 * another thread polls while it is taken, its numbers may be of slightly different times.
 *
 * <p>A layer that passes events on, such as Kotlin's flows, corrects the counters with {@link #withDelivered} and {@link
 * #withDiscarded}.
 */
public final class EventStatistics implements SessionStatistics {
    private final Counts<EventCounter> counts;

    /**
     * The counters of a session.
     *
     * @param counts its counts
     */
    @SuppressWarnings("exports") // only sessions make statistics
    public EventStatistics(Counts<EventCounter> counts) {
        this.counts = counts;
    }

    /**
     * Events delivered to the application, losses not counted.
     *
     * @return a count
     */
    @Override
    public long delivered() {
        return counts.get(EventCounter.DELIVERED);
    }

    /**
     * Datagrams lost because the receive buffer was full. A datagram may contain several events.
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
     * Received events that the session's options exclude.
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
    public EventStatistics withDelivered(long number) {
        return new EventStatistics(counts.with(EventCounter.DELIVERED, number));
    }

    /**
     * A copy with another number of discarded events.
     *
     * @param number the number
     * @return the copy
     */
    public EventStatistics withDiscarded(long number) {
        return new EventStatistics(counts.with(EventCounter.DISCARDED, number));
    }

    /**
     * Compares the counts.
     *
     * @param other any object
     * @return whether it has the same counts
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof EventStatistics statistics && counts.equals(statistics.counts);
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
        return "EventStatistics[" + counts + "]";
    }
}
