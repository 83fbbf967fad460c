// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/** The bounds check that every view makes before it reads. */
final class Bounds {
    private Bounds() {}

    static boolean has(Bytes bytes, int offset, int count) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset + " is negative");
        }
        requireLive(bytes);
        int length = bytes.length();
        return offset <= length && length - offset >= count;
    }

    static void requireLive(Bytes bytes) {
        if (bytes.length() < 0) {
            // Throws the error of released bytes, whose message names the cure.
            bytes.u8(0);
        }
    }
}
