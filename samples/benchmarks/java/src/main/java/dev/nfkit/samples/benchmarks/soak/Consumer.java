// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** A thread that consumes a session. It closes the session if it fails, so that nothing waits for it. */
final class Consumer {
    private static final long BOUND_SECONDS = 60;

    private final FutureTask<Long> task;

    private Consumer(FutureTask<Long> task) {
        this.task = task;
    }

    static Consumer start(String name, AutoCloseable session, Callable<Long> work) {
        FutureTask<Long> task = new FutureTask<>(() -> {
            boolean done = false;
            try {
                long count = work.call();
                done = true;
                return count;
            } finally {
                if (!done) {
                    session.close();
                }
            }
        });
        new Thread(task, "soak-" + name).start();
        return new Consumer(task);
    }

    /** Waits for the end of the thread. Throws what the work has thrown. */
    void await() throws Exception {
        try {
            task.get(BOUND_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception failure ? failure : e;
        }
    }
}
