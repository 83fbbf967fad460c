// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import dev.nfkit.NetlinkException;
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
     * @return 0
     * @throws Failure after the summary, if the run fails
     */
    public static int of(Body body, Runnable summary) throws Failure {
        try {
            body.run();
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0;
            }
            summary.run();
            throw Failure.running(e);
        } catch (NetlinkException e) {
            summary.run();
            throw Failure.running(e);
        }
        summary.run();
        return 0;
    }
}
