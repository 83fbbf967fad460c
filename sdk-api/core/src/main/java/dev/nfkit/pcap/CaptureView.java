// SPDX-License-Identifier: Apache-2.0
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
public final class CaptureView implements CapturePacket {
    private final BytesView data = new BytesView();
    private long offset;
    private int interfaceId;
    private CaptureInterface iface = CaptureInterface.of(0);
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private long epochNanos = NO_TIME;
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
     * A copy of the packet.
     *
     * @return an immutable copy
     * @throws IllegalStateException if the reader has moved on
     */
    public CaptureRecord copy() {
        return new CaptureRecord(
                offset, interfaceId, iface, order, epochNanos, data.copy(), originalLength, flags, comment());
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
