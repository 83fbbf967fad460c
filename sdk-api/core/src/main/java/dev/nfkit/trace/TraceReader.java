// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.pcap.CaptureReader;
import dev.nfkit.pcap.CaptureView;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.pcap.PcapFormatException;
import dev.nfkit.wire.Netlink;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a recording of netlink sockets entry by entry: what {@link TraceWriter} wrote, or what tcpdump or Wireshark
 * captured from an nlmon device, as pcapng or classic pcap in either byte order. Memory stays constant, whatever the
 * file's length, and only an entry's comment is allocated. One thread at a time.
 *
 * <p>Also reads a capture of NFLOG, link type 239, as {@code dev.nfkit.nflog.NflogCaptureWriter}, {@code nfkit capture},
 * dumpcap and tcpdump write it. Each of its packets is the datagram that the kernel sent for it: one message {@code
 * NFULNL_MSG_PACKET} with sequence number 0, whatever the direction in the file. All groups of the file belong to one
 * socket. The attributes are in the byte order of the file, unless the length of the first one contradicts it.
 *
 * <p>The accessors return the values of the entry that the last {@link #next()} found. The values are borrowed; {@link
 * #entry()} returns a copy. Before the first entry and after the last the accessors throw.
 *
 * <p>A datagram's direction is that of {@code epb_flags}. If a file has no direction (classic pcap, or tcpdump on an
 * nlmon device), a datagram whose first message is a request ({@code NLM_F_REQUEST}, and its type is not an answer's)
 * counts as sent to the kernel, any other as received from it.
 *
 * <pre>{@code
 * try (TraceReader trace = TraceReader.open(path)) {
 *     while (trace.next()) {
 *         System.out.println(trace.kind() + " of " + trace.datagram().length() + " bytes");
 *     }
 * }
 * }</pre>
 */
public final class TraceReader implements Closeable {
    private static final long DIRECTION = 3;

    private final CaptureReader reader;
    private final String name;
    private final BytesView datagram = new BytesView();
    private final LoggedRecord logged = new LoggedRecord();
    private @Nullable CaptureView packet;
    private @Nullable ByteOrder order;
    private TraceKind kind = TraceKind.NOTE;
    /** The interface that stands for all those of link type NFLOG; negative if none was found yet. */
    private int loggedSocket = -1;

    private TraceReader(CaptureReader reader, String name) {
        this.reader = reader;
        this.name = name;
    }

    /**
     * Opens a recording.
     *
     * @param file a pcapng or pcap file of link type 253 or 239
     * @return a reader before the first entry; the caller closes it
     * @throws PcapFormatException if it is not a capture file
     * @throws IOException if it cannot be read
     */
    public static TraceReader open(Path file) throws IOException {
        return new TraceReader(CaptureReader.open(file), file.toString());
    }

    /**
     * Reads a recording from a stream.
     *
     * @param stream a pcapng or pcap file of link type 253 or 239, which {@link #close} closes; if this call fails,
     *     it stays open
     * @param name its name in errors
     * @return a reader before the first entry
     * @throws PcapFormatException if it is not a capture file
     * @throws IOException if it cannot be read
     */
    public static TraceReader of(InputStream stream, String name) throws IOException {
        return new TraceReader(CaptureReader.of(stream, name), Objects.requireNonNull(name));
    }

    /**
     * Moves to the next entry.
     *
     * @return false at the end of the file and after an error
     * @throws PcapFormatException if the file is cut, contradicts itself, or has a packet of another link type
     * @throws IOException if it cannot be read
     */
    public boolean next() throws IOException {
        packet = null;
        datagram.release();
        CaptureView next = reader.nextView();
        if (next == null) {
            return false;
        }
        if (next.linkType() == LinkType.NFLOG) {
            log(next);
        } else {
            record(next);
        }
        packet = next;
        return true;
    }

    /** Moves to a packet of link type NFLOG. */
    private void log(CaptureView next) {
        if (order == null) {
            order = HeaderOrder.ofAttributes(next.data(), cut(next), next.order());
        }
        if (loggedSocket < 0) {
            loggedSocket = next.interfaceId();
        }
        logged.datagram(next.data(), order, datagram);
        kind = TraceKind.FROM_KERNEL;
    }

    /** Moves to a packet of link type NETLINK. */
    private void record(CaptureView next) throws PcapFormatException {
        check(next);
        Bytes data = next.data();
        data.slice(CookedHeader.LENGTH, data.length() - CookedHeader.LENGTH, datagram);
        boolean cut = cut(next);
        if (order == null && datagram.length() >= Netlink.NLMSG_HDRLEN) {
            order = HeaderOrder.of(datagram, cut, next.order());
        }
        kind = kind(next.flags() & DIRECTION, cut, order == null ? next.order() : order);
        if (kind == TraceKind.OVERRUN || kind == TraceKind.NOTE) {
            datagram.slice(0, 0, datagram);
        }
    }

    private void check(CaptureView next) throws PcapFormatException {
        if (next.linkType() != LinkType.NETLINK) {
            throw new PcapFormatException(
                    name,
                    next.offset(),
                    "link type " + LinkType.describe(LinkType.NETLINK) + " or " + LinkType.describe(LinkType.NFLOG),
                    "link type " + LinkType.describe(next.linkType()) + "; read it with tshark -r");
        }
        String fault = CookedHeader.fault(next.data());
        if (fault != null) {
            throw new PcapFormatException(
                    name, next.offset(), "a netlink header of 16 bytes with hardware type 824", fault);
        }
    }

    private static boolean cut(CaptureView packet) {
        return packet.originalLength() > packet.data().length();
    }

    private TraceKind kind(long direction, boolean cut, ByteOrder headers) {
        if (direction == CaptureWriter.INBOUND) {
            return TraceKind.FROM_KERNEL;
        }
        if (direction == CaptureWriter.OUTBOUND) {
            return TraceKind.TO_KERNEL;
        }
        if (Marker.matches(datagram, TraceKind.OVERRUN, headers)) {
            return TraceKind.OVERRUN;
        }
        if ((datagram.length() == 0 && !cut) || Marker.matches(datagram, TraceKind.NOTE, headers)) {
            return TraceKind.NOTE;
        }
        // Cut before the flags: the direction is unknown, and cut datagrams are never parsed.
        return HeaderOrder.request(datagram, headers) ? TraceKind.TO_KERNEL : TraceKind.FROM_KERNEL;
    }

    /** Whether the accessors have an entry to return. */
    boolean atEntry() {
        return packet != null;
    }

    private CaptureView at() {
        CaptureView now = packet;
        if (now == null) {
            throw new IllegalStateException(name + ": the reader is at no entry; call next() first");
        }
        return now;
    }

    /**
     * The kind of the entry.
     *
     * @return the kind
     * @throws IllegalStateException if the reader is at no entry
     */
    public TraceKind kind() {
        at();
        return kind;
    }

    /**
     * When it happened, by the wall clock.
     *
     * @return nanoseconds since 1970, or {@link TraceEntry#NO_TIME}
     * @throws IllegalStateException if the reader is at no entry
     */
    public long epochNanos() {
        return at().epochNanos();
    }

    /**
     * The netlink protocol of the socket, such as {@link Netlink#NETLINK_NETFILTER}.
     *
     * @return 0 to 65535
     * @throws IllegalStateException if the reader is at no entry
     */
    public int protocol() {
        return linkType() == LinkType.NFLOG ? Netlink.NETLINK_NETFILTER : CookedHeader.protocol(at().data());
    }

    /**
     * The link type of the entry's interface: whether the file holds netlink traffic or logged packets there.
     *
     * @return {@link LinkType#NETLINK} or {@link LinkType#NFLOG}
     * @throws IllegalStateException if the reader is at no entry
     */
    public int linkType() {
        return at().linkType();
    }

    /**
     * The socket of the recording that sent or received it, as {@link TraceEntry#socket()}.
     *
     * @return the index of the file's interface, from 0; for all interfaces of link type NFLOG that of the first of them
     * @throws IllegalStateException if the reader is at no entry
     */
    public int socket() {
        return linkType() == LinkType.NFLOG ? loggedSocket : interfaceId();
    }

    /** The index of the entry's interface, from 0. */
    int interfaceId() {
        return at().interfaceId();
    }

    /**
     * The name of that socket, which is that of the file's interface ({@code if_name}).
     *
     * @return a name such as {@code netlink 12 port 4711}, {@code nlmon0} or {@code nflog:30}, or empty if the file has
     *     none
     * @throws IllegalStateException if the reader is at no entry
     */
    public Optional<String> socketName() {
        return at().captureInterface().name();
    }

    /**
     * The datagram, verbatim: one or more netlink messages.
     *
     * @return the bytes, borrowed until {@link #next()}; none for an overrun or a note
     * @throws IllegalStateException if the reader is at no entry
     */
    public Bytes datagram() {
        at();
        return datagram;
    }

    /**
     * Whether the datagram's end is missing.
     *
     * @return whether it was longer than the recorded part
     * @throws IllegalStateException if the reader is at no entry
     */
    public boolean truncated() {
        return cut(at());
    }

    /**
     * A remark; a note's text.
     *
     * @return the text, or empty
     * @throws IllegalStateException if the reader is at no entry
     */
    public Optional<String> comment() {
        return at().comment();
    }

    /**
     * A copy of the entry.
     *
     * @return an immutable copy
     * @throws IllegalStateException if the reader is at no entry
     */
    public TraceEntry entry() {
        return new TraceEntry(
                kind(),
                epochNanos(),
                protocol(),
                datagram.copy(),
                truncated(),
                comment().orElse(null),
                socket());
    }

    /**
     * The byte order of netlink headers: that of the recorded host, determined from the first message.
     *
     * @return the order; that of the file before the first message
     */
    public ByteOrder order() {
        return order == null ? reader.order() : order;
    }

    /**
     * Closes the file or stream. Idempotent.
     *
     * @throws IOException if closing fails
     */
    @Override
    public void close() throws IOException {
        packet = null;
        datagram.release();
        reader.close();
    }
}
