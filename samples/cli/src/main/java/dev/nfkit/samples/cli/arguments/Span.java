// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as text: {@code 50ms}, {@code 1.5s}, {@code 300us}. */
public final class Span {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(us|ms|s)?");
    private static final long DAY_NANOS = 86_400_000_000_000L;

    private Span() {}

    /**
     * Parses a time; a number without a unit is in seconds.
     *
     * @return nanoseconds, from 0 to one day
     * @throws NumberFormatException if the text is not a time
     */
    public static long parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new NumberFormatException(text);
        }
        String name = matcher.group(2);
        long unit = unit(name == null ? "s" : name);
        BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
        if (nanos.compareTo(BigDecimal.valueOf(DAY_NANOS)) > 0) {
            throw new NumberFormatException(text);
        }
        return nanos.longValue();
    }

    private static long unit(String text) {
        return switch (text) {
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            default -> 1_000_000_000;
        };
    }

    /** Formats a time in the largest unit in which it is at least one. */
    public static String text(long nanos) {
        String name = nanos >= 1_000_000_000 ? "s" : nanos >= 1_000_000 ? "ms" : "us";
        String number = BigDecimal.valueOf(nanos)
                .divide(BigDecimal.valueOf(unit(name)))
                .stripTrailingZeros()
                .toPlainString();
        return number + name;
    }
}
