// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.netfilter.Statistics;
import dev.nfkit.pcap.CaptureSection;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.PcapWriter;
import dev.nfkit.pcap.PcapngWriter;
import dev.nfkit.pcap.PrivateFile;
import dev.nfkit.socket.KernelView;
import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes logged packets into a capture file, or into a sequence of files of which the last are kept, as {@code dumpcap
 * -b} does.
 *
 * <pre>{@code
 * NflogCaptureOptions ring = NflogCaptureOptions.builder().fileBytes(10_000_000).keep(5).build();
 * try (NflogSession session = NflogSession.open(transport, options);
 *         NflogCaptureFiles files = NflogCaptureFiles.open(
 *                 Path.of("ring.pcapng"), ring, transport.kernel(), session::statistics)) {
 *     session.run(files::write);
 * }
 * }</pre>
 *
 * <p>Files have mode 0600; an existing file is replaced, and no symbolic link is followed ({@link PrivateFile}). A file
 * is valid from the start, and complete after {@link #flush} and {@link #close}, which writes the losses, too. What a
 * packet looks like in it is described at {@link NflogCaptureWriter}. Writing allocates nothing per packet.
 *
 * <p>An operation that fails throws the IOException of the file. Close the files then: {@link #close} cuts the last one to
 * the complete packets that it contains. If only the next file could not be opened, the present one stays complete, and
 * another write tries again. One thread at a time.
 */
public final class NflogCaptureFiles implements Closeable, Flushable {
    private final @Nullable Path target;
    private final NflogCaptureOptions options;
    private final Supplier<Statistics> statistics;
    private final Deque<Path> kept = new ArrayDeque<>();
    private final long switchBytes;
    private final long switchPackets;
    private final long switchNanos;
    private FileChannel channel;
    private CaptureWriter file;
    private NflogCaptureWriter writer;
    private @Nullable Path path;
    private long number = 1;
    private long fileSince;
    private long earlierBytes;
    private long earlierPackets;
    private boolean dirty;
    private boolean failed;
    private boolean open = true;

    private NflogCaptureFiles(
            @Nullable Path target,
            @Nullable FileChannel into,
            NflogCaptureOptions options,
            KernelView kernel,
            Supplier<Statistics> statistics)
            throws IOException {
        this.target = target;
        this.options = options;
        this.statistics = statistics;
        switchBytes = options.fileBytes();
        switchPackets = options.filePackets();
        switchNanos = options.fileNanos();
        path = nextPath();
        channel = into != null ? into : PrivateFile.create(present());
        try {
            file = begin(channel);
            writer = new NflogCaptureWriter(file, ByteOrder.nativeOrder(), options.linkType(), kernel);
            for (NflogGroup group : options.groups()) {
                writer.addGroup(group);
            }
            file.flush();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        fileSince = System.nanoTime();
    }

    /**
     * Opens the first file and writes its header.
     *
     * @param target the file; with a limit, the name from which those of the files are derived
     * @param options how to write
     * @param kernel the names of interfaces, {@code transport.kernel()}
     * @param statistics the losses that a file's end reports, {@code session::statistics}
     * @return the files
     * @throws IOException if the file cannot be opened or written
     */
    public static NflogCaptureFiles open(
            Path target, NflogCaptureOptions options, KernelView kernel, Supplier<Statistics> statistics)
            throws IOException {
        return new NflogCaptureFiles(target, null, options, kernel, statistics);
    }

    /**
     * Writes into a channel that is open, such as standard output.
     *
     * @param channel the channel, which {@link #close} closes
     * @param options how to write; without a limit of a file
     * @param kernel the names of interfaces
     * @param statistics the losses that the end reports
     * @return the output
     * @throws IOException if the header cannot be written
     * @throws IllegalArgumentException if the options have a limit of a file
     */
    public static NflogCaptureFiles into(
            FileChannel channel, NflogCaptureOptions options, KernelView kernel, Supplier<Statistics> statistics)
            throws IOException {
        if (options.rotates()) {
            throw new IllegalArgumentException(
                    "a channel is one file: fileBytes, filePackets and fileTime need a path");
        }
        return new NflogCaptureFiles(null, channel, options, kernel, statistics);
    }

    private @Nullable Path nextPath() {
        Path named = target;
        return named == null || !options.rotates()
                ? named
                : FileNames.numbered(named, number, LocalDateTime.now(ZoneId.systemDefault()));
    }

    private Path present() {
        Path named = path;
        if (named == null) {
            throw new IllegalStateException("a channel has no path");
        }
        return named;
    }

    private CaptureWriter begin(FileChannel to) throws IOException {
        ByteOrder order = ByteOrder.nativeOrder();
        return options.classic()
                ? PcapWriter.microseconds(to, order)
                : new PcapngWriter(
                        to,
                        CaptureSection.create()
                                .withOrder(order)
                                .withApplication(options.application())
                                .withOs(System.getProperty("os.name") + " " + System.getProperty("os.version")));
    }

    /**
     * Writes a packet, after beginning the next file if that is due.
     *
     * @param packet the packet, borrowed or owned
     * @return whether it was written; false if the link type cannot hold it
     * @throws IOException if writing fails, or if the next file cannot be opened
     */
    public boolean write(NflogPacket packet) throws IOException {
        if (due()) {
            rotate();
        }
        try {
            boolean written = writer.write(packet);
            dirty = true;
            return written;
        } catch (IOException e) {
            failed = true;
            throw e;
        }
    }

    /**
     * Counts a packet that is left out, because a filter refuses it, for example. Otherwise the gap in the kernel's
     * numbers would be reported as a loss at the end of the file.
     *
     * @param packet the packet
     */
    public void leaveOut(NflogPacket packet) {
        writer.leaveOut(packet);
    }

    /**
     * Whether the next packet begins the next file.
     *
     * @return whether a limit of the present file is reached
     */
    public boolean due() {
        return file.bytesWritten() >= switchBytes || file.packetsWritten() >= switchPackets || old();
    }

    private boolean old() {
        return switchNanos > 0 && System.nanoTime() - fileSince >= switchNanos;
    }

    /**
     * Begins the next file if the present one has reached {@link NflogCaptureOptions.Builder#fileTime}: for times without
     * packets.
     *
     * @return whether a file was begun
     * @throws IOException if the present file cannot be completed, or the next one not opened
     */
    public boolean rotateIfOld() throws IOException {
        boolean old = old();
        if (old) {
            rotate();
        }
        return old;
    }

    private void rotate() throws IOException {
        number++;
        Path next = nextPath();
        FileChannel opened;
        try {
            opened = PrivateFile.create(next == null ? present() : next);
        } catch (IOException e) {
            number--;
            throw e;
        }
        try {
            writer.finish(statistics.get());
            file.close();
            earlierBytes += file.bytesWritten();
            earlierPackets += file.packetsWritten();
            kept.add(present());
            path = next;
            channel = opened;
            file = begin(opened);
            writer.continueIn(file);
            file.flush();
        } catch (IOException e) {
            failed = true;
            if (channel != opened) {
                opened.close();
            }
            throw e;
        }
        dirty = false;
        fileSince = System.nanoTime();
        deleteOldest();
    }

    private void deleteOldest() throws IOException {
        while (options.keep() > 0 && kept.size() >= options.keep()) {
            Files.deleteIfExists(kept.remove());
        }
    }

    /**
     * The present file.
     *
     * @return its path; empty for a channel
     */
    public Optional<Path> path() {
        return Optional.ofNullable(path);
    }

    /**
     * The number of files begun, deleted ones included.
     *
     * @return a count from 1
     */
    public long count() {
        return number;
    }

    /**
     * The number of packets in all files, deleted ones included; after a failure, those that are complete.
     *
     * @return a count
     */
    public long packets() {
        return earlierPackets + (failed ? file.validPackets() : file.packetsWritten());
    }

    /**
     * The length of all files, deleted ones included.
     *
     * @return bytes
     */
    public long bytes() {
        return earlierBytes + file.bytesWritten();
    }

    /**
     * The number of packets that the link type cannot hold, and that were skipped.
     *
     * @return a count
     */
    public long skipped() {
        return writer.skipped();
    }

    /**
     * Whether there are packets that {@link #flush} would write.
     *
     * @return whether packets are only in the buffer
     */
    public boolean dirty() {
        return dirty;
    }

    @Override
    public void flush() throws IOException {
        if (!dirty) {
            return;
        }
        try {
            file.flush();
            dirty = false;
        } catch (IOException e) {
            failed = true;
            throw e;
        }
    }

    /**
     * Writes the end of the last file and closes it. After a failure, of this call too, it cuts the file to the complete
     * packets that it contains. Idempotent.
     *
     * @throws IOException if writing, cutting or closing fails; the file is closed nevertheless
     */
    @Override
    public void close() throws IOException {
        if (!open) {
            return;
        }
        open = false;
        if (failed) {
            cut();
            return;
        }
        try {
            writer.finish(statistics.get());
            file.flush();
        } catch (IOException e) {
            failed = true;
            try {
                cut();
            } catch (IOException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
        file.close();
    }

    private void cut() throws IOException {
        try (FileChannel closing = channel) {
            Path last = path;
            if (last != null && Files.isRegularFile(last) && closing.isOpen()) {
                closing.truncate(file.validBytes());
            }
        }
    }
}
