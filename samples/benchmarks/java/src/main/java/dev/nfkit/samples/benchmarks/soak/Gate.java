// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Slows a consumer down: while the gate is closed, the consumer waits with its current packet. Any thread. */
public final class Gate {
    private static final long STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private volatile boolean shut;

    /** Creates an open gate. */
    public Gate() {}

    /** An action that runs while the consumer waits. */
    public interface Work {
        /**
         * Runs the action.
         *
         * @throws IOException if sending fails
         */
        void run() throws IOException;
    }

    /**
     * Closes the gate while an action runs.
     *
     * @param work the action
     * @throws IOException if the action throws it; the gate is open again
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
