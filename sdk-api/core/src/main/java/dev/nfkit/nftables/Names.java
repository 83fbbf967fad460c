// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Checks of names and comments, whose ranges are the kernel's and nft's. */
final class Names {
    /** {@code NFT_NAME_MAXLEN} less the NUL. */
    static final int LONGEST_NAME = 255;
    /** {@code IFNAMSIZ} less the NUL. */
    static final int LONGEST_DEVICE = 15;
    /** {@code NFTNL_UDATA_COMMENT_MAXLEN}. */
    static final int LONGEST_COMMENT = 128;

    static final long U32_MAX = 0xffff_ffffL;

    private Names() {}

    static String object(String what, String name) {
        return checked(what, name, 1, LONGEST_NAME);
    }

    static String device(String name) {
        return checked("device", name, 1, LONGEST_DEVICE);
    }

    static String comment(String comment) {
        return checked("comment", comment, 0, LONGEST_COMMENT);
    }

    static long u32(String what, long value) {
        if (value < 0 || value > U32_MAX) {
            throw new IllegalArgumentException(what + " " + value + " is out of 0 to " + U32_MAX);
        }
        return value;
    }

    /** Requires a handle that the kernel has assigned. */
    static long handle(long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("handle " + value + " is out of 1 to " + Long.MAX_VALUE);
        }
        return value;
    }

    /** The words of an optional part, or nothing. */
    static String part(String before, @Nullable Object value) {
        return value == null ? "" : before + value;
    }

    private static String checked(String what, String text, int least, int most) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        if (length < least || length > most) {
            String shown = text.length() > 40 ? text.substring(0, 40) + "…" : text;
            throw new IllegalArgumentException(
                    what + " \"" + shown + "\" has " + length + " bytes; " + least + " to " + most + " are permitted");
        }
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + " \"" + text.replace('\0', '.') + "\" contains a NUL character");
        }
        return text;
    }
}
