// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a capture file, packet by packet: pcapng (both byte orders, several sections, unknown blocks skipped) or
 * classic pcap (microseconds or nanoseconds, both byte orders), distinguished by their first bytes. One thread at a
 * time.
 *
 * <p>Lengths in the file are not trusted: memory is allocated as bytes arrive, at most 16 MiB for a block.
 *
 * <pre>{@code
 * try (CaptureReader reader = CaptureReader.open(path)) {
 *     for (CaptureRecord packet = reader.next(); packet != null; packet = reader.next()) {
 *         System.out.println(packet);
 *     }
 * }
 * }</pre>
 */
public final class CaptureReader implements Closeable {
    private final ByteSource source;
    private final RecordSource records;
    private final CaptureView view = new CaptureView();
    private boolean ended;

    private CaptureReader(ByteSource source, RecordSource records) {
        this.source = source;
        this.records = records;
    }

    /**
     * Opens a file and reads its header.
     *
     * @param file the file
     * @return a reader before the first packet
     * @throws PcapFormatException if it is no capture file
     * @throws IOException if it cannot be read
     */
    public static CaptureReader open(Path file) throws IOException {
        InputStream stream = Files.newInputStream(file);
        try {
            return of(stream, file.toString());
        } catch (IOException | RuntimeException e) {
            try (stream) {
                throw e;
            }
        }
    }

    /**
     * Reads a stream's header.
     *
     * @param stream the stream, which {@link #close} closes; if this call fails, it stays open
     * @param name its name in errors
     * @return a reader before the first packet
     * @throws PcapFormatException if it is no capture file
     * @throws IOException if it cannot be read
     */
    public static CaptureReader of(InputStream stream, String name) throws IOException {
        ByteSource source = new ByteSource(stream, Objects.requireNonNull(name));
        if (source.ended()) {
            throw source.wrong(0, "a pcap or pcapng header", "an empty file");
        }
        int start = source.take(4);
        if (start < 0) {
            throw source.cut(0, "a pcap or pcapng header");
        }
        int magic = source.window(ByteOrder.BIG_ENDIAN).getInt(start);
        // The type of the section header block reads the same in both byte orders.
        RecordSource records =
                magic == Pcapng.SECTION_HEADER ? PcapngSource.start(source) : PcapSource.start(source, magic);
        return new CaptureReader(source, records);
    }

    /**
     * The next packet, as a copy. Other blocks before it are read or skipped.
     *
     * @return the packet, or null at the end of the file and after an error
     * @throws PcapFormatException if the file is cut or contradicts itself
     * @throws IOException if it cannot be read
     */
    public @Nullable CaptureRecord next() throws IOException {
        CaptureView next = nextView();
        return next == null ? null : next.copy();
    }

    /**
     * The next packet, as {@link #next()}, without an allocation: always the same view, which shows this packet until
     * the next call.
     *
     * @return the view, or null at the end of the file and after an error
     * @throws PcapFormatException if the file is cut or contradicts itself
     * @throws IOException if it cannot be read
     */
    public @Nullable CaptureView nextView() throws IOException {
        view.release();
        if (ended) {
            return null;
        }
        boolean found = false;
        try {
            found = records.next(view);
        } finally {
            ended = !found;
        }
        return found ? view : null;
    }

    /**
     * The byte order of the section that is being read, or of the classic file.
     *
     * @return the order
     */
    public ByteOrder order() {
        return records.order();
    }

    /**
     * The head of the section that is being read.
     *
     * @return the section; empty for a classic file
     */
    public Optional<CaptureSection> section() {
        return records.section();
    }

    /**
     * The interfaces found so far, of all sections; that of a classic file has only a link type and a snap length.
     *
     * @return an unmodifiable view, which grows as the file is read
     */
    public List<CaptureInterface> interfaces() {
        return Collections.unmodifiableList(records.interfaces());
    }

    /**
     * An interface's statistics found so far; the last, if there are several.
     *
     * @param interfaceId an index into {@link #interfaces()}
     * @return the statistics, or empty; always empty for a classic file
     * @throws IndexOutOfBoundsException if there is no such interface
     */
    public Optional<InterfaceStatistics> statistics(int interfaceId) {
        Objects.checkIndex(interfaceId, records.interfaces().size());
        return records.statistics(interfaceId);
    }

    /**
     * Closes the file or stream. Idempotent.
     *
     * @throws IOException if closing fails
     */
    @Override
    public void close() throws IOException {
        ended = true;
        view.release();
        source.close();
    }
}
