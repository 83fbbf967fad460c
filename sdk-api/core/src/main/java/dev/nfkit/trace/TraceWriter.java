// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.pcap.CaptureInterface;
import dev.nfkit.pcap.CaptureSection;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.pcap.PcapngWriter;
import dev.nfkit.wire.Netlink;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes a recording: pcapng of link type 253, with the direction in {@code epb_flags}; an overrun or a note is a lone
 * header of NLMSG_OVERRUN or NLMSG_NOOP without a direction, its text a comment. Safe for any number of threads:
 * entries are in the order of the calls.
 *
 * <p>Each {@link #socket} has its own pcapng interface, declared when the socket is opened and named after it, such as
 * {@code netlink 12 port 4711}. Entries without a socket share an interface named {@code netlink}, which is declared
 * with the first of them: so a recording of one socket does not need {@link #socket}.
 *
 * <p>A datagram of more than {@value #MAX_DATAGRAM} bytes is cut there and marked as truncated. Entries are buffered;
 * {@link #flush} makes the file valid.
 */
public final class TraceWriter implements TraceSink, Closeable {
    /** The most bytes kept of a datagram. */
    public static final int MAX_DATAGRAM = CaptureWriter.MAX_PACKET - CookedHeader.LENGTH;

    private static final int NONE = -1;
    private static final String SHARED_NAME = "netlink";
    private static final Pattern OWN_NAME = Pattern.compile("netlink( \\d{1,5} port \\d{1,10})?");
    private static final String LOGGED_NAME = "nflog";
    /** As {@code NflogCaptureWriter} and dumpcap name the interface of a group. */
    private static final Pattern GROUP_NAME = Pattern.compile("nflog(:\\d{1,5})?");

    private final CaptureWriter writer;
    private final ByteOrder order;
    private int shared = NONE;
    private int interfaces;
    /** The interfaces of link type NFLOG, which hold logged packets. */
    private final BitSet logged = new BitSet();

    private @Nullable UnaryOperator<TraceEntry> edit;
    private ByteBuffer packet = ByteBuffer.allocate(64 * 1024);

    /**
     * Begins a recording.
     *
     * @param channel the target, in blocking mode; {@link #close} closes it
     * @param order the byte order of the sockets that are recorded
     * @param application the recording application, name and version
     * @throws IOException if writing fails
     */
    public TraceWriter(WritableByteChannel channel, ByteOrder order, String application) throws IOException {
        this(new PcapngWriter(channel, section(order, application)), order);
    }

    /**
     * Begins a recording.
     *
     * @param stream the target; {@link #close} closes it
     * @param order the byte order of the sockets that are recorded
     * @param application the recording application, name and version
     * @throws IOException if writing fails
     */
    public TraceWriter(OutputStream stream, ByteOrder order, String application) throws IOException {
        this(new PcapngWriter(stream, section(order, application)), order);
    }

    private TraceWriter(CaptureWriter writer, ByteOrder order) {
        this.writer = writer;
        this.order = order;
    }

    private static CaptureSection section(ByteOrder order, String application) {
        return CaptureSection.create().withOrder(order).withApplication(application);
    }

    /**
     * Changes every entry before it is written, for instance to make it anonymous. No original entry is written. To be
     * called before the first entry and the first socket. If the edit throws, the write fails with an IOException, and
     * the entry is not written.
     *
     * <p>An edit does not see the names of sockets. Therefore a name not made by this class ({@code netlink}, or one
     * like {@code netlink 12 port 4711}) is not written: the socket's interface is named {@code netlink}. Of the names of
     * groups, only those like {@code nflog:30} are written.
     *
     * @param change returns the entry to write, of the same kind; called by one thread at a time
     * @return this writer
     */
    public synchronized TraceWriter editing(UnaryOperator<TraceEntry> change) {
        edit = Objects.requireNonNull(change);
        return this;
    }

    /**
     * The byte order of the file.
     *
     * @return that of the sockets that are recorded
     */
    public ByteOrder order() {
        return order;
    }

    @Override
    public synchronized TraceSocket socket(int protocol, long portId) throws IOException {
        CookedHeader.checkProtocol(protocol);
        if (portId < 0 || portId > 0xffff_ffffL) {
            throw new IllegalArgumentException("port id " + portId + " is out of 0 to 4294967295");
        }
        return socket(protocol, "netlink " + protocol + " port " + portId);
    }

    /**
     * Begins the record of a socket that already has a name, such as one copied from another recording.
     *
     * @param protocol the socket's netlink protocol, 0 to 65535
     * @param name the name of its interface; with {@link #editing} only written if it has the form of a name made by
     *     this class
     * @return the target of the socket's entries
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the protocol is out of range, or the name longer than 65535 bytes
     */
    public synchronized TraceSocket socket(int protocol, String name) throws IOException {
        return new TraceSocket(
                this,
                CookedHeader.checkProtocol(protocol),
                declare(edit == null || OWN_NAME.matcher(name).matches() ? name : SHARED_NAME));
    }

    private int declare(String name) throws IOException {
        interfaces++;
        return writer.addInterface(CaptureInterface.of(name, LinkType.NETLINK));
    }

    /** Begins the record of a group whose packets are written as link type NFLOG, as they were captured. */
    private synchronized TraceSocket group(String name) throws IOException {
        boolean kept = edit == null || GROUP_NAME.matcher(name).matches();
        int iface = writer.addInterface(CaptureInterface.of(kept ? name : LOGGED_NAME, LinkType.NFLOG));
        interfaces++;
        logged.set(iface);
        return new TraceSocket(this, Netlink.NETLINK_NETFILTER, iface);
    }

    /** The interface of entries without a socket. */
    private int shared() throws IOException {
        if (shared == NONE) {
            shared = declare(SHARED_NAME);
        }
        return shared;
    }

    /**
     * Writes a datagram that is sent to the kernel.
     *
     * @param epochNanos the time, in nanoseconds since 1970; negative counts as 0
     * @param protocol the socket's netlink protocol
     * @param datagram the bytes from its position to its limit, which do not change
     * @throws IOException if writing fails
     */
    public synchronized void toKernel(long epochNanos, int protocol, ByteBuffer datagram) throws IOException {
        toKernel(shared(), epochNanos, protocol, datagram);
    }

    synchronized void toKernel(int iface, long epochNanos, int protocol, ByteBuffer datagram) throws IOException {
        int at = datagram.position();
        datagram(iface, TraceKind.TO_KERNEL, epochNanos, protocol, datagram, at, datagram.remaining(), false);
    }

    /**
     * Writes a datagram from the kernel.
     *
     * @param epochNanos the time, in nanoseconds since 1970; negative counts as 0
     * @param protocol the socket's netlink protocol
     * @param source the buffer that holds its bytes; its position and limit are not used
     * @param offset the first byte, from the buffer's start
     * @param length the number of bytes
     * @param truncated whether the datagram's end is missing
     * @throws IOException if writing fails
     * @throws IndexOutOfBoundsException if the bytes are not all in the buffer
     */
    public synchronized void fromKernel(
            long epochNanos, int protocol, ByteBuffer source, int offset, int length, boolean truncated)
            throws IOException {
        fromKernel(shared(), epochNanos, protocol, source, offset, length, truncated);
    }

    synchronized void fromKernel(
            int iface, long epochNanos, int protocol, ByteBuffer source, int offset, int length, boolean truncated)
            throws IOException {
        datagram(iface, TraceKind.FROM_KERNEL, epochNanos, protocol, source, offset, length, truncated);
    }

    /**
     * Writes a loss that a socket reported.
     *
     * @param epochNanos the time, in nanoseconds since 1970; negative counts as 0
     * @param protocol the socket's netlink protocol
     * @throws IOException if writing fails
     */
    public synchronized void overrun(long epochNanos, int protocol) throws IOException {
        marker(shared(), TraceKind.OVERRUN, epochNanos, protocol, Marker.overrun(-1));
    }

    @Override
    public synchronized void note(long epochNanos, int protocol, String text) throws IOException {
        marker(shared(), TraceKind.NOTE, epochNanos, protocol, Objects.requireNonNull(text));
    }

    /**
     * Writes an entry, its comment included.
     *
     * @param entry the entry
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if its comment is too long
     */
    public synchronized void write(TraceEntry entry) throws IOException {
        write(shared(), entry);
    }

    /**
     * Copies the entry that a reader is at, if it is at one, and all that follow: each of its sockets to one of the same
     * name here, and the packets of a capture of NFLOG to interfaces of that link type.
     *
     * @param reader the recording, of this writer's byte order; it stays open
     * @return the number of copied entries
     * @throws IOException if reading or writing fails
     */
    public long copy(TraceReader reader) throws IOException {
        Map<Integer, TraceSocket> sockets = new HashMap<>();
        long entries = 0;
        for (boolean more = reader.atEntry() || reader.next(); more; more = reader.next()) {
            int number = reader.interfaceId();
            TraceSocket socket = sockets.get(number);
            if (socket == null) {
                socket = reader.linkType() == LinkType.NFLOG
                        ? group(reader.socketName().orElse(LOGGED_NAME))
                        : socket(reader.protocol(), reader.socketName().orElse(SHARED_NAME));
                sockets.put(number, socket);
            }
            socket.write(reader.entry());
            entries++;
        }
        return entries;
    }

    synchronized void write(int iface, TraceEntry entry) throws IOException {
        put(iface, edit == null ? entry : edited(entry, edit));
    }

    synchronized void marker(int iface, TraceKind kind, long epochNanos, int protocol, @Nullable String comment)
            throws IOException {
        write(iface, new TraceEntry(kind, epochNanos, protocol, new BytesView(), false, comment));
    }

    private static TraceEntry edited(TraceEntry entry, UnaryOperator<TraceEntry> edit) throws IOException {
        TraceEntry result;
        try {
            result = edit.apply(entry);
        } catch (RuntimeException e) {
            throw new IOException("an entry could not be edited: " + e.getMessage(), e);
        }
        if (result.kind() != entry.kind()) {
            throw new IOException("an edit made " + entry.kind() + " to " + result.kind());
        }
        return result;
    }

    private void put(int iface, TraceEntry entry) throws IOException {
        boolean empty = entry.kind() == TraceKind.NOTE || entry.kind() == TraceKind.OVERRUN;
        ByteBuffer bytes =
                empty ? Marker.of(entry.kind(), order) : entry.datagram().toByteBuffer();
        if (logged.get(iface)) {
            putLogged(iface, entry, bytes);
            return;
        }
        put(
                iface,
                flags(entry.kind()),
                entry.epochNanos(),
                entry.protocol(),
                bytes,
                0,
                bytes.capacity(),
                entry.truncated(),
                entry.comment().orElse(null));
    }

    /** Writes a datagram as a capture of NFLOG has it. */
    private void putLogged(int iface, TraceEntry entry, ByteBuffer datagram) throws IOException {
        if (!LoggedRecord.fits(datagram, order)) {
            throw new IOException("an edit made a logged packet to something else: " + entry);
        }
        int length = datagram.capacity() - Netlink.NLMSG_HDRLEN;
        writer.packet(
                iface,
                Math.max(0, entry.epochNanos()),
                datagram,
                Netlink.NLMSG_HDRLEN,
                Math.min(length, CaptureWriter.MAX_PACKET),
                (long) length + (entry.truncated() ? 1 : 0),
                0,
                entry.comment().orElse(null));
    }

    private static long flags(TraceKind kind) {
        return switch (kind) {
            case TO_KERNEL -> CaptureWriter.OUTBOUND;
            case FROM_KERNEL -> CaptureWriter.INBOUND;
            case NOTE, OVERRUN -> 0;
        };
    }

    /** Writes a datagram; makes an object for it only if there is an edit. */
    private void datagram(
            int iface,
            TraceKind kind,
            long epochNanos,
            int protocol,
            ByteBuffer source,
            int offset,
            int length,
            boolean truncated)
            throws IOException {
        if (edit == null) {
            put(iface, flags(kind), epochNanos, protocol, source, offset, length, truncated, null);
        } else {
            Bytes copy = new BytesView().wrap(source, offset, length).copy();
            write(iface, new TraceEntry(kind, epochNanos, protocol, copy, truncated, null));
        }
    }

    private void put(
            int iface,
            long flags,
            long epochNanos,
            int protocol,
            ByteBuffer source,
            int offset,
            int length,
            boolean truncated,
            @Nullable String comment)
            throws IOException {
        int kept = Math.min(length, MAX_DATAGRAM);
        int size = CookedHeader.LENGTH + kept;
        if (packet.capacity() < size) {
            packet = ByteBuffer.allocate(CaptureWriter.MAX_PACKET);
        }
        CookedHeader.put(packet, CookedHeader.checkProtocol(protocol));
        if (kept > 0) {
            packet.put(CookedHeader.LENGTH, source, offset, kept);
        }
        // The original length of a truncated datagram is not known: one byte more marks it as longer.
        long original = CookedHeader.LENGTH + (long) length + (truncated ? 1 : 0);
        writer.packet(iface, Math.max(0, epochNanos), packet, 0, size, original, flags, comment);
    }

    /**
     * The length of the part of the file that holds whole entries and is known to have reached the channel. After a
     * failed write, cut the file to this length.
     *
     * @return bytes
     */
    public synchronized long validBytes() {
        return writer.validBytes();
    }

    /**
     * The number of entries written without an error, including buffered ones.
     *
     * @return a count
     */
    public synchronized long entriesWritten() {
        return writer.packetsWritten();
    }

    /**
     * The number of entries within {@link #validBytes}.
     *
     * @return a count
     */
    public synchronized long validEntries() {
        return writer.validPackets();
    }

    @Override
    public synchronized long pendingEntries() {
        return writer.packetsWritten() - writer.validPackets();
    }

    /**
     * Writes all buffered data to the channel: the file is then valid.
     *
     * @throws IOException if writing fails
     */
    @Override
    public synchronized void flush() throws IOException {
        writer.flush();
    }

    /**
     * Flushes and closes the channel. Idempotent.
     *
     * @throws IOException if writing or closing fails; the channel is closed nevertheless
     */
    @Override
    public synchronized void close() throws IOException {
        if (interfaces == 0) {
            // A file without any interface is valid, but does not show its link type.
            closeEmpty();
        } else {
            writer.close();
        }
    }

    private void closeEmpty() throws IOException {
        try (writer) {
            shared();
        }
    }
}
