package dev.nfkit.samples.cli;

/** What ends a command: one line for people, and the exit code for scripts. */
final class Failure extends Exception {
    /** Wrong usage, or something could not be opened. */
    static final int USAGE = 2;
    /** Something went wrong while it ran. */
    static final int RUNNING = 1;

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private Failure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    static Failure usage(String message) {
        return new Failure(USAGE, message);
    }

    static Failure running(String message) {
        return new Failure(RUNNING, message);
    }

    int exitCode() {
        return exitCode;
    }
}
