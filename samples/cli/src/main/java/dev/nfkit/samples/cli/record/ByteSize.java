// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.record;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses a size: a number, followed by KiB, MiB or GiB, or by the first letter of these. */
public final class ByteSize {
    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,12})(?:([kmg])(?:ib)?)?");

    private ByteSize() {}

    /** Returns the size in bytes; negative if the text is not a size. */
    public static long parse(String text) {
        Matcher matcher = SYNTAX.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return -1;
        }
        String unit = matcher.group(2) == null ? "" : matcher.group(2);
        int shift = switch (unit) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            default -> 0;
        };
        long number = Long.parseLong(matcher.group(1));
        return number > Long.MAX_VALUE >> shift ? -1 : number << shift;
    }
}
