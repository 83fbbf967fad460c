// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageWriter;

/**
 * Writes verdicts into one datagram and keeps it until it was sent: after a failure the next {@link #send} sends it
 * again. Sending a verdict twice is harmless, because the kernel finds no packet for the second one (ENOENT). The same
 * applies to a batch: every packet up to its id had a verdict when it was written. One thread at a time.
 */
final class VerdictWriter {
    private static final int CAPACITY = 256 << 10;

    private final NetlinkSocket socket;
    private final MessageWriter writer;
    private final VerdictLog log;
    /** {@link VerdictLog#HELD} or 0. */
    private final int kind;

    private final int limit;
    private final ConntrackGlue glue;
    // The sequence numbers of the datagram's first and last message.
    private long first;
    private long last;

    /** The limit is that of the send buffer, in bytes; the kind is HELD for the writer of held packets, otherwise 0. */
    VerdictWriter(NetlinkSocket socket, VerdictLog log, int kind, int limit, ConntrackGlue glue) {
        this.glue = glue;
        this.socket = socket;
        this.log = log;
        this.kind = kind;
        this.limit = Math.min(limit, CAPACITY);
        writer = new MessageWriter(CAPACITY, socket.order());
    }

    boolean isEmpty() {
        return writer.abandon().length() == 0;
    }

    /** Whether a verdict of a size fits the same datagram. */
    boolean fits(int size) {
        return writer.length() == 0 || writer.length() + size <= limit;
    }

    /** Whether a verdict of a size can be sent at all. */
    boolean canSend(int size) {
        return size <= limit || size <= VerdictMessages.SMALL;
    }

    /** Writes a verdict for one packet; it fits, and its size is that of {@link VerdictMessages#size}. */
    void single(int queue, int id, Verdict verdict, int size) throws NetlinkException {
        if (!canSend(size)) {
            throw tooLarge(queue, id, size);
        }
        long sequence = begin(queue, id, kind);
        VerdictMessages.single(writer, sequence, queue, id, verdict);
        written(sequence);
        if (verdict.conntrack() != null) {
            glue.used();
        }
    }

    private SystemCallException tooLarge(int queue, int id, int size) {
        return new SystemCallException(
                "verdict for packet " + Integer.toUnsignedLong(id) + " of queue " + queue,
                Errno.EMSGSIZE,
                "it takes up to " + size + " bytes, and the send buffer " + limit
                        + "; open the session with a larger sendBuffer, or raise net.core.wmem_max");
    }

    /** Writes a verdict of a queue's run, for one packet or for all waiting packets up to it; it fits. */
    void ofRun(Bound queue, int id, boolean batch) {
        long sequence = begin(queue.queue, id, batch ? kind | VerdictLog.BATCH : kind);
        VerdictMessages.ofRun(writer, sequence, queue, id, batch);
        written(sequence);
    }

    /**
     * Writes one verdict for all waiting packets up to a packet; it fits. A sweep is a verdict for packets in doubt.
     */
    void batch(int queue, int id, Verdict verdict, boolean sweep) {
        long sequence = begin(queue, id, kind | VerdictLog.BATCH | (sweep ? VerdictLog.SWEEP : 0));
        VerdictMessages.batch(writer, sequence, queue, id, verdict);
        written(sequence);
    }

    /**
     * Removes a verdict that was interrupted, for instance by released bytes, and begins the next one with a new
     * number.
     */
    private long begin(int queue, int id, int kind) {
        writer.abandon();
        return log.next(queue, id, kind);
    }

    private void written(long sequence) {
        last = sequence;
        if (first == 0) {
            first = sequence;
        }
    }

    /** Sends the written verdicts. If sending fails, they are kept, and the next call sends them. */
    void send() throws NetlinkException {
        if (!isEmpty()) {
            log.sending(first, last);
            socket.send(writer.datagram());
            clear();
        }
    }

    /** Discards the written verdicts. */
    void clear() {
        writer.clear();
        first = 0;
    }
}
