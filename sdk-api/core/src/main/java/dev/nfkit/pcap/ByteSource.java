package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A stream that knows its name and how far it was read, and never believes a length before the bytes are there. */
final class ByteSource implements Closeable {
    private static final int STEP = 64 * 1024;

    private final InputStream stream;
    private final String name;
    private long offset;

    ByteSource(InputStream stream, String name) {
        this.stream = stream;
        this.name = name;
    }

    long offset() {
        return offset;
    }

    PcapFormatException wrong(long at, String expected, String found) {
        return new PcapFormatException(name, at, expected, found);
    }

    /** Reads as much as there is of the next {@code count} bytes, allocating as they come. */
    private byte[] available(int count) throws IOException {
        byte[] bytes = new byte[Math.min(count, STEP)];
        int have = 0;
        while (have < count) {
            if (have == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * bytes.length));
            }
            int read = stream.read(bytes, have, bytes.length - have);
            if (read < 0) {
                break;
            }
            have += read;
        }
        offset += have;
        return have == bytes.length ? bytes : Arrays.copyOf(bytes, have);
    }

    /** Exactly so many bytes, or an empty array where the file ends right here. */
    byte[] readOrEnd(int count, long start, String what) throws IOException {
        byte[] bytes = available(count);
        if (bytes.length != 0 && bytes.length < count) {
            throw cut(start, what);
        }
        return bytes;
    }

    byte[] read(int count, long start, String what) throws IOException {
        byte[] bytes = available(count);
        if (bytes.length < count) {
            throw cut(start, what);
        }
        return bytes;
    }

    /** Passes over bytes. Reads them, since skipping a file's end goes unnoticed. */
    void skip(long count, long start, String what) throws IOException {
        byte[] scratch = new byte[(int) Math.min(count, STEP)];
        long left = count;
        while (left > 0) {
            int read = stream.read(scratch, 0, (int) Math.min(left, scratch.length));
            if (read < 0) {
                throw cut(start, what);
            }
            offset += read;
            left -= read;
        }
    }

    private PcapFormatException cut(long start, String what) {
        return wrong(start, what, "the end of the file at byte " + offset + ": it is cut");
    }

    static ByteBuffer buffer(byte[] bytes, ByteOrder order) {
        return ByteBuffer.wrap(bytes).order(order);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
