// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.BufferOverflowException;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Writes the messages of a batch into one datagram that grows as required, and remembers which change each message belongs
 * to. One thread at a time.
 */
public final class BatchWriter {
    private static final int FIRST = 16 * 1024;
    /** A datagram cannot be larger: its length is an int in the kernel, and the send buffer is twice as large. */
    private static final int LARGEST = 1 << 30;

    /** The first id for what a batch creates and refers to itself. Ids below belong to named objects. */
    private static final long FIRST_ID = 0x1000_0000L;

    /** The capacity that is kept between batches. */
    private static final int KEPT = 1 << 20;

    private final ByteOrder order;
    private MessageWriter writer;
    private int[] starts = new int[64];
    private int[] changes = new int[64];
    private int messages;
    private long firstSequence;
    private int change;
    private long nextId;

    BatchWriter(ByteOrder order) {
        this.order = order;
        this.writer = new MessageWriter(FIRST, order);
    }

    /** Begins a batch; its first message gets a sequence number, and each further one the next. */
    void clear(long sequence) {
        if (writer.capacity() > KEPT) {
            writer = new MessageWriter(FIRST, order);
        }
        writer.clear();
        messages = 0;
        firstSequence = sequence;
        change = -1;
        nextId = FIRST_ID;
    }

    /** The messages that follow belong to a change; −1 to the batch itself. */
    void change(int index) {
        change = index;
    }

    /**
     * Writes a message.
     *
     * @param type {@code nlmsg_type}
     * @param flags {@code nlmsg_flags} besides {@code NLM_F_REQUEST}
     * @param body writes what follows the header; again if there was not enough space, so it must always write the same
     * @throws IllegalStateException if the batch exceeds 1 GiB
     */
    public void message(int type, int flags, Exchange.Body body) {
        int start = writer.length();
        while (true) {
            try {
                writer.begin(type, flags | Netlink.NLM_F_REQUEST, firstSequence + messages);
                body.writeTo(writer);
                writer.end();
                break;
            } catch (BufferOverflowException e) {
                grow();
            }
        }
        if (messages == starts.length) {
            starts = Arrays.copyOf(starts, 2 * messages);
            changes = Arrays.copyOf(changes, 2 * messages);
        }
        starts[messages] = start;
        changes[messages++] = change;
    }

    /**
     * The byte order of headers.
     *
     * @return that of the socket
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * Ids for what the batch creates and refers to itself: no other object of the batch gets them.
     *
     * @param count the number of ids
     * @return the first one; the others follow
     */
    public long takeIds(int count) {
        long first = nextId;
        nextId += count;
        return first;
    }

    private void grow() {
        int capacity = writer.capacity();
        if (capacity >= LARGEST) {
            throw new IllegalStateException("the batch exceeds " + LARGEST + " bytes");
        }
        writer = writer.grown(2 * capacity);
    }

    /** Requests an acknowledgement of the last message. */
    void acknowledge() {
        int at = starts[messages - 1] + 6;
        var header = writer.datagram().duplicate().order(order);
        header.putShort(at, (short) (header.getShort(at) | Netlink.NLM_F_ACK));
    }

    MessageWriter writer() {
        return writer;
    }

    int messages() {
        return messages;
    }

    long lastSequence() {
        return firstSequence + messages - 1;
    }

    /** The place of a message by its sequence number, or −1 if it is not of this batch. */
    int message(long sequence) {
        long at = sequence - firstSequence;
        return at < 0 || at >= messages ? -1 : (int) at;
    }

    /** The change that a message belongs to. */
    int changeOf(int message) {
        return changes[message];
    }

    int start(int message) {
        return starts[message];
    }
}
