// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

/**
 * Decides packets one by one, on the polling thread.
 *
 * <p>A packet is borrowed: it is valid only during the call. A decider that cannot decide at once calls {@link
 * QueuedPacket#hold()}, passes the held packet on and returns {@link Verdict#HELD}.
 *
 * @param <E> what it may throw; the packet then gets the session's failure verdict, and poll and run throw the
 *     exception to their caller
 */
@FunctionalInterface
public interface Decider<E extends Exception> {
    /**
     * Decides one packet.
     *
     * @param packet the packet, valid during the call
     * @return its verdict; {@link Verdict#HELD} if it was held. If the packet was held, any other verdict answers it.
     * @throws E as the application requires; the next poll delivers the packets after this one
     */
    Verdict decide(QueuedPacket packet) throws E;
}
