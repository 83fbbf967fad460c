// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import java.util.Optional;

/** The tracked state of a DCCP connection ({@code enum ct_dccp_states}). */
public enum DccpState {
    /** Nothing yet. */
    NONE(0),
    /** A request was seen. */
    REQUEST(1),
    /** Its response was seen. */
    RESPOND(2),
    /** The response was acknowledged. */
    PARTOPEN(3),
    /** The handshake is done. */
    OPEN(4),
    /** The server asks the client to close. */
    CLOSEREQ(5),
    /** One side closes. */
    CLOSING(6),
    /** Closed, and kept for a time. */
    TIMEWAIT(7),
    /** A packet to be ignored. */
    IGNORE(8),
    /** An invalid packet. */
    INVALID(9);

    private final int number;

    DccpState(int number) {
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
    public static Optional<DccpState> of(int number) {
        return number >= 0 && number < values().length ? Optional.of(values()[number]) : Optional.empty();
    }
}
