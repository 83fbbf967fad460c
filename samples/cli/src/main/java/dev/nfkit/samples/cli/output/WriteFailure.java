// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Something could not be written: the disk is full, or the reader closed the pipe. */
public final class WriteFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean readerGone;

    public WriteFailure(String target, IOException cause) {
        super(target + ": " + reason(cause), cause);
        readerGone = String.valueOf(cause.getMessage()).contains("Broken pipe");
    }

    /** The reason why a file could not be opened, read or written, without its name. */
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return "No such file or directory" + missingDirectory(missing.getFile());
        }
        if (e instanceof AccessDeniedException) {
            return "Permission denied";
        }
        if (e instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String missingDirectory(@Nullable String file) {
        Path directory = file == null ? null : Path.of(file).getParent();
        return directory == null || Files.exists(directory) ? "" : ": there is no directory " + directory;
    }

    /** Whether the reader closed the pipe. This is not an error: the reader needs no more. */
    public boolean readerGone() {
        return readerGone;
    }
}
