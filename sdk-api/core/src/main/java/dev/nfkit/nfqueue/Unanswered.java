// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

/**
 * A held packet that the application did not answer, and the verdict that the session gave it.
 */
public record Unanswered(QueuedPacket packet, Cause cause, Verdict verdict) {
    /** The reason for the session's verdict. */
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
     * @param cause why the session did not wait longer
     * @param verdict the verdict that it got
     */
    public Unanswered {}

    /**
     * The packet.
     *
     * @return an owned packet, which can no longer be answered
     */
    @Override
    public QueuedPacket packet() {
        return packet;
    }

    /**
     * Why the session did not wait longer.
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
