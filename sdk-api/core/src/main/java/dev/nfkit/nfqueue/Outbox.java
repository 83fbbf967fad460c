package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageWriter;

/**
 * The verdicts of a batch on their way into one datagram. A run of equal verdicts becomes one {@code
 * NFQNL_MSG_VERDICT_BATCH}; a drop among others goes ahead of their run, on its own: it is not put back on its way, so
 * that no packet overtakes another. A batch covers all that wait up to its id: while a held packet lies there, each gets
 * a verdict of its own. One thread at a time.
 */
final class Outbox {
    /** Fewer drops than these are said singly, so that a run of others need not end for them. */
    private static final int FEW = 4;

    private static final int CAPACITY = 256 << 10;
    private static final int SMALL = VerdictMessages.size(Verdict.ACCEPT);

    private final NetlinkSocket socket;
    private final MessageWriter writer;
    private final VerdictLog log;
    private final Holds holds;
    private final Bound[] bound;
    private final int limit;

    Outbox(NetlinkSocket socket, VerdictLog log, Holds holds, Bound[] bound, int limit) {
        this.socket = socket;
        this.log = log;
        this.holds = holds;
        this.bound = bound;
        this.limit = Math.min(limit, CAPACITY);
        writer = new MessageWriter(CAPACITY, socket.order());
    }

    /** Adds a packet's verdict. */
    void add(Bound queue, int id, Verdict verdict) throws NetlinkException {
        int length = queue.runLength;
        if (length > 0) {
            if (verdict.forBatches()
                    && verdict.sameAs(queue.runNumber, queue.runChanges, queue.runMark, queue.runPriority)) {
                if (length == queue.run.length) {
                    closeRun(queue);
                    length = 0;
                }
                queue.run[length] = id;
                queue.runLength = length + 1;
                return;
            }
            if (isDrop(verdict.number(), verdict.changes())) {
                single(queue.queue, id, verdict);
                return;
            }
            closeRun(queue);
        }
        if (verdict.forBatches()) {
            queue.runNumber = verdict.number();
            queue.runChanges = verdict.changes();
            queue.runMark = verdict.mark();
            queue.runPriority = verdict.priority();
            queue.run[0] = id;
            queue.runLength = 1;
        } else {
            single(queue.queue, id, verdict);
        }
    }

    private static boolean isDrop(int number, int changes) {
        return number == NfqueueConfig.NF_DROP && changes == 0;
    }

    /** Writes one verdict for one packet. */
    void single(int queue, int id, Verdict verdict) throws NetlinkException {
        makeRoom(VerdictMessages.size(verdict));
        try {
            VerdictMessages.single(writer, log.next(queue, id, false), queue, id, verdict);
        } catch (RuntimeException e) {
            writer.abandon(); // bytes that were released, for one
            throw e;
        }
    }

    private void closeRun(Bound queue) throws NetlinkException {
        int length = queue.runLength;
        queue.runLength = 0;
        int last = queue.run[length - 1];
        boolean few = length == 1 || (length < FEW && isDrop(queue.runNumber, queue.runChanges));
        if (few || !queue.batches || holds.anyUpTo(queue, last)) {
            for (int i = 0; i < length; i++) {
                makeRoom(SMALL);
                VerdictMessages.ofRun(writer, log, queue, queue.run[i], false);
            }
        } else {
            makeRoom(SMALL);
            VerdictMessages.ofRun(writer, log, queue, last, true);
        }
    }

    private void makeRoom(int size) throws NetlinkException {
        if (writer.length() > 0 && writer.length() + size > limit) {
            send();
        }
    }

    private void send() throws NetlinkException {
        try {
            socket.send(writer.datagram());
        } catch (NetlinkException e) {
            for (Bound queue : bound) {
                queue.batches = false; // packets wait on that a batch would decide
            }
            throw e;
        } finally {
            writer.clear();
        }
    }

    /** Forgets what was added, as the socket is closed; whether there was anything. */
    boolean discard() {
        boolean any = writer.length() > 0;
        writer.clear();
        for (Bound queue : bound) {
            any |= queue.runLength > 0;
            queue.runLength = 0;
        }
        return any;
    }

    /** Sends what was added. */
    void flush() throws NetlinkException {
        for (Bound queue : bound) {
            if (queue.runLength > 0) {
                closeRun(queue);
            }
        }
        if (writer.length() > 0) {
            send();
        }
    }
}
