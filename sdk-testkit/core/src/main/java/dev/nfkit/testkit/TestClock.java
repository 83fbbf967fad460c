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
 * The clock of a test double: what its deadlines and its model of the kernel follow. Safe for any number of threads.
 *
 * <p>It also carries the lock of everything in memory that follows it, so that a step of time is one step for all.
 */
public final class TestClock {
    private enum Mode {
        AUTOMATIC,
        MANUAL,
        REAL,
        FOLLOWING
    }

    /** Something that the model does later. */
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

    /** How soon a waiting receive sees that a followed clock has moved, which does not tell. */
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
     * A clock that jumps: where a receive would wait for something that only time brings, time moves there at once. A
     * receive with a timeout on an empty socket returns 0 without waiting. Best for tests of one thread.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock automatic() {
        return new TestClock(Mode.AUTOMATIC, () -> 0);
    }

    /**
     * A clock that stands until {@link #advance}. Best for tests whose threads wait for each other.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock manual() {
        return new TestClock(Mode.MANUAL, () -> 0);
    }

    /**
     * A clock that runs as the machine's, and can be advanced besides.
     *
     * @return a new clock
     */
    public static TestClock real() {
        // Not a method reference: a scheduler that controls time replaces calls, which a reference is not.
        return new TestClock(Mode.REAL, () -> System.nanoTime());
    }

    /**
     * A clock that stands where another one stands, such as the virtual time of a coroutine test, and can be advanced
     * besides. Receives that wait look at it every few milliseconds of real time; what fell due meanwhile happens then,
     * in order.
     *
     * @param nanos the other clock, in nanoseconds, which never goes back; called by any thread, so it must not block
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock following(LongSupplier nanos) {
        return new TestClock(Mode.FOLLOWING, nanos);
    }

    /**
     * The time for deadlines.
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
     * The time of day.
     *
     * @return nanoseconds since 1970
     */
    public long epochNanos() {
        return epochStart + nanoTime();
    }

    /**
     * Moves time on. What falls due on the way happens in order, and receives whose timeout has passed return.
     *
     * @param step how far, not negative
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
     * Bounds how long a receive without a bound, or one that waits for {@link #advance}, blocks in real time before it
     * fails the test with an AssertionError: no wait is for ever. 30 seconds unless set.
     *
     * @param longest the bound, more than zero
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

    /** How long a wait may take in real time; wants the lock. */
    Duration patience() {
        return Duration.ofNanos(patienceNanos);
    }

    // What follows is for the sockets of this package. All but lock() wants the lock held.

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

    /** Does what has fallen due. */
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
     * Waits for a change or the passing of time; may return early. It never reacts to an interrupt but tells of it.
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
                    + " ms: nothing was delivered, nobody closed or woke the socket"
                    + (mode == Mode.MANUAL ? ", and nobody advanced the manual clock" : ""));
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

    /** Whether time jumps to where it is waited for. */
    boolean jumps() {
        return mode == Mode.AUTOMATIC;
    }

    /** Waits for a change in real time; may return early. Whether the thread was interrupted meanwhile. */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    boolean awaitReal(long nanos) {
        try {
            changed.awaitNanos(nanos);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Waits in real time, time of its own standing still, until something is so; false where patience ends before. */
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
