// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.session.Failures;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Obtains the verdicts of a session's packets from the decider, one packet at a time on the polling thread, and passes
 * them to the {@link PacketBatch}. Each packet gets exactly one verdict.
 */
final class Decisions implements Lending {
    private final Queues queues;
    private final PacketBatch batch;
    private final Holds holds;
    private final Dispatch dispatch;
    private final HeldAnswers answers;
    private final DecisionCounts counts;
    private final Reports reports;
    private final Verdict failureVerdict;
    private final QueuedPacket view = new QueuedPacket(this, null);
    private QueuedPacket next = view;
    private final Verdict reusable = Verdict.reusable();
    private @Nullable MessageLoop loop;

    // The packet that the decider is processing.
    private @Nullable QueuedPacket current;
    private @Nullable Bound currentQueue;
    private int currentId;
    private @Nullable Hold currentHold;

    Decisions(
            Queues queues,
            PacketBatch batch,
            Holds holds,
            Dispatch dispatch,
            HeldAnswers answers,
            DecisionCounts counts,
            Reports reports,
            Verdict failureVerdict) {
        this.queues = queues;
        this.batch = batch;
        this.holds = holds;
        this.dispatch = dispatch;
        this.answers = answers;
        this.counts = counts;
        this.reports = reports;
        this.failureVerdict = failureVerdict;
    }

    void begin(MessageLoop messages) {
        loop = messages;
    }

    /** Reads the packet to be decided next. */
    void read(MessageCursor message, Inbound inbound) throws MalformedMessageException {
        batch.take();
        Loan loan = inbound.lend("packet");
        QueuedPacket packet = loan == null ? view : new QueuedPacket(this, loan);
        packet.wrap(message, inbound.receivedAt());
        next = packet;
    }

    /** Decides the packet that was read; false if it was not delivered. The epoch is that of its receipt. */
    <E extends Exception> boolean decide(Decider<E> decider, int epoch) throws NetlinkException, E {
        QueuedPacket packet = next;
        int id = (int) packet.id();
        Bound queue = queues.ofPacket(packet.queue());
        if (queue == null) {
            batch.skip();
            packet.release();
            return false; // should not happen: the kernel sends only packets of this socket's queues
        }
        queues.count(queue, packet, id);
        if (!batch.begin(queue, id, epoch)) {
            packet.release();
            return false;
        }
        current = packet;
        currentQueue = queue;
        currentId = id;
        currentHold = null;
        try {
            conclude(queue, id, decider.decide(packet));
        } catch (Throwable e) {
            fail(queue, id, e);
            throw e;
        } finally {
            current = null;
            packet.release();
        }
        return true;
    }

    /** Handles the decider's result. */
    private void conclude(Bound queue, int id, @Nullable Verdict verdict) throws NetlinkException {
        Hold hold = currentHold;
        if (hold != null && hold.entered()) {
            batch.leaveToHold(queue);
            if (verdict != null && !verdict.isHeld() && hold.claim(verdict)) {
                answers.answer(hold, verdict);
            }
        } else if (verdict == null || verdict.isHeld()) {
            reports.noVerdict(verdict != null);
            if (batch.give(queue, id, failureVerdict)) {
                counts.addForgotten();
                reports.journal().unanswered(queue.queue, id, "FORGOTTEN", failureVerdict);
            }
        } else if (batch.give(queue, id, verdict)) {
            counts.addDecided();
        } else {
            answers.late();
        }
    }

    /**
     * The decider threw, or its verdict could not be written. A failure here becomes a suppressed exception of the
     * first one.
     */
    private void fail(Bound queue, int id, Throwable first) {
        try {
            Hold hold = currentHold;
            if (hold != null && hold.entered()) {
                batch.leaveToHold(queue);
                failHeld(queue, hold);
            } else if (queue.ledger.open() && batch.give(queue, id, failureVerdict)) {
                counts.addFailed();
                reports.journal().unanswered(queue.queue, id, "FAILED", failureVerdict);
            }
        } catch (Throwable later) { // a packet that is still open will be owed the failure verdict
            Failures.join(first, later);
        }
    }

    private void failHeld(Bound queue, Hold hold) throws NetlinkException {
        dispatch.lock.lock();
        try {
            if (holds.failBy(hold, () -> dispatch.single(hold.queue, hold.id, failureVerdict))) {
                counts.addFailed();
                reports.journal().unanswered(hold.queue, hold.id, "FAILED", failureVerdict);
            }
        } catch (Throwable e) {
            queue.ledger.owe(hold.id, failureVerdict);
            holds.leave(hold);
            counts.addFailed();
            throw e;
        } finally {
            dispatch.lock.unlock();
        }
    }

    @Override
    public Verdict verdict(int number) {
        return reusable.reset(number);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // identity: the packet that is being decided
    public Hold hold(QueuedPacket packet, @Nullable Duration deadline, @Nullable Verdict verdict) {
        Bound queue = currentQueue;
        if (packet != current || queue == null || loop == null || !loop.polling()) {
            throw new IllegalStateException("only the packet that a decider is processing can be held, on its thread");
        }
        if (currentHold != null && currentHold.entered()) {
            throw new IllegalStateException("packet " + Integer.toUnsignedLong(currentId) + " is held already");
        }
        Hold hold = answers.hold(queue, currentId, deadline, verdict);
        currentHold = hold;
        return hold;
    }
}
