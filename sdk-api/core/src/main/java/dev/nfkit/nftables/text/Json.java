// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.PrintableText;
import java.util.List;
import java.util.Locale;

/** Writes JSON (RFC 8259) as nft does: with a space after commas and colons. Values are JSON themselves. */
public final class Json {
    static final String NULL = "null";

    private Json() {}

    /**
     * An object.
     *
     * @param members names and values by turns; a member whose value is empty is left out
     * @return the object
     */
    public static String object(String... members) {
        StringBuilder text = new StringBuilder("{");
        for (int index = 0; index < members.length; index += 2) {
            if (!members[index + 1].isEmpty()) {
                text.append(text.length() > 1 ? ", " : "")
                        .append(string(members[index]))
                        .append(": ")
                        .append(members[index + 1]);
            }
        }
        return text.append('}').toString();
    }

    /** An object, or null if all its members are left out. */
    static String objectOrNull(String... members) {
        String object = object(members);
        return object.length() > 2 ? object : NULL;
    }

    /**
     * An array.
     *
     * @param values its values
     * @return the array
     */
    public static String array(List<String> values) {
        return "[" + String.join(", ", values) + "]";
    }

    static String array(String... values) {
        return array(List.of(values));
    }

    /**
     * One value as itself, several as an array, none as nothing.
     *
     * @param values the values
     * @return the value, an array, or empty text
     */
    public static String oneOrMore(List<String> values) {
        return values.isEmpty() ? "" : values.size() == 1 ? values.get(0) : array(values);
    }

    static String lower(Enum<?> constant) {
        return string(constant.name().toLowerCase(Locale.ROOT));
    }

    /**
     * A string, with escapes for what would change a terminal's state.
     *
     * @param text the text
     * @return the text in quotes
     */
    public static String string(String text) {
        StringBuilder out = new StringBuilder("\"");
        text.codePoints().forEach(codePoint -> {
            if (codePoint == '"' || codePoint == '\\') {
                out.append('\\').append((char) codePoint);
            } else if (PrintableText.isUnsafe(codePoint)) {
                escape(out, codePoint);
            } else {
                out.appendCodePoint(codePoint);
            }
        });
        return out.append('"').toString();
    }

    private static void escape(StringBuilder out, int codePoint) {
        switch (codePoint) {
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                for (char each : Character.toChars(codePoint)) {
                    out.append(String.format(Locale.ROOT, "\\u%04X", (int) each));
                }
            }
        }
    }
}
