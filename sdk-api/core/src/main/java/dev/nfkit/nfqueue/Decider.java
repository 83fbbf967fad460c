package dev.nfkit.nfqueue;

/**
 * Decides about packets, one after the other, on the thread that polls.
 *
 * <p>A packet is borrowed: it is valid during the call only. A decider that can't decide at once calls {@link
 * QueuedPacket#hold()}, hands the held packet on and returns {@link Verdict#HELD}.
 *
 * @param <E> what it may throw; the packet then gets the session's failure verdict, and the exception passes through poll
 *     and run to their caller
 */
@FunctionalInterface
public interface Decider<E extends Exception> {
    /**
     * Decides about one packet.
     *
     * @param packet the packet, valid during the call
     * @return its verdict; {@link Verdict#HELD} if it was held. For a packet that was held any other verdict answers it.
     * @throws E as the application wishes; the packets behind this one come with the next poll
     */
    Verdict decide(QueuedPacket packet) throws E;
}
