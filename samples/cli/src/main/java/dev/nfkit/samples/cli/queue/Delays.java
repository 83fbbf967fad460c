// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.Answers;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Answers held packets when their delay has passed, on a thread of its own. Packets that are due together are answered
 * in one system call.
 */
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

    /** A held packet, and when to answer it in nanoseconds since the origin, so that times can be compared. */
    private record Delayed(QueuedPacket packet, long due, long serial) {}

    /**
     * Starts the thread.
     *
     * @param onFailure runs on that thread when an answer cannot be sent; then no more packets are answered
     */
    Delays(Runnable onFailure) {
        this.onFailure = onFailure;
        thread.setDaemon(true);
        thread.start();
    }

    /** Adds a held packet. */
    void add(QueuedPacket held, long nanos) {
        locked(() -> waiting.add(new Delayed(held, now() + nanos, serial++)));
    }

    /** Answers all held packets now, and later ones at once. */
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

    /** Waits for packets that are due; false at the end. */
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
            // Answers after the deadline or the session's end are counted by the session.
            answers.add(waiting.remove().packet(), Verdict.ACCEPT);
        }
    }

    /** Throws the exception that prevented an answer from being sent, if any. */
    void check() throws NetlinkException {
        NetlinkException found = failure;
        if (found != null) {
            throw found;
        }
    }

    /** Ends the thread. The session settles the packets that are still waiting. */
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
