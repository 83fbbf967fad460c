// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.nio.charset.StandardCharsets;

/**
 * Text that is written in a rule, such as the name of a device.
 *
 * @param type {@link DataType#IFNAME} or {@link DataType#STRING}
 * @param text the text, without quotes; 1 to 128 bytes of UTF-8 without NUL
 * @param open whether any rest may follow the text, as in {@code eth*}
 */
public record Text(DataType type, String text, boolean open) implements Expression {
    private static final int NAME_BYTES = 15;
    private static final int LONGEST = 128;

    /**
     * Checks the text.
     *
     * @throws IllegalArgumentException if the type is not one of text, or the text is empty or too long for it
     */
    public Text {
        if (type.kind() != DataType.Kind.TEXT) {
            throw new IllegalArgumentException("values of type " + type.text() + " are not text");
        }
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        int longest = type == DataType.IFNAME ? NAME_BYTES : LONGEST;
        if ((length < 1 && !open) || length > longest || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    type.text() + " of " + length + " bytes: 1 to " + longest + " bytes without NUL are possible");
        }
    }

    /**
     * The name of a device.
     *
     * @param name the name; a trailing asterisk matches any rest
     * @return the text
     * @throws IllegalArgumentException if the name is empty or longer than 15 bytes
     */
    public static Text device(String name) {
        boolean open = name.endsWith("*");
        return new Text(DataType.IFNAME, open ? name.substring(0, name.length() - 1) : name, open);
    }
}
