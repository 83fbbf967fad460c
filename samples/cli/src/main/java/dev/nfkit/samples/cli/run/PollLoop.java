// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.samples.cli.output.WriteFailure;
import java.time.Duration;

/** Polls a session until it ends. Between polls, flushes the output and runs timed work. */
public final class PollLoop {
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration TICK = Duration.ofMillis(250);

    /** A session of any kind, and the work on what it delivers. */
    public interface Work {
        /** The session that is polled. */
        NetfilterSession session();

        /** Polls the session. Returns the number of packets, or −1 once it has ended. */
        int poll(Duration timeout) throws NetlinkException, WriteFailure;

        /** Whether there is output to flush. */
        boolean dirty();

        /** Flushes the output. */
        void flush() throws WriteFailure;

        /** Runs the work that is due at a time of System.nanoTime. */
        void look(long now) throws WriteFailure;

        /** Begins a graceful end of the session. */
        default void stop() {
            session().stop();
        }
    }

    private PollLoop() {}

    /**
     * Runs until the session ends.
     *
     * @param work the operations
     * @param flushEvery how long output may wait while packets arrive
     * @param longest how long to run, or 0 without limit
     */
    public static void run(Work work, long flushEvery, long longest) throws NetlinkException, WriteFailure {
        long start = System.nanoTime();
        long flushed = start;
        boolean stopping = false;
        while (true) {
            int count = work.poll(work.dirty() ? PAUSE : untilNext(start, longest));
            if (count < 0) {
                return;
            }
            long now = System.nanoTime();
            if (count == 0 || now - flushed >= flushEvery) {
                work.flush();
                flushed = now;
            }
            work.look(now);
            if (!stopping && longest > 0 && now - start >= longest) {
                stopping = true;
                work.stop();
            }
        }
    }

    private static Duration untilNext(long start, long longest) {
        if (longest == 0) {
            return TICK;
        }
        long left = longest - (System.nanoTime() - start);
        return left >= TICK.toNanos() ? TICK : Duration.ofNanos(Math.max(1, left));
    }
}
