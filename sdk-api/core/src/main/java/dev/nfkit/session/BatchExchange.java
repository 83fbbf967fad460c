// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.BatchTooLargeException;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Batches of changes over a socket that receives nothing else. A batch is one datagram, which the kernel applies as a whole
 * or not at all, before the send returns; without its end it is only checked. Any thread may send a batch; one is in progress at a time.
 *
 * <p>Only the last change is acknowledged, so that the answers to a large batch fit the receive buffer; each refused
 * message is answered by an error of its own.
 *
 * <p>Follows {@code nfnetlink_rcv_batch} in {@code nfnetlink.c}.
 */
public final class BatchExchange implements AutoCloseable {
    /** The part of the send buffer that a datagram must not use ({@code netlink_sendmsg}). */
    private static final int SEND_RESERVE = 32;

    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LAST_SEQUENCE = 0x7fff_ffffL;
    private static final int SLOTS = 16;
    private static final int SLOT = 32 * 1024;
    /** What the receive buffer is charged for a notification, in relation to its change. */
    private static final int ECHO_CHARGE = 4;
    /** A receive that returns 0 may have consumed a wakeup; after the second in a row the socket is empty. */
    private static final int EMPTY = 2;

    /** Writes the changes of a batch. */
    @FunctionalInterface
    public interface Change {
        /**
         * Writes the messages of the change.
         *
         * @param target where to
         */
        void writeTo(BatchWriter target);
    }

    /** Takes the notifications of a batch that asked for them. */
    @FunctionalInterface
    public interface Echo {
        /**
         * Takes one notification.
         *
         * @param change the index of the change; −1 for the batch itself
         * @param message a cursor on it, valid during the call
         * @throws MalformedMessageException if it cannot be read
         */
        void notification(int change, MessageCursor message) throws MalformedMessageException;
    }

    private final NetlinkTransport transport;
    private final NetlinkSocket socket;
    private final DatagramBatch batch = new DatagramBatch(SLOTS, SLOT);
    private final BatchWriter writer;
    private final MessageCursor cursor = new MessageCursor();
    private final MessageCursor sent = new MessageCursor();
    private final ReentrantLock lock = new ReentrantLock();
    private long sequence;
    /** The last change's last message, whose answer is the last one. */
    private int last;

    private List<BatchAnswer.Refused> refused = new ArrayList<>();
    private boolean done;
    private boolean complete;
    private @Nullable MalformedMessageException malformed;

    /**
     * An exchange over an open socket, which it owns from now on.
     *
     * @param transport provides the clock
     * @param socket the socket
     */
    public BatchExchange(NetlinkTransport transport, NetlinkSocket socket) {
        this.transport = transport;
        this.socket = socket;
        this.writer = new BatchWriter(socket.order());
    }

    /**
     * The address of the socket, to which owned tables belong.
     *
     * @return the port id, 1 to 2³²−1
     */
    public long portId() {
        return socket.portId();
    }

    /**
     * Sends a batch, and reads all answers to it.
     *
     * @param what the batch in words
     * @param subsystem the subsystem whose batch it is
     * @param generation the generation that the batch is for; empty for any
     * @param changes the changes, at least one, each of at least one message
     * @param echoed whether changes ask for notifications, for which the receive buffer is made larger
     * @param echo takes the notifications that the messages ask for
     * @return the refused messages, none if the batch was applied
     * @throws BatchTooLargeException if it exceeds the largest send buffer
     * @throws MalformedMessageException if an answer cannot be read; the batch may have been applied
     * @throws NetlinkException if sending or receiving fails, no answer comes, or the exchange is closed
     */
    public BatchAnswer send(
            String what,
            int subsystem,
            OptionalLong generation,
            List<? extends Change> changes,
            boolean echoed,
            Echo echo)
            throws NetlinkException {
        return exchange(what, subsystem, generation, changes, echoed, echo, true);
    }

    /**
     * Sends a batch without its end, and reads all answers to it: the kernel executes each change, and then takes all of them
     * back.
     *
     * @param what the batch in words
     * @param subsystem the subsystem whose batch it is
     * @param generation the generation that the batch is for; empty for any
     * @param changes the changes, at least one, each of at least one message
     * @return the refused messages, none if the batch can be applied
     * @throws BatchTooLargeException if it exceeds the largest send buffer
     * @throws MalformedMessageException if an answer cannot be read
     * @throws NetlinkException if sending or receiving fails, no answer comes, or the exchange is closed
     */
    public BatchAnswer check(String what, int subsystem, OptionalLong generation, List<? extends Change> changes)
            throws NetlinkException {
        return exchange(what, subsystem, generation, changes, false, (change, message) -> {}, false);
    }

    private BatchAnswer exchange(
            String what,
            int subsystem,
            OptionalLong generation,
            List<? extends Change> changes,
            boolean echoed,
            Echo echo,
            boolean commits)
            throws NetlinkException {
        lock.lock();
        try {
            write(subsystem, generation, changes, commits);
            reserve(what, echoed);
            sequence = writer.lastSequence();
            socket.send(writer.writer().datagram());
            return receive(what, echo, commits);
        } finally {
            lock.unlock();
        }
    }

    private void write(int subsystem, OptionalLong generation, List<? extends Change> changes, boolean commits) {
        writer.clear(sequence >= LAST_SEQUENCE ? 1 : sequence + 1);
        writer.message(Netlink.NFNL_MSG_BATCH_BEGIN, Netlink.NLM_F_ECHO, body -> {
            body.nfgenmsg(0, subsystem);
            generation.ifPresent(id -> body.be32(Netlink.NFNL_BATCH_GENID, id));
        });
        for (int i = 0; i < changes.size(); i++) {
            writer.change(i);
            changes.get(i).writeTo(writer);
        }
        writer.acknowledge();
        last = writer.messages() - 1;
        if (commits) {
            writer.change(-1);
            writer.message(Netlink.NFNL_MSG_BATCH_END, 0, body -> body.nfgenmsg(0, subsystem));
        }
    }

    /** Makes the buffers as large as the batch needs. */
    private void reserve(String what, boolean echoed) throws NetlinkException {
        int size = writer.writer().length();
        if (size > socket.get(SocketOption.SEND_BUFFER) - SEND_RESERVE) {
            int half = (size + SEND_RESERVE + 1) / 2; // the kernel doubles it
            socket.set(SocketOption.SEND_BUFFER, half);
            int limit = socket.get(SocketOption.SEND_BUFFER) - SEND_RESERVE;
            if (size > limit) {
                throw new BatchTooLargeException(
                        what,
                        size,
                        limit,
                        "raise net.core.wmem_max to at least " + half
                                + ", give this process CAP_NET_ADMIN in the initial "
                                + "user namespace, or divide the changes into several batches");
            }
        }
        long wanted = (long) ECHO_CHARGE * size;
        if (echoed && wanted > socket.get(SocketOption.RECEIVE_BUFFER)) {
            socket.set(SocketOption.RECEIVE_BUFFER, (int) Math.min(wanted, Integer.MAX_VALUE / 2));
        }
    }

    private BatchAnswer receive(String what, Echo echo, boolean commits) throws NetlinkException {
        refused = new ArrayList<>();
        done = false;
        complete = true;
        malformed = null;
        long deadline = transport.nanoTime() + ANSWER_NANOS;
        int empty = 0;
        while (!done && malformed == null && empty < EMPTY) {
            long left = complete ? deadline - transport.nanoTime() : 0;
            int count = complete && left <= 0 ? 0 : socket.receive(batch, left);
            if (count < 0 || (complete && left <= 0)) {
                throw new SystemCallException(
                        what,
                        count < 0 ? Errno.EBADF : Errno.ETIMEDOUT,
                        (count < 0 ? "the client was closed before the kernel's answer came" : "no answer came")
                                + (commits ? "; the batch may have been applied" : ""));
            }
            if (batch.overrun()) {
                complete = false;
            }
            empty = complete || count > 0 ? 0 : empty + 1;
            for (int i = 0; i < count; i++) {
                datagram(what, i, echo);
            }
        }
        if (malformed != null) {
            throw malformed;
        }
        if (!complete && refused.isEmpty()) {
            throw new SystemCallException(
                    what,
                    Errno.ENOBUFS,
                    "the kernel's answers were lost; "
                            + (commits
                                    ? "list the ruleset to find out whether the batch was applied"
                                    : "check it again"));
        }
        return new BatchAnswer(List.copyOf(refused), complete);
    }

    private void datagram(String what, int index, Echo echo) {
        if (batch.truncated(index)) {
            complete = false;
            return;
        }
        cursor.wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order());
        try {
            while (cursor.next()) {
                int message = writer.message(cursor.sequence());
                if (message >= 0) {
                    message(what, message, echo);
                }
            }
        } catch (MalformedMessageException e) {
            malformed = malformed == null ? e : malformed;
        }
    }

    private void message(String what, int message, Echo echo) throws MalformedMessageException {
        if (cursor.type() != Netlink.NLMSG_ERROR) {
            if (cursor.type() >= Netlink.NLMSG_MIN_TYPE) {
                echo.notification(writer.changeOf(message), cursor);
            }
            return;
        }
        // The end is acknowledged by no kernel unless requested, so the answer to the message before it is the last
        // one.
        // An error of the batch itself comes alone, or before answers that do not matter any more.
        done |= message == 0 || message >= last;
        KernelRefusedException reason = KernelAnswer.read(cursor, what);
        if (reason != null) {
            refused.add(refused(message, reason));
        }
    }

    private BatchAnswer.Refused refused(int message, KernelRefusedException reason) throws MalformedMessageException {
        var datagram = writer.writer().datagram();
        int start = writer.start(message);
        sent.wrap(datagram, start, datagram.limit() - start, socket.order()).next();
        BatchAnswer.Place place =
                reason.offset() < 0 ? BatchAnswer.Place.UNKNOWN : AttributePath.at(sent, reason.offset());
        return new BatchAnswer.Refused(writer.changeOf(message), sent.type(), reason, place);
    }

    /** Closes the socket, whose owned tables the kernel then removes. Any thread; idempotent. */
    @Override
    public void close() {
        socket.close();
    }
}
