package dev.nfkit.nfqueue;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The packets of one queue that wait in the kernel for a verdict of this session, and the one rule that keeps a session from
 * deciding a packet by accident.
 *
 * <p>{@code NFQNL_MSG_VERDICT_BATCH} decides every packet that waits up to its id. Therefore:
 *
 * <p><b>A batch up to an id may be written only if every packet up to that id has its own verdict: one that was sent before,
 * or one that stands earlier in the same datagram.</b> {@link #mayBatch} is the only statement of that rule; in doubt each
 * packet gets a single verdict.
 *
 * <pre>
 *  begin ──&gt; OPEN ──decided──&gt; written to the outbox, which keeps it until it was sent
 *             │ │
 *             │ └──hold──&gt; HELD, in {@link HeldList} until its verdict was sent
 *             └──a failure in between──&gt; OWED ──paid──&gt; written to the outbox
 *
 *  received, but lost before it could begin ──&gt; IN DOUBT ──swept──&gt; decided by a batch of the sweep verdict
 * </pre>
 *
 * <p>A packet is entered before its decider runs. So whatever is thrown where, the next packet or the end of the batch finds it
 * still open, and it is owed the failure verdict. What was lost before its id was known can't be entered: then the queue is in
 * doubt until a later packet has come. Ids grow in the order in which packets are received, so that every packet in doubt lies
 * before that one, and a batch of the sweep verdict up to there decides them all and no other.
 *
 * <p>Used by the polling thread, under the session's lock if a watchdog takes part.
 */
final class Ledger {
    /** A verdict that could not be written. */
    record Owed(int id, Verdict verdict) {}

    /** The packets that are held. */
    final HeldList held = new HeldList();

    private final Verdict failureVerdict;
    private boolean open;
    private int openId;
    private boolean begun;
    private int nextId = 1;
    /** Whether a packet came after one with a higher id, which the kernel never does: then the last id is not the highest. */
    private boolean disordered;

    private final ArrayDeque<Owed> owed = new ArrayDeque<>();
    // The packets in doubt: they were received, if they exist, before this epoch, and lie before the end once it is
    // known.
    private volatile boolean doubtful;
    private int doubtEpoch;
    private boolean endKnown;
    private int end;
    /** Whether a packet in doubt had a verdict, so that only a drop is safe. */
    private boolean refused;

    private boolean sweptOnce;
    private int sweptUpTo;

    /** The failure verdict is what packets get whose own verdict never came to be. */
    Ledger(Verdict failureVerdict) {
        this.failureVerdict = failureVerdict;
    }

    /** The number of ids that are missing before this one. */
    long gapBefore(int id) {
        long gap = (id - nextId) & 0xffff_ffffL;
        boolean earlier = gap >= 0x8000_0000L;
        if (begun && earlier) {
            disordered = true;
        }
        begun = true;
        nextId = id + 1;
        return earlier ? 0 : gap;
    }

    /** The id after the one that came last. */
    int nextId() {
        return nextId;
    }

    /** Enters a packet whose turn has come; the epoch is that of its receipt. Its predecessor is not open any more. */
    void begin(int id, int epoch) {
        if (doubtful && !endKnown && epoch - doubtEpoch >= 0) {
            end = id;
            endKnown = true;
        }
        openId = id;
        open = true;
    }

    /** Whether the packet that began last has neither a verdict nor a hold. */
    boolean open() {
        return open;
    }

    int openId() {
        return openId;
    }

    /** The open packet has its verdict in the outbox, or is held. */
    void decided() {
        open = false;
    }

    /**
     * If a packet is open still, something was thrown between its turn and its verdict: it is owed the failure verdict.
     *
     * @return whether there was one
     */
    boolean oweOpen() {
        if (!open) {
            return false;
        }
        owe(openId, failureVerdict);
        return true;
    }

    /** A packet is owed a verdict that could not be written yet; if it was open, it is so no more. */
    void owe(int id, Verdict verdict) {
        try {
            owed.add(new Owed(id, verdict));
        } catch (OutOfMemoryError | StackOverflowError e) {
            doubtRefused(doubtEpoch); // then a sweep drops it
        }
        if (open && openId == id) {
            open = false;
        }
    }

    /** The next packet that is owed a verdict, which stays until it was {@linkplain #paid() paid}. */
    @Nullable
    Owed nextOwed() {
        return owed.peek();
    }

    /** The verdict of {@link #nextOwed()} was written. */
    void paid() {
        owed.remove();
    }

    /** Packets that no one knows may wait, with ids before those of packets that are received in an epoch from this one on. */
    void doubt(int epoch) {
        doubtEpoch = doubtful ? Math.max(doubtEpoch, epoch) : epoch;
        endKnown = false;
        sweptOnce = false;
        doubtful = true;
    }

    /**
     * A packet that had a verdict may still wait: the kernel refused it, or there was no memory to keep it. Only a packet that
     * is received in an epoch from this one on ends the doubt: those that were set aside may come before the packet, and a
     * sweep that is refused as well is not repeated without end.
     */
    void doubtRefused(int epoch) {
        doubt(epoch);
        refused = true;
    }

    /** Whether anything but the usual is to be done before the verdicts of a batch are sent. */
    boolean troubled() {
        return open || doubtful || !owed.isEmpty();
    }

    /**
     * Whether a batch of verdicts up to an id decides only packets whose own verdict that is. What is held may change
     * meanwhile: a packet that is held from now on has a later id, and one leaves the list only when its verdict was sent.
     */
    boolean mayBatch(int last) {
        return !doubtful
                && !disordered
                && !held.isAbandoned()
                && owed.isEmpty()
                && !(open && openId - last <= 0)
                && !(!held.isEmpty() && held.anyUpTo(last, nextId));
    }

    /** Whether the close verdict may go to all that wait: nothing among it has been decided otherwise. */
    boolean mayCloseBatch() {
        return owed.isEmpty() && held.isEmpty() && !held.isAbandoned() && !(doubtful && refused);
    }

    /** Whether packets in doubt can be decided now by a batch up to {@link #sweepEnd}. */
    boolean sweepDue() {
        if (!doubtful || !endKnown || !owed.isEmpty() || disordered) {
            return false;
        }
        int last = sweepEnd();
        return !sweptOnce || last - sweptUpTo > 0;
    }

    /** The last id that a sweep may cover: that before the end of the doubt, or before the first packet that is held or open. */
    int sweepEnd() {
        int last = end - 1;
        if (open && openId - last <= 0) {
            last = openId - 1;
        }
        return held.beforeFirst(last);
    }

    /** Whether the packets in doubt were decided before their end, so that only a drop is safe for them. */
    boolean sweepDrops() {
        return refused;
    }

    /** A sweep up to an id was written. */
    void swept(int last) {
        sweptUpTo = last;
        sweptOnce = true;
        if (last == end - 1) {
            doubtful = false;
            refused = false;
        }
    }
}
