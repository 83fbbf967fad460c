// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

/**
 * The phase of a session's life. A session moves downwards only, and may leave phases out.
 *
 * <pre>
 *   OPEN
 *    │ stop()
 *   STOPPING ──── everything was delivered ──────────────┐
 *    │ close()                                            │
 *   CLOSING ───── the thread that receives, or close() ──┤
 *    │ a callback did not return within a second          │
 *   ABANDONED ─── the callback returned ─────────────────┤
 *                                                       ENDED
 * </pre>
 */
enum Phase {
    /** The session receives. */
    OPEN,
    /** Polls deliver what the kernel still has, and then end the session. */
    STOPPING,
    /** Nothing more is delivered. Whichever thread receives ends the session, or {@code close()} if none does. */
    CLOSING,
    /** The socket is closed, and a callback is in progress still. */
    ABANDONED,
    /** The socket is closed, and no callback is in progress. */
    ENDED;

    boolean isAtLeast(Phase other) {
        return compareTo(other) >= 0;
    }
}
