package dev.nfkit.samples.cli.capture;

import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nflog.NflogCaptureWriter;
import dev.nfkit.nflog.NflogGroup;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.pcap.CaptureSection;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.PcapWriter;
import dev.nfkit.pcap.PcapngWriter;
import dev.nfkit.pcap.PrivateFile;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.socket.KernelView;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The output of a capture: one file, standard output, or a sequence of files. One thread at a time. */
public final class CaptureFiles {
    /** The format and rotation of the files. */
    public record Format(String target, boolean classic, int linkType, Criteria ring, List<NflogGroup> groups) {
        boolean standardOutput() {
            return target.equals("-");
        }
    }

    private final Format format;
    private final Supplier<Statistics> statistics;
    private final Deque<Path> kept = new ArrayDeque<>();
    private final long switchBytes;
    private final long switchPackets;
    private FileChannel channel;
    private CaptureWriter file;
    private NflogCaptureWriter writer;
    private @Nullable Path path;
    private long number;
    private long fileSince;
    private long earlierBytes;
    private long earlierPackets;
    private boolean dirty;
    private boolean switchDue;
    private boolean open = true;

    private CaptureFiles(Format format, KernelView kernel, Supplier<Statistics> statistics) throws WriteFailure {
        this.format = format;
        this.statistics = statistics;
        Criteria ring = format.ring();
        switchBytes = ring.bytes() == 0 ? Long.MAX_VALUE : ring.bytes();
        switchPackets = ring.packets() == 0 ? Long.MAX_VALUE : ring.packets();
        path = nextPath();
        try {
            channel = openChannel(path);
            file = begin(channel);
            writer = new NflogCaptureWriter(file, ByteOrder.nativeOrder(), format.linkType(), kernel);
            for (NflogGroup group : format.groups()) {
                writer.addGroup(group);
            }
            file.flush();
        } catch (IOException e) {
            throw new WriteFailure(name(), e);
        }
        fileSince = System.nanoTime();
    }

    /** Opens the first file and writes its header, so that the file is valid from the start. */
    public static CaptureFiles open(Format format, KernelView kernel, Supplier<Statistics> statistics)
            throws WriteFailure {
        return new CaptureFiles(format, kernel, statistics);
    }

    private @Nullable Path nextPath() {
        if (format.standardOutput()) {
            return null;
        }
        Path target = Path.of(format.target());
        number++;
        return format.ring().switches()
                ? FileNames.numbered(target, number, LocalDateTime.now(ZoneId.systemDefault()))
                : target;
    }

    /** Opens a file, or standard output if there is no path. */
    @SuppressWarnings("resource") // the writer closes it
    static FileChannel openChannel(@Nullable Path path) throws IOException {
        return path == null ? new FileOutputStream(FileDescriptor.out).getChannel() : PrivateFile.create(path);
    }

    private CaptureWriter begin(FileChannel to) throws IOException {
        ByteOrder order = ByteOrder.nativeOrder();
        return format.classic()
                ? PcapWriter.microseconds(to, order)
                : new PcapngWriter(
                        to,
                        CaptureSection.create()
                                .withOrder(order)
                                .withApplication("nfkit capture")
                                .withOs(System.getProperty("os.name") + " " + System.getProperty("os.version")));
    }

    private String name() {
        return path == null ? "standard output" : path.toString();
    }

    /** The name of the current file, or null for standard output. */
    public @Nullable Path path() {
        return path;
    }

    /** The number of files begun. */
    public long count() {
        return number;
    }

    /** Writes a packet. Returns whether the link type can represent it. */
    public boolean write(NflogPacket packet) throws WriteFailure {
        if (switchDue) {
            next();
        }
        boolean written;
        try {
            written = writer.write(packet);
        } catch (IOException e) {
            throw new WriteFailure(name(), e);
        }
        dirty = true;
        if (file.bytesWritten() >= switchBytes || file.packetsWritten() >= switchPackets) {
            switchDue = true;
        }
        return written;
    }

    /** Whether the next packet would begin a file beyond the last one. */
    public boolean full(long mostFiles) {
        return switchDue && mostFiles > 0 && number >= mostFiles;
    }

    /** Checks the time, and begins the next file if its condition is met. */
    boolean fileTimeOver(long now) {
        long nanos = format.ring().nanos();
        return nanos > 0 && now - fileSince >= nanos;
    }

    /** Closes the current file and begins the next. */
    public void next() throws WriteFailure {
        switchDue = false;
        try {
            writer.finish(statistics.get());
            file.close();
            if (path != null) {
                kept.add(path);
            }
            dropOldest();
            path = nextPath();
            channel = openChannel(path);
            CaptureWriter begun = begin(channel);
            // Only now: if the next file cannot be opened, this one is still the current file.
            earlierBytes += file.bytesWritten();
            earlierPackets += file.packetsWritten();
            file = begun;
            writer.continueIn(file);
            file.flush();
        } catch (IOException e) {
            throw new WriteFailure(name(), e);
        }
        dirty = false;
        fileSince = System.nanoTime();
    }

    private void dropOldest() throws IOException {
        long most = format.ring().files();
        while (most > 0 && kept.size() >= most) {
            Files.deleteIfExists(kept.remove());
        }
    }

    public boolean dirty() {
        return dirty;
    }

    public void flush() throws WriteFailure {
        if (!dirty) {
            return;
        }
        try {
            file.flush();
            dirty = false;
        } catch (IOException e) {
            throw new WriteFailure(name(), e);
        }
    }

    /** The number of packets in all files. */
    public long packets() {
        return earlierPackets + file.packetsWritten();
    }

    /** The number of bytes in all files. */
    public long bytes() {
        return earlierBytes + file.bytesWritten();
    }

    /** The number of packets that the link type cannot represent. */
    public long skipped() {
        return writer.skipped();
    }

    /** Closes the last file. */
    public void close() throws WriteFailure {
        if (!open) {
            return;
        }
        try {
            writer.finish(statistics.get());
            file.flush();
            open = false;
            file.close();
        } catch (IOException e) {
            throw new WriteFailure(name(), e);
        }
    }

    /**
     * After a failed write, truncates the file to the complete packets that it contains.
     *
     * @return the number of packets in all files
     */
    long abandon() {
        open = false;
        long valid = earlierPackets + file.validPackets();
        try (CaptureWriter closing = file) {
            if (path != null && Files.isRegularFile(path) && channel.isOpen()) {
                channel.truncate(closing.validBytes());
            }
        } catch (IOException e) {
            Messages.print("nfkit: " + name() + ": cannot truncate to the last packet: " + WriteFailure.reason(e));
        }
        return valid;
    }
}
