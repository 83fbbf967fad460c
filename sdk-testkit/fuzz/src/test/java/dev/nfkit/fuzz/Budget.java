// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Limits what reading an input may allocate, by the input's length. The fuzzer limits the time. */
public final class Budget {
    private static final ThreadMXBean METER = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long FIXED = 24L << 20;
    private static final long PER_BYTE = 16L << 10;

    private Budget() {}

    /** An action on an input. */
    @FunctionalInterface
    public interface Body<E extends Exception> {
        /** Runs the action. */
        void run() throws E;
    }

    /**
     * Runs an action, and fails if it allocates more than an input of this length can require. An action that exceeds
     * the limit is repeated: the first time, classes may have been loaded, and instrumented by the fuzzer.
     *
     * @param input the input
     * @param body the action
     * @throws E if the action throws it
     * @param <E> the type of exception that the action may throw
     */
    public static <E extends Exception> void within(byte[] input, Body<E> body) throws E {
        long limit = FIXED + PER_BYTE * input.length;
        long allocated = run(body);
        if (allocated > limit && run(body) > limit) {
            throw new AssertionError(allocated + " bytes were allocated, the limit is " + limit);
        }
    }

    private static <E extends Exception> long run(Body<E> body) throws E {
        long before = METER.getCurrentThreadAllocatedBytes();
        body.run();
        return METER.getCurrentThreadAllocatedBytes() - before;
    }
}
