// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The packets of one queue that wait in the kernel for a verdict of this session, and the rule that prevents a session
 * from deciding a packet by accident.
 *
 * <p>{@code NFQNL_MSG_VERDICT_BATCH} decides every packet that waits up to its id. Therefore:
 *
 * <p><b>A batch up to an id may be written only if every packet up to that id has its own verdict: one that was sent
 * before, or one that is earlier in the same datagram.</b> {@link #mayBatch} is the only implementation of that rule;
 * in doubt each packet gets a single verdict.
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
 * <p>A packet is added before its decider runs. Whatever is thrown afterwards, the next packet or the end of the batch
 * finds it still open, and it is owed the failure verdict. A packet that was lost before its id was known cannot be
 * added: then the queue is in doubt until a later packet arrives. Ids increase in the order of receipt, so every packet
 * in doubt precedes that one, and a batch of the sweep verdict up to there decides all of them and no other.
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
    /**
     * Whether a packet came after one with a higher id, which the kernel never sends: then the last id is not the
     * highest.
     */
    private boolean disordered;

    private final ArrayDeque<Owed> owed = new ArrayDeque<>();
    // The packets in doubt: if they exist, they were received before this epoch, and precede the end once it is known.
    private volatile boolean doubtful;
    private int doubtEpoch;
    private boolean endKnown;
    private int end;
    /** Whether a packet in doubt had a verdict, so that only a drop is safe. */
    private boolean refused;

    private boolean sweptOnce;
    private int sweptUpTo;

    /** The failure verdict goes to packets that never got a verdict of their own. */
    Ledger(Verdict failureVerdict) {
        this.failureVerdict = failureVerdict;
    }

    /** Moves on to an id that was received; returns the number of ids that are missing before it. */
    long advanceTo(int id) {
        long gap = (id - nextId) & 0xffff_ffffL;
        boolean earlier = gap >= 0x8000_0000L;
        if (begun && earlier) {
            disordered = true;
        }
        begun = true;
        nextId = id + 1;
        return earlier ? 0 : gap;
    }

    /** The id after the last received one. */
    int nextId() {
        return nextId;
    }

    /**
     * Adds the packet that is decided next; the epoch is that of its receipt. Its predecessor must no longer be open.
     */
    void begin(int id, int epoch) {
        if (doubtful && !endKnown && epoch - doubtEpoch >= 0) {
            end = id;
            endKnown = true;
        }
        openId = id;
        open = true;
    }

    /** Whether the last begun packet has neither a verdict nor a hold. */
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
     * If a packet is still open, something was thrown before it got a verdict: it is owed the failure verdict.
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

    /** A packet is owed a verdict that could not be written yet; it is no longer open. */
    void owe(int id, Verdict verdict) {
        try {
            owed.add(new Owed(id, verdict));
        } catch (OutOfMemoryError | StackOverflowError e) {
            doubtRefused(doubtEpoch); // a sweep then drops it
        }
        if (open && openId == id) {
            open = false;
        }
    }

    /** The next packet that is owed a verdict. It remains so until it was {@linkplain #paid() paid}. */
    @Nullable
    Owed nextOwed() {
        return owed.peek();
    }

    /** The verdict of {@link #nextOwed()} was written. */
    void paid() {
        owed.remove();
    }

    /** Unknown packets may wait, with ids before those of packets received in this and later epochs. */
    void doubt(int epoch) {
        doubtEpoch = doubtful ? Math.max(doubtEpoch, epoch) : epoch;
        endKnown = false;
        sweptOnce = false;
        doubtful = true;
    }

    /**
     * A packet that had a verdict may still wait: the kernel refused the verdict, or there was no memory to keep it.
     * Only a packet received in this or a later epoch ends the doubt: packets that were set aside may precede the
     * packet. This also prevents an endless repetition of a sweep that is refused as well.
     */
    void doubtRefused(int epoch) {
        doubt(epoch);
        refused = true;
    }

    /** Whether owed verdicts or doubts must be handled before the verdicts of a batch are sent. */
    boolean troubled() {
        return open || doubtful || !owed.isEmpty();
    }

    /**
     * Whether a batch of verdicts up to an id decides only packets whose own verdict that is. What is held may change
     * meanwhile: a packet that is held from now on has a later id, and one leaves the list only when its verdict was
     * sent.
     */
    boolean mayBatch(int last) {
        return !doubtful
                && !disordered
                && owed.isEmpty()
                && !(open && openId - last <= 0)
                && !(!held.isEmpty() && held.anyUpTo(last, nextId))
                && !held.isAbandoned(); // last: a packet is abandoned before it leaves the list
    }

    /** Whether the close verdict may go to all waiting packets: none of them was decided otherwise. */
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

    /**
     * The last id that a sweep may cover: the one before the end of the doubt, or before the first held or open packet.
     */
    int sweepEnd() {
        int last = end - 1;
        if (open && openId - last <= 0) {
            last = openId - 1;
        }
        return held.beforeFirst(last);
    }

    /** Whether the packets in doubt had been decided before, so that only a drop is safe for them. */
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
