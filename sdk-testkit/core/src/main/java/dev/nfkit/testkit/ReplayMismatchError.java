package dev.nfkit.testkit;

/** What was sent is not what the recording has at this place. The message shows both, attribute by attribute. */
public final class ReplayMismatchError extends AssertionError {
    private static final long serialVersionUID = 1L;

    /**
     * A mismatch.
     *
     * @param message both messages
     */
    ReplayMismatchError(String message) {
        super(message);
    }
}
