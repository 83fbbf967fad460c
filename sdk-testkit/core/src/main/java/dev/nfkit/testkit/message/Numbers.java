// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

/** Checks numbers that a test states. */
public final class Numbers {
    public static final long MAX_U32 = 0xffffffffL;

    private Numbers() {}

    /** A number of 32 bits, checked. */
    public static int u32(String what, long value) {
        if (value < 0 || value > MAX_U32) {
            throw new IllegalArgumentException(what + " " + value + " is not in 0 to " + MAX_U32);
        }
        return (int) value;
    }
}
