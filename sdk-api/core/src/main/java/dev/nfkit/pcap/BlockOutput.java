// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Collects whole blocks (in a classic file: the header and the records) and writes them to the channel. After a failed
 * write it knows where the last whole block ends.
 */
final class BlockOutput {
    /**
     * The capacity in bytes. It exceeds any block: a packet of maximum length with the longest comment, or an interface
     * with four texts.
     */
    static final int CAPACITY = 512 * 1024;

    /** The layout of a format's blocks in the buffer. */
    interface Layout {
        /** The length of the block that starts there; the buffer holds the whole of it. */
        int length(ByteBuffer buffer, int at, boolean firstOfFile);

        boolean isPacket(ByteBuffer buffer, int at, boolean firstOfFile);

        /** The time of the packet that starts there, in nanoseconds since 1970. */
        long time(ByteBuffer buffer, int at);

        void time(ByteBuffer buffer, int at, long epochNanos);
    }

    private final WritableByteChannel channel;
    private final Layout layout;
    private final ByteBuffer buffer;
    private final TimeOrder order;
    private int used;
    private long drained;
    private long packets;
    private long drainedPackets;
    private @Nullable IOException failure;
    private boolean closed;

    BlockOutput(WritableByteChannel channel, ByteOrder order, Layout layout) {
        if (channel instanceof SelectableChannel selectable && !selectable.isBlocking()) {
            throw new IllegalArgumentException("the channel must be in blocking mode");
        }
        this.channel = channel instanceof FileChannel file ? new UninterruptedChannel(file) : channel;
        this.layout = layout;
        this.order = new TimeOrder(layout);
        this.buffer = ByteBuffer.allocateDirect(CAPACITY).order(order);
    }

    /** Reserves space for a block, draining the buffer if needed. */
    ByteBuffer reserve(int length) throws IOException {
        if (closed || failure != null) {
            throw unusable();
        }
        if (length > CAPACITY - used) {
            drain();
        }
        return buffer;
    }

    private IOException unusable() {
        return failure == null
                ? new IOException("the capture file is closed")
                : new IOException("an earlier write to the capture file failed: " + failure.getMessage(), failure);
    }

    /** The offset of the next block in the buffer. */
    int at() {
        return used;
    }

    /** The time of the packet that is written at {@link #at()} next. */
    long admit(long epochNanos) {
        return order.admit(epochNanos);
    }

    /** Accepts the block that was written at {@link #at()}. */
    void commit(int length, boolean packet) {
        if (packet) {
            packets++;
        } else {
            order.settle(buffer, used, used + length);
        }
        used += length;
    }

    /** Begins a run of packets that are sorted by time. */
    void sortByTime() {
        order.begin(buffer, used);
    }

    void beginEstimates() {
        order.beginEstimates(used);
    }

    void limitEstimates(long epochNanos) {
        order.limitEstimates(buffer, used, epochNanos);
    }

    private void drain() throws IOException {
        // An interrupt flag that is already set would close some channels before they write, and captured data would be
        // lost.
        boolean interrupted = Thread.interrupted();
        order.settle(buffer, used, 0);
        buffer.limit(used).position(0);
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            drained += used;
            drainedPackets = packets;
            used = 0;
        } catch (IOException e) {
            fail(buffer.position(), e);
            throw e;
        } finally {
            buffer.clear();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void fail(int arrived, IOException e) {
        failure = e;
        buffer.clear();
        int at = 0;
        while (at < used) {
            boolean first = drained + at == 0;
            int length = layout.length(buffer, at, first);
            if (at + length > arrived) {
                break;
            }
            if (layout.isPacket(buffer, at, first)) {
                drainedPackets++;
            }
            at += length;
        }
        drained += at;
        used -= at;
    }

    void flush() throws IOException {
        if (closed || failure != null) {
            throw unusable();
        }
        drain();
        if (channel instanceof StreamChannel stream) {
            try {
                stream.flush();
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }

    void close() throws IOException {
        if (closed) {
            return;
        }
        try (channel) {
            if (failure == null) {
                flush();
            }
        } finally {
            closed = true;
        }
    }

    long written() {
        return drained + used;
    }

    long valid() {
        return drained;
    }

    long packets() {
        return packets;
    }

    long validPackets() {
        return drainedPackets;
    }
}
