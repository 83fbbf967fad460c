// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.NetlinkException;
import dev.nfkit.wire.MessageCursor;

/**
 * Takes the messages that are not answers.
 *
 * @param <C> the context that the poll passes; with it, a handler need not capture variables, and a poll allocates
 *     nothing
 * @param <E> what it may throw in addition
 */
@FunctionalInterface
public interface Handler<C, E extends Exception> {
    /**
     * Takes one message.
     *
     * @param message a cursor on it, valid during the call
     * @param inbound the datagram that contains it
     * @param context the context that was passed to the poll
     * @return whether a packet was delivered
     * @throws NetlinkException if the session fails
     * @throws E as the application requires
     */
    boolean message(MessageCursor message, Inbound inbound, C context) throws NetlinkException, E;

    /**
     * A session's handler as that of one call. A session has one handler for all calls; it throws what the sink of the
     * call throws, which only the call knows.
     *
     * @param handler the session's handler
     * @return the same handler
     * @param <C> the context
     * @param <E> what the sink of the call may throw
     */
    @SuppressWarnings("unchecked")
    static <C, E extends Exception> Handler<C, E> of(Handler<?, ?> handler) {
        return (Handler<C, E>) handler;
    }
}
