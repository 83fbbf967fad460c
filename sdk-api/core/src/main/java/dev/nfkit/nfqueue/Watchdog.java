package dev.nfkit.nfqueue;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Watches deadlines on a thread of its own: a decider that blocks the polling thread can't be timed out by that one. It sleeps
 * while nothing waits. Its clock is the transport's, which a test may move, so that it never sleeps long over a deadline.
 * Nothing that a round throws ends it: the next round comes shortly after.
 */
final class Watchdog {
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SHORTEST_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Looks for what is due and decides it. */
    @FunctionalInterface
    interface Round {
        /** Nanoseconds until the next is due; negative where nothing waits. */
        long look();
    }

    private final Round round;
    private final Consumer<Throwable> onFailure;
    private final Object monitor = new Object();
    private volatile boolean started;
    private boolean ended;
    private volatile boolean noticed;

    /** What a round throws goes to a consumer that throws nothing. */
    Watchdog(Round round, Consumer<Throwable> onFailure) {
        this.round = round;
        this.onFailure = onFailure;
    }

    /** Starts the thread, unless it runs already. Where this throws, no deadline may be promised. Any thread. */
    void start() {
        if (started) {
            return;
        }
        synchronized (monitor) {
            if (!started && !ended) {
                Thread thread = new Thread(this::watch, "nfqueue-watchdog");
                thread.setDaemon(true);
                thread.start();
                started = true;
            }
        }
    }

    /** Something with a deadline waits. Any thread; not under a lock that the round takes. */
    void notice() {
        if (noticed) {
            return;
        }
        synchronized (monitor) {
            noticed = true;
            monitor.notifyAll();
        }
    }

    /** Nothing will be due any more. Any thread. */
    void end() {
        synchronized (monitor) {
            ended = true;
            monitor.notifyAll();
        }
    }

    private void watch() {
        do {
            // Until the session ends.
        } while (sleep(untilDue()));
    }

    private long untilDue() {
        try {
            long untilDue = round.look();
            if (untilDue < 0) {
                noticed = false;
                untilDue = round.look(); // what came in between was not noticed
            }
            return untilDue;
        } catch (Throwable e) { // a lack of memory, for one: it is tried again
            noticed = true;
            onFailure.accept(e);
            return STEP_NANOS;
        }
    }

    /** Sleeps until it is worth to look again; false once all has ended. */
    private boolean sleep(long untilDue) {
        synchronized (monitor) {
            try {
                if (untilDue >= 0 && !ended) {
                    TimeUnit.NANOSECONDS.timedWait(monitor, Math.max(SHORTEST_NANOS, Math.min(STEP_NANOS, untilDue)));
                }
                while (untilDue < 0 && !noticed && !ended) {
                    monitor.wait();
                }
            } catch (InterruptedException e) {
                // Nothing interrupts it; and if something does, deadlines still count.
            }
            return !ended;
        }
    }
}
