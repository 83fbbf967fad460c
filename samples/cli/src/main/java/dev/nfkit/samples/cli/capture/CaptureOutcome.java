// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.NetlinkException;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.Summary;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import org.jspecify.annotations.Nullable;

/** Runs a capture to its end, keeps the packets captured even if it fails, and prints the summary. */
final class CaptureOutcome {
    private final Capture capture;
    private final @Nullable CaptureFiles files;

    CaptureOutcome(Capture capture, @Nullable CaptureFiles files) {
        this.capture = capture;
        this.files = files;
    }

    /** Runs the capture and returns the exit code. Throws a failure after the summary. */
    int await() throws Failure {
        try {
            capture.run();
            summary(capture.packets());
            return 0;
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                keep();
                return 0; // the reader closed the pipe
            }
            summary(keep());
            throw Failure.running(e);
        } catch (NetlinkException e) {
            summary(keep());
            throw Failure.running(e);
        } catch (RuntimeException | Error e) {
            keep();
            throw e;
        }
    }

    /** Closes the file. If the file cannot be written, truncates it to its last complete packet. */
    private long keep() {
        if (files == null) {
            return capture.packets();
        }
        try {
            files.close();
        } catch (WriteFailure e) {
            // The first failure was printed, or is thrown.
        }
        return files.packets();
    }

    private void summary(long packets) {
        String text = Summary.of(packets, files == null ? 0 : files.skipped(), capture.leftOut(), capture.statistics());
        String where = "";
        if (files != null && files.path() != null) {
            where = files.count() > 1 ? ": " + files.count() + " files, the last " + files.path() : ": " + files.path();
        }
        Messages.print(text + where);
    }
}
