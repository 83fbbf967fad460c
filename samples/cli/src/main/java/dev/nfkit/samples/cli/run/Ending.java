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

    /** From this call on, a signal stops the work. */
    public static Ending onSignal(Runnable stop) {
        Ending ending = new Ending(stop);
        Runtime.getRuntime().addShutdownHook(ending.hook);
        return ending;
    }

    /** Signals that the work is done and all output is written. */
    public void done(int code) {
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
