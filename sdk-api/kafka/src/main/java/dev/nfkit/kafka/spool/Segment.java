// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka.spool;

import dev.nfkit.pcap.PrivateFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of a spool. It begins with the number of its first entry and the number of entries of each kind before it; an
 * entry is its length, a checksum of what follows it, its time in milliseconds, its kind, and its content. A process that
 * is killed while it writes leaves an entry that is cut; it is removed when the file is opened again.
 */
final class Segment {
    static final int KINDS = 4;
    static final int HEADER = (3 + KINDS) * Long.BYTES;
    static final int ENTRY_HEADER = 2 * Integer.BYTES + Long.BYTES + 1;
    static final int LARGEST = 1 << 20;
    private static final long MAGIC = 0x6e66_6b69_7400_0001L; // "nfkit", version 1
    private static final String SUFFIX = ".spool";

    final Path file;
    final long first;
    final long[] before;

    /** Entries of each kind in this file. */
    final long[] kinds = new long[KINDS];

    long entries;
    long end = HEADER;
    long latest;

    private Segment(Path file, long first, long[] before) {
        this.file = file;
        this.first = first;
        this.before = before;
    }

    /** Makes a file whose entries follow those of another. */
    static Segment make(Path directory, long first, long[] before) throws IOException {
        Segment segment = new Segment(directory.resolve(String.format("%020d%s", first, SUFFIX)), first, before);
        ByteBuffer header = ByteBuffer.allocate(HEADER).putLong(MAGIC).putLong(first);
        for (long number : before) {
            header.putLong(number);
        }
        header.putLong(checksum(header.array(), HEADER - Long.BYTES)).flip();
        try (FileChannel channel = PrivateFile.create(segment.file)) {
            writeAll(channel, header);
        }
        return segment;
    }

    /** Opens a file; null if it is none of a spool, as after a crash while it was made. */
    static @Nullable Segment open(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER);
            if (readAll(channel, header, 0) < HEADER
                    || header.getLong(0) != MAGIC
                    || header.getLong(HEADER - Long.BYTES) != checksum(header.array(), HEADER - Long.BYTES)) {
                return null;
            }
            long[] before = new long[KINDS];
            for (int kind = 0; kind < KINDS; kind++) {
                before[kind] = header.getLong((2 + kind) * Long.BYTES);
            }
            return new Segment(file, header.getLong(Long.BYTES), before);
        }
    }

    /** Finds the entries of the last file, whose end may be cut. */
    void scan() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(ENTRY_HEADER + LARGEST);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (read(channel, buffer, end)) {
                kinds[kind(buffer)]++;
                latest = Math.max(latest, time(buffer));
                end += buffer.limit();
                entries++;
            }
        }
    }

    /** Takes the entries of a complete file from the header of the one that follows it. */
    void completeBefore(Segment next) throws IOException {
        entries = next.first - first;
        for (int kind = 0; kind < KINDS; kind++) {
            kinds[kind] = next.before[kind] - before[kind];
        }
        end = Files.size(file);
        latest = Files.getLastModifiedTime(file).toMillis();
    }

    static boolean isSegment(Path file) {
        return file.getFileName().toString().endsWith(SUFFIX);
    }

    /**
     * Reads the entry at a position into a buffer, from its header on.
     *
     * @return false if there is none, or one that is cut or damaged
     */
    static boolean read(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        buffer.clear().limit(ENTRY_HEADER);
        if (readAll(channel, buffer, position) < ENTRY_HEADER) {
            return false;
        }
        int length = buffer.getInt(0);
        int kind = kind(buffer);
        if (length < 0 || length > LARGEST || kind < 0 || kind >= KINDS) {
            return false;
        }
        buffer.limit(ENTRY_HEADER + length);
        if (readAll(channel, buffer, position + ENTRY_HEADER) < length) {
            return false;
        }
        return buffer.getInt(Integer.BYTES) == (int) checksum(buffer, length);
    }

    /** An entry with its header, ready to be written. */
    static ByteBuffer entry(ByteBuffer buffer, byte kind, long time, byte[] content) {
        buffer.clear();
        buffer.putInt(content.length)
                .putInt(0)
                .putLong(time)
                .put(kind)
                .put(content)
                .flip();
        return buffer.putInt(Integer.BYTES, (int) checksum(buffer, content.length));
    }

    static int kind(ByteBuffer entry) {
        return entry.get(ENTRY_HEADER - 1);
    }

    static long time(ByteBuffer entry) {
        return entry.getLong(2 * Integer.BYTES);
    }

    static byte[] content(ByteBuffer entry) {
        byte[] content = new byte[entry.limit() - ENTRY_HEADER];
        entry.get(ENTRY_HEADER, content);
        return content;
    }

    private static long checksum(ByteBuffer entry, int length) {
        CRC32C sum = new CRC32C();
        sum.update(entry.slice(2 * Integer.BYTES, ENTRY_HEADER - 2 * Integer.BYTES + length));
        return sum.getValue();
    }

    private static long checksum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return sum.getValue();
    }

    static void writeAll(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static int readAll(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        int read = 0;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, position + read);
            if (count < 0) {
                break;
            }
            read += count;
        }
        return read;
    }

    /** The number of the entry after the last one. */
    long next() {
        return first + entries;
    }

    void delete() throws IOException {
        Files.deleteIfExists(file);
    }
}
