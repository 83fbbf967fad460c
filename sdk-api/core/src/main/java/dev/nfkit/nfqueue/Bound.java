package dev.nfkit.nfqueue;

/** A queue of a session, and what is known of it. */
final class Bound {
    /** As many packets as one receive can bring. */
    private static final int RUN = 1024;

    final int queue;
    volatile NfqueueQueue options;

    /** Which of its packets wait for a verdict. */
    final Ledger ledger;

    // The run of equal verdicts that is not written yet; the outbox's.
    final int[] run = new int[RUN];
    int runLength;
    /** As many of the run as are written, where that was interrupted. */
    int runWritten;

    int runNumber;
    int runChanges;
    long runMark;
    long runPriority;

    Bound(NfqueueQueue options, Verdict failureVerdict) {
        this.options = options;
        this.queue = options.queue();
        ledger = new Ledger(failureVerdict);
    }
}
