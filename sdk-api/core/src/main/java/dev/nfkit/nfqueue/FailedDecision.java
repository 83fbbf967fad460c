// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

/**
 * Decides the packets whose decider threw an exception, so that the loop continues:
 *
 * <pre>{@code
 * session.run(firewall::decide, (packet, failure) -> {
 *     log.log(Level.WARNING, "packet of queue " + packet.queue() + " dropped", failure);
 *     return Verdict.DROP;
 * });
 * }</pre>
 *
 * <p>Called on the polling thread, once for each exception. Errors, such as OutOfMemoryError, are not passed to it: the
 * packet then gets the failure verdict, and run throws the error.
 */
@FunctionalInterface
public interface FailedDecision {
    /**
     * Decides one packet.
     *
     * @param packet the packet, valid during the call; if its decider held it, the verdict answers it
     * @param failure what the decider threw
     * @return its verdict, usually {@link Verdict#DROP}; {@link Verdict#HELD} if the packet is held and answered later
     */
    Verdict decide(QueuedPacket packet, Exception failure);
}
