// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.nio.charset.StandardCharsets;

/** The rule for names of tables, chains, sets and objects ({@code NFT_NAME_MAXLEN}). */
public final class Names {
    private static final int LONGEST = 255;

    private Names() {}

    /**
     * Requires that a name can be one.
     *
     * @param what what has the name, such as {@code chain}
     * @param name the name
     * @return the name
     * @throws IllegalArgumentException if it is empty, longer than 255 bytes of UTF-8, or contains NUL
     */
    public static String require(String what, String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > LONGEST || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    what + " name of " + length + " bytes: 1 to " + LONGEST + " bytes without NUL are possible");
        }
        return name;
    }
}
