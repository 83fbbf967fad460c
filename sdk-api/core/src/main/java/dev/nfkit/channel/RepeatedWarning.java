package dev.nfkit.channel;

import java.util.concurrent.TimeUnit;

/**
 * Limits how often one kind of event is logged: the first, then whenever the count has doubled or a minute has passed since
 * the last line. Each line is expected to state the count, so that none is lost. Any thread.
 */
public final class RepeatedWarning {
    private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private long total;
    private long threshold = 1;
    private long loggedAt;

    /** Makes one that has counted nothing. */
    public RepeatedWarning() {}

    /**
     * Counts events.
     *
     * @param events how many, at least 1
     * @return the count so far if a line is due now, else 0
     */
    public synchronized long count(long events) {
        total += events;
        long now = System.nanoTime(); // not a test's clock: it limits what people read
        if (total < threshold && now - loggedAt < INTERVAL_NANOS) {
            return 0;
        }
        threshold = 2 * Long.highestOneBit(total);
        loggedAt = now;
        return total;
    }
}
