package dev.nfkit.pcap;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The current packet of a {@link CaptureReader}: one reusable view over the reader's window on the file. It belongs to
 * the reader and shows the packet until the reader moves on; {@link #copy()} returns one that stays valid. One thread
 * at a time, together with the reader.
 */
public final class CaptureView {
    private final BytesView data = new BytesView();
    private long offset;
    private int interfaceId;
    private CaptureInterface iface = CaptureInterface.of(0);
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private long epochNanos = CaptureRecord.NO_TIME;
    private long originalLength;
    private long flags;
    private @Nullable String comment;

    CaptureView() {
        data.release();
    }

    void from(long blockOffset, int id, CaptureInterface from, ByteOrder sectionOrder) {
        offset = blockOffset;
        interfaceId = id;
        iface = from;
        order = sectionOrder;
    }

    void bytes(ByteBuffer window, int at, int length, long original) {
        data.wrap(window, at, length);
        originalLength = original;
    }

    void meta(long nanos, long packetFlags, @Nullable String remark) {
        epochNanos = nanos;
        flags = packetFlags;
        comment = remark;
    }

    void release() {
        data.release();
    }

    /**
     * The start of the packet's block or record, for errors.
     *
     * @return bytes from the file's start
     */
    public long offset() {
        return offset;
    }

    /**
     * The interface's number, counted through all sections of the file.
     *
     * @return an index into {@link CaptureReader#interfaces()}
     */
    public int interfaceId() {
        return interfaceId;
    }

    /**
     * The packet's source.
     *
     * @return the interface
     */
    public CaptureInterface captureInterface() {
        return iface;
    }

    /**
     * The type of the packet's first header.
     *
     * @return a number of {@link LinkType}, 0 to 65535
     */
    public int linkType() {
        return iface.linkType();
    }

    /**
     * The byte order of the section (or the classic file) that holds the packet.
     *
     * @return the order
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * When the packet was captured.
     *
     * @return nanoseconds since 1970, or {@link CaptureRecord#NO_TIME}
     */
    public long epochNanos() {
        return epochNanos;
    }

    /**
     * The packet's bytes, as far as they were kept.
     *
     * @return the bytes, borrowed: the reader's next step releases them
     */
    public Bytes data() {
        return data;
    }

    /**
     * The packet's length before it was cut.
     *
     * @return bytes, according to the file; 0 to 2³²−1
     */
    public long originalLength() {
        return originalLength;
    }

    /**
     * The packet's flags ({@code epb_flags}); the lowest two bits are the direction.
     *
     * @return the flags, such as {@link CaptureWriter#INBOUND}; 0 if there are none
     */
    public long flags() {
        return flags;
    }

    /**
     * The packet's comment ({@code opt_comment}; the first, if there are several).
     *
     * @return the comment, or empty
     */
    public Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    /**
     * A copy of the packet.
     *
     * @return an immutable copy
     * @throws IllegalStateException if the reader has moved on
     */
    public CaptureRecord copy() {
        return new CaptureRecord(
                offset, interfaceId, iface, order, epochNanos, data.toArray(), originalLength, flags, comment);
    }

    /**
     * Interface and lengths, for messages; never throws.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return data.length() < 0
                ? "packet (released)"
                : "packet of " + data.length() + "/" + originalLength + " bytes from " + iface;
    }
}
