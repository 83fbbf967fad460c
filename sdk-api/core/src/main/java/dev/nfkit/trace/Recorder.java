// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A recording whose failure does not affect a session: after the first failure it only counts. A sink is application
 * code and may throw anything. Its exceptions must not reach a receive, whose packets would be lost, or a send, whose
 * verdicts would be lost.
 */
final class Recorder {
    private final TraceSink sink;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicLong unrecorded = new AtomicLong();

    Recorder(TraceSink sink) {
        this.sink = sink;
    }

    /** Begins the record of a socket; null if the recording has failed. */
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
                throw e; // the caller's text is invalid
            } catch (Throwable e) {
                failed(e);
            }
        }
    }

    /** Whether an entry can be recorded; otherwise it is counted. */
    boolean goesOn() {
        if (failure.get() == null) {
            return true;
        }
        unrecorded.incrementAndGet();
        return false;
    }

    /** An entry could not be recorded. Allocates nothing: the cause may be a lack of memory. */
    void failed(Throwable error) {
        stopped(error);
        unrecorded.incrementAndGet();
    }

    private void stopped(Throwable error) {
        failure.compareAndSet(null, error);
        if (error instanceof InterruptedException) {
            Thread.currentThread().interrupt(); // the polling code must see it
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
        // Entries that the sink held when it failed are lost too.
        return unrecorded.get() + (failure.get() == null ? 0 : sink.pendingEntries());
    }
}
