// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Watches deadlines on a separate thread, because the polling thread cannot time out a decider that blocks it. It
 * sleeps while nothing waits. It uses the transport's clock, which a test may move, so it never sleeps long. An
 * exception of a round does not end it: the next round follows shortly after.
 */
final class Watchdog {
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SHORTEST_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Decides expired packets. */
    @FunctionalInterface
    interface Round {
        /** Runs a round; returns the nanoseconds until the next deadline, negative if nothing waits. */
        long look();
    }

    private final Round round;
    private final Consumer<Throwable> onFailure;
    private final Object monitor = new Object();
    private volatile boolean started;
    private boolean ended;
    private volatile boolean noticed;

    /** Exceptions of a round go to a consumer that never throws. */
    Watchdog(Round round, Consumer<Throwable> onFailure) {
        this.round = round;
        this.onFailure = onFailure;
    }

    /** Starts the thread, unless it already runs. If this throws, no deadline can be kept. Any thread. */
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

    /** Called when a packet with a deadline waits. Any thread; not under a lock that the round takes. */
    void notice() {
        if (noticed) {
            return;
        }
        synchronized (monitor) {
            noticed = true;
            monitor.notifyAll();
        }
    }

    /** Ends the thread: no further deadline will pass. Any thread. */
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
                untilDue = round.look(); // notices in between were missed
            }
            return untilDue;
        } catch (Throwable e) { // for example a lack of memory: the round is repeated
            noticed = true;
            onFailure.accept(e);
            return STEP_NANOS;
        }
    }

    /** Sleeps until the next round; false after the end. */
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
                // Nothing interrupts this thread; if it is interrupted anyway, deadlines still apply.
            }
            return !ended;
        }
    }
}
