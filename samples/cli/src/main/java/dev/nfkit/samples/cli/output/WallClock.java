// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import java.time.Clock;
import java.time.Instant;

/** The machine's clock. */
public final class WallClock {
    private static final long SECOND = 1_000_000_000L;

    private WallClock() {}

    /** The present time in nanoseconds since 1970, as exact as the clock is. */
    public static long nanos() {
        return nanos(Clock.systemUTC());
    }

    /** As {@link #nanos()}, by a clock. */
    public static long nanos(Clock clock) {
        Instant now = clock.instant();
        return now.getEpochSecond() * SECOND + now.getNano();
    }
}
