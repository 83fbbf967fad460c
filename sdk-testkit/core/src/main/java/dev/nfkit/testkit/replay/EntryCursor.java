// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.Bytes;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.trace.TraceReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Iterates over a recording, or over one socket of it, from the start. Notes are skipped. */
abstract class EntryCursor implements Closeable {
    private final @Nullable SocketOfRecording only;
    private long number;

    private EntryCursor(@Nullable SocketOfRecording only) {
        this.only = only;
    }

    /** The entries of a file. */
    static EntryCursor of(TraceReader reader, @Nullable SocketOfRecording only) {
        return new OfFile(reader, only);
    }

    /** The entries of a recording in memory. */
    static EntryCursor of(Trace trace, @Nullable SocketOfRecording only) {
        return new OfTrace(trace, only);
    }

    /** Moves to the next entry; false if there is none. */
    final boolean next() {
        while (step()) {
            number++;
            SocketOfRecording wanted = only;
            if (kind() != TraceKind.NOTE && (wanted == null || wanted.is(socket(), protocol()))) {
                return true;
            }
        }
        return false;
    }

    /** The number of the entry in its recording, from 1, counting all entries. */
    final long number() {
        return number;
    }

    abstract boolean step();

    abstract TraceKind kind();

    abstract long epochNanos();

    abstract int protocol();

    abstract int socket();

    abstract @Nullable String socketName();

    /** Borrowed until the next step. */
    abstract Bytes datagram();

    abstract boolean truncated();

    abstract ByteOrder order();

    @Override
    public abstract void close();

    private static final class OfFile extends EntryCursor {
        private final TraceReader reader;

        OfFile(TraceReader reader, @Nullable SocketOfRecording only) {
            super(only);
            this.reader = reader;
        }

        @Override
        boolean step() {
            try {
                return reader.next();
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }

        @Override
        TraceKind kind() {
            return reader.kind();
        }

        @Override
        long epochNanos() {
            return reader.epochNanos();
        }

        @Override
        int protocol() {
            return reader.protocol();
        }

        @Override
        int socket() {
            return reader.socket();
        }

        @Override
        @Nullable
        String socketName() {
            return reader.socketName().orElse(null);
        }

        @Override
        Bytes datagram() {
            return reader.datagram();
        }

        @Override
        boolean truncated() {
            return reader.truncated();
        }

        @Override
        ByteOrder order() {
            return reader.order();
        }

        @Override
        public void close() {
            try {
                reader.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
    }

    private static final class OfTrace extends EntryCursor {
        private final List<TraceEntry> entries;
        private final ByteOrder order;
        private int at = -1;

        OfTrace(Trace trace, @Nullable SocketOfRecording only) {
            super(only);
            this.entries = trace.entries();
            this.order = trace.order();
        }

        @Override
        boolean step() {
            return ++at < entries.size();
        }

        @Override
        TraceKind kind() {
            return entries.get(at).kind();
        }

        @Override
        long epochNanos() {
            return entries.get(at).epochNanos();
        }

        @Override
        int protocol() {
            return entries.get(at).protocol();
        }

        @Override
        int socket() {
            return entries.get(at).socket();
        }

        @Override
        @Nullable
        String socketName() {
            return null;
        }

        @Override
        Bytes datagram() {
            return entries.get(at).datagram();
        }

        @Override
        boolean truncated() {
            return entries.get(at).truncated();
        }

        @Override
        ByteOrder order() {
            return order;
        }

        @Override
        public void close() {}
    }
}
