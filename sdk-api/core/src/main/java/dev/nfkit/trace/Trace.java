// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.pcap.PcapFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole recording of netlink sockets, in memory, as read by {@link TraceReader}. Immutable.
 */
public final class Trace {
    private final List<TraceEntry> entries;
    private final ByteOrder order;

    /**
     * A recording of given entries.
     *
     * @param entries the entries, in their order
     * @param order the byte order of netlink headers in their datagrams
     */
    public Trace(List<TraceEntry> entries, ByteOrder order) {
        this.entries = List.copyOf(entries);
        this.order = order;
    }

    /**
     * Reads a recording.
     *
     * @param file a pcapng or pcap file of link type 253 or 239, as {@link TraceReader} describes
     * @return the recording
     * @throws PcapFormatException if it is not a capture file, has another link type, is cut, or contradicts itself
     * @throws IOException if it cannot be read
     */
    public static Trace read(Path file) throws IOException {
        try (TraceReader reader = TraceReader.open(file)) {
            return read(reader);
        }
    }

    /**
     * Reads a recording up to the stream's end. The stream stays open.
     *
     * @param stream a pcapng or pcap file of link type 253 or 239, as {@link TraceReader} describes
     * @param name its name in errors
     * @return the recording
     * @throws PcapFormatException if it is not a capture file, has another link type, is cut, or contradicts itself
     * @throws IOException if it cannot be read
     */
    @SuppressWarnings("resource") // closing the reader would close the caller's stream
    public static Trace read(InputStream stream, String name) throws IOException {
        return read(TraceReader.of(stream, name));
    }

    private static Trace read(TraceReader reader) throws IOException {
        List<TraceEntry> entries = new ArrayList<>();
        while (reader.next()) {
            entries.add(reader.entry());
        }
        return new Trace(entries, reader.order());
    }

    /**
     * The entries, in the file's order.
     *
     * @return an unmodifiable list
     */
    public List<TraceEntry> entries() {
        return entries;
    }

    /**
     * The byte order of netlink headers: that of the host that was recorded.
     *
     * @return the order
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * The number of entries, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "Trace(" + entries.size() + " entries)";
    }
}
