package dev.nfkit.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Bounds what reading an input may allocate, by the input's length. Time is bounded by the fuzzer. */
public final class Budget {
    private static final ThreadMXBean METER = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long FIXED = 24L << 20;
    private static final long PER_BYTE = 16L << 10;

    private Budget() {}

    /** What is done with an input. */
    @FunctionalInterface
    public interface Body<E extends Exception> {
        /** Does it. */
        void run() throws E;
    }

    /**
     * Runs a body, and fails if it allocates more than an input of this length can need. What is over the limit is run
     * again: the first time, classes may have been loaded, and instrumented by the fuzzer.
     *
     * @param input the input
     * @param body what is done with it
     * @throws E as the body throws
     * @param <E> what the body may throw
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
