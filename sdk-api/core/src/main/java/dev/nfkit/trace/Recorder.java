package dev.nfkit.trace;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A recording that may fail without disturbing a session: from its first failure on it only counts. A sink is foreign code
 * and may throw anything. What it throws must reach neither a receive, whose packets would be lost, nor a send, whose
 * verdicts would be lost.
 */
final class Recorder {
    private final TraceSink sink;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicLong unrecorded = new AtomicLong();

    Recorder(TraceSink sink) {
        this.sink = sink;
    }

    /** Begins with a socket; null where the recording has failed. */
    TraceSink.@Nullable Socket open(int protocol, long portId) {
        if (failure.get() == null) {
            try {
                return sink.socket(protocol, portId);
            } catch (Throwable e) {
                stopped(e);
            }
        }
        return null;
    }

    void note(int protocol, String text) {
        if (goesOn()) {
            try {
                sink.note(now(), protocol, text);
            } catch (IllegalArgumentException e) {
                throw e; // the text is the caller's
            } catch (Throwable e) {
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

    /** An entry could not be recorded. Allocates nothing: memory may be what is lacking. */
    void failed(Throwable error) {
        stopped(error);
        unrecorded.incrementAndGet();
    }

    private void stopped(Throwable error) {
        failure.compareAndSet(null, error);
        if (error instanceof InterruptedException) {
            Thread.currentThread().interrupt(); // whoever polls has to see it
        }
    }

    /** Whether the recording has failed. */
    boolean ended() {
        return failure.get() != null;
    }

    void flush() {
        if (failure.get() == null) {
            try {
                sink.flush();
            } catch (Throwable e) {
                stopped(e);
            }
        }
    }

    static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    Optional<IOException> failure() {
        Throwable reason = failure.get();
        if (reason == null || reason instanceof IOException) {
            return Optional.ofNullable((IOException) reason);
        }
        return Optional.of(new IOException("the trace sink failed: " + reason, reason));
    }

    long unrecorded() {
        // What the sink held when it failed is lost too.
        return unrecorded.get() + (failure.get() == null ? 0 : sink.pendingEntries());
    }
}
