// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.nio.ByteBuffer;

/** Text in UTF-8, without objects in between. A surrogate without its pair becomes a question mark, as in the JDK. */
final class Utf8 {
    private static final int ONE_BYTE = 0x80;
    private static final int TWO_BYTES = 0x800;
    private static final int THREE_BYTES = 0x10000;
    private static final int BITS = 6;
    private static final int LOW = 0x3f;

    private Utf8() {}

    /** The number of bytes of a text: of its first characters if it exceeds the limit, which it never does itself. */
    static int length(String text, int limit) {
        int length = 0;
        int i = 0;
        while (i < text.length()) {
            int point = text.codePointAt(i);
            int size = size(point);
            if (length + size > limit) {
                return length;
            }
            length += size;
            i += Character.charCount(point);
        }
        return length;
    }

    /** Writes the number of bytes that {@link #length} returned. */
    static void put(String text, int length, ByteBuffer out) {
        int end = out.position() + length;
        int i = 0;
        while (out.position() < end) {
            int point = text.codePointAt(i);
            put(point, out);
            i += Character.charCount(point);
        }
    }

    private static int size(int point) {
        if (point < ONE_BYTE || isSurrogate(point)) {
            return 1;
        }
        return point < TWO_BYTES ? 2 : point < THREE_BYTES ? 3 : 4;
    }

    private static boolean isSurrogate(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    private static void put(int point, ByteBuffer out) {
        if (isSurrogate(point)) {
            out.put((byte) '?');
        } else if (point < ONE_BYTE) {
            out.put((byte) point);
        } else if (point < TWO_BYTES) {
            out.put((byte) (0xc0 | (point >> BITS)));
            tail(point, out);
        } else if (point < THREE_BYTES) {
            out.put((byte) (0xe0 | (point >> (2 * BITS))));
            tail(point >> BITS, out);
            tail(point, out);
        } else {
            out.put((byte) (0xf0 | (point >> (3 * BITS))));
            tail(point >> (2 * BITS), out);
            tail(point >> BITS, out);
            tail(point, out);
        }
    }

    private static void tail(int bits, ByteBuffer out) {
        out.put((byte) (ONE_BYTE | (bits & LOW)));
    }
}
