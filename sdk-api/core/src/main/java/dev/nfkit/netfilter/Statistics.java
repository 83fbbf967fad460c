package dev.nfkit.netfilter;

/**
 * What a session received and what was lost on the way, since it was opened. Every loss has its place here. A snapshot:
 * it does not change. Taken while another thread polls, its numbers may be of neighbouring moments.
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
     * @param foreign datagrams from others than the kernel
     * @param discarded packets that a close threw away
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
     * Datagrams lost because the receive buffer was full, as the socket counts them, exactly. One may have held many
     * packets.
     *
     * @return a count
     */
    @Override
    public long socketDrops() {
        return socketDrops;
    }

    /**
     * Packets lost, as gaps in the kernel's sequence numbers tell: exactly how many, up to the last packet received.
     *
     * @return a count; 0 where sequence numbers are off
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
     * Datagrams from others than the kernel, which were dropped.
     *
     * @return a count
     */
    @Override
    public long foreign() {
        return foreign;
    }

    /**
     * Packets that were received or held by the kernel when the session was closed, and that nobody saw.
     *
     * @return a count
     */
    @Override
    public long discarded() {
        return discarded;
    }

    /**
     * These and others together, of sessions beside each other.
     *
     * @param other the others
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
