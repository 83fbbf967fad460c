// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the verdicts of a session: those of the batch in progress, those owed to packets, and those for packets in
 * doubt. Verdicts that could not be sent stay in the outbox and are sent again. If there is a watchdog, its lock guards
 * the outbox, the ledgers and the received packets; otherwise only the polling thread uses these.
 */
final class Dispatch {
    /** Half of the largest distance between ids: a batch up to there covers all waiting packets. */
    private static final int ALL = 0x3fff_ffff;

    final ReentrantLock lock = new ReentrantLock();

    private final Queues queues;
    private final Outbox outbox;
    private final Verdict failureVerdict;
    private final @Nullable Received received;
    /** Whether a send failed, so that the outbox must be sent again. */
    private volatile boolean unsent;

    private volatile long sendFailures;
    private Runnable onUnsent = () -> {};

    Dispatch(Queues queues, Outbox outbox, Verdict failureVerdict, @Nullable Received received) {
        this.queues = queues;
        this.outbox = outbox;
        this.failureVerdict = failureVerdict;
        this.received = received;
    }

    /** Sets the action after a failed send. */
    void onUnsent(Runnable action) {
        onUnsent = action;
    }

    /** Adds a verdict to the batch. If there is no space because a send fails, the packet is owed the same verdict. */
    void add(Bound queue, int id, Verdict verdict) throws NetlinkException {
        try {
            outbox.add(queue, id, verdict);
        } catch (NetlinkException e) {
            if (!outbox.canSend(verdict)) {
                throw e;
            }
            failed();
            queue.ledger.owe(id, verdict.copy());
        }
        queue.ledger.decided();
    }

    /** Writes one verdict for one packet. If this throws, the packet has none. */
    void single(int queue, int id, Verdict verdict) throws NetlinkException {
        outbox.single(queue, id, verdict);
    }

    /** Sends all verdicts. If sending fails, they are kept, and the next call sends them. */
    void send() throws NetlinkException {
        boolean sent = false;
        try {
            boolean troubled = queuesTroubled();
            if (troubled) {
                payOwed();
            }
            outbox.closeRuns();
            if (troubled) {
                sweep();
            }
            outbox.flush();
            sent = true;
        } finally {
            if (sent) {
                unsent = false;
            } else {
                failed();
            }
        }
    }

    private void payOwed() throws NetlinkException {
        for (Bound queue : queues.bound) {
            Ledger ledger = queue.ledger;
            for (Ledger.Owed owed = ledger.nextOwed(); owed != null; owed = ledger.nextOwed()) {
                if (received == null || received.leave(queue.queue, owed.id())) {
                    outbox.single(queue.queue, owed.id(), owed.verdict());
                }
                ledger.paid();
            }
        }
    }

    /** Decides packets in doubt by a batch up to the id before the next known packet; usually the kernel finds none. */
    private void sweep() throws NetlinkException {
        for (Bound queue : queues.bound) {
            Ledger ledger = queue.ledger;
            if (ledger.sweepDue()) {
                boolean drop = ledger.sweepDrops() || !failureVerdict.forBatches();
                int last = ledger.sweepEnd();
                if (!ledger.held.isAbandoned()) { // after the end was read: no sweep covers such a packet
                    outbox.sweep(queue, last, drop ? Verdict.DROP : failureVerdict);
                    ledger.swept(last);
                }
            }
        }
    }

    /**
     * Gives a verdict to all waiting packets, except in a queue with a packet that was decided otherwise, which the
     * kernel drops.
     */
    void sendToRest(Verdict verdict) throws NetlinkException {
        for (Bound queue : queues.bound) {
            if (queue.ledger.mayCloseBatch()) {
                outbox.batch(queue, queue.ledger.nextId() + ALL, verdict);
            }
        }
        outbox.flush();
    }

    /** Records a failed send, which will be repeated. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for readers
    private void failed() {
        unsent = true;
        sendFailures++;
        onUnsent.run();
    }

    /** Counts a send that failed in another class, which repeats it. Any thread, without the lock. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for readers
    void countFailure() {
        lock.lock();
        try {
            sendFailures++;
        } finally {
            lock.unlock();
        }
    }

    boolean unsent() {
        return unsent;
    }

    /** Forgets added verdicts, because the socket is closed; returns whether there were any. */
    boolean discard() {
        unsent = false;
        return outbox.discard();
    }

    /** Unknown packets may wait, which were received before those of an epoch. Any thread. */
    void doubt(int epoch) {
        lock.lock();
        try {
            for (Bound queue : queues.bound) {
                queue.ledger.doubt(epoch);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The kernel refused the verdict of a packet, which may still wait; packets of this and later epochs come after it.
     * Any thread.
     *
     * @param number the packet's queue, or a negative number if it is not known
     */
    void doubtRefused(int number, int epoch) {
        lock.lock();
        try {
            for (Bound queue : queues.bound) {
                if (number < 0 || queue.queue == number) {
                    queue.ledger.doubtRefused(epoch);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether there are more verdicts to send than those of the batch in progress. On the polling thread. */
    boolean troubled() {
        return unsent || queuesTroubled();
    }

    private boolean queuesTroubled() {
        for (Bound queue : queues.bound) {
            if (queue.ledger.troubled()) {
                return true;
            }
        }
        return false;
    }

    /** Whether a verdict can be sent at all; a changed payload may be larger than the send buffer. */
    boolean canSend(Verdict verdict) {
        return outbox.canSend(verdict);
    }

    long sendFailures() {
        return sendFailures;
    }

    /** Whether a failure means that the socket is closed, so that nothing can be sent. */
    static boolean isClosed(SystemCallException failure) {
        return failure.errno().equals(Errno.EBADF);
    }
}
