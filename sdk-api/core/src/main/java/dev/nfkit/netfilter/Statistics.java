package dev.nfkit.netfilter;

/**
 * The counters of a session's received and lost packets, since it was opened. Every loss is counted here. A snapshot:
 * it does not change. If another thread polls while it is taken, its numbers may be of slightly different times.
 */
public record Statistics(
        long packets,
        long datagrams,
        long socketDrops,
        long sequenceGaps,
        long truncatedPackets,
        long truncatedDatagrams,
        long malformed,
        long foreign,
        long discarded) {
    /**
     * A snapshot.
     *
     * @param packets packets delivered
     * @param datagrams datagrams received
     * @param socketDrops datagrams lost because the receive buffer was full
     * @param sequenceGaps packets missing in the kernel's sequence numbers
     * @param truncatedPackets packets whose payload was cut
     * @param truncatedDatagrams datagrams that did not fit the receive buffer's slots and were not read
     * @param malformed messages that could not be read
     * @param foreign datagrams from foreign senders
     * @param discarded packets that a close discarded
     */
    public Statistics {}

    /**
     * Packets delivered to the application.
     *
     * @return a count
     */
    @Override
    public long packets() {
        return packets;
    }

    /**
     * Datagrams received; one may hold many packets.
     *
     * @return a count
     */
    @Override
    public long datagrams() {
        return datagrams;
    }

    /**
     * Datagrams lost because the receive buffer was full: the socket's exact count. A datagram may have contained many
     * packets.
     *
     * @return a count
     */
    @Override
    public long socketDrops() {
        return socketDrops;
    }

    /**
     * Lost packets, according to gaps in the kernel's sequence numbers: the exact number up to the last received
     * packet.
     *
     * @return a count; 0 if sequence numbers are off
     */
    @Override
    public long sequenceGaps() {
        return sequenceGaps;
    }

    /**
     * Packets whose payload was cut at the copy range or at the largest attribute.
     *
     * @return a count
     */
    @Override
    public long truncatedPackets() {
        return truncatedPackets;
    }

    /**
     * Datagrams larger than the slots of the receive buffer; they are not read, so their packets are lost.
     *
     * @return a count
     */
    @Override
    public long truncatedDatagrams() {
        return truncatedDatagrams;
    }

    /**
     * Messages that could not be read.
     *
     * @return a count
     */
    @Override
    public long malformed() {
        return malformed;
    }

    /**
     * Datagrams from foreign senders, senders other than the kernel, which were dropped.
     *
     * @return a count
     */
    @Override
    public long foreign() {
        return foreign;
    }

    /**
     * Packets that were received or held by the kernel when the session was closed, and that were not delivered.
     *
     * @return a count
     */
    @Override
    public long discarded() {
        return discarded;
    }

    /**
     * The sum of these and another session's statistics.
     *
     * @param other the other statistics
     * @return the sums
     */
    public Statistics plus(Statistics other) {
        return new Statistics(
                packets + other.packets,
                datagrams + other.datagrams,
                socketDrops + other.socketDrops,
                sequenceGaps + other.sequenceGaps,
                truncatedPackets + other.truncatedPackets,
                truncatedDatagrams + other.truncatedDatagrams,
                malformed + other.malformed,
                foreign + other.foreign,
                discarded + other.discarded);
    }
}
