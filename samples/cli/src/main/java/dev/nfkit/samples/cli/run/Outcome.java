package dev.nfkit.samples.cli.run;

import dev.nfkit.NetlinkException;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;

/** How the run of a session ends: with an exit code, the message of a failure, and a summary. */
public final class Outcome {
    private Outcome() {}

    /** The run of a session, to the flush of its output. */
    public interface Body {
        /** Runs to the end. */
        void run() throws NetlinkException, WriteFailure;
    }

    /**
     * Runs a session to its end. If the reader closes the pipe, it needs no more: neither a message nor the summary is
     * printed, and it is no failure.
     *
     * @param body the run
     * @param summary prints the summary, also after a failure
     * @return the exit code
     */
    public static int of(Body body, Runnable summary) {
        int code = Failure.RUNNING;
        try {
            body.run();
            code = 0;
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0;
            }
            Messages.print("nfkit: " + e.getMessage());
        } catch (NetlinkException e) {
            Messages.print("nfkit: " + e.getMessage());
        }
        summary.run();
        return code;
    }
}
