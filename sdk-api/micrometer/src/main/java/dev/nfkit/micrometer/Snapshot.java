// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The statistics that the meters of one scrape share: statistics of a queue read files of the kernel, which is done once
 * for a scrape and not for each meter. Any thread.
 */
final class Snapshot<S> {
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Supplier<? extends @Nullable S> source;
    private final LongSupplier clock;
    private boolean taken;
    private long takenAt;
    private @Nullable S last;

    Snapshot(Supplier<? extends @Nullable S> source, LongSupplier clock) {
        this.source = source;
        this.clock = clock;
    }

    /** A reading of statistics that are at most 100 ms old; not a number if there are none. */
    synchronized double read(Reading<S> reading) {
        long now = clock.getAsLong();
        if (!taken || now - takenAt > FRESH_NANOS) {
            last = source.get();
            takenAt = now;
            taken = true;
        }
        S statistics = last;
        return statistics == null ? Double.NaN : reading.value().applyAsDouble(statistics);
    }
}
