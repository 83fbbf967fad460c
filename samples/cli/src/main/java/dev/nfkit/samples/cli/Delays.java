package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.Answers;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Lets held packets go on when their time has come, on a thread of its own; those of one time in one system call. */
final class Delays implements AutoCloseable {
    private final PriorityQueue<Delayed> waiting =
            new PriorityQueue<>(Comparator.comparingLong(Delayed::due).thenComparingLong(Delayed::serial));
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Runnable onFailure;
    private final long origin = System.nanoTime();
    private final Thread thread = new Thread(this::run, "nfkit-delays");
    private volatile @Nullable NetlinkException failure;
    private long serial;
    private boolean released;
    private boolean closed;

    /** A held packet, and when it goes on, in nanoseconds since the origin: those can be compared. */
    private record Delayed(QueuedPacket packet, long due, long serial) {}

    /**
     * Starts the thread.
     *
     * @param onFailure what to do, on that thread, when an answer can't be sent; nothing goes on then
     */
    Delays(Runnable onFailure) {
        this.onFailure = onFailure;
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes a held packet. */
    void add(QueuedPacket held, long nanos) {
        locked(() -> waiting.add(new Delayed(held, now() + nanos, serial++)));
    }

    /** Lets all go on now, and those that are still to come at once. */
    void release() {
        locked(() -> released = true);
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private long now() {
        return System.nanoTime() - origin;
    }

    private void run() {
        Answers answers = new Answers();
        try {
            while (gather(answers)) {
                answers.send();
            }
        } catch (NetlinkException e) {
            failure = e;
            onFailure.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for those that are due; false at the end. */
    private boolean gather(Answers answers) throws InterruptedException {
        lock.lock();
        try {
            while (answers.size() == 0) {
                if (closed) {
                    return false;
                }
                Delayed next = waiting.peek();
                if (next == null) {
                    changed.await();
                } else if (released || next.due() <= now()) {
                    take(answers);
                } else {
                    changed.awaitNanos(next.due() - now());
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void take(Answers answers) {
        long now = now();
        while (!waiting.isEmpty() && (released || waiting.element().due() <= now)) {
            // What comes too late, behind the deadline or the session's end, the session counts.
            answers.add(waiting.remove().packet(), Verdict.ACCEPT);
        }
    }

    /** Throws what kept an answer from being sent, where something did. */
    void check() throws NetlinkException {
        NetlinkException found = failure;
        if (found != null) {
            throw found;
        }
    }

    /** Ends the thread; what still waits is the session's to settle. */
    @Override
    public void close() {
        locked(() -> closed = true);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
