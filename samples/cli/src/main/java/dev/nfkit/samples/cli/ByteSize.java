package dev.nfkit.samples.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size as people type it: a number, and KiB, MiB or GiB, of which the first letter is enough. */
final class ByteSize {
    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,12})(?:([kmg])(?:ib)?)?");

    private ByteSize() {}

    /** Bytes; negative where it is none. */
    static long parse(String text) {
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
