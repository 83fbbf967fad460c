// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nflog.NflogCaptureFiles;
import dev.nfkit.nflog.NflogCaptureOptions;
import dev.nfkit.nflog.NflogGroup;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.output.BinaryOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.socket.KernelView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The files of a capture, with failures that name the file. One thread at a time. */
public final class CaptureFiles {
    /** The format and rotation of the files. */
    public record Format(String target, boolean classic, int linkType, Criteria ring, List<NflogGroup> groups) {
        boolean standardOutput() {
            return target.equals("-");
        }

        NflogCaptureOptions options() {
            NflogCaptureOptions.Builder options = NflogCaptureOptions.builder()
                    .linkType(linkType)
                    .classic(classic)
                    .groups(groups)
                    .application("nfkit capture");
            if (ring.bytes() > 0) {
                options.fileBytes(ring.bytes());
            }
            if (ring.packets() > 0) {
                options.filePackets(ring.packets());
            }
            if (ring.nanos() > 0) {
                options.fileTime(Duration.ofNanos(ring.nanos()));
            }
            if (ring.files() > 0) {
                options.keep((int) ring.files());
            }
            return options.build();
        }
    }

    private final NflogCaptureFiles files;

    private CaptureFiles(NflogCaptureFiles files) {
        this.files = files;
    }

    /** Opens the first file and writes its header, so that the file is valid from the start. */
    public static CaptureFiles open(Format format, KernelView kernel, Supplier<Statistics> statistics)
            throws WriteFailure {
        NflogCaptureOptions options = format.options();
        try {
            NflogCaptureFiles opened = format.standardOutput()
                    ? NflogCaptureFiles.into(BinaryOutput.standard(), options, kernel, statistics)
                    : NflogCaptureFiles.open(Path.of(format.target()), options, kernel, statistics);
            return new CaptureFiles(opened);
        } catch (IOException e) {
            throw new WriteFailure(format.standardOutput() ? "standard output" : format.target(), e);
        }
    }

    private WriteFailure failure(IOException cause) {
        return new WriteFailure(files.path().map(Path::toString).orElse("standard output"), cause);
    }

    /** The name of the current file, or null for standard output. */
    public @Nullable Path path() {
        return files.path().orElse(null);
    }

    /** The number of files begun. */
    public long count() {
        return files.count();
    }

    /** Writes a packet. Returns whether the link type can represent it. */
    public boolean write(NflogPacket packet) throws WriteFailure {
        try {
            return files.write(packet);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Counts a packet that a filter leaves out. */
    void leaveOut(NflogPacket packet) {
        files.leaveOut(packet);
    }

    /** Whether the next packet would begin a file beyond the last one. */
    public boolean full(long mostFiles) {
        return mostFiles > 0 && files.count() >= mostFiles && files.due();
    }

    /** Begins the next file if its condition is met. */
    void rotateIfOld() throws WriteFailure {
        try {
            files.rotateIfOld();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    public boolean dirty() {
        return files.dirty();
    }

    public void flush() throws WriteFailure {
        try {
            files.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** The number of packets in all files. */
    public long packets() {
        return files.packets();
    }

    /** The number of bytes in all files. */
    public long bytes() {
        return files.bytes();
    }

    /** The number of packets that the link type cannot represent. */
    public long skipped() {
        return files.skipped();
    }

    /** Closes the last file. After a failure it is cut to the complete packets that it contains. */
    public void close() throws WriteFailure {
        try {
            files.close();
        } catch (IOException e) {
            throw failure(e);
        }
    }
}
