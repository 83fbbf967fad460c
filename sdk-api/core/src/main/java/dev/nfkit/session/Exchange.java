// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.Loan;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Requests and answers over a socket that receives nothing else. Any thread may send a request; one is in progress at a
 * time. Each is answered by an acknowledgement, a single message, or a message of many parts. For tables; sessions of
 * packets use {@link MessageLoop}.
 */
public final class Exchange implements AutoCloseable {
    /** The longest wait for the next part of an answer. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long LAST_SEQUENCE = 0xffff_ffffL;
    /**
     * A receive that returns 0 may have consumed a wakeup; after the second in a row the socket is known to be empty.
     */
    private static final int EMPTY = 2;

    /** Writes a request after its header: {@code struct nfgenmsg} and attributes. */
    @FunctionalInterface
    public interface Body {
        /**
         * Writes it.
         *
         * @param writer the target; the caller begins and ends the message
         */
        void writeTo(MessageWriter writer);
    }

    /**
     * Takes the messages of an answer.
     *
     * @param <E> what it may throw besides
     */
    @FunctionalInterface
    public interface Taker<E extends Exception> {
        /**
         * Takes one message.
         *
         * @param message a cursor on it, valid during the call
         * @throws MalformedMessageException if it cannot be read
         * @throws E as the application requires; the rest of the answer is then discarded
         */
        void message(MessageCursor message) throws MalformedMessageException, E;
    }

    private final NetlinkTransport transport;
    private final NetlinkSocket socket;
    private final DatagramBatch batch;
    private final MessageWriter writer;
    private final MessageCursor cursor = new MessageCursor();
    private final ReentrantLock lock = new ReentrantLock();
    private long sequence;
    /** The question whose answer may lie in the socket, since a receive has failed; 0 if there is none. */
    private long unfinished;

    private boolean done;
    private boolean interrupted;
    private @Nullable KernelRefusedException refusal;
    private @Nullable Throwable failure;

    /**
     * An exchange over an open socket, which it owns from now on.
     *
     * @param transport provides the clock
     * @param socket the socket
     * @param batch the batch to receive into
     * @param requestSize the most bytes of a request
     */
    public Exchange(NetlinkTransport transport, NetlinkSocket socket, DatagramBatch batch, int requestSize) {
        this.transport = transport;
        this.socket = socket;
        this.batch = batch;
        this.writer = new MessageWriter(requestSize, socket.order());
    }

    /**
     * The byte order of headers.
     *
     * @return the socket's
     */
    public ByteOrder order() {
        return socket.order();
    }

    /**
     * Begins the loan of a view to a callback, if views are strict.
     *
     * @param what what is lent
     * @return as {@link DatagramBatch#lend}
     */
    public @Nullable Loan lend(String what) {
        return batch.lend(what);
    }

    /**
     * Sends a request, and waits until the kernel has answered in full. Requests other than dumps ask for an
     * acknowledgement.
     *
     * @param what the request in words
     * @param type {@code nlmsg_type}
     * @param flags {@code nlmsg_flags} besides {@code NLM_F_REQUEST} and {@code NLM_F_ACK}
     * @param body writes the request
     * @param taker takes the messages of the answer
     * @return whether the answer was interrupted ({@code NLM_F_DUMP_INTR})
     * @throws KernelRefusedException if the kernel refuses it
     * @throws MalformedMessageException if the answer, or a part of it, cannot be read
     * @throws NetlinkException if sending or receiving fails, no answer comes, a part of it was lost, or the exchange
     *     is closed
     * @throws E as the taker throws
     * @throws IllegalStateException inside a taker of the same exchange
     * @param <E> what the taker may throw
     */
    public <E extends Exception> boolean ask(String what, int type, int flags, Body body, Taker<E> taker)
            throws NetlinkException, E {
        if (lock.isHeldByCurrentThread()) {
            throw new IllegalStateException(
                    what + ": not inside the sink of a dump of the same client; open another one for that");
        }
        lock.lock();
        try {
            finish();
            long number = sequence >= LAST_SEQUENCE ? 1 : sequence + 1;
            sequence = number;
            boolean dump = (flags & Netlink.NLM_F_DUMP) == Netlink.NLM_F_DUMP;
            writer.clear().begin(type, flags | Netlink.NLM_F_REQUEST | (dump ? 0 : Netlink.NLM_F_ACK), number);
            body.writeTo(writer);
            socket.send(writer.end().datagram());
            unfinished = number;
            return receive(what, number, taker);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the rest of an answer out of the socket: until then the kernel takes no other dump (EBUSY). It makes a dump
     * in the receives that ask for it, so that none of these waits.
     */
    private void finish() throws NetlinkException {
        int empty = 0;
        while (unfinished != 0 && empty < EMPTY) {
            int count = socket.receive(batch, 0);
            empty = count > 0 || batch.overrun() ? 0 : empty + 1;
            for (int i = 0; i < count; i++) {
                cursor.wrap(batch.buffer(), batch.offset(i), batch.length(i), socket.order());
                skip();
            }
        }
        unfinished = 0;
    }

    private void skip() {
        try {
            while (cursor.next()) {
                int type = cursor.type();
                if (cursor.sequence() == unfinished && (type == Netlink.NLMSG_ERROR || type == Netlink.NLMSG_DONE)) {
                    unfinished = 0;
                }
            }
        } catch (MalformedMessageException ignored) {
            // Its question has failed already.
        }
    }

    private <E extends Exception> boolean receive(String what, long number, Taker<E> taker) throws NetlinkException, E {
        done = false;
        interrupted = false;
        refusal = null;
        failure = null;
        long deadline = transport.nanoTime() + ANSWER_NANOS;
        while (!done) { // a receive that throws leaves the answer unfinished
            long left = deadline - transport.nanoTime();
            int count = left <= 0 ? 0 : socket.receive(batch, left);
            if (count < 0 || left <= 0) {
                fail(new SystemCallException(
                        what,
                        count < 0 ? Errno.EBADF : Errno.ETIMEDOUT,
                        count < 0 ? "the client was closed before the kernel's answer came" : "no answer came"));
                return outcome();
            }
            if (batch.overrun()) {
                fail(new SystemCallException(
                        what, Errno.ENOBUFS, "a part of the kernel's answers was lost; ask again"));
            }
            for (int i = 0; i < count; i++) {
                datagram(what, number, i, taker);
            }
            if (count > 0 || batch.overrun()) {
                deadline = transport.nanoTime() + ANSWER_NANOS;
            }
        }
        unfinished = 0;
        return outcome();
    }

    private <E extends Exception> boolean outcome() throws NetlinkException, E {
        Throwable failed = failure;
        failure = null;
        if (failed instanceof NetlinkException problem) {
            throw problem;
        }
        Failures.rethrow(failed); // the taker's exception, which may be undeclared
        KernelRefusedException refused = refusal;
        if (refused != null) {
            throw refused;
        }
        return interrupted;
    }

    private <E extends Exception> void datagram(String what, long number, int index, Taker<E> taker) {
        if (batch.truncated(index)) {
            fail(new SystemCallException(
                    what, Errno.EMSGSIZE, "a part of the answer is larger than " + batch.slotSize() + " bytes"));
            return;
        }
        cursor.wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order());
        try {
            while (cursor.next()) {
                if (cursor.sequence() == number) {
                    message(what, taker);
                }
            }
        } catch (MalformedMessageException e) {
            fail(e);
        }
    }

    private <E extends Exception> void message(String what, Taker<E> taker) throws MalformedMessageException {
        if ((cursor.flags() & Netlink.NLM_F_DUMP_INTR) != 0) {
            interrupted = true;
        }
        switch (cursor.type()) {
            case Netlink.NLMSG_ERROR -> {
                done = true;
                refusal = KernelAnswer.read(cursor, what);
            }
            case Netlink.NLMSG_DONE -> {
                done = true;
                refusal = KernelAnswer.readDone(cursor, what);
            }
            case Netlink.NLMSG_NOOP -> {}
            default -> {
                if (failure == null) {
                    take(taker);
                }
            }
        }
    }

    private <E extends Exception> void take(Taker<E> taker) {
        try {
            taker.message(cursor);
        } catch (Throwable e) {
            // Thrown after the rest was received: until then the socket refuses another dump (EBUSY).
            fail(e);
        }
    }

    private void fail(Throwable problem) {
        if (failure == null) {
            failure = problem;
        }
    }

    /** Closes the socket: a request that waits fails. Any thread; idempotent. */
    @Override
    public void close() {
        socket.close();
    }
}
