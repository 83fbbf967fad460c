package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.pcap.CaptureReader;
import dev.nfkit.pcap.CaptureRecord;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.pcap.PcapFormatException;
import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A recording of netlink sockets, in memory: what {@link TraceWriter} wrote, or what tcpdump or Wireshark captured from
 * an nlmon device. Immutable.
 *
 * <p>A datagram's direction is that of {@code epb_flags}. Where a file has none (classic pcap), a datagram whose first
 * message has {@code NLM_F_REQUEST} went to the kernel, any other came from it.
 */
public final class Trace {
    private static final long DIRECTION = 3;

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
     * @param file a pcapng or pcap file of link type 253
     * @return the recording
     * @throws PcapFormatException if it is no capture file, has another link type, is cut, or contradicts itself
     * @throws IOException if it can't be read
     */
    public static Trace read(Path file) throws IOException {
        try (CaptureReader reader = CaptureReader.open(file)) {
            return read(reader, file.toString());
        }
    }

    /**
     * Reads a recording up to the stream's end. The stream stays open.
     *
     * @param stream a pcapng or pcap file of link type 253
     * @param name what to call it in errors
     * @return the recording
     * @throws PcapFormatException if it is no capture file, has another link type, is cut, or contradicts itself
     * @throws IOException if it can't be read
     */
    @SuppressWarnings("resource") // closing the reader would close the caller's stream
    public static Trace read(InputStream stream, String name) throws IOException {
        return read(CaptureReader.of(stream, name), name);
    }

    private static Trace read(CaptureReader reader, String name) throws IOException {
        List<TraceEntry> entries = new ArrayList<>();
        ByteOrder order = null;
        for (CaptureRecord packet = reader.next(); packet != null; packet = reader.next()) {
            check(packet, name);
            Bytes data = packet.data();
            Bytes datagram = data.slice(CookedHeader.LENGTH, data.length() - CookedHeader.LENGTH);
            if (order == null && datagram.length() >= Netlink.NLMSG_HDRLEN) {
                order = HeaderOrder.of(datagram, truncated(packet), packet.order());
            }
            entries.add(entry(packet, datagram, order == null ? packet.order() : order));
        }
        return new Trace(entries, order == null ? reader.order() : order);
    }

    private static void check(CaptureRecord packet, String name) throws PcapFormatException {
        if (packet.linkType() != LinkType.NETLINK) {
            throw new PcapFormatException(
                    name,
                    packet.offset(),
                    "link type " + LinkType.describe(LinkType.NETLINK),
                    "link type " + LinkType.describe(packet.linkType()));
        }
        Optional<String> fault = CookedHeader.fault(packet.data());
        if (fault.isPresent()) {
            throw new PcapFormatException(
                    name, packet.offset(), "a netlink header of 16 bytes with hardware type 824", fault.get());
        }
    }

    private static boolean truncated(CaptureRecord packet) {
        return packet.originalLength() > packet.data().length();
    }

    private static TraceEntry entry(CaptureRecord packet, Bytes datagram, ByteOrder order) {
        @Nullable String comment = packet.comment().orElse(null);
        TraceKind kind = kind(packet, datagram, order);
        boolean empty = kind == TraceKind.OVERRUN || kind == TraceKind.NOTE;
        return new TraceEntry(
                kind,
                packet.epochNanos(),
                CookedHeader.protocol(packet.data()),
                empty ? new Bytes() : datagram,
                truncated(packet),
                comment);
    }

    private static TraceKind kind(CaptureRecord packet, Bytes datagram, ByteOrder order) {
        long direction = packet.flags() & DIRECTION;
        if (direction == CaptureWriter.INBOUND) {
            return TraceKind.FROM_KERNEL;
        }
        if (direction == CaptureWriter.OUTBOUND) {
            return TraceKind.TO_KERNEL;
        }
        if (Marker.matches(datagram, TraceKind.OVERRUN, order)) {
            return TraceKind.OVERRUN;
        }
        if ((datagram.length() == 0 && !truncated(packet)) || Marker.matches(datagram, TraceKind.NOTE, order)) {
            return TraceKind.NOTE;
        }
        // Cut to less than the flags: nothing tells, and what is cut is never parsed.
        return HeaderOrder.request(datagram, order) ? TraceKind.TO_KERNEL : TraceKind.FROM_KERNEL;
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
