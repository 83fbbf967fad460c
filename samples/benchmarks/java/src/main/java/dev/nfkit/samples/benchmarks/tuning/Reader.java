// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The thread that runs a session, and counts its packets. */
final class Reader {
    private static final long BOUND_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final AtomicLong packets = new AtomicLong();
    private final FutureTask<Long> task;
    private final Thread thread;

    Reader(Callable<Long> session) {
        task = new FutureTask<>(session);
        thread = new Thread(task, "session");
    }

    void start() {
        thread.start();
    }

    /** Called for each packet, by the session's thread. */
    void count() {
        packets.lazySet(packets.get() + 1);
    }

    /** Waits for a number of packets since the start. */
    void await(long number) {
        long start = System.nanoTime();
        while (packets.get() < number) {
            if (System.nanoTime() - start > BOUND_NANOS) {
                throw new IllegalStateException(packets.get() + " of " + number + " packets arrived");
            }
            LockSupport.parkNanos(100_000);
        }
    }

    /** The processor time of the thread, in nanoseconds, without that of the kernel for other threads. */
    long cpu() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId());
    }

    /** Waits for the end of the session. */
    void end() throws Exception {
        task.get();
    }
}
