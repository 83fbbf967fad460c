// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import java.util.Optional;

/**
 * The state of a socket. UDP has {@link #ESTABLISHED} if it is connected, and otherwise {@link #CLOSE}.
 *
 * <p>Follows {@code net/tcp_states.h}.
 */
public enum SocketState {
    /** Connected. */
    ESTABLISHED(1),
    /** It has sent a SYN. */
    SYN_SENT(2),
    /** A SYN was received, and the connection is not established yet. */
    SYN_RECV(3),
    /** Closed here; the FIN is not acknowledged. */
    FIN_WAIT1(4),
    /** Closed here; the FIN was acknowledged. */
    FIN_WAIT2(5),
    /** Closed; the kernel waits for late packets, and no process has the socket. */
    TIME_WAIT(6),
    /** Not connected. */
    CLOSE(7),
    /** Closed by the other end. */
    CLOSE_WAIT(8),
    /** Closed by the other end and here; the FIN is not acknowledged. */
    LAST_ACK(9),
    /** Listening. */
    LISTEN(10),
    /** Closed by both ends at the same time. */
    CLOSING(11),
    /** As {@link #SYN_RECV}, in the kernel's small form of it. */
    NEW_SYN_RECV(12),
    /** Bound, and neither connected nor listening. */
    BOUND_INACTIVE(13);

    private static final SocketState[] ALL = values();

    private final int number;

    SocketState(int number) {
        this.number = number;
    }

    /**
     * The kernel's number.
     *
     * @return from 1
     */
    public int number() {
        return number;
    }

    /**
     * The state of a number.
     *
     * @param number the kernel's number
     * @return the state, or empty if it is unknown
     */
    public static Optional<SocketState> of(int number) {
        return number < 1 || number > ALL.length ? Optional.empty() : Optional.of(ALL[number - 1]);
    }
}
