// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A comment as UTF-8. Reusable; allocates nothing for text that is ASCII, once its array has grown. */
final class CommentText {
    private static final int LONGEST = 0xffff;

    private byte[] bytes = new byte[64];
    private int length;

    /** Encodes a text. */
    CommentText of(CharSequence text) {
        int count = text.length();
        if (count > bytes.length && count <= LONGEST) {
            bytes = Arrays.copyOf(bytes, Math.max(count, 2 * bytes.length));
        }
        if (count > LONGEST || !copyAscii(text, count)) {
            bytes = BlockBuilder.encode("comment", text.toString());
            count = bytes.length;
        }
        length = count;
        return this;
    }

    private boolean copyAscii(CharSequence text, int count) {
        byte[] to = bytes;
        for (int i = 0; i < count; i++) {
            char letter = text.charAt(i);
            if (letter >= 0x80) {
                return false;
            }
            to[i] = (byte) letter;
        }
        return true;
    }

    /** The length in bytes, at most 65535. */
    int length() {
        return length;
    }

    void put(ByteBuffer buffer, int at) {
        buffer.put(at, bytes, 0, length);
    }
}
