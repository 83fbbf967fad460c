// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * Makes text from outside safe to print: names of processes and devices, prefixes of rules, names of helpers, comments
 * of recordings. Such text may hold anything, and a terminal interprets control characters. Messages of {@link
 * NetlinkException} and results of {@code toString} are made safe here; accessors return the text unchanged.
 *
 * <p>Unsafe are control characters (U+0000 to U+001F, U+007F to U+009F), line and paragraph separators (U+2028,
 * U+2029), characters that format text without being seen, such as those that change its direction (category Cf: U+202A
 * to U+202E, U+2066 to U+2069, U+200B, U+FEFF and others), and halves of surrogate pairs. Safe for any number of
 * threads.
 */
public final class PrintableText {
    private static final char REPLACEMENT = '.';

    private PrintableText() {}

    /**
     * A text with a dot in place of each unsafe character.
     *
     * @param text the text
     * @return the same text if all of it is safe; it has no line breaks
     */
    public static String of(String text) {
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            if (isUnsafe(text.codePointAt(at))) {
                StringBuilder safe = new StringBuilder(text.length());
                append(safe, text);
                return safe.toString();
            }
        }
        return text;
    }

    /**
     * Appends a text with a dot in place of each unsafe character.
     *
     * @param target where to
     * @param text the text
     */
    public static void append(StringBuilder target, CharSequence text) {
        for (int at = 0; at < text.length(); ) {
            int codePoint = Character.codePointAt(text, at);
            if (isUnsafe(codePoint)) {
                target.append(REPLACEMENT);
            } else {
                target.appendCodePoint(codePoint);
            }
            at += Character.charCount(codePoint);
        }
    }

    /**
     * Whether a character must not be printed.
     *
     * @param codePoint the character, 0 to 0x10ffff
     * @return whether it is unsafe
     */
    public static boolean isUnsafe(int codePoint) {
        if (codePoint >= 0x20 && codePoint < 0x7f) {
            return false;
        }
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }
}
