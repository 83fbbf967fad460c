// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The right to receive from a session's socket, which one thread has at a time: one that polls, one that closes, or one
 * that waits for the answer to its request. The last one hands over as soon as a poll wants to receive. Any thread.
 *
 * <p>To take and to release it costs no lock. Only threads that wait need one, and only then does a release take it.
 */
final class Turn {
    /** The longest wait without a look, if the signal is lost because its thread has no memory or stack for it. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** A thread that receives until its request is answered. */
    private record Asker(Thread thread) {}

    private final AtomicReference<@Nullable Object> holder = new AtomicReference<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile int waiting;
    private volatile boolean wanted;

    /** Takes the turn for a thread that polls or closes, if it is free. */
    boolean take(Thread self) {
        return holder.compareAndSet(null, self);
    }

    /** Takes the turn to wait for an answer, if it is free and no poll waits for it. */
    boolean takeToAsk(Thread self) {
        return freeToAsk() && holder.compareAndSet(null, new Asker(self));
    }

    /** Whether the turn can be {@linkplain #takeToAsk taken to ask}. */
    boolean freeToAsk() {
        return !wanted && holder.get() == null;
    }

    boolean isFree() {
        return holder.get() == null;
    }

    /** Whether a thread has the turn to poll or to close. */
    boolean isHeldToPoll() {
        return holder.get() instanceof Thread;
    }

    /** Whether this thread has the turn, in either way. */
    boolean isMine() {
        Object present = holder.get();
        Thread self = Thread.currentThread();
        return present == self || (present instanceof Asker asker && asker.thread == self);
    }

    /** Whether this thread has the turn to poll or to close. */
    boolean isMineToPoll() {
        return holder.get() == Thread.currentThread();
    }

    /** Gives the turn back. */
    void release() {
        holder.set(null);
        signal();
    }

    /** A poll wants the turn, or no longer does. A thread that has it to ask is to release it. */
    void want(boolean now) {
        wanted = now;
        if (!now) {
            signal();
        }
    }

    /** Whether a poll waits for the turn. */
    boolean isWanted() {
        return wanted;
    }

    /** Has the threads that wait look at what they wait for. Throws nothing. */
    void signal() {
        // The change was written before, and a waiting thread sets this before it checks its condition: no change is
        // missed.
        if (waiting > 0) {
            try {
                lock.lock();
                try {
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            } catch (Throwable ignored) {
                // No memory or stack: the change has happened, and a waiting thread looks again soon.
            }
        }
    }

    /**
     * Waits until a condition holds, for a short time at most; the caller looks at the clock and waits again. An
     * interrupt does not end the wait, and stays.
     *
     * @param until the condition; it is called with the lock of this turn
     * @param nanos the longest wait
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for signal()
    void await(BooleanSupplier until, long nanos) {
        boolean interrupted = false;
        lock.lock();
        try {
            waiting++;
            long left = Math.min(nanos, STEP_NANOS);
            while (left > 0 && !until.getAsBoolean()) {
                try {
                    left = changed.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            waiting--;
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
