package dev.nfkit.channel;

import dev.nfkit.NetlinkException;
import dev.nfkit.wire.MessageCursor;

/**
 * Takes the messages that are no answers.
 *
 * @param <C> what the poll gives it: with it at hand a handler captures nothing, and a poll allocates nothing
 * @param <E> what it may throw besides
 */
@FunctionalInterface
public interface Handler<C, E extends Exception> {
    /**
     * Takes one message.
     *
     * @param message a cursor on it, valid during the call
     * @param inbound the datagram that it came in
     * @param context what the poll was given
     * @return whether a packet was delivered
     * @throws NetlinkException if the session fails
     * @throws E as the application wishes
     */
    boolean message(MessageCursor message, Inbound inbound, C context) throws NetlinkException, E;
}
