// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

/**
 * Takes packets one by one, on the polling thread.
 *
 * <p>A packet is borrowed: it is valid only during the call, and {@link NetfilterPacket#copy()} returns one that stays
 * valid.
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
     * @throws E as the application requires; the next poll delivers the packets after this one
     */
    void accept(P packet) throws E;
}
