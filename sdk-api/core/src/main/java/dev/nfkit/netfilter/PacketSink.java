package dev.nfkit.netfilter;

/**
 * Takes packets, one after the other, on the thread that polls.
 *
 * <p>A packet is borrowed: it is valid during the call only, and {@link NetfilterPacket#copy()} makes one that lives on.
 *
 * @param <P> the kind of packet
 * @param <E> what it may throw; it passes through poll and run to their caller
 */
@FunctionalInterface
public interface PacketSink<P extends NetfilterPacket, E extends Exception> {
    /**
     * Takes one packet.
     *
     * @param packet the packet, valid during the call
     * @throws E as the application wishes; the packets behind this one come with the next poll
     */
    void accept(P packet) throws E;
}
