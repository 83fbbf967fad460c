// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A stream with a name and a position, read through a window that holds each block as a whole. It does not trust
 * lengths: the window grows only as bytes arrive.
 */
final class ByteSource implements Closeable {
    private static final int WINDOW = 64 * 1024;

    private final InputStream stream;
    private final String name;
    private byte[] bytes = new byte[WINDOW];
    private ByteBuffer big = ByteBuffer.wrap(bytes);
    private ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    /** The first byte that was not taken, in the window. */
    private int next;

    private int end;
    /** The window's offset in the file. */
    private long windowOffset;

    ByteSource(InputStream stream, String name) {
        this.stream = stream;
        this.name = name;
    }

    long offset() {
        return windowOffset + next;
    }

    PcapFormatException wrong(long at, String expected, String found) {
        return new PcapFormatException(name, at, expected, found);
    }

    /** The error of a file that ends within a structure. */
    PcapFormatException cut(long start, String what) {
        return wrong(start, what, "the end of the file at byte " + offset() + ": it is cut");
    }

    /** The window in a byte order; valid until the next bytes are taken. */
    ByteBuffer window(ByteOrder order) {
        return order == ByteOrder.BIG_ENDIAN ? big : little;
    }

    /** The offset of the window's first byte in the file. */
    long windowOffset() {
        return windowOffset;
    }

    /**
     * Takes the next bytes. Returns their offset in the window, valid until more are taken; −1 if the file ends before.
     */
    int take(int count) throws IOException {
        if (end - next < count && !fill(count)) {
            next = end;
            return -1;
        }
        int taken = next;
        next += count;
        return taken;
    }

    /** Whether the file ends right here. */
    boolean ended() throws IOException {
        return next == end && !fill(1);
    }

    private boolean fill(int count) throws IOException {
        if (next > 0) {
            System.arraycopy(bytes, next, bytes, 0, end - next);
            windowOffset += next;
            end -= next;
            next = 0;
        }
        while (end < count) {
            if (end == bytes.length) {
                grow();
            }
            int read = stream.read(bytes, end, bytes.length - end);
            if (read < 0) {
                return false;
            }
            end += read;
        }
        return true;
    }

    private void grow() {
        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        big = ByteBuffer.wrap(bytes);
        little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Skips bytes by reading them, because skipping does not detect the end of a file; false if the file ends before.
     */
    boolean skip(long count) throws IOException {
        long left = count;
        while (left > 0) {
            int step = (int) Math.min(left, WINDOW);
            if (take(step) < 0) {
                return false;
            }
            left -= step;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
