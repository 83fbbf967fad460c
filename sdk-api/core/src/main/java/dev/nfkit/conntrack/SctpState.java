// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import java.util.Optional;

/** The tracked state of an SCTP association ({@code enum sctp_conntrack}). */
public enum SctpState {
    /** Nothing yet. */
    NONE(0),
    /** Closed. */
    CLOSED(1),
    /** INIT was seen. */
    COOKIE_WAIT(2),
    /** COOKIE ECHO was seen. */
    COOKIE_ECHOED(3),
    /** The handshake is done. */
    ESTABLISHED(4),
    /** SHUTDOWN was sent. */
    SHUTDOWN_SENT(5),
    /** SHUTDOWN was received. */
    SHUTDOWN_RECD(6),
    /** SHUTDOWN ACK was sent. */
    SHUTDOWN_ACK_SENT(7),
    /** A HEARTBEAT of another path was seen. */
    HEARTBEAT_SENT(8),
    /** It was answered; kernels before 6.3. */
    HEARTBEAT_ACKED(9);

    private final int number;

    SctpState(int number) {
        this.number = number;
    }

    /**
     * The kernel's number.
     *
     * @return from 0
     */
    public int number() {
        return number;
    }

    /**
     * The state of a number.
     *
     * @param number the kernel's number, 0 to 255
     * @return the state, or empty if it has no name
     */
    public static Optional<SctpState> of(int number) {
        return number >= 0 && number < values().length ? Optional.of(values()[number]) : Optional.empty();
    }
}
