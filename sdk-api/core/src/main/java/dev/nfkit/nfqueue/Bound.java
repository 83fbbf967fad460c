// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

/** A queue of a session, and its state. */
final class Bound {
    /** The maximum number of packets in one receive. */
    private static final int RUN = 1024;

    final int queue;
    volatile NfqueueQueue options;

    /** Its packets that wait for a verdict. */
    final Ledger ledger;

    // The run of equal verdicts that is not written yet. Used by the outbox.
    final int[] run = new int[RUN];
    int runLength;
    /** The number of verdicts of the run that were written, if writing was interrupted. */
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
