package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Makes a consumer slow: while the gate is shut, it waits with the packet that it has. Any thread. */
public final class Gate {
    private static final long STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private volatile boolean shut;

    /** A gate that is open. */
    public Gate() {}

    /** Something that is done while the consumer stands still. */
    public interface Work {
        /**
         * Does it.
         *
         * @throws IOException if sending fails
         */
        void run() throws IOException;
    }

    /**
     * Shuts the gate while something is done.
     *
     * @param work what is done
     * @throws IOException as the work throws; the gate is open again
     */
    public void shutDuring(Work work) throws IOException {
        shut = true;
        try {
            work.run();
        } finally {
            shut = false;
        }
    }

    /** Waits until the gate is open. */
    public void pass() {
        while (shut) {
            LockSupport.parkNanos(STEP_NANOS);
        }
    }
}
