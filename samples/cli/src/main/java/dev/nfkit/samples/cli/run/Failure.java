// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Ends a command: a message of one line, and the exit code. */
public final class Failure extends Exception {
    /** Wrong usage, or something could not be opened. */
    public static final int USAGE = 2;
    /** An error while running. */
    public static final int RUNNING = 1;

    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final @Nullable ErrorCode code;

    private Failure(int exitCode, @Nullable String message, @Nullable Throwable cause) {
        super(message == null ? "failed" : message, cause);
        this.exitCode = exitCode;
        code = code(cause);
    }

    /** The code of an error, or of the first of its causes that has one. */
    private static @Nullable ErrorCode code(@Nullable Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof CodedError coded) {
                return coded.code();
            }
        }
        return null;
    }

    public static Failure usage(@Nullable String message) {
        return new Failure(USAGE, message, null);
    }

    /** With the message of an error, and its code if it has one. */
    public static Failure usage(Exception cause) {
        return usage(cause.getMessage(), cause);
    }

    /** With a message about an error, and its code if it has one. */
    public static Failure usage(@Nullable String message, Exception cause) {
        return new Failure(USAGE, message, cause);
    }

    public static Failure running(@Nullable String message) {
        return new Failure(RUNNING, message, null);
    }

    /** With the message of an error, and its code if it has one. */
    public static Failure running(Exception cause) {
        return running(cause.getMessage(), cause);
    }

    /** With a message about an error, and its code if it has one. */
    public static Failure running(@Nullable String message, Exception cause) {
        return new Failure(RUNNING, message, cause);
    }

    /** The code of the SDK's error that was the cause; empty if there is none. */
    public Optional<ErrorCode> code() {
        return Optional.ofNullable(code);
    }

    public int exitCode() {
        return exitCode;
    }
}
