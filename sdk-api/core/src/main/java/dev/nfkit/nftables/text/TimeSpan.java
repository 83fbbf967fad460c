// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spans of time, such as {@code 1h30m}. */
public final class TimeSpan {
    private static final Pattern PARTS =
            Pattern.compile("(?:(\\d{1,8})d)?(?:(\\d{1,8})h)?(?:(\\d{1,8})m)?(?:(\\d{1,10})s)?(?:(\\d{1,12})ms)?");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,10}");

    private TimeSpan() {}

    /**
     * Reads a span: days, hours, minutes, seconds and milliseconds, or a number of seconds.
     *
     * @param in the tokens
     * @param what what it is, for the error message
     * @return the span
     */
    public static Duration parse(TokenStream in, String what) {
        Optional<Duration> span = parse(in.peek().text());
        if (span.isEmpty() || in.peek().kind() == Token.Kind.SYMBOL) {
            throw in.expected(what + ", a span of time such as 1h30m");
        }
        in.next();
        return span.get();
    }

    static Optional<Duration> parse(String text) {
        if (SECONDS.matcher(text).matches()) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
        }
        Matcher parts = PARTS.matcher(text);
        if (text.isEmpty() || !parts.matches()) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofDays(part(parts, 1))
                .plusHours(part(parts, 2))
                .plusMinutes(part(parts, 3))
                .plusSeconds(part(parts, 4))
                .plusMillis(part(parts, 5)));
    }

    private static long part(Matcher parts, int group) {
        String text = parts.group(group);
        return text == null ? 0 : Long.parseLong(text);
    }

    /**
     * Prints a span.
     *
     * @param span the span, in whole milliseconds
     * @return text such as {@code 1h30m}; {@code 0s} for none
     */
    public static String print(Duration span) {
        List<String> parts = new ArrayList<>();
        add(parts, span.toDays(), "d");
        add(parts, span.toHoursPart(), "h");
        add(parts, span.toMinutesPart(), "m");
        add(parts, span.toSecondsPart(), "s");
        add(parts, span.toMillisPart(), "ms");
        return parts.isEmpty() ? "0s" : String.join("", parts);
    }

    private static void add(List<String> parts, long number, String unit) {
        if (number != 0) {
            parts.add(number + unit);
        }
    }
}
