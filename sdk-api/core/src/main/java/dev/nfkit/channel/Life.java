package dev.nfkit.channel;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.wire.MessageCursor;

/** What a session adds to the life of its {@link MessageLoop}. */
public interface Life {
    /**
     * Posts the requests that make the kernel hand over what it still holds and let go. Called when a stop begins, and
     * again where an answer was lost: a refusal ends it as well as an acknowledgement.
     *
     * @throws NetlinkException if sending fails
     */
    void farewell() throws NetlinkException;

    /**
     * A message that nobody will see, because the session was closed.
     *
     * @param message a cursor on it
     */
    void discarded(MessageCursor message);

    /**
     * Bytes that can't be read; the loop goes on behind them.
     *
     * @param problem what is wrong
     * @throws MalformedMessageException if the session shall fail for it
     */
    void malformed(MalformedMessageException problem) throws MalformedMessageException;

    /** The socket is closed. Called once. */
    void ended();
}
