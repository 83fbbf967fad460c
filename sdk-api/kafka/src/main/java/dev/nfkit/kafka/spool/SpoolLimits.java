// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka.spool;

import java.time.Duration;

/**
 * The limits of a spool. What exceeds one is dropped, the oldest first, in segments of an eighth of the size.
 *
 * @param bytes the size on disk, 1 MiB to 2⁵⁰ bytes
 * @param age how long an entry is kept that is not sent, 1 second to 3650 days
 */
public record SpoolLimits(long bytes, Duration age) {
    private static final long LEAST_BYTES = 1 << 20;
    private static final long MOST_BYTES = 1L << 50;
    private static final Duration LEAST_AGE = Duration.ofSeconds(1);
    private static final Duration MOST_AGE = Duration.ofDays(3650);

    /**
     * Verifies the limits.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public SpoolLimits {
        if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
            throw new IllegalArgumentException("the spool's bytes are from 1048576 to 2^50, not " + bytes);
        }
        if (age.compareTo(LEAST_AGE) < 0 || age.compareTo(MOST_AGE) > 0) {
            throw new IllegalArgumentException("the spool's age is from 1 second to 3650 days, not " + age);
        }
    }

    /**
     * The default: 1 GiB and 7 days.
     *
     * @return the limits
     */
    public static SpoolLimits standard() {
        return new SpoolLimits(1L << 30, Duration.ofDays(7));
    }

    long segmentBytes() {
        return bytes / 8;
    }
}
