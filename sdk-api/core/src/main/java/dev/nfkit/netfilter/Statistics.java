// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

import dev.nfkit.session.Counts;

/**
 * The counters of a session's received and lost packets, since it was opened. A snapshot:
 * it does not change. If another thread polls while it is taken, its numbers may be of slightly different times.
 */
public final class Statistics implements SessionStatistics {
    private enum Counter {
        DELIVERED,
        DATAGRAMS,
        SOCKET_DROPS,
        SEQUENCE_GAPS,
        TRUNCATED_PACKETS,
        TRUNCATED_DATAGRAMS,
        MALFORMED,
        FOREIGN,
        DISCARDED
    }

    private static final Statistics NONE = new Statistics(Counts.zero(Counter.class));

    private final Counts<Counter> counts;

    private Statistics(Counts<Counter> counts) {
        this.counts = counts;
    }

    /**
     * Statistics of nothing: all counters are 0.
     *
     * @return a snapshot, to be changed with {@link #withDelivered} and others
     */
    public static Statistics none() {
        return NONE;
    }

    /**
     * Packets delivered to the application.
     *
     * @return a count
     */
    @Override
    public long delivered() {
        return counts.get(Counter.DELIVERED);
    }

    /**
     * Datagrams received; one may hold many packets.
     *
     * @return a count
     */
    public long datagrams() {
        return counts.get(Counter.DATAGRAMS);
    }

    @Override
    public long socketDrops() {
        return counts.get(Counter.SOCKET_DROPS);
    }

    /**
     * Lost packets, according to gaps in the kernel's sequence numbers: the exact number up to the last received
     * packet.
     *
     * @return a count; 0 if sequence numbers are off
     */
    public long sequenceGaps() {
        return counts.get(Counter.SEQUENCE_GAPS);
    }

    /**
     * Packets whose payload was cut at the copy range or at the largest attribute.
     *
     * @return a count
     */
    public long truncatedPackets() {
        return counts.get(Counter.TRUNCATED_PACKETS);
    }

    @Override
    public long truncatedDatagrams() {
        return counts.get(Counter.TRUNCATED_DATAGRAMS);
    }

    @Override
    public long malformed() {
        return counts.get(Counter.MALFORMED);
    }

    @Override
    public long foreign() {
        return counts.get(Counter.FOREIGN);
    }

    @Override
    public long discarded() {
        return counts.get(Counter.DISCARDED);
    }

    /**
     * A copy with another number of delivered packets.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withDelivered(long number) {
        return with(Counter.DELIVERED, number);
    }

    /**
     * A copy with another number of received datagrams.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withDatagrams(long number) {
        return with(Counter.DATAGRAMS, number);
    }

    /**
     * A copy with another number of datagrams lost at the socket.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withSocketDrops(long number) {
        return with(Counter.SOCKET_DROPS, number);
    }

    /**
     * A copy with another number of packets missing in the sequence numbers.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withSequenceGaps(long number) {
        return with(Counter.SEQUENCE_GAPS, number);
    }

    /**
     * A copy with another number of cut packets.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withTruncatedPackets(long number) {
        return with(Counter.TRUNCATED_PACKETS, number);
    }

    /**
     * A copy with another number of datagrams that did not fit a slot.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withTruncatedDatagrams(long number) {
        return with(Counter.TRUNCATED_DATAGRAMS, number);
    }

    /**
     * A copy with another number of messages that could not be read.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withMalformed(long number) {
        return with(Counter.MALFORMED, number);
    }

    /**
     * A copy with another number of datagrams from foreign senders.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withForeign(long number) {
        return with(Counter.FOREIGN, number);
    }

    /**
     * A copy with another number of discarded packets.
     *
     * @param number the number
     * @return the copy
     */
    public Statistics withDiscarded(long number) {
        return with(Counter.DISCARDED, number);
    }

    private Statistics with(Counter counter, long number) {
        return new Statistics(counts.with(counter, number));
    }

    /**
     * The sum of these and another session's statistics.
     *
     * @param other the other statistics
     * @return the sums
     */
    public Statistics plus(Statistics other) {
        return new Statistics(counts.plus(other.counts));
    }

    /**
     * Compares the counts.
     *
     * @param other any object
     * @return whether it has the same counts
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof Statistics statistics && counts.equals(statistics.counts);
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
        return "Statistics[" + counts + "]";
    }
}
