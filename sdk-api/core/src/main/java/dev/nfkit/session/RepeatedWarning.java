// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import java.util.concurrent.TimeUnit;

/**
 * Limits the log lines about one kind of event: the first event is logged, then one whenever the count has doubled or a
 * minute has passed since the last line. Each line should state the count, so that no event is unreported. Any thread.
 */
public final class RepeatedWarning {
    private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private long total;
    private long threshold = 1;
    private long loggedAt;

    /** Makes one with a count of 0. */
    public RepeatedWarning() {}

    /**
     * Counts events.
     *
     * @param events the number of events, at least 1
     * @return the count so far if a line is due now, otherwise 0
     */
    public synchronized long count(long events) {
        total += events;
        long now = System.nanoTime(); // not a test's clock: it limits a log
        if (total < threshold && now - loggedAt < INTERVAL_NANOS) {
            return 0;
        }
        threshold = 2 * Long.highestOneBit(total);
        loggedAt = now;
        return total;
    }
}
