// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.Bytes;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.pcap.CaptureInterface;
import dev.nfkit.pcap.CaptureSection;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.pcap.PcapngWriter;
import dev.nfkit.samples.cli.output.BinaryOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.paths.DroppedPrinter;
import dev.nfkit.samples.cli.paths.PathOutput;
import dev.nfkit.samples.cli.paths.TracedHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A pcapng file of packets that were dropped: the headers that the trace has, with the length of the whole packet, and the
 * rule as the packet's comment. Packets that are not IP are printed only. One thread at a time.
 */
final class DroppedFile implements PathOutput {
    private static final int SNAP_LENGTH = 60;
    /** Rules with large sets are cut. */
    private static final int LONGEST_COMMENT = 4096;

    private static final long SECOND = 1_000_000_000L;

    private final String name;
    private final PcapngWriter writer;
    private final DroppedPrinter rules;
    private final @Nullable DroppedPrinter printed;
    private final Clock clock;
    private final TracedHeaders headers = new TracedHeaders();
    private boolean dirty;

    /**
     * Creates the file and writes its header.
     *
     * @param target a path, or {@code -} for standard output
     * @param rules has the text of rules
     * @param print whether packets are printed, too
     * @param clock the time of packets, for which the kernel gives none
     */
    DroppedFile(String target, DroppedPrinter rules, boolean print, Clock clock) throws WriteFailure {
        this.rules = rules;
        this.printed = print ? rules : null;
        this.clock = clock;
        boolean standard = target.equals("-");
        name = standard ? "standard output" : target;
        try {
            writer = begin(BinaryOutput.open(standard ? null : Path.of(target)));
        } catch (IOException e) {
            throw new WriteFailure(name, e);
        }
    }

    private static PcapngWriter begin(FileChannel channel) throws IOException {
        PcapngWriter writer = new PcapngWriter(
                channel,
                CaptureSection.create()
                        .withOrder(ByteOrder.nativeOrder())
                        .withApplication("nfkit capture")
                        .withOs(System.getProperty("os.name") + " " + System.getProperty("os.version")));
        writer.addInterface(CaptureInterface.of("dropped", LinkType.RAW).withSnapLength(SNAP_LENGTH));
        writer.flush();
        return writer;
    }

    @Override
    public boolean path(PacketPath path) throws NetlinkException, WriteFailure {
        if (path.outcome() != PacketPath.Outcome.DROPPED) {
            return false;
        }
        if (printed != null) {
            printed.path(path);
        }
        Bytes packet = headers.read(path).bytes();
        if (!headers.isIp()) {
            return printed != null;
        }
        String rule = rules.decision(path);
        String comment = rule.length() > LONGEST_COMMENT ? rule.substring(0, LONGEST_COMMENT) + "..." : rule;
        Instant now = clock.instant();
        try {
            writer.packet(
                    0,
                    now.getEpochSecond() * SECOND + now.getNano(),
                    ByteBuffer.wrap(packet.toArray()),
                    0,
                    packet.length(),
                    headers.originalLength(),
                    0,
                    comment);
        } catch (IOException e) {
            throw new WriteFailure(name, e);
        }
        dirty = true;
        return true;
    }

    @Override
    public boolean dirty() {
        return dirty || (printed != null && printed.dirty());
    }

    @Override
    public void flush() throws WriteFailure {
        dirty = false;
        try {
            writer.flush();
        } catch (IOException e) {
            throw new WriteFailure(name, e);
        }
        if (printed != null) {
            printed.flush();
        }
    }

    @Override
    public void close() throws WriteFailure {
        flush();
        try {
            writer.close();
        } catch (IOException e) {
            throw new WriteFailure(name, e);
        }
    }
}
