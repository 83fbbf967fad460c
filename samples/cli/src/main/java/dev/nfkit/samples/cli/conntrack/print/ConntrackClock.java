// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The format of the time before an event's line. */
public enum ConntrackClock {
    /** The format of conntrack(8): {@code [1795207195.271297]} and a tab. */
    EPOCH {
        @Override
        public void append(long nanos, StringBuilder line) {
            line.append('[').append(Math.floorDiv(nanos, SECOND)).append('.');
            long micros = Math.floorMod(nanos, SECOND) / 1000;
            for (long digit = 100_000; digit > micros && digit > 1; digit /= 10) {
                line.append('0');
            }
            line.append(micros).append("]\t");
        }
    },
    /** The format of packet lines: {@code 20:12:33.123456} and two spaces. */
    OF_DAY {
        @Override
        public void append(long nanos, StringBuilder line) {
            Instant instant = Instant.ofEpochSecond(Math.floorDiv(nanos, SECOND), Math.floorMod(nanos, SECOND));
            TIME.formatTo(instant.atZone(ZoneId.systemDefault()), line);
            line.append("  ");
        }
    };

    private static final long SECOND = 1_000_000_000L;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);

    /** Appends a time in nanoseconds since 1970. */
    public abstract void append(long nanos, StringBuilder line);
}
