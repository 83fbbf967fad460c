package dev.nfkit.testkit;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The clock of a test double, which its deadlines and its model of the kernel follow. Safe for any number of threads.
 *
 * <p>It also contains the lock of everything in memory that follows it, so that a step of time is atomic for all.
 */
public final class TestClock {
    private enum Mode {
        AUTOMATIC,
        MANUAL,
        REAL,
        FOLLOWING
    }

    /** An action of the model at a later time. */
    static final class Timer {
        private final long at;
        private final Runnable action;

        Timer(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        long at() {
            return at;
        }
    }

    /**
     * The interval at which a waiting receive checks whether a followed clock, which sends no notification, has moved.
     */
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

    private TestClock(Mode mode, LongSupplier followed) {
        this.mode = mode;
        this.followed = followed;
        this.followedStart = followed.getAsLong();
        this.epochStart = mode == Mode.REAL
                ? TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis())
                : TimeUnit.SECONDS.toNanos(Instant.parse("2026-01-01T00:00:00Z").getEpochSecond());
    }

    /**
     * Creates a clock that jumps: when a receive would wait for something that only time brings, time moves there at
     * once. A receive with a timeout on an empty socket returns 0 without waiting. Best for tests with one thread.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock automatic() {
        return new TestClock(Mode.AUTOMATIC, () -> 0);
    }

    /**
     * Creates a clock that stands still until {@link #advance}. Best for tests whose threads wait for each other.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock manual() {
        return new TestClock(Mode.MANUAL, () -> 0);
    }

    /**
     * Creates a clock that runs as the machine's, and can also be advanced.
     *
     * @return a new clock
     */
    public static TestClock real() {
        // Not a method reference: a scheduler that controls time replaces calls, but not method references.
        return new TestClock(Mode.REAL, () -> System.nanoTime());
    }

    /**
     * Creates a clock that follows another one, such as the virtual time of a coroutine test, and can also be advanced.
     * Waiting receives read it every few milliseconds of real time; what fell due meanwhile happens then, in order.
     *
     * @param nanos the other clock, in nanoseconds, which never goes back; called on any thread, so it must not block
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock following(LongSupplier nanos) {
        return new TestClock(Mode.FOLLOWING, nanos);
    }

    /**
     * Returns the time for deadlines.
     *
     * @return nanoseconds since an arbitrary moment
     */
    public long nanoTime() {
        lock.lock();
        try {
            return now();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the time of day.
     *
     * @return nanoseconds since 1970
     */
    public long epochNanos() {
        return epochStart + nanoTime();
    }

    /**
     * Advances the time. Everything that falls due happens in order, and receives whose timeout has passed return.
     *
     * @param step the duration, not negative
     */
    public void advance(Duration step) {
        if (step.isNegative()) {
            throw new IllegalArgumentException("step " + step + " is negative");
        }
        lock.lock();
        try {
            moveTo(now() + step.toNanos());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Limits how long a receive without a timeout, or one that waits for {@link #advance}, blocks in real time before
     * it fails the test with an AssertionError: every wait has a bound. 30 seconds unless set.
     *
     * @param longest the limit, more than zero
     */
    public void patience(Duration longest) {
        if (longest.isNegative() || longest.isZero()) {
            throw new IllegalArgumentException("patience " + longest + " is not more than zero");
        }
        lock.lock();
        try {
            patienceNanos = longest.toNanos();
        } finally {
            lock.unlock();
        }
    }

    /** How long a wait may take in real time; requires the lock. */
    Duration patience() {
        return Duration.ofNanos(patienceNanos);
    }

    // The following is for the sockets of this package. All but lock() requires the lock.

    ReentrantLock lock() {
        return lock;
    }

    long now() {
        return followed.getAsLong() - followedStart + elapsed;
    }

    void changed() {
        changed.signalAll();
    }

    Timer schedule(long at, Runnable action) {
        Timer timer = new Timer(at, action);
        timers.add(timer);
        changed.signalAll();
        return timer;
    }

    void cancel(Timer timer) {
        timers.remove(timer);
    }

    /** Runs the actions that have fallen due. */
    void runDue() {
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
    boolean await(long deadline, long realStop) {
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

    long patienceNanos() {
        return patienceNanos;
    }

    /** Whether time jumps to the time that is waited for. */
    boolean jumps() {
        return mode == Mode.AUTOMATIC;
    }

    /** Waits for a change in real time; may return early. Returns whether the thread was interrupted meanwhile. */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    boolean awaitReal(long nanos) {
        try {
            changed.awaitNanos(nanos);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /**
     * Waits in real time until a condition is true, while the clock's own time stands still; false if the patience ends
     * before.
     */
    boolean awaitUntil(BooleanSupplier condition) {
        long stop = realStop();
        boolean interrupted = false;
        while (!condition.getAsBoolean() && stop - System.nanoTime() > 0) {
            try {
                changed.awaitNanos(stop - System.nanoTime());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return condition.getAsBoolean();
    }

    long realStop() {
        return System.nanoTime() + patienceNanos;
    }

    /** Waits for a change without reacting to interrupts. */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    void awaitChange() {
        changed.awaitUninterruptibly();
    }
}
