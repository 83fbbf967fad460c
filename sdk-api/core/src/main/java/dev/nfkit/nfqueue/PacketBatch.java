// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.session.Failures;
import dev.nfkit.socket.DatagramBatch;
import org.jspecify.annotations.Nullable;

/**
 * The packets of the batch in progress, from their receipt until their verdicts are sent. It keeps the {@link Ledger}
 * of each queue, the {@link Received} packets and the outbox of {@link Dispatch} in step: under the lock if there is a
 * watchdog, which may decide a packet at any time. Used by the polling thread, except for {@link #end}.
 */
final class PacketBatch {
    private final Queues queues;
    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final @Nullable Received received;
    private final DecisionCounts counts;
    private final Verdict failureVerdict;

    /** Whether a received packet was taken but not begun: if an exception comes in between, the packet is in doubt. */
    private boolean taken;

    /** Whether sending has ended. */
    private volatile boolean over;

    PacketBatch(
            Queues queues,
            Dispatch dispatch,
            Deadlines deadlines,
            @Nullable Received received,
            DecisionCounts counts,
            Verdict failureVerdict) {
        this.queues = queues;
        this.dispatch = dispatch;
        this.deadlines = deadlines;
        this.received = received;
        this.counts = counts;
        this.failureVerdict = failureVerdict;
    }

    /** Records the packets of a batch for the watchdog, if there is one. */
    void receive(DatagramBatch batch) {
        Received seen = received;
        if (seen != null) {
            dispatch.lock.lock();
            try {
                seen.take(batch);
            } finally {
                dispatch.lock.unlock();
            }
            deadlines.notice();
        }
    }

    /** A packet is taken from the batch. Until it begins, it may get lost without a trace. */
    void take() {
        if (taken) {
            dispatch.doubt(0);
        }
        taken = true;
    }

    /** The packet that was taken is of no queue of this session, and needs no verdict. */
    void skip() {
        taken = false;
    }

    /**
     * Begins the packet that was taken: from now on it gets a verdict, whatever is thrown.
     *
     * @param epoch the epoch of its receipt
     * @return false if it already has the verdict of its deadline
     */
    boolean begin(Bound queue, int id, int epoch) {
        Received seen = received;
        if (seen == null) {
            enter(queue.ledger, id, epoch);
            return true;
        }
        dispatch.lock.lock();
        try {
            enter(queue.ledger, id, epoch);
            boolean begins = seen.begin(queue.queue, id);
            if (!begins) {
                queue.ledger.decided(); // by the watchdog
            }
            return begins;
        } finally {
            dispatch.lock.unlock();
        }
    }

    private void enter(Ledger ledger, int id, int epoch) {
        oweOpen(ledger);
        ledger.begin(id, epoch);
        taken = false;
    }

    /** Gives the packet that has begun its verdict; false if its deadline had passed, or the session has ended. */
    boolean give(Bound queue, int id, Verdict verdict) throws NetlinkException {
        Received seen = received;
        if (seen == null) {
            if (over) {
                queue.ledger.decided(); // the socket is closed, and the kernel has dropped it
                counts.addOutlived();
                return false;
            }
            dispatch.add(queue, id, verdict);
            return true;
        }
        dispatch.lock.lock();
        try {
            if (!seen.expired()) {
                deadlines.expireNow(); // its deadline applies, even if the watchdog sleeps
            }
            if (seen.expired() || over) {
                if (!seen.expired()) {
                    counts.addOutlived();
                }
                seen.end();
                queue.ledger.decided();
                return false;
            }
            dispatch.add(queue, id, verdict);
            seen.end();
            return true;
        } finally {
            dispatch.lock.unlock();
        }
    }

    /** The packet that has begun is held: from now on the deadline of its hold applies. */
    void leaveToHold(Bound queue) {
        Received seen = received;
        if (seen == null) {
            queue.ledger.decided();
            return;
        }
        dispatch.lock.lock();
        try {
            seen.end();
            queue.ledger.decided();
        } finally {
            dispatch.lock.unlock();
        }
    }

    /**
     * A packet that cannot be read still gets a verdict.
     *
     * @param found as {@link PacketId#find}
     * @param epoch the epoch of its receipt
     */
    void refuseUnreadable(long found, int epoch) {
        taken = true; // until it is recorded
        Bound queue = found == PacketId.NONE ? null : queues.ofPacket(PacketId.queue(found));
        if (queue == null) {
            dispatch.doubt(epoch); // it waits in the kernel, and a batch would let it pass
            taken = false;
            return;
        }
        int id = PacketId.id(found);
        queues.countGap(queue, id);
        dispatch.lock.lock();
        try {
            if (!over && (received == null || received.leave(queue.queue, id))) {
                queue.ledger.owe(id, failureVerdict);
                counts.addUnread();
            }
            taken = false;
        } finally {
            dispatch.lock.unlock();
        }
    }

    /**
     * Records that no decider will get a packet.
     *
     * @param found as {@link PacketId#find}
     * @return false if it already has the verdict of its deadline
     */
    boolean leave(long found) {
        Received seen = received;
        if (seen == null || found == PacketId.NONE) {
            return true;
        }
        dispatch.lock.lock();
        try {
            return seen.leave(PacketId.queue(found), PacketId.id(found));
        } finally {
            dispatch.lock.unlock();
        }
    }

    /** Repeats sends that failed before. */
    void resume() throws NetlinkException {
        if (dispatch.troubled()) {
            try {
                flush();
            } catch (SystemCallException e) {
                if (!Dispatch.isClosed(e)) {
                    throw e;
                }
                // The receive that follows ends the session.
            }
        }
    }

    /** Sends the verdicts of the batch. */
    void flush() throws NetlinkException {
        dispatch.lock.lock();
        try {
            if (over) { // the session was closed during a slow decider
                discard();
            } else {
                oweOpen();
                dispatch.send();
                counts.markSent();
            }
        } finally {
            dispatch.lock.unlock();
        }
    }

    private void discard() {
        if (dispatch.discard()) {
            counts.markDropped();
        }
    }

    /**
     * Handles a packet that began and was not decided, or was taken and not begun, because something was thrown in
     * between.
     */
    private void oweOpen() {
        if (taken) {
            taken = false;
            dispatch.doubt(0);
        }
        for (Bound queue : queues.bound) {
            oweOpen(queue.ledger);
        }
    }

    private void oweOpen(Ledger ledger) {
        boolean expired = received != null && received.expired(); // then the watchdog has counted it
        if (ledger.oweOpen() && !expired) {
            counts.addFailed();
        }
    }

    /**
     * Sends for the last time: the verdicts of the batch, then one for all packets that still wait. May be called
     * again, and by another thread than the polling one.
     *
     * @param alone whether no decider is in progress on another thread. If one is and there is no lock, it may be
     *     writing its verdict: then nothing is sent, and the kernel drops the waiting packets
     * @param rest the verdict of the packets that still wait, or null if the kernel is to drop them
     * @param before the failure of an earlier step, or null
     * @return the failure to throw, or null
     */
    @Nullable
    Throwable end(boolean alone, @Nullable Verdict rest, @Nullable Throwable before) {
        if (!alone && received == null) {
            over = true;
            return before;
        }
        Throwable failure = before;
        dispatch.lock.lock();
        try {
            if (!over) {
                if (alone) {
                    oweOpen();
                }
                dispatch.send(); // the batch must not cover decided packets
                counts.markSent();
                if (rest != null) {
                    dispatch.sendToRest(rest);
                }
            }
        } catch (Throwable e) {
            failure = Failures.join(failure, e);
        } finally {
            over = true;
            deadlines.stop();
            discard();
            dispatch.lock.unlock();
        }
        return failure;
    }
}
