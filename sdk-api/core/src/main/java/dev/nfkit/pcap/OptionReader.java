// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks the options of one block. Reusable; the fields are those of the option that the last {@link #next()} found.
 */
final class OptionReader {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ByteSource source;
    private ByteBuffer window = NOTHING;
    private long windowOffset;
    private int next;
    private int end;
    private int code;
    private int start;
    private int length;

    OptionReader(ByteSource source) {
        this.source = source;
    }

    /**
     * Aims at the options from {@code start} to {@code end} of a window, whose first byte is at {@code offset} of the
     * file.
     */
    OptionReader wrap(ByteBuffer window, long offset, int start, int end) {
        this.window = window;
        this.windowOffset = offset;
        this.next = Math.min(start, end);
        this.end = end;
        return this;
    }

    boolean next() throws PcapFormatException {
        int left = end - next;
        if (left == 0) {
            return false;
        }
        if (left < 4) {
            throw source.wrong(windowOffset + next, "an option's header of 4 bytes", left + " bytes");
        }
        code = window.getShort(next) & 0xffff;
        length = window.getShort(next + 2) & 0xffff;
        if (code == Pcapng.OPT_END) {
            return false;
        }
        if (length > left - 4) {
            throw source.wrong(
                    windowOffset + next, "option " + code + " of at most " + (left - 4) + " bytes", length + " bytes");
        }
        start = next + 4;
        next = Math.min(end, start + Pcapng.align(length));
        return true;
    }

    int code() {
        return code;
    }

    int length() {
        return length;
    }

    /** The first byte of the value. */
    int u8() throws PcapFormatException {
        return window.get(value(1)) & 0xff;
    }

    long u32() throws PcapFormatException {
        return window.getInt(value(4)) & 0xffff_ffffL;
    }

    long u64() throws PcapFormatException {
        return window.getLong(value(8));
    }

    /** A time: the upper half comes first, whatever the byte order. */
    long time() throws PcapFormatException {
        int at = value(8);
        return ((long) window.getInt(at) << 32) | (window.getInt(at + 4) & 0xffff_ffffL);
    }

    private int value(int size) throws PcapFormatException {
        if (length < size) {
            throw source.wrong(
                    windowOffset + start - 4, "option " + code + " of " + size + " bytes", length + " bytes");
        }
        return start;
    }

    String text() {
        return text(0);
    }

    String text(int skipped) {
        byte[] bytes = new byte[Math.max(0, length - skipped)];
        window.get(start + Math.min(skipped, length), bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The first of several texts counts. */
    static String first(@Nullable String earlier, String text) {
        return earlier == null ? text : earlier;
    }
}
