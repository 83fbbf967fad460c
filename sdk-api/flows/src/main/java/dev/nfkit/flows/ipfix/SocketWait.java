// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;

/** Waits for a channel that does not block. */
final class SocketWait {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private SocketWait() {}

    /** An operation on a channel. */
    interface Attempt<T> {
        T run() throws IOException;
    }

    /**
     * Runs an operation as if the thread was not interrupted: an interrupt would close the channel. The interrupt is
     * kept.
     */
    static <T> T uninterrupted(Attempt<T> attempt) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            return attempt.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static long deadline(Duration timeout) {
        return System.nanoTime() + timeout.toNanos();
    }

    /**
     * Waits until a channel is ready.
     *
     * @param operation as {@link SelectionKey} numbers it
     * @return false once the deadline is over
     */
    static boolean await(SelectableChannel channel, int operation, long deadline) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.register(selector, operation);
            while (true) {
                long millis = (deadline - System.nanoTime() + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
                if (millis <= 0) {
                    return false;
                }
                if (selector.select(millis) > 0) {
                    return true;
                }
                if (Thread.interrupted()) { // uninterrupted() has cleared an earlier one
                    throw new java.io.InterruptedIOException("interrupted while a message was sent");
                }
            }
        }
    }
}
