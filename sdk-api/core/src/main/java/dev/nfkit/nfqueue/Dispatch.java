package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the verdicts of a session: those of the batch in progress, those that packets are owed, and those for packets in doubt.
 * What could not be sent stays in the outbox and is sent again. Its lock guards the outbox, the ledgers and what was received
 * if a watchdog takes part; otherwise all of these are the polling thread's.
 */
final class Dispatch {
    /** Half of what ids can be apart: a batch up to there covers all that wait. */
    private static final int ALL = 0x3fff_ffff;

    final ReentrantLock lock = new ReentrantLock();

    private final Queues queues;
    private final Outbox outbox;
    private final Verdict failureVerdict;
    private final @Nullable Received received;
    /** A send failed: what the outbox holds is to be sent again. */
    private volatile boolean unsent;

    private volatile long sendFailures;
    private Runnable onUnsent = () -> {};

    Dispatch(Queues queues, Outbox outbox, Verdict failureVerdict, @Nullable Received received) {
        this.queues = queues;
        this.outbox = outbox;
        this.failureVerdict = failureVerdict;
        this.received = received;
    }

    /** What to do when a send has failed. */
    void onUnsent(Runnable action) {
        onUnsent = action;
    }

    /** Adds a verdict to the batch. If there is no place because a send fails, the packet is owed the same verdict. */
    void add(Bound queue, int id, Verdict verdict) throws NetlinkException {
        try {
            outbox.add(queue, id, verdict);
        } catch (NetlinkException e) {
            if (!outbox.holds(verdict)) {
                throw e;
            }
            failed();
            queue.ledger.owe(id, verdict.copy());
        }
        queue.ledger.decided();
    }

    /** Writes one verdict for one packet. Where this throws, the packet has none. */
    void single(int queue, int id, Verdict verdict) throws NetlinkException {
        outbox.single(queue, id, verdict);
    }

    /** Sends all verdicts. If that fails they stay, to be sent by the next call. */
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

    /** Decides packets in doubt by a batch up to before the next one that is known; as a rule the kernel finds none. */
    private void sweep() throws NetlinkException {
        for (Bound queue : queues.bound) {
            Ledger ledger = queue.ledger;
            if (ledger.sweepDue()) {
                boolean drop = ledger.sweepDrops() || !failureVerdict.forBatches();
                int last = ledger.sweepEnd();
                outbox.sweep(queue, last, drop ? Verdict.DROP : failureVerdict);
                ledger.swept(last);
            }
        }
    }

    /** Gives a verdict to all that wait; a queue where something was decided otherwise is left to the kernel. */
    void sendToRest(Verdict verdict) throws NetlinkException {
        for (Bound queue : queues.bound) {
            if (queue.ledger.mayCloseBatch()) {
                outbox.batch(queue, queue.ledger.nextId() + ALL, verdict);
            }
        }
        outbox.flush();
    }

    /** A send failed: it will be made again. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who look
    private void failed() {
        unsent = true;
        sendFailures++;
        onUnsent.run();
    }

    /** Counts a send that failed elsewhere, and is made again there. Any thread, without the lock. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who look
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

    /** Forgets what was added, since the socket is closed; whether there was anything. */
    boolean discard() {
        unsent = false;
        return outbox.discard();
    }

    /** Packets that no one knows may wait, which came before those of an epoch. Any thread. */
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
     * The kernel refused the verdict of a packet, which may wait on; packets of an epoch from this one on come after it. Any
     * thread.
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

    /** Whether there is more to send than the verdicts of the batch in progress. On the polling thread. */
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
    boolean holds(Verdict verdict) {
        return outbox.holds(verdict);
    }

    long sendFailures() {
        return sendFailures;
    }

    /** Whether a failure says that the socket is closed, so that nothing can be sent any more. */
    static boolean isClosed(SystemCallException failure) {
        return failure.errno().equals(Errno.EBADF);
    }
}
