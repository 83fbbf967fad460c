// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.time.ModelClock;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The clock of a test double, which its deadlines and its model of the kernel follow. Safe for any number of threads.
 *
 * <p>It also contains the lock of everything in memory that follows it, so that a step of time is atomic for all.
 */
public final class TestClock {
    private final ModelClock model;
    private final @Nullable Followed followed;

    private TestClock(ModelClock model, @Nullable Followed followed) {
        this.model = model;
        this.followed = followed;
    }

    private TestClock(ModelClock model) {
        this(model, null);
    }

    /**
     * Creates a clock that jumps: when a receive would wait for something that only time brings, time moves there at
     * once. A receive with a timeout on an empty socket returns 0 without waiting. Best for tests with one thread.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock automatic() {
        return new TestClock(ModelClock.automatic());
    }

    /**
     * Creates a clock that stands still until {@link #advance}. Best for tests whose threads wait for each other.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock manual() {
        return new TestClock(ModelClock.manual());
    }

    /**
     * Creates a clock that runs as the machine's, and can also be advanced.
     *
     * @return a new clock
     */
    public static TestClock real() {
        return new TestClock(ModelClock.real());
    }

    /**
     * Creates a clock that follows another one, such as the virtual time of a coroutine test, and can also be advanced.
     * Waiting receives read it every few milliseconds of real time; what fell due meanwhile happens then, in order.
     *
     * @param nanos the other clock, in nanoseconds, which never goes back; called on any thread, so it must not block
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock following(LongSupplier nanos) {
        return new TestClock(ModelClock.following(nanos));
    }

    /**
     * Creates a clock that stands still until {@link #follow} gives it another one to follow: for a double that exists
     * before the coroutine test whose virtual time it shares.
     *
     * @return a new clock, at 2026-01-01T00:00:00Z
     */
    public static TestClock virtual() {
        Followed followed = new Followed();
        return new TestClock(ModelClock.following(followed), followed);
    }

    /**
     * Follows another clock from now on, as a clock of {@link #following} does. The time does not jump: it goes on from
     * where it is. Another call follows yet another clock.
     *
     * @param nanos the other clock, in nanoseconds, which never goes back; called on any thread, so it must not block
     * @throws IllegalStateException if this clock was not created by {@link #virtual}
     */
    public void follow(LongSupplier nanos) {
        Followed present = followed;
        if (present == null) {
            throw new IllegalStateException(
                    "only a clock of TestClock.virtual() can be given another one to follow (@FakeKernel(time = VIRTUAL))");
        }
        present.follow(nanos);
    }

    /** A time that goes on when its source changes. */
    private static final class Followed implements LongSupplier {
        private LongSupplier source = () -> 0;
        private long offset;

        @Override
        public synchronized long getAsLong() {
            return offset + source.getAsLong();
        }

        synchronized void follow(LongSupplier next) {
            offset += source.getAsLong() - next.getAsLong();
            source = next;
        }
    }

    /**
     * Returns the time for deadlines.
     *
     * @return nanoseconds since an arbitrary moment
     */
    public long nanoTime() {
        return model.nanoTime();
    }

    /**
     * Returns the time of day.
     *
     * @return nanoseconds since 1970
     */
    public long epochNanos() {
        return model.epochNanos();
    }

    /**
     * Advances the time. Everything that falls due happens in order, and receives whose timeout has passed return.
     *
     * @param step the duration, not negative
     */
    public void advance(Duration step) {
        model.advance(step);
    }

    /**
     * Limits how long a receive without a timeout, or one that waits for {@link #advance}, blocks in real time before
     * it fails the test with an AssertionError: every wait has a bound. 30 seconds unless set.
     *
     * @param longest the limit, more than zero
     */
    public void patience(Duration longest) {
        model.patience(longest);
    }

    /** The clock that sockets and models follow. */
    ModelClock model() {
        return model;
    }
}
