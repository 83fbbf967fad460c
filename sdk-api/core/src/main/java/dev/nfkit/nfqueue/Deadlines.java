// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives packets the verdict of their deadline: held packets, and received packets that wait for the decider. Its rounds
 * run on the watchdog's thread, on the thread of an answer that comes after its deadline, and on the polling thread
 * after each decider.
 */
final class Deadlines {
    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final NfqueueOptions options;
    private final Holds holds;
    private final Dispatch dispatch;
    private final @Nullable Received received;
    private final Reports reports;
    private final LongSupplier clock;
    private final long deadlineNanos;
    private final Watchdog watchdog;
    /** Whether sending has ended. */
    private volatile boolean over;

    private volatile long expired;

    Deadlines(
            NfqueueOptions options,
            Holds holds,
            Dispatch dispatch,
            @Nullable Received received,
            Reports reports,
            LongSupplier clock) {
        this.options = options;
        this.holds = holds;
        this.dispatch = dispatch;
        this.received = received;
        this.reports = reports;
        this.clock = clock;
        deadlineNanos = nanos(options);
        watchdog = new Watchdog(this::round, reports::watchdogFailed);
        if (received != null) {
            dispatch.onUnsent(watchdog::notice);
        }
    }

    /** The deadline of all packets in nanoseconds, or 0. */
    static long nanos(NfqueueOptions options) {
        return options.deadline().map(Duration::toNanos).orElse(0L);
    }

    /**
     * Starts the watchdog if all packets have a deadline, so that a session that could not keep it does not open.
     */
    void begin() {
        if (received != null) {
            start();
        }
    }

    /** Starts the watchdog. If this throws, no deadline can be kept. */
    void start() {
        watchdog.start();
    }

    /** Called when a packet with a deadline waits. Not under the lock. */
    void notice() {
        watchdog.notice();
    }

    /** Ends the rounds; from now on this class sends nothing. Under the lock. */
    void stop() {
        over = true;
    }

    /** Ends the watchdog: no further deadline will pass. */
    void end() {
        watchdog.end();
    }

    /**
     * Gives expired packets their verdict before an answer, so that a late answer is recognised even if the watchdog
     * sleeps.
     */
    void expireBefore(Hold hold) {
        if (hold.deadline - clock.getAsLong() <= 0) {
            try {
                round();
            } catch (Throwable e) {
                reports.unsent(e); // it concerns other packets, not this caller
            }
        }
    }

    /** Gives received packets whose deadline has passed their verdict. Under the lock. Failures are retried. */
    void expireNow() {
        try {
            expireReceived(clock.getAsLong());
        } catch (Throwable e) {
            reports.unsent(e);
        }
    }

    /** Decides expired packets; returns the nanoseconds until the next deadline, or a negative number. */
    private long round() {
        long now = clock.getAsLong();
        long held = expireHeld(now);
        long batch;
        try {
            batch = expireReceived(now);
        } catch (NetlinkException e) {
            reports.unsent(e);
            batch = AGAIN_NANOS;
        }
        return held < 0 ? batch : batch < 0 ? held : Math.min(held, batch);
    }

    private long expireHeld(long now) {
        List<Unanswered> report = new ArrayList<>();
        try {
            holds.expire(now, report);
            return holds.nextDeadline(now);
        } catch (NetlinkException e) {
            dispatch.countFailure();
            reports.unsent(e);
            return AGAIN_NANOS;
        } finally {
            reports.expired(report);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for readers
    private long expireReceived(long now) throws NetlinkException {
        Received seen = received;
        if (seen == null) {
            return -1;
        }
        dispatch.lock.lock();
        try {
            if (over) {
                return -1;
            }
            if (dispatch.unsent()) {
                dispatch.send();
            }
            int index = seen.firstUndecided();
            if (index < 0) {
                return -1;
            }
            long left = seen.takenAt(index) + deadlineNanos - now;
            if (left > 0) {
                return left;
            }
            dispatch.send(); // decided packets come first: their ids are lower
            long before = expired;
            while (index >= 0 && seen.takenAt(index) + deadlineNanos - now <= 0) {
                dispatch.single(seen.queue(index), seen.id(index), options.deadlineVerdict());
                seen.expire(index);
                expired++;
                reports.journal().deadline(seen.queue(index), seen.id(index), false, options.deadlineVerdict());
                index = seen.firstUndecided();
            }
            reports.slowDecider(expired - before);
            dispatch.send();
            return index < 0 ? -1 : seen.takenAt(index) + deadlineNanos - now;
        } finally {
            dispatch.lock.unlock();
        }
    }

    long expired() {
        return expired;
    }
}
