// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/** The ranges of the records' fields. Each refusal names the field and the range. */
final class Checks {
    /** The largest unsigned number of 32 bits. */
    static final long U32 = 0xffff_ffffL;
    /** The most bytes of a name with its NUL ({@code NFT_NAME_MAXLEN}). */
    private static final int NAME = 256;

    private Checks() {}

    static long range(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(field + " " + value + " is out of " + least + " to " + most);
        }
        return value;
    }

    static void range(String field, @Nullable Number value, long least, long most) {
        if (value != null) {
            range(field, value.longValue(), least, most);
        }
    }

    static void u32(String field, long value) {
        range(field, value, 0, U32);
    }

    static void u32(String field, @Nullable Long value) {
        range(field, value, 0, U32);
    }

    static void name(String field, String value) {
        if (value.isEmpty() || value.indexOf('\0') >= 0 || value.length() >= NAME) {
            throw new IllegalArgumentException(field + " must have 1 to " + (NAME - 1) + " characters and no NUL");
        }
    }
}
