package dev.nfkit.samples.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Something could not be written: a full disk, or a reader that went away. */
final class WriteFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean readerGone;

    WriteFailure(String target, IOException cause) {
        super(target + ": " + reason(cause), cause);
        readerGone = String.valueOf(cause.getMessage()).contains("Broken pipe");
    }

    /** Why a file could not be opened, read or written, without its name. */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "No such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return "Permission denied";
        }
        if (e instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** Whether the reader of a pipe closed it: no error, it has seen enough. */
    boolean readerGone() {
        return readerGone;
    }
}
