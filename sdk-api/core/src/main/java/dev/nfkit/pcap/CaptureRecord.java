package dev.nfkit.pcap;

import dev.nfkit.Bytes;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One packet of a capture file, with its own bytes. Immutable. */
public final class CaptureRecord implements CapturePacket {
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

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public int interfaceId() {
        return interfaceId;
    }

    @Override
    public CaptureInterface captureInterface() {
        return iface;
    }

    @Override
    public ByteOrder order() {
        return order;
    }

    @Override
    public long epochNanos() {
        return epochNanos;
    }

    @Override
    public Bytes data() {
        return data;
    }

    @Override
    public long originalLength() {
        return originalLength;
    }

    @Override
    public long flags() {
        return flags;
    }

    @Override
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
