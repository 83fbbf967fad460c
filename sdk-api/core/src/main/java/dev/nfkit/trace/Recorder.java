package dev.nfkit.trace;

import dev.nfkit.socket.DatagramBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A recording that may fail without anyone else noticing: from its first failure on it only counts. */
final class Recorder {
    private final TraceWriter writer;
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final AtomicLong unrecorded = new AtomicLong();

    private interface Step {
        void run() throws IOException;
    }

    Recorder(TraceWriter writer) {
        this.writer = writer;
    }

    private void attempt(Step step) {
        if (failure.get() != null) {
            unrecorded.incrementAndGet();
            return;
        }
        try {
            step.run();
        } catch (IOException e) {
            failure.compareAndSet(null, e);
            unrecorded.incrementAndGet();
        }
    }

    void sending(int protocol, ByteBuffer datagram) {
        attempt(() -> writer.toKernel(now(), protocol, datagram));
    }

    void note(int protocol, String text) {
        attempt(() -> writer.note(now(), protocol, text));
    }

    /** Takes what a receive returned; −1 (closed) leaves the batch without a meaning. */
    void received(int protocol, DatagramBatch batch, int count) {
        if (count >= 0 && batch.overrun()) {
            attempt(() -> writer.overrun(batch.receivedAt(), protocol));
        }
        for (int i = 0; i < count; i++) {
            int slot = i;
            attempt(() -> writer.fromKernel(
                    batch.receivedAt(),
                    protocol,
                    batch.buffer(),
                    batch.offset(slot),
                    batch.length(slot),
                    batch.truncated(slot)));
        }
    }

    void flush() {
        if (failure.get() == null) {
            try {
                writer.flush();
            } catch (IOException e) {
                failure.compareAndSet(null, e);
            }
        }
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    Optional<IOException> failure() {
        return Optional.ofNullable(failure.get());
    }

    long unrecorded() {
        // What the writer held when it failed is lost too.
        return unrecorded.get() + (failure.get() == null ? 0 : writer.entriesWritten() - writer.validEntries());
    }
}
