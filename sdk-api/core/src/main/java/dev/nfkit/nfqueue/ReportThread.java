// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes reports on a separate thread, one by one. The thread starts with the first report and ends with the session, or
 * some time after the session became unreachable. If too many reports wait, or there is no memory or thread, a report
 * is counted and dropped; submitting never waits and never throws.
 */
final class ReportThread {
    private static final int CAPACITY = 1024;
    private static final long END_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long IDLE_MILLIS = TimeUnit.SECONDS.toMillis(10);

    private final Consumer<String> warning;
    private final Object monitor = new Object();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private @Nullable Thread thread;
    private boolean busy;
    private boolean ended;
    private long leftOut;

    /** Its own warning goes to a consumer. */
    ReportThread(Consumer<String> warning) {
        this.warning = warning;
    }

    /** Submits a report. Any thread. */
    void submit(Runnable report) {
        synchronized (monitor) {
            try {
                if (waiting.size() >= CAPACITY || (ended && thread == null)) {
                    leftOut++;
                    return;
                }
                waiting.add(report);
                if (thread == null) {
                    start();
                }
                monitor.notifyAll();
            } catch (Throwable e) { // no memory, or no thread
                waiting.remove(report);
                leftOut++;
            }
        }
    }

    private void start() {
        Thread starting = new Thread(this::work, "nfqueue-reports");
        starting.setDaemon(true);
        starting.start();
        thread = starting;
    }

    /** Waits for the reports in progress, at most one second; not on the report thread. */
    void end() {
        boolean interrupted = false;
        synchronized (monitor) {
            ended = true;
            monitor.notifyAll();
            long deadline = System.nanoTime() + END_WAIT_NANOS;
            while ((busy || !waiting.isEmpty())
                    && thread != null
                    && !Thread.currentThread().equals(thread)) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(monitor, left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        try {
            Runnable report = next();
            while (report != null) {
                try {
                    report.run();
                } catch (Throwable ignored) {
                    // Reports handle the exceptions of handlers; only a lack of memory remains.
                }
                report = next();
            }
        } finally {
            synchronized (monitor) { // the next report starts another one
                thread = null;
                busy = false;
                monitor.notifyAll();
            }
        }
    }

    private @Nullable Runnable next() {
        synchronized (monitor) {
            busy = false;
            monitor.notifyAll();
            long lost = leftOut;
            if (lost > 0 && waiting.isEmpty()) {
                leftOut = 0;
                busy = true;
                return () -> warning.accept(lost + " reports were dropped, because too many came at once");
            }
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS);
            while (waiting.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (ended || left <= 0) {
                    thread = null; // under the same lock, so that a later report starts another thread
                    return null;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(monitor, left);
                } catch (InterruptedException e) {
                    // A handler's interrupt does not concern the next report.
                }
            }
            busy = true;
            return waiting.poll();
        }
    }
}
