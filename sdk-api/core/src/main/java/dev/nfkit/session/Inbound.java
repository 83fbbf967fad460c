// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The messages that were received and not yet processed: those set aside while a request waited for its answer, then
 * those of the batch. It keeps its position, so that a sink that throws loses no packet after the one that it threw
 * for.
 */
public final class Inbound {
    private record Held(ByteBuffer bytes, long receivedAt, int epoch) {}

    private final DatagramBatch batch;
    private final ByteOrder order;
    private final Life life;
    private final MessageCursor message = new MessageCursor();
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private int index;
    private long receivedAt;
    private long datagrams;
    private long truncated;
    private long overruns;
    private int missed;
    private int epoch;

    Inbound(DatagramBatch batch, ByteOrder order, Life life) {
        this.batch = batch;
        this.order = order;
        this.life = life;
        this.index = Integer.MAX_VALUE;
    }

    /** Starts a batch that was just filled. */
    void take() {
        index = 0;
        if (batch.overrun()) {
            overruns++;
        }
    }

    /** Whether anything may be left. */
    boolean pending() {
        return message.hasNext() || !held.isEmpty() || index < batch.count();
    }

    /** Copies the message under the cursor, to be processed later in its order, before the batch. */
    void setAside() {
        ByteBuffer copy = ByteBuffer.allocate(message.length());
        copy.put(0, message.buffer(), message.offset(), message.length());
        held.add(new Held(copy, receivedAt, epoch));
    }

    /** Moves to the next message of the batch alone. */
    boolean nextOfBatch() throws NetlinkException {
        while (!message.next()) {
            if (!openOfBatch()) {
                return false;
            }
        }
        return true;
    }

    /** Moves to the next message, set aside or of the batch. */
    boolean next() throws NetlinkException {
        while (!message.next()) {
            Held first = held.poll();
            if (first != null) {
                receivedAt = first.receivedAt;
                epoch = first.epoch;
                message.wrap(first.bytes, 0, first.bytes.capacity(), order);
            } else if (!openOfBatch()) {
                return false;
            }
        }
        return true;
    }

    private boolean openOfBatch() throws NetlinkException {
        while (index < batch.count()) {
            int at = index++;
            datagrams++;
            if (batch.truncated(at)) {
                truncated++;
                missed++; // what is set aside came before it
                life.truncated(batch.buffer(), batch.offset(at), batch.length(at));
                continue;
            }
            receivedAt = batch.datagramReceivedAt(at);
            epoch = missed;
            message.wrap(batch.buffer(), batch.offset(at), batch.length(at), order);
            return true;
        }
        return false;
    }

    MessageCursor message() {
        return message;
    }

    /**
     * Begins a new epoch: messages may have been received and lost between earlier messages and later ones. It applies
     * to messages of all datagrams that are read from now on.
     *
     * @return the new epoch
     */
    public int newEpoch() {
        return ++missed;
    }

    /**
     * The number of times that messages may have been lost in this process before this one was received.
     *
     * @return the epoch of the message under the cursor, from 0
     */
    public int epoch() {
        return epoch;
    }

    /**
     * The number of times that messages may have been lost in this process so far.
     *
     * @return the epoch of messages received from now on, from 0
     */
    public int currentEpoch() {
        return missed;
    }

    /**
     * When the message's datagram was received.
     *
     * @return nanoseconds since 1970
     */
    public long receivedAt() {
        return receivedAt;
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
     * Datagrams received.
     *
     * @return a count
     */
    public long datagrams() {
        return datagrams;
    }

    /**
     * Datagrams that were larger than their slot, which were not read.
     *
     * @return a count
     */
    public long truncated() {
        return truncated;
    }

    /**
     * Receives that reported an overrun.
     *
     * @return a count
     */
    public long overruns() {
        return overruns;
    }
}
