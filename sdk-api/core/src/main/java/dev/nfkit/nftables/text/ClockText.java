// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Dates and times of day: kept in UTC, and written in the time zone of the host. */
final class ClockText {
    private static final DateTimeFormatter DATE_TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);
    private static final DateTimeFormatter ANY_DATE = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-M-d[ H:m[:s]]")
            .parseDefaulting(ChronoField.HOUR_OF_DAY, 0)
            .parseDefaulting(ChronoField.MINUTE_OF_HOUR, 0)
            .parseDefaulting(ChronoField.SECOND_OF_MINUTE, 0)
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("HH:mm").withResolverStyle(ResolverStyle.STRICT);
    private static final BigInteger NANOSECONDS = BigInteger.valueOf(TimeUnit.SECONDS.toNanos(1));
    private static final int DAY_SECONDS = 86_400;

    private ClockText() {}

    /** Nanoseconds since 1970 of a date such as {@code 2023-06-01 12:00}. */
    static Optional<BigInteger> date(String text, ZoneId zone) {
        try {
            Instant instant = LocalDateTime.parse(text, ANY_DATE).atZone(zone).toInstant();
            long seconds = instant.getEpochSecond();
            return seconds < 0
                    ? Optional.empty()
                    : Optional.of(BigInteger.valueOf(seconds).multiply(NANOSECONDS));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    static String date(long nanoseconds, ZoneId zone) {
        return DATE_TIME.format(Instant.ofEpochSecond(Long.divideUnsigned(nanoseconds, TimeUnit.SECONDS.toNanos(1)))
                .atZone(zone));
    }

    /** Seconds since midnight UTC of a time of day such as {@code 9:00}. */
    static Optional<Long> hour(String text, ZoneId zone) {
        String padded = text.indexOf(':') == 1 ? "0" + text : text;
        try {
            int local =
                    LocalTime.parse(padded, padded.length() > 5 ? TIME : MINUTE).toSecondOfDay();
            return Optional.of((long) Math.floorMod(local - offset(zone), DAY_SECONDS));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    static String hour(long seconds, ZoneId zone) {
        LocalTime time = LocalTime.ofSecondOfDay(Math.floorMod(seconds + offset(zone), (long) DAY_SECONDS));
        return (time.getSecond() == 0 ? MINUTE : TIME).format(time);
    }

    private static int offset(ZoneId zone) {
        return zone.getRules().getOffset(LocalDate.now(zone).atStartOfDay()).getTotalSeconds();
    }
}
