package dev.nfkit.pcap;

import dev.nfkit.Bytes;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One packet of a capture file, with its own bytes. Immutable. */
public final class CaptureRecord {
    /** The value of {@link #epochNanos} if the file has no time for a packet (pcapng's simple packet block). */
    public static final long NO_TIME = Long.MIN_VALUE;

    private final long offset;
    private final int interfaceId;
    private final CaptureInterface iface;
    private final ByteOrder order;
    private final long epochNanos;
    private final Bytes data;
    private final long originalLength;
    private final long flags;
    private final @Nullable String comment;

    CaptureRecord(
            long offset,
            int interfaceId,
            CaptureInterface iface,
            ByteOrder order,
            long epochNanos,
            byte[] data,
            long originalLength,
            long flags,
            @Nullable String comment) {
        this.offset = offset;
        this.interfaceId = interfaceId;
        this.iface = iface;
        this.order = order;
        this.epochNanos = epochNanos;
        this.data = Bytes.of(data);
        this.originalLength = originalLength;
        this.flags = flags;
        this.comment = comment;
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
     * @return nanoseconds since 1970, or {@link #NO_TIME}
     */
    public long epochNanos() {
        return epochNanos;
    }

    /**
     * The packet's bytes, as far as they were kept.
     *
     * @return the bytes, which are never moved or released
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
     * Interface and lengths, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "packet of " + data.length() + "/" + originalLength + " bytes from " + iface;
    }
}
