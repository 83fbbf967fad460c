package dev.nfkit.trace;

import dev.nfkit.pcap.CaptureInterface;
import dev.nfkit.pcap.CaptureSection;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.pcap.PcapngWriter;
import dev.nfkit.wire.Netlink;
import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Writes a recording: pcapng of link type 253, with the direction in {@code epb_flags}; an overrun or a note is a lone
 * header of NLMSG_OVERRUN or NLMSG_NOOP without a direction, its text a comment. Safe for any number of threads: entries
 * stand in the order of the calls.
 *
 * <p>A datagram of more than {@value #MAX_DATAGRAM} bytes is cut there and marked as truncated. What is written is
 * buffered; {@link #flush} makes the file valid.
 */
public final class TraceWriter implements Closeable, Flushable {
    /** The most bytes kept of a datagram. */
    public static final int MAX_DATAGRAM = CaptureWriter.MAX_PACKET - CookedHeader.LENGTH;

    private final CaptureWriter writer;
    private final ByteOrder order;
    private final int iface;
    private ByteBuffer packet = ByteBuffer.allocate(64 * 1024);

    /**
     * Begins a recording.
     *
     * @param channel where to, in blocking mode; {@link #close} closes it
     * @param order the byte order of the sockets that are recorded
     * @param application who records, name and version
     * @throws IOException if writing fails
     */
    public TraceWriter(WritableByteChannel channel, ByteOrder order, String application) throws IOException {
        this(new PcapngWriter(channel, section(order, application)), order);
    }

    /**
     * Begins a recording.
     *
     * @param stream where to; {@link #close} closes it
     * @param order the byte order of the sockets that are recorded
     * @param application who records, name and version
     * @throws IOException if writing fails
     */
    public TraceWriter(OutputStream stream, ByteOrder order, String application) throws IOException {
        this(new PcapngWriter(stream, section(order, application)), order);
    }

    private TraceWriter(CaptureWriter writer, ByteOrder order) throws IOException {
        this.writer = writer;
        this.order = order;
        this.iface = writer.addInterface(CaptureInterface.of("netlink", LinkType.NETLINK));
    }

    private static CaptureSection section(ByteOrder order, String application) {
        return CaptureSection.create().withOrder(order).withApplication(application);
    }

    /**
     * The byte order of the file.
     *
     * @return that of the sockets that are recorded
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * Writes a datagram that is sent to the kernel.
     *
     * @param epochNanos when, in nanoseconds since 1970; what is negative counts as 0
     * @param protocol the socket's netlink protocol
     * @param datagram the bytes from its position to its limit, which stay as they are
     * @throws IOException if writing fails
     */
    public synchronized void toKernel(long epochNanos, int protocol, ByteBuffer datagram) throws IOException {
        record(
                epochNanos,
                protocol,
                datagram,
                datagram.position(),
                datagram.remaining(),
                false,
                CaptureWriter.OUTBOUND,
                null);
    }

    /**
     * Writes a datagram that came from the kernel.
     *
     * @param epochNanos when, in nanoseconds since 1970; what is negative counts as 0
     * @param protocol the socket's netlink protocol
     * @param source where its bytes are; its position and limit are not used
     * @param offset the first byte, from the buffer's start
     * @param length how many bytes
     * @param truncated whether the datagram's end is missing
     * @throws IOException if writing fails
     * @throws IndexOutOfBoundsException if the bytes are not all in the buffer
     */
    public synchronized void fromKernel(
            long epochNanos, int protocol, ByteBuffer source, int offset, int length, boolean truncated)
            throws IOException {
        record(epochNanos, protocol, source, offset, length, truncated, CaptureWriter.INBOUND, null);
    }

    /**
     * Writes that a socket reported a loss.
     *
     * @param epochNanos when, in nanoseconds since 1970; what is negative counts as 0
     * @param protocol the socket's netlink protocol
     * @throws IOException if writing fails
     */
    public synchronized void overrun(long epochNanos, int protocol) throws IOException {
        marker(TraceKind.OVERRUN, epochNanos, protocol, "overrun");
    }

    /**
     * Writes a remark.
     *
     * @param epochNanos when, in nanoseconds since 1970; what is negative counts as 0
     * @param protocol the socket's netlink protocol
     * @param text the remark, at most 65535 bytes of UTF-8
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the text is too long
     */
    public synchronized void note(long epochNanos, int protocol, String text) throws IOException {
        marker(TraceKind.NOTE, epochNanos, protocol, text);
    }

    /**
     * Writes an entry, its comment included.
     *
     * @param entry the entry
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if its comment is too long
     */
    public synchronized void write(TraceEntry entry) throws IOException {
        String comment = entry.comment().orElse(null);
        switch (entry.kind()) {
            case NOTE, OVERRUN -> marker(entry.kind(), entry.epochNanos(), entry.protocol(), comment);
            case TO_KERNEL -> directed(entry, CaptureWriter.OUTBOUND, comment);
            case FROM_KERNEL -> directed(entry, CaptureWriter.INBOUND, comment);
        }
    }

    private void marker(TraceKind kind, long epochNanos, int protocol, @Nullable String comment) throws IOException {
        record(epochNanos, protocol, Marker.of(kind, order), 0, Netlink.NLMSG_HDRLEN, false, 0, comment);
    }

    private void directed(TraceEntry entry, long flags, @Nullable String comment) throws IOException {
        ByteBuffer bytes = entry.datagram().toByteBuffer();
        record(entry.epochNanos(), entry.protocol(), bytes, 0, bytes.capacity(), entry.truncated(), flags, comment);
    }

    private void record(
            long epochNanos,
            int protocol,
            ByteBuffer source,
            int offset,
            int length,
            boolean truncated,
            long flags,
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
        // How long a truncated datagram was is not known: one byte more says that there was more.
        long original = CookedHeader.LENGTH + (long) length + (truncated ? 1 : 0);
        writer.packet(iface, Math.max(0, epochNanos), packet, 0, size, original, flags, comment);
    }

    /**
     * How much of the file holds whole entries and is known to have reached the channel: after a failed write, the
     * length to cut the file to.
     *
     * @return bytes
     */
    public synchronized long validBytes() {
        return writer.validBytes();
    }

    /**
     * How many entries were taken without an error, what is still buffered included.
     *
     * @return a count
     */
    public synchronized long entriesWritten() {
        return writer.packetsWritten();
    }

    /**
     * How many entries lie within {@link #validBytes}.
     *
     * @return a count
     */
    public synchronized long validEntries() {
        return writer.validPackets();
    }

    /**
     * Hands all that is buffered to the channel: the file is valid then.
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
     * @throws IOException if writing or closing fails; the channel is closed all the same
     */
    @Override
    public synchronized void close() throws IOException {
        writer.close();
    }
}
