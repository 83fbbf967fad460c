package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import java.time.Duration;

/** Polls a session until it ends, and in between writes out what was gathered and looks at the time. */
final class PollLoop {
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration TICK = Duration.ofMillis(250);

    /** What is done with the session. */
    interface Work {
        /** Polls it: how many packets came, or −1 once it has ended. */
        int poll(Duration timeout) throws NetlinkException, WriteFailure;

        /** Whether something waits to be written out. */
        boolean dirty();

        /** Writes it out. */
        void flush() throws WriteFailure;

        /** Does what is due at a time of System.nanoTime. */
        void look(long now) throws WriteFailure;

        /** Begins a graceful end. */
        void stop();
    }

    private PollLoop() {}

    /**
     * Runs until the session ends.
     *
     * @param work what to do
     * @param flushEvery how long something may wait to be written out while packets come
     * @param longest when to stop by itself, or 0
     */
    static void run(Work work, long flushEvery, long longest) throws NetlinkException, WriteFailure {
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
