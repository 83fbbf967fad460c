// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Recently seen prefixes, as text: rules have few of them, so a packet's prefix usually costs no allocation. Direct
 * mapped; one thread at a time.
 */
final class PrefixCache {
    private static final int ENTRIES = 64;

    private final @Nullable Entry[] entries = new @Nullable Entry[ENTRIES];

    private static final class Entry {
        final long head;
        final byte[] bytes;
        final String text;

        Entry(long head, byte[] bytes, String text) {
            this.head = head;
            this.bytes = bytes;
            this.text = text;
        }
    }

    /** The text of some bytes; bytes that are no UTF-8 become U+FFFD. */
    String text(ByteBuffer buffer, int offset, int length) {
        long head = head(buffer, offset, length);
        int index = (int) ((head * 0x9E37_79B9_7F4A_7C15L) >>> 58) ^ (length & (ENTRIES - 1));
        Entry entry = entries[index];
        if (entry != null
                && entry.head == head
                && entry.bytes.length == length
                && tailEquals(entry.bytes, buffer, offset)) {
            return entry.text;
        }
        byte[] bytes = new byte[length];
        buffer.get(offset, bytes);
        entry = new Entry(head, bytes, new String(bytes, 0, untilNul(bytes), StandardCharsets.UTF_8));
        entries[index] = entry;
        return entry.text;
    }

    private static int untilNul(byte[] bytes) {
        int at = 0;
        while (at < bytes.length && bytes[at] != 0) {
            at++;
        }
        return at;
    }

    /** A mask of the first of eight bytes. */
    private static long mask(int length) {
        return -1L << (Long.SIZE - Byte.SIZE * length);
    }

    /** The first eight bytes as a number, padded with zeros. */
    private static long head(ByteBuffer buffer, int offset, int length) {
        if (length >= Long.BYTES) {
            return buffer.getLong(offset);
        }
        if (length > 0 && offset <= buffer.limit() - Long.BYTES) {
            return buffer.getLong(offset) & mask(length);
        }
        long head = 0;
        for (int i = 0; i < length; i++) {
            head |= (buffer.get(offset + i) & 0xffL) << (56 - 8 * i);
        }
        return head;
    }

    private static boolean tailEquals(byte[] bytes, ByteBuffer buffer, int offset) {
        for (int i = Long.BYTES; i < bytes.length; i++) {
            if (bytes[i] != buffer.get(offset + i)) {
                return false;
            }
        }
        return true;
    }
}
