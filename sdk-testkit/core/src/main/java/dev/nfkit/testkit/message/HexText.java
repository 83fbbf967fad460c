// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

import java.io.ByteArrayOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses bytes from text: plain hexadecimal, or the output of xxd, hexdump -C, tcpdump -x and Wireshark. */
public final class HexText {
    /** An offset, followed by a colon or two spaces. */
    private static final Pattern OFFSET = Pattern.compile("^\\s*(?:0x)?[0-9a-fA-F]{4,8}(?::\\s?|  +)");

    private static final Pattern NOISE = Pattern.compile("0x|\\\\x|[\\s,:;_-]");

    private HexText() {}

    public static byte[] parse(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            append(bytes, line.strip().isEmpty() ? "" : line, number);
        }
        return bytes.toByteArray();
    }

    private static void append(ByteArrayOutputStream bytes, String line, int number) {
        String content = line.replaceFirst("(#|//).*", "").stripTrailing();
        Matcher offset = OFFSET.matcher(content);
        boolean dump = offset.find();
        if (dump) {
            content = content.substring(offset.end());
            // The text column: between bars, or after two spaces that are not the gap in the middle of the bytes.
            content = content.replaceFirst("\\s*\\|.*", "")
                    .replaceFirst("^(.*?[0-9a-fA-F]{2})  +(?![0-9a-fA-F]{2}( |$)).*", "$1");
        }
        String digits = NOISE.matcher(content).replaceAll("");
        for (int at = 0; at < digits.length(); at++) {
            if (Character.digit(digits.charAt(at), 16) < 0) {
                throw new IllegalArgumentException("line " + number + " has '" + digits.charAt(at)
                        + "', which is not a hexadecimal digit: " + line.strip());
            }
        }
        if (digits.length() % 2 != 0) {
            throw new IllegalArgumentException(
                    "line " + number + " has " + digits.length() + " digits, an odd number: " + line.strip());
        }
        for (int at = 0; at < digits.length(); at += 2) {
            bytes.write(Integer.parseInt(digits, at, at + 2, 16));
        }
    }
}
