// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.time;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The clock that sockets and models of the kernel follow, and the lock of everything that follows it, so that a step of
 * time is atomic for all. Some methods require the lock.
 */
public final class ModelClock {
    /** An action under the lock, with a result. */
    @FunctionalInterface
    public interface Step<T extends @Nullable Object, E extends Exception> {
        /** Carries it out. */
        T run() throws E;
    }

    /** An action under the lock, without a result. */
    @FunctionalInterface
    public interface Action<E extends Exception> {
        /** Carries it out. */
        void run() throws E;
    }

    private enum Mode {
        AUTOMATIC,
        MANUAL,
        REAL,
        FOLLOWING
    }

    /** An action of the model at a later time. */
    public static final class Timer {
        private final long at;
        private final Runnable action;

        private Timer(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        /** When the action happens, by {@link #now}. */
        public long at() {
            return at;
        }
    }

    /** The interval at which a wait looks at what sends no notification: a followed clock, or a test's condition. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Mode mode;
    private final LongSupplier followed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(timer -> timer.at));
    private final long followedStart;
    private final long epochStart;
    private long elapsed;
    private long patienceNanos = TimeUnit.SECONDS.toNanos(30);

    private ModelClock(Mode mode, LongSupplier followed) {
        this.mode = mode;
        this.followed = followed;
        this.followedStart = followed.getAsLong();
        this.epochStart = mode == Mode.REAL
                ? TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis())
                : TimeUnit.SECONDS.toNanos(Instant.parse("2026-01-01T00:00:00Z").getEpochSecond());
    }

    /** A clock that jumps to the time that is waited for. */
    public static ModelClock automatic() {
        return new ModelClock(Mode.AUTOMATIC, () -> 0);
    }

    /** A clock that stands still until {@link #advance}. */
    public static ModelClock manual() {
        return new ModelClock(Mode.MANUAL, () -> 0);
    }

    /** A clock that runs as the machine's. */
    public static ModelClock real() {
        // Not a method reference: a scheduler that controls time replaces calls, but not method references.
        return new ModelClock(Mode.REAL, () -> System.nanoTime());
    }

    /** A clock that follows another one, in nanoseconds. */
    public static ModelClock following(LongSupplier nanos) {
        return new ModelClock(Mode.FOLLOWING, nanos);
    }

    /** The time, in nanoseconds since an arbitrary moment. Any thread. */
    public long nanoTime() {
        return locked(this::now);
    }

    /** The time of day, in nanoseconds since 1970. Any thread. */
    public long epochNanos() {
        return epochStart + nanoTime();
    }

    /** Advances the time, in order of what falls due. Any thread. */
    public void advance(Duration step) {
        if (step.isNegative()) {
            throw new IllegalArgumentException("step " + step + " is negative");
        }
        locked(() -> moveTo(now() + step.toNanos()));
    }

    /** Sets the longest wait in real time, more than zero. Any thread. */
    public void patience(Duration longest) {
        if (longest.isNegative() || longest.isZero()) {
            throw new IllegalArgumentException("patience " + longest + " is not more than zero");
        }
        locked(() -> {
            patienceNanos = longest.toNanos();
        });
    }

    /** How long a wait may take in real time; requires the lock. */
    public Duration patience() {
        return Duration.ofNanos(patienceNanos);
    }

    /** Runs an action under the lock, and returns its result. */
    public <T extends @Nullable Object, E extends Exception> T locked(Step<T, E> step) throws E {
        lock.lock();
        try {
            return step.run();
        } finally {
            lock.unlock();
        }
    }

    /** Runs an action under the lock. */
    public <E extends Exception> void locked(Action<E> action) throws E {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    // All that follows requires the lock.

    /** The time for deadlines, in nanoseconds. */
    public long now() {
        return followed.getAsLong() - followedStart + elapsed;
    }

    /** Wakes up everything that waits for a change. */
    public void changed() {
        changed.signalAll();
    }

    /** Arranges for an action at a later time. */
    public Timer schedule(long at, Runnable action) {
        Timer timer = new Timer(at, action);
        timers.add(timer);
        changed.signalAll();
        return timer;
    }

    /** Cancels an action that has not happened. */
    public void cancel(Timer timer) {
        timers.remove(timer);
    }

    /** Runs the actions that have fallen due. */
    public void runDue() {
        for (Timer next = timers.peek(); next != null && next.at <= now(); next = timers.peek()) {
            timers.poll();
            next.action.run();
        }
    }

    private void moveTo(long target) {
        for (Timer next = timers.peek(); next != null && next.at <= target; next = timers.peek()) {
            elapsed += Math.max(0, next.at - now());
            timers.poll();
            next.action.run();
        }
        elapsed += Math.max(0, target - now());
        changed.signalAll();
    }

    /**
     * Waits for a change or for time to pass; may return early. It does not react to an interrupt but reports it.
     *
     * @param deadline by {@link #now}, or Long.MAX_VALUE
     * @param realStop the System.nanoTime() at which patience ends
     * @return whether the thread was interrupted meanwhile
     */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    public boolean await(long deadline, long realStop) {
        Timer next = timers.peek();
        long until = next == null ? deadline : Math.min(deadline, next.at);
        if (mode == Mode.AUTOMATIC && until != Long.MAX_VALUE) {
            moveTo(until);
            return false;
        }
        long wait = realStop - System.nanoTime();
        if (mode == Mode.REAL && until != Long.MAX_VALUE) {
            wait = until - now();
        } else if (wait <= 0) {
            throw new AssertionError("a receive has waited for its patience of "
                    + Duration.ofNanos(patienceNanos).toMillis()
                    + " ms: nothing was delivered, and the socket was neither closed nor woken up"
                    + (mode == Mode.MANUAL ? ", and the manual clock was not advanced" : ""));
        } else if (mode == Mode.FOLLOWING && until != Long.MAX_VALUE) {
            wait = Math.min(wait, LOOK_NANOS);
        }
        try {
            changed.awaitNanos(wait);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** The longest wait in real time. */
    public long patienceNanos() {
        return patienceNanos;
    }

    /** Whether time jumps to the time that is waited for. */
    public boolean jumps() {
        return mode == Mode.AUTOMATIC;
    }

    /** Waits for a change in real time; may return early. Returns whether the thread was interrupted meanwhile. */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    public boolean awaitReal(long nanos) {
        try {
            changed.awaitNanos(nanos);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /**
     * Waits in real time until a condition is true, while the clock's own time stands still; false if the patience ends
     * before. The condition is evaluated at each change, and every few milliseconds, as it may be about something else.
     */
    public boolean awaitUntil(BooleanSupplier condition) {
        long stop = realStop();
        boolean interrupted = false;
        while (!condition.getAsBoolean() && stop - System.nanoTime() > 0) {
            try {
                changed.awaitNanos(Math.min(stop - System.nanoTime(), LOOK_NANOS));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return condition.getAsBoolean();
    }

    private long realStop() {
        return System.nanoTime() + patienceNanos;
    }

    /** Waits for a change without reacting to interrupts. */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    public void awaitChange() {
        changed.awaitUninterruptibly();
    }
}
