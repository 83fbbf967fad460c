package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageWriter;

/**
 * Writes verdicts into one datagram and keeps it until it was sent: what could not be sent is sent again by the next {@link
 * #send}. A verdict that is sent twice is harmless, since the kernel finds no packet for the second one (ENOENT), and so is a
 * batch: every packet up to its id had a verdict when it was written. One thread at a time.
 */
final class VerdictWriter {
    private static final int CAPACITY = 256 << 10;

    private final NetlinkSocket socket;
    private final MessageWriter writer;
    private final VerdictLog log;
    private final int limit;
    /** The sequence number of the datagram's last message. */
    private long previous = VerdictLog.NONE;

    /** The limit is that of the send buffer, in bytes. */
    VerdictWriter(NetlinkSocket socket, VerdictLog log, int limit) {
        this.socket = socket;
        this.log = log;
        this.limit = Math.min(limit, CAPACITY);
        writer = new MessageWriter(CAPACITY, socket.order());
    }

    boolean isEmpty() {
        return writer.length() == 0;
    }

    /** Whether a verdict of a size leaves in the same datagram. */
    boolean fits(int size) {
        return writer.length() == 0 || writer.length() + size <= limit;
    }

    /** Whether a verdict of a size can be sent at all. */
    boolean holds(int size) {
        return size <= limit || size <= VerdictMessages.SMALL;
    }

    /** Writes a verdict for one packet; it fits. */
    void single(int queue, int id, Verdict verdict) throws NetlinkException {
        int size = VerdictMessages.size(verdict);
        if (!holds(size)) {
            throw new SystemCallException(
                    "verdict for packet " + Integer.toUnsignedLong(id) + " of queue " + queue,
                    Errno.EMSGSIZE,
                    "it takes up to " + size + " bytes, and the send buffer " + limit
                            + "; open the session with a larger sendBuffer, or raise net.core.wmem_max");
        }
        long sequence = log.next(queue, id, false, previous);
        boolean written = false;
        try {
            VerdictMessages.single(writer, sequence, queue, id, verdict);
            written = true;
        } finally {
            end(written, sequence);
        }
    }

    /** Writes a verdict of a queue's run, for one packet or for all that wait up to it; it fits. */
    void ofRun(Bound queue, int id, boolean batch) {
        long sequence = log.next(queue.queue, id, batch, previous);
        boolean written = false;
        try {
            VerdictMessages.ofRun(writer, sequence, queue, id, batch);
            written = true;
        } finally {
            end(written, sequence);
        }
    }

    /** Writes one verdict for all that wait up to a packet; it fits. A sweep is one for packets in doubt. */
    void batch(int queue, int id, Verdict verdict, boolean sweep) {
        long sequence = sweep ? log.nextSweep(queue, id, previous) : log.next(queue, id, true, previous);
        boolean written = false;
        try {
            VerdictMessages.batch(writer, sequence, queue, id, verdict);
            written = true;
        } finally {
            end(written, sequence);
        }
    }

    private void end(boolean written, long sequence) {
        if (written) {
            previous = sequence;
        } else {
            writer.abandon(); // the verdict's bytes were released, for one
        }
    }

    /** Sends what was written. If that fails it stays, to be sent by the next call. */
    void send() throws NetlinkException {
        if (writer.length() > 0) {
            socket.send(writer.datagram());
            clear();
        }
    }

    /** Forgets what was written. */
    void clear() {
        writer.clear();
        previous = VerdictLog.NONE;
    }
}
