// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import java.util.Optional;

/** The tracked state of a TCP connection ({@code enum tcp_conntrack}). */
public enum TcpState {
    /** Nothing yet. */
    NONE(0),
    /** A SYN was seen. */
    SYN_SENT(1),
    /** SYN and ACK were seen. */
    SYN_RECV(2),
    /** The handshake is done. */
    ESTABLISHED(3),
    /** One side sent FIN. */
    FIN_WAIT(4),
    /** That FIN was acknowledged. */
    CLOSE_WAIT(5),
    /** The other side sent FIN too. */
    LAST_ACK(6),
    /** Both FINs are acknowledged. */
    TIME_WAIT(7),
    /** Reset. */
    CLOSE(8),
    /** SYNs in both directions. */
    SYN_SENT2(9);

    private final int number;

    TcpState(int number) {
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
    public static Optional<TcpState> of(int number) {
        return number >= 0 && number < values().length ? Optional.of(values()[number]) : Optional.empty();
    }
}
