package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives packets the verdict of their deadline: held ones, and those that were received and wait for the decider. Its rounds run
 * on the watchdog's thread, on that of an answer after its deadline, and on the polling thread after each decider.
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
    /** Nothing is sent any more. */
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

    /** Starts what a deadline needs. Where this throws, no deadline may be promised. */
    void start() {
        watchdog.start();
    }

    /** Something with a deadline waits. Not under the lock. */
    void notice() {
        watchdog.notice();
    }

    /** Ends the rounds; from now on nothing is sent here. Under the lock. */
    void stop() {
        over = true;
    }

    /** Nothing will be due any more. */
    void end() {
        watchdog.end();
    }

    /** Does what is due before an answer: it comes late, whether the watchdog is awake or not. */
    void expireBefore(Hold hold) {
        if (hold.deadline - clock.getAsLong() <= 0) {
            try {
                round();
            } catch (Throwable e) {
                reports.unsent(e); // of other packets: no concern of this one's caller
            }
        }
    }

    /** Does what is due of the packets received. Under the lock. What fails here is tried again. */
    void expireNow() {
        try {
            expireReceived(clock.getAsLong());
        } catch (Throwable e) {
            reports.unsent(e);
        }
    }

    /** Decides what is due; nanoseconds until the next is, or a negative number. */
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

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who look
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
            dispatch.send(); // what is decided goes first: those packets lie before
            long before = expired;
            while (index >= 0 && seen.takenAt(index) + deadlineNanos - now <= 0) {
                dispatch.single(seen.queue(index), seen.id(index), options.deadlineVerdict());
                seen.expire(index);
                expired++;
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
