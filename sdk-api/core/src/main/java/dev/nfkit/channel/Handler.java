package dev.nfkit.channel;

import dev.nfkit.NetlinkException;
import dev.nfkit.wire.MessageCursor;

/**
 * Takes the messages that are no answers.
 *
 * @param <E> what it may throw besides
 */
@FunctionalInterface
public interface Handler<E extends Exception> {
    /**
     * Takes one message.
     *
     * @param message a cursor on it, valid during the call
     * @param inbound the datagram that it came in
     * @return whether a packet was delivered
     * @throws NetlinkException if the session fails
     * @throws E as the application wishes
     */
    boolean message(MessageCursor message, Inbound inbound) throws NetlinkException, E;
}
