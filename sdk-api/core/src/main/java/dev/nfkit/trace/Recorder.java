package dev.nfkit.trace;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A recording that may fail without anyone else noticing: from its first failure on it only counts. */
final class Recorder {
    private final TraceSink sink;
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final AtomicLong unrecorded = new AtomicLong();

    Recorder(TraceSink sink) {
        this.sink = sink;
    }

    /** Begins with a socket; null where the recording has failed. */
    TraceSink.@Nullable Socket open(int protocol, long portId) {
        if (failure.get() == null) {
            try {
                return sink.socket(protocol, portId);
            } catch (IOException e) {
                failure.compareAndSet(null, e);
            }
        }
        return null;
    }

    void note(int protocol, String text) {
        if (goesOn()) {
            try {
                sink.note(now(), protocol, text);
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    /** Whether an entry can be recorded; else it is counted. */
    boolean goesOn() {
        if (failure.get() == null) {
            return true;
        }
        unrecorded.incrementAndGet();
        return false;
    }

    /** An entry could not be recorded. */
    void failed(IOException error) {
        failure.compareAndSet(null, error);
        unrecorded.incrementAndGet();
    }

    void flush() {
        if (failure.get() == null) {
            try {
                sink.flush();
            } catch (IOException e) {
                failure.compareAndSet(null, e);
            }
        }
    }

    static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    Optional<IOException> failure() {
        return Optional.ofNullable(failure.get());
    }

    long unrecorded() {
        // What the sink held when it failed is lost too.
        return unrecorded.get() + (failure.get() == null ? 0 : sink.pendingEntries());
    }
}
