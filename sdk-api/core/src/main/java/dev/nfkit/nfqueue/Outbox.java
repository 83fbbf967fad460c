// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;

/**
 * The verdicts of a batch, which are sent in one datagram. A run of equal verdicts becomes one {@code
 * NFQNL_MSG_VERDICT_BATCH}, if the {@link Ledger} permits that. A drop among other verdicts is written before their
 * run, as a single verdict: the packet does not go on, so no packet overtakes another. Only a successful send removes
 * verdicts from the outbox. One thread at a time.
 */
final class Outbox {
    /** A run of fewer drops becomes single verdicts, so that a run of other verdicts need not end for them. */
    private static final int FEW = 4;

    private final VerdictWriter writer;
    private final Bound[] bound;

    Outbox(VerdictWriter writer, Bound[] bound) {
        this.writer = writer;
        this.bound = bound;
    }

    /** Adds a packet's verdict. If this throws, the packet has none. */
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

    /** Whether a verdict can be sent at all; a changed payload may be larger than the send buffer. */
    boolean canSend(Verdict verdict) {
        return writer.canSend(VerdictMessages.size(verdict));
    }

    /** Writes one verdict for one packet. If this throws, the packet has none. */
    void single(int queue, int id, Verdict verdict) throws NetlinkException {
        int size = VerdictMessages.size(verdict);
        fit(size);
        writer.single(queue, id, verdict, size);
    }

    /** Writes one verdict for all waiting packets up to a packet. */
    void batch(Bound queue, int id, Verdict verdict) throws NetlinkException {
        fit(VerdictMessages.SMALL);
        writer.batch(queue.queue, id, verdict, false);
    }

    /** Writes one verdict for the packets in doubt up to an id; it is not a failure if there are none. */
    void sweep(Bound queue, int id, Verdict verdict) throws NetlinkException {
        fit(VerdictMessages.SMALL);
        writer.batch(queue.queue, id, verdict, true);
    }

    private void closeRun(Bound queue) throws NetlinkException {
        int length = queue.runLength;
        int left = length - queue.runWritten;
        if (left == 1) {
            fit(VerdictMessages.SMALL);
            writer.ofRun(queue, queue.run[length - 1], false);
        } else if ((left < FEW && isDrop(queue.runNumber, queue.runChanges))
                || !queue.ledger.mayBatch(queue.run[length - 1])) {
            closeSingly(queue);
        } else {
            fit(VerdictMessages.SMALL);
            writer.ofRun(queue, queue.run[length - 1], true);
        }
        queue.runLength = 0;
        queue.runWritten = 0;
    }

    private void closeSingly(Bound queue) throws NetlinkException {
        while (queue.runWritten < queue.runLength) {
            fit(VerdictMessages.SMALL);
            writer.ofRun(queue, queue.run[queue.runWritten], false);
            queue.runWritten++;
        }
    }

    private void fit(int size) throws NetlinkException {
        if (!writer.fits(size)) {
            writer.send();
        }
    }

    /** Whether nothing waits to be sent. */
    boolean isEmpty() {
        for (Bound queue : bound) {
            if (queue.runLength > 0) {
                return false;
            }
        }
        return writer.isEmpty();
    }

    /** Forgets added verdicts, because the socket is closed; returns whether there were any. */
    boolean discard() {
        boolean any = !isEmpty();
        writer.clear();
        for (Bound queue : bound) {
            queue.runLength = 0;
            queue.runWritten = 0;
        }
        return any;
    }

    /** Writes the runs. */
    void closeRuns() throws NetlinkException {
        for (Bound queue : bound) {
            if (queue.runLength > 0) {
                closeRun(queue);
            }
        }
    }

    /** Sends the added verdicts. If sending fails, all are kept, and the next call sends them. */
    void flush() throws NetlinkException {
        closeRuns();
        writer.send();
    }
}
