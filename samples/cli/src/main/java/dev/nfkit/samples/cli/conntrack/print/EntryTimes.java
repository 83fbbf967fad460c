// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackEntry;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The duration of a connection and when it began and ended, as conntrack(8) prints it in local time. */
final class EntryTimes {
    private static final long SECOND = 1_000_000_000L;
    private static final DateTimeFormatter CTIME = DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.US);

    /** Read when the first time is printed: few tables have any, and the rules of a zone take a while to load. */
    private @Nullable ZoneId zone;

    /**
     * Appends the times that the kernel sent, followed by a space.
     *
     * @param entry the connection
     * @param timestamps whether to append the beginning and the end too
     * @param now the present time in nanoseconds since 1970, or {@link ConntrackPrinter#NO_TIME} for the clock's time
     * @param line the line to append to
     */
    void append(ConntrackEntry entry, boolean timestamps, long now, StringBuilder line) {
        if (entry.hasStart()) {
            long end = entry.hasStop()
                    ? entry.stopNanos() / SECOND
                    : now == ConntrackPrinter.NO_TIME ? System.currentTimeMillis() / 1000 : now / SECOND;
            line.append("delta-time=")
                    .append(Math.max(0, end - entry.startNanos() / SECOND))
                    .append(' ');
        }
        if (timestamps && entry.hasStart()) {
            date("[start=", entry.startNanos(), line);
        }
        if (timestamps && entry.hasStop()) {
            date("[stop=", entry.stopNanos(), line);
        }
    }

    private void date(String name, long nanos, StringBuilder line) {
        if (zone == null) {
            zone = ZoneId.systemDefault();
        }
        CTIME.formatTo(Instant.ofEpochSecond(nanos / SECOND).atZone(zone), line.append(name));
        line.append("] ");
    }
}
