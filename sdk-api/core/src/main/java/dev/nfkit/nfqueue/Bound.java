package dev.nfkit.nfqueue;

import org.jspecify.annotations.Nullable;

/** A queue of a session, and what is known of it. */
final class Bound {
    /** As many packets as one receive can bring. */
    private static final int RUN = 1024;

    final int queue;
    volatile NfqueueQueue options;

    /** The polling thread's. */
    private long nextId = 1;
    /** Whether a packet has come. */
    private boolean begun;
    /**
     * Whether a batch covers only packets that were decided: false once a verdict could not be sent or had no packet, or a
     * packet came behind a later one.
     */
    volatile boolean batches = true;

    // The run of equal verdicts that is not written yet; the outbox's.
    final int[] run = new int[RUN];
    int runLength;
    int runNumber;
    int runChanges;
    long runMark;
    long runPriority;

    // Packets held, in the order of their ids; guarded by the session's lock. How many, for those who only ask that.
    @Nullable
    Hold firstHeld;

    @Nullable
    Hold lastHeld;

    volatile int held;

    Bound(NfqueueQueue options) {
        this.options = options;
        this.queue = options.queue();
    }

    /** How many ids are missing before this one; the next one is expected behind it. */
    long gapBefore(long id) {
        long gap = (id - nextId) & 0xffff_ffffL;
        boolean behind = gap >= 0x8000_0000L;
        if (begun && behind) {
            batches = false; // the kernel does no such thing; where it is done, the last id is not the highest
        }
        begun = true;
        nextId = (id + 1) & 0xffff_ffffL;
        return behind ? 0 : gap;
    }

    /** The id behind all that were seen. */
    long nextId() {
        return nextId;
    }
}
