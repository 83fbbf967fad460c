package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import org.jspecify.annotations.Nullable;

/** Sees a capture to its end: keeps what was captured whatever happens, and says what it came to. */
final class CaptureOutcome {
    private final Capture capture;
    private final @Nullable CaptureFiles files;

    CaptureOutcome(Capture capture, @Nullable CaptureFiles files) {
        this.capture = capture;
        this.files = files;
    }

    /** Runs the capture; the exit code. */
    int await() {
        long packets;
        int code = 0;
        try {
            capture.run();
            packets = capture.packets();
        } catch (WriteFailure e) {
            if (e.readerGone() && keepFile(e)) {
                return 0;
            }
            packets = files == null ? capture.packets() : files.abandon();
            System.err.println("nfkit: " + e.getMessage());
            code = Failure.RUNNING;
        } catch (NetlinkException e) {
            System.err.println("nfkit: " + e.getMessage());
            packets = closeAfter();
            code = Failure.RUNNING;
        }
        summary(packets);
        return code;
    }

    /** A reader that has seen enough is no failure; a file beside it is finished. */
    private boolean keepFile(WriteFailure gone) {
        if (files == null || files.path() == null) {
            return true;
        }
        try {
            files.close();
            return true;
        } catch (WriteFailure e) {
            gone.addSuppressed(e);
            return false;
        }
    }

    private long closeAfter() {
        if (files == null) {
            return capture.packets();
        }
        try {
            files.close();
            return files.packets();
        } catch (WriteFailure e) {
            System.err.println("nfkit: " + e.getMessage());
            return files.abandon();
        }
    }

    private void summary(long packets) {
        String text = Summary.of(packets, files == null ? 0 : files.skipped(), capture.statistics());
        String where = "";
        if (files != null && files.path() != null) {
            where = files.count() > 1 ? ": " + files.count() + " files, the last " + files.path() : ": " + files.path();
        }
        System.err.println(text + where);
    }
}
