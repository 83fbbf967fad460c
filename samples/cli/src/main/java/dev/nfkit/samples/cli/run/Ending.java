// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import dev.nfkit.samples.cli.output.Messages;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends the work in good order at SIGINT, SIGTERM and SIGHUP: asks it to stop, waits until it is done, and lets the
 * process exit with its code. (A process that ends by a signal would otherwise exit with 128 and more.)
 */
public final class Ending {
    /** A reader that does not read must not block the process forever. */
    private static final long LONGEST_SECONDS = 30;

    private final Thread hook;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile int exitCode;

    private Ending(Runnable stop) {
        hook = new Thread(
                () -> {
                    stop.run();
                    try {
                        boolean ended = done.await(LONGEST_SECONDS, TimeUnit.SECONDS);
                        if (!ended) {
                            Messages.print("nfkit: the output accepts no more data; giving up");
                        }
                        Runtime.getRuntime().halt(ended ? exitCode : Failure.RUNNING);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "nfkit-ending");
    }

    /** The work of a command. */
    public interface Work {
        /** Works to the end, writes all output, and returns the exit code. */
        int await() throws Failure;
    }

    /**
     * Prints that the work begins, and works to the end, or until a signal. The message comes when signals end it in good
     * order, so that a reader of the message may send one at once.
     *
     * @param stop asks the work to stop; called on another thread
     * @param begins the message
     * @param work the work
     * @return the exit code
     * @throws Failure if the work fails
     */
    public static int during(Runnable stop, String begins, Work work) throws Failure {
        return during(stop, () -> {
            Messages.print(begins);
            return work.await();
        });
    }

    /**
     * Works to the end, or until a signal.
     *
     * @param stop asks the work to stop; called on another thread
     * @param work the work
     * @return the exit code
     * @throws Failure if the work fails
     */
    public static int during(Runnable stop, Work work) throws Failure {
        Ending ending = new Ending(stop);
        Runtime.getRuntime().addShutdownHook(ending.hook);
        int code = Failure.RUNNING;
        try {
            code = work.await();
        } finally {
            ending.done(code);
        }
        return code;
    }

    /** Signals that the work is done and all output is written. */
    private void done(int code) {
        NetlinkRecording.commandEnds();
        exitCode = code;
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // After a signal, the hook ends the process.
        }
    }
}
