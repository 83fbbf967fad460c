package dev.nfkit.samples.cli.run;

import org.jspecify.annotations.Nullable;

/** Ends a command: a message of one line, and the exit code. */
public final class Failure extends Exception {
    /** Wrong usage, or something could not be opened. */
    public static final int USAGE = 2;
    /** An error while running. */
    public static final int RUNNING = 1;

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private Failure(int exitCode, @Nullable String message) {
        super(message == null ? "failed" : message);
        this.exitCode = exitCode;
    }

    public static Failure usage(@Nullable String message) {
        return new Failure(USAGE, message);
    }

    public static Failure running(@Nullable String message) {
        return new Failure(RUNNING, message);
    }

    public int exitCode() {
        return exitCode;
    }
}
