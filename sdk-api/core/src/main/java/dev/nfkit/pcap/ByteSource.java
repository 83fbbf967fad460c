package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A stream that knows its name and how far it was read, through one window that every block lies in whole. It never
 * believes a length before the bytes are there: the window grows as they come.
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
    /** Where the window lies in the file. */
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

    /** The error of a file that ends in the middle of something. */
    PcapFormatException cut(long start, String what) {
        return wrong(start, what, "the end of the file at byte " + offset() + ": it is cut");
    }

    /** The window in a byte order; until the next bytes are taken. */
    ByteBuffer window(ByteOrder order) {
        return order == ByteOrder.BIG_ENDIAN ? big : little;
    }

    /** Where the window's first byte lies in the file. */
    long windowOffset() {
        return windowOffset;
    }

    /** Takes the next bytes: where they lie in the window until more are taken; −1 where the file ends before. */
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

    /** Passes over bytes, by reading them, since skipping a file's end goes unnoticed; false where the file ends before. */
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
