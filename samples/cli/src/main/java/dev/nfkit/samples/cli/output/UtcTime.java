// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Writes times by RFC 3339 in UTC, such as {@code 2026-12-01T20:12:33.123456Z}: six decimals, or nine if the time has
 * nanoseconds. The text of the last second is kept, since consecutive packets usually share it. One thread at a time.
 */
final class UtcTime {
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT);
    private static final long SECOND = 1_000_000_000L;

    private long second = Long.MIN_VALUE;
    private String text = "";

    /** Appends a time in nanoseconds since 1970. */
    void append(long nanos, StringBuilder out) {
        long wanted = Math.floorDiv(nanos, SECOND);
        if (wanted != second) {
            text = LocalDateTime.ofEpochSecond(wanted, 0, ZoneOffset.UTC).format(SECONDS);
            second = wanted;
        }
        out.append(text).append('.');
        long fraction = nanos - wanted * SECOND;
        long last = fraction % 1000 == 0 ? 1000 : 1;
        for (long digit = SECOND / 10; digit >= last; digit /= 10) {
            out.append((char) ('0' + fraction / digit % 10));
        }
        out.append('Z');
    }
}
