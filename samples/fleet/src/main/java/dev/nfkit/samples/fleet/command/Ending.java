// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets a command end in order when the process is interrupted or terminated. */
final class Ending {
    private static final CountDownLatch DONE = new CountDownLatch(1);
    private static final int MOST_SECONDS = 20;

    private Ending() {}

    /** Calls an action at SIGINT or SIGTERM, and keeps the process until the command has ended. */
    static void onSignal(Runnable stop) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            stop.run();
                            try {
                                DONE.await(MOST_SECONDS, TimeUnit.SECONDS);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "ending"));
    }

    /** The command has ended. */
    static void done() {
        DONE.countDown();
    }
}
