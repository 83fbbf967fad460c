// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A stream as a channel that splits large writes, so that the amount written before a failure is known closely. */
final class StreamChannel implements WritableByteChannel {
    private final OutputStream stream;
    private final byte[] piece = new byte[64 * 1024];
    private boolean closed;

    private StreamChannel(OutputStream stream) {
        this.stream = stream;
    }

    static WritableByteChannel over(OutputStream stream) {
        if (stream instanceof PrintStream) {
            throw new IllegalArgumentException("a PrintStream hides failed writes; for standard output give"
                    + " new FileOutputStream(FileDescriptor.out)");
        }
        // A file's channel reports how much of a failed write arrived; its stream does not.
        return stream instanceof FileOutputStream file ? file.getChannel() : new StreamChannel(stream);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = Math.min(source.remaining(), piece.length);
        source.get(source.position(), piece, 0, count);
        stream.write(piece, 0, count);
        source.position(source.position() + count);
        return count;
    }

    void flush() throws IOException {
        stream.flush();
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        stream.close();
    }
}
