package dev.nfkit.nfqueue;

/**
 * A held packet that the application did not answer, and the verdict that it got in its stead.
 */
public record Unanswered(QueuedPacket packet, Cause cause, Verdict verdict) {
    /** When a held packet counts as forgotten. */
    public enum Cause {
        /** Its deadline passed. */
        DEADLINE,
        /** The session ended. */
        END
    }

    /**
     * A packet without an answer.
     *
     * @param packet the packet; owned
     * @param cause why it was not waited for any longer
     * @param verdict what it got
     */
    public Unanswered {}

    /**
     * The packet.
     *
     * @return an owned packet, which can't be answered any more
     */
    @Override
    public QueuedPacket packet() {
        return packet;
    }

    /**
     * Why it was not waited for any longer.
     *
     * @return the cause
     */
    @Override
    public Cause cause() {
        return cause;
    }

    /**
     * The verdict that the packet got.
     *
     * @return the verdict of the deadline, or of the session's end
     */
    @Override
    public Verdict verdict() {
        return verdict;
    }
}
