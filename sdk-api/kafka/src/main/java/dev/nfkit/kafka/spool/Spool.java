// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka.spool;

import dev.nfkit.pcap.PrivateFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A queue of entries in the files of a directory. Entries are appended at its end and read from the oldest on; those that
 * are acknowledged are removed with their file. What was appended survives the end of the process, however it ends, but
 * not that of the machine: the files are not synchronised. After a restart, entries that were not acknowledged are read
 * again, and perhaps some that were.
 *
 * <p>If the size or age exceeds its limit, the oldest entries are dropped, and counted. Safe for any number of threads;
 * one process at a time.
 */
public final class Spool implements Closeable {
    private static final String POSITION = "position";
    private static final String LOCK = "lock";

    private final Path directory;
    private final SpoolLimits limits;
    private final InstantSource clock;
    private final FileChannel lockFile;
    private final Position position;
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private final ByteBuffer written = ByteBuffer.allocate(Segment.ENTRY_HEADER + Segment.LARGEST);
    private final ByteBuffer read = ByteBuffer.allocate(Segment.ENTRY_HEADER + Segment.LARGEST);
    private final long[] dropped = new long[Segment.KINDS];

    private FileChannel tail;
    private @Nullable FileChannel reader;
    private @Nullable Segment readSegment;
    private long readOffset;
    private long readNumber;
    private Consumer<SpoolEntry> onDrop = entry -> {};
    private boolean closed;

    private Spool(Path directory, SpoolLimits limits, InstantSource clock, FileChannel lockFile) throws IOException {
        this.directory = directory;
        this.limits = limits;
        this.clock = clock;
        this.lockFile = lockFile;
        position = Position.open(directory.resolve(POSITION), clock.millis());
        for (Path file : files(directory)) {
            Segment segment = Segment.open(file);
            if (segment == null) {
                Files.delete(file);
                continue;
            }
            if (!segments.isEmpty()) {
                segments.getLast().completeBefore(segment);
            }
            segments.add(segment);
        }
        if (segments.isEmpty()) {
            segments.add(Segment.make(directory, position.acknowledged(), new long[Segment.KINDS]));
        }
        segments.getLast().scan();
        tail = openTail();
        seek(position.acknowledged());
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Segment::isSegment).sorted().toList();
        }
    }

    /**
     * Opens a spool, and makes its directory with mode 0700 if there is none.
     *
     * @param directory the directory
     * @param limits its limits
     * @param clock the time of entries
     * @return the spool; the caller closes it
     * @throws IOException if the directory or a file cannot be made, read or written, or another process has it open; the
     *     message names the directory
     */
    @SuppressWarnings("resource") // the spool closes the lock
    public static Spool open(Path directory, SpoolLimits limits, InstantSource clock) throws IOException {
        FileChannel lock = null;
        boolean opened = false;
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            lock = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isLocked(lock)) {
                throw new IOException("another process has it open");
            }
            Spool spool = new Spool(directory, limits, clock, lock);
            opened = true;
            return spool;
        } catch (IOException e) {
            throw new IOException("open the spool " + directory + ": " + e.getMessage(), e);
        } finally {
            if (lock != null && !opened) {
                lock.close();
            }
        }
    }

    private static boolean isLocked(FileChannel lock) throws IOException {
        try {
            FileLock held = lock.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private FileChannel openTail() throws IOException {
        Segment last = segments.getLast();
        FileChannel channel = FileChannel.open(last.file, StandardOpenOption.WRITE);
        channel.truncate(last.end).position(last.end);
        return channel;
    }

    /**
     * When the spool was made, which together with an entry's number identifies the entry.
     *
     * @return milliseconds since 1970
     */
    public long made() {
        return position.made();
    }

    /**
     * Appends an entry.
     *
     * @param kind 0 to 3
     * @param content at most 1 MiB
     * @return its number
     * @throws IOException if it cannot be written, such as because the disk is full; the spool stays as it was
     * @throws IllegalArgumentException if the kind is out of range or the content too long
     */
    public synchronized long append(int kind, byte[] content) throws IOException {
        if (kind < 0 || kind >= Segment.KINDS || content.length > Segment.LARGEST) {
            throw new IllegalArgumentException(
                    "kind is 0 to 3 and content at most 1048576 bytes, not " + kind + " and " + content.length);
        }
        requireOpen();
        Segment last = segments.getLast();
        int size = Segment.ENTRY_HEADER + content.length;
        if (last.end + size > limits.segmentBytes() && last.entries > 0) {
            last = roll(last);
        }
        long now = clock.millis();
        boolean complete = false;
        try {
            Segment.writeAll(tail, Segment.entry(written, (byte) kind, now, content));
            complete = true;
        } finally {
            if (!complete) {
                tail.truncate(last.end).position(last.end);
            }
        }
        last.end += size;
        last.latest = Math.max(last.latest, now);
        last.kinds[kind]++;
        last.entries++;
        return last.next() - 1;
    }

    private Segment roll(Segment last) throws IOException {
        long[] before = last.before.clone();
        for (int kind = 0; kind < Segment.KINDS; kind++) {
            before[kind] += last.kinds[kind];
        }
        Segment next = Segment.make(directory, last.next(), before);
        segments.add(next);
        tail.close();
        tail = openTail();
        drop();
        return next;
    }

    /**
     * Drops what exceeds a limit. It is called when entries are appended; an application that appends seldom calls it
     * from time to time.
     *
     * @throws IOException if a file cannot be removed
     */
    public synchronized void drop() throws IOException {
        long oldest = clock.millis() - limits.age().toMillis();
        while (segments.size() > 1
                && (size() > limits.bytes() - limits.segmentBytes() || segments.getFirst().latest < oldest)) {
            Segment first = segments.removeFirst();
            count(first);
            if (readNumber < first.next()) {
                seek(first.next());
            }
            position.acknowledge(first.next());
            first.delete();
        }
    }

    /** Counts the entries of a dropped file that were not acknowledged. */
    private void count(Segment segment) throws IOException {
        try (FileChannel channel = FileChannel.open(segment.file, StandardOpenOption.READ)) {
            long offset = Segment.HEADER;
            for (long number = segment.first; Segment.read(channel, read, offset); number++) {
                if (number >= position.acknowledged()) {
                    int kind = Segment.kind(read);
                    dropped[kind]++;
                    onDrop.accept(new SpoolEntry(number, (byte) kind, Segment.content(read)));
                }
                offset += read.limit();
            }
        }
    }

    private long size() {
        long size = 0;
        for (Segment segment : segments) {
            size += segment.end;
        }
        return size;
    }

    /**
     * Reads the next entry.
     *
     * @return the entry; empty if all have been read
     * @throws IOException if it cannot be read
     */
    public synchronized Optional<SpoolEntry> next() throws IOException {
        requireOpen();
        while (true) {
            Segment segment = readSegment;
            FileChannel channel = reader;
            if (segment == null || channel == null) {
                return Optional.empty();
            }
            if (readNumber < segment.next()) {
                if (!Segment.read(channel, read, readOffset)) {
                    throw new IOException(segment.file + " is damaged at byte " + readOffset);
                }
                readOffset += read.limit();
                return Optional.of(new SpoolEntry(readNumber++, (byte) Segment.kind(read), Segment.content(read)));
            }
            if (segment.equals(segments.getLast())) {
                return Optional.empty();
            }
            seek(segment.next());
        }
    }

    /**
     * Reads from an entry on once more.
     *
     * @param number its number; if it was dropped, the oldest entry is the next one
     * @throws IOException if its file cannot be read
     */
    public synchronized void seek(long number) throws IOException {
        Segment target = segments.getFirst();
        for (Segment segment : segments) {
            if (segment.first <= number) {
                target = segment;
            }
        }
        if (reader != null) {
            reader.close();
        }
        FileChannel channel = FileChannel.open(target.file, StandardOpenOption.READ);
        reader = channel;
        readSegment = target;
        readOffset = Segment.HEADER;
        readNumber = target.first;
        while (readNumber < Math.min(number, target.next()) && Segment.read(channel, read, readOffset)) {
            readOffset += read.limit();
            readNumber++;
        }
    }

    /**
     * All entries before one are stored elsewhere: their files are removed.
     *
     * @param number the number of the first entry that is not
     * @throws IOException if the position cannot be written or a file not removed
     */
    public synchronized void acknowledge(long number) throws IOException {
        requireOpen();
        position.acknowledge(number);
        while (segments.size() > 1 && segments.getFirst().next() <= position.acknowledged()) {
            segments.removeFirst().delete();
        }
    }

    /**
     * The number of the oldest entry that is not acknowledged.
     *
     * @return from 0
     */
    public synchronized long acknowledged() {
        return position.acknowledged();
    }

    /**
     * The number that the next entry gets.
     *
     * @return from 0
     */
    public synchronized long end() {
        return segments.getLast().next();
    }

    /**
     * The entries of a kind that were appended since the spool was made.
     *
     * @param kind 0 to 3
     * @return a count
     */
    public synchronized long appended(int kind) {
        Segment last = segments.getLast();
        return last.before[kind] + last.kinds[kind];
    }

    /**
     * Sets what is called with each entry that is dropped, under the lock of the spool.
     *
     * @param listener takes an entry; it must not throw
     */
    public synchronized void onDrop(Consumer<SpoolEntry> listener) {
        onDrop = listener;
    }

    /**
     * Takes the number of entries that were dropped since the last call, by kind.
     *
     * @return four counts
     */
    public synchronized long[] takeDropped() {
        long[] taken = dropped.clone();
        Arrays.fill(dropped, 0);
        return taken;
    }

    /**
     * The size of the files.
     *
     * @return bytes
     */
    public synchronized long bytes() {
        return size();
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the spool " + directory + " is closed");
        }
    }

    /** Closes the files. Entries that are not acknowledged stay. Idempotent. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        tail.close();
        if (reader != null) {
            reader.close();
        }
        position.close();
        lockFile.close();
    }

    /** The file that has the position of the oldest entry that is not acknowledged. */
    private static final class Position implements Closeable {
        private static final int LENGTH = 3 * Long.BYTES;

        private final FileChannel channel;
        private final long made;
        private long acknowledged;

        private Position(FileChannel channel, long made, long acknowledged) {
            this.channel = channel;
            this.made = made;
            this.acknowledged = acknowledged;
        }

        static Position open(Path file, long now) throws IOException {
            if (!Files.exists(file)) {
                PrivateFile.create(file).close();
            }
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
            if (channel.read(bytes, 0) == LENGTH && bytes.getLong(16) == sum(bytes.getLong(0), bytes.getLong(8))) {
                return new Position(channel, bytes.getLong(0), bytes.getLong(8));
            }
            Position position = new Position(channel, now, 0);
            position.write();
            return position;
        }

        private static long sum(long made, long acknowledged) {
            return ~(made * 31 + acknowledged);
        }

        long made() {
            return made;
        }

        long acknowledged() {
            return acknowledged;
        }

        void acknowledge(long number) throws IOException {
            if (number > acknowledged) {
                acknowledged = number;
                write();
            }
        }

        private void write() throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(LENGTH)
                    .putLong(made)
                    .putLong(acknowledged)
                    .putLong(sum(made, acknowledged))
                    .flip();
            channel.write(bytes, 0);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
