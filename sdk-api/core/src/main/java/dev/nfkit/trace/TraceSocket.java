// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Writes the entries of one socket to the interface that {@link TraceWriter#socket} made for it. Any thread. */
public final class TraceSocket implements TraceSink.Socket {
    private final TraceWriter writer;
    private final int protocol;
    private final int iface;

    TraceSocket(TraceWriter writer, int protocol, int iface) {
        this.writer = writer;
        this.protocol = protocol;
        this.iface = iface;
    }

    int protocol() {
        return protocol;
    }

    @Override
    public void toKernel(long epochNanos, ByteBuffer datagram) throws IOException {
        writer.toKernel(iface, epochNanos, protocol, datagram);
    }

    @Override
    public void fromKernel(long epochNanos, ByteBuffer source, int offset, int length, boolean truncated)
            throws IOException {
        writer.fromKernel(iface, epochNanos, protocol, source, offset, length, truncated);
    }

    @Override
    public void overrun(long epochNanos, long drops) throws IOException {
        writer.marker(iface, TraceKind.OVERRUN, epochNanos, protocol, Marker.overrun(drops));
    }

    @Override
    public void note(long epochNanos, String text) throws IOException {
        writer.marker(iface, TraceKind.NOTE, epochNanos, protocol, Objects.requireNonNull(text));
    }

    /**
     * Writes an entry, its comment included.
     *
     * @param entry the entry; its own protocol is written, whatever the socket's
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if its comment is too long
     */
    public void write(TraceEntry entry) throws IOException {
        writer.write(iface, entry);
    }

    /** Does nothing: the file has no entry for it. */
    @Override
    public void closed() {}
}
