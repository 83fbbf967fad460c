// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;

/**
 * What a session adds to its {@link MessageLoop}. Called by the thread that has the {@link Turn}, except where noted.
 */
public interface Life {
    /**
     * The session's class, after which its log is named.
     *
     * @return a class
     */
    Class<?> session();

    /**
     * Makes the kernel send nothing new and hand over what it still has: NFLOG unbinds its groups, NFQUEUE shuts its
     * queues, events leave their multicast groups. Called when a stop begins, and again if an answer was lost. A refusal
     * counts as an answer.
     *
     * @throws NetlinkException if sending fails
     */
    void requestRest() throws NetlinkException;

    /**
     * A message that is not delivered, because the session was closed.
     *
     * @param message a cursor on it
     */
    void discarded(MessageCursor message);

    /**
     * Bytes that cannot be read; the loop goes on after them.
     *
     * @param problem what is wrong
     * @throws MalformedMessageException if the poll is to fail for it
     */
    void malformed(MalformedMessageException problem) throws MalformedMessageException;

    /**
     * A receive returned: with datagrams that are about to be handed to handlers, with an overrun to report, or with
     * nothing.
     *
     * @param batch the batch
     */
    default void received(DatagramBatch batch) {}

    /**
     * Messages may have been received and lost: receiving failed half-way, or there was no memory to set one aside.
     * Messages received from now on have {@link Inbound#currentEpoch()}.
     */
    default void missed() {}

    /**
     * A poll begins: the time to repeat sends that failed before. Called on the polling thread.
     *
     * @throws NetlinkException if sending fails
     */
    default void resume() throws NetlinkException {}

    /**
     * A datagram that was larger than its slot. Its beginning may still show which packet it was for.
     *
     * @param buffer holds the part that was received
     * @param offset its first byte
     * @param length the number of bytes
     * @throws NetlinkException if sending fails
     */
    default void truncated(ByteBuffer buffer, int offset, int length) throws NetlinkException {}

    /**
     * An {@code NLMSG_ERROR} that answers no request of the loop's.
     *
     * @param answer a cursor on it
     * @throws MalformedMessageException if it cannot be read
     */
    default void unclaimed(MessageCursor answer) throws MalformedMessageException {}

    /**
     * Whether the session has something to report that is no packet: a poll then returns, though it delivered nothing.
     *
     * @return whether the poll is to return
     */
    default boolean hasReport() {
        return false;
    }

    /**
     * All messages of a batch have been handed to their handler, or the handler threw. Called on the polling thread,
     * before it waits for more.
     *
     * @throws NetlinkException if sending fails
     */
    default void batchDone() throws NetlinkException {}

    /**
     * Whether the session may end. Called when a stop has delivered everything, and again every few milliseconds and
     * after each wakeup until it returns true.
     *
     * @return whether there is nothing left to wait for
     */
    default boolean mayEnd() {
        return true;
    }

    /**
     * The socket is about to be closed: the last time to send anything. It calls no application code. Any thread; may
     * be called twice.
     *
     * @throws NetlinkException if sending fails
     */
    default void sendLast() throws NetlinkException {}

    /** The socket is closed, and handlers may be called for what has ended with it. Any thread; may be called twice. */
    default void closed() {}

    /** The session is over: its socket is closed, and no callback is in progress. Called once. */
    default void ended() {}
}
