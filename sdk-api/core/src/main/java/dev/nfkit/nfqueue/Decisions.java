package dev.nfkit.nfqueue;

import dev.nfkit.Loan;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.channel.Failures;
import dev.nfkit.channel.Inbound;
import dev.nfkit.channel.MessageLoop;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How packets of a session come to their verdicts: handed to the decider one by one on the polling thread, or to the
 * watchdog where they wait too long. Each gets exactly one. Which of them still wait is in the {@link Ledger} of their queue.
 */
final class Decisions implements Lending {
    private final NfqueueOptions options;
    private final Queues queues;
    private final Holds holds;
    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final @Nullable Received received;
    private final Reports reports;
    private final HeldAnswers answers;
    private final QueuedPacket view = new QueuedPacket(this, null);
    private QueuedPacket next = view;
    private final Verdict borrowed = Verdict.reusable();
    private @Nullable MessageLoop loop;

    /** A packet was taken from what was received, and has not begun: where that is cut short, it is in doubt. */
    private boolean reading;

    // The packet that the decider is at.
    private @Nullable QueuedPacket current;
    private @Nullable Bound currentQueue;
    private int currentId;
    private @Nullable Hold currentHold;

    private long decided;
    private long failed;
    private long forgotten;
    private long unread;
    /** Of those decided, as many as were sent for certain. */
    private long sent;
    /** Packets whose decider was at work still when the session had ended. */
    private long outlived;

    /** Nothing is sent any more. */
    private volatile boolean over;

    Decisions(
            NfqueueOptions options,
            Queues queues,
            Holds holds,
            Dispatch dispatch,
            Deadlines deadlines,
            @Nullable Received received,
            Reports reports,
            HeldAnswers answers) {
        this.options = options;
        this.queues = queues;
        this.holds = holds;
        this.dispatch = dispatch;
        this.deadlines = deadlines;
        this.received = received;
        this.reports = reports;
        this.answers = answers;
    }

    /** Starts what a deadline needs, so that a session that could not keep it does not open. */
    void begin(MessageLoop messages) {
        loop = messages;
        answers.begin(messages);
        if (received != null) {
            deadlines.start();
        }
    }

    // --- on the polling thread

    /** Notes a batch, where the watchdog looks after it. */
    void received(DatagramBatch batch) {
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

    /** Reads a packet, to be decided next. */
    void read(MessageCursor message, Inbound inbound) throws MalformedMessageException {
        if (reading) {
            dispatch.doubt(0);
        }
        reading = true;
        Loan loan = inbound.lend("packet");
        QueuedPacket packet = loan == null ? view : new QueuedPacket(this, loan);
        packet.wrap(message, inbound.receivedAt());
        next = packet;
    }

    /** Has the packet that was read decided; false where it was not delivered. The epoch is that of its receipt. */
    <E extends Exception> boolean decide(Decider<E> decider, int epoch) throws NetlinkException, E {
        QueuedPacket packet = next;
        int id = (int) packet.id();
        Bound queue = queues.ofPacket(packet.queue());
        if (queue == null) {
            reading = false;
            packet.release();
            return false; // the kernel sends only what this socket owns
        }
        queues.count(queue, packet, id);
        if (!begins(queue, id, epoch)) {
            packet.release();
            return false;
        }
        current = packet;
        currentQueue = queue;
        currentId = id;
        currentHold = null;
        try {
            settle(queue, id, decider.decide(packet));
        } catch (Throwable e) {
            fail(queue, id, e);
            throw e;
        } finally {
            current = null;
            packet.release();
        }
        return true;
    }

    private boolean begins(Bound queue, int id, int epoch) {
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
        reading = false;
    }

    /** What the decider returned. */
    private void settle(Bound queue, int id, @Nullable Verdict verdict) throws NetlinkException {
        Hold hold = currentHold;
        if (hold != null && hold.entered()) {
            end(queue);
            if (verdict != null && !verdict.isHeld() && hold.claim(verdict)) {
                answers.answer(hold, verdict);
            }
        } else if (verdict == null || verdict.isHeld()) {
            reports.noVerdict(verdict != null);
            if (give(queue, id, options.failureVerdict())) {
                forgotten++;
            }
        } else if (give(queue, id, verdict)) {
            decided++;
        } else {
            answers.late();
        }
    }

    /** The decider threw, or its verdict could not be written. A failure of this is added to the first one. */
    private void fail(Bound queue, int id, Throwable first) {
        try {
            Hold hold = currentHold;
            if (hold != null && hold.entered()) {
                end(queue);
                failHeld(queue, hold);
            } else if (queue.ledger.open() && give(queue, id, options.failureVerdict())) {
                failed++;
            }
        } catch (Throwable later) { // a packet that is open still will be owed the failure verdict
            Failures.join(first, later);
        }
    }

    private void failHeld(Bound queue, Hold hold) throws NetlinkException {
        dispatch.lock.lock();
        try {
            try {
                boolean due =
                        holds.failBy(hold, () -> dispatch.single(hold.queue, hold.id, options.failureVerdict()));
                failed += due ? 1 : 0;
            } catch (Throwable e) {
                queue.ledger.owe(hold.id, options.failureVerdict());
                holds.leave(hold);
                failed++;
                throw e;
            }
        } finally {
            dispatch.lock.unlock();
        }
    }

    /** Gives the current packet its verdict; false where its deadline had passed, or the session has ended. */
    private boolean give(Bound queue, int id, Verdict verdict) throws NetlinkException {
        Received seen = received;
        if (seen == null) {
            if (over) {
                queue.ledger.decided(); // the socket is closed, and the kernel has dropped it
                outlived++;
                return false;
            }
            dispatch.add(queue, id, verdict);
            return true;
        }
        dispatch.lock.lock();
        try {
            if (!seen.expired()) {
                deadlines.expireNow(); // its deadline counts, be the watchdog awake or not
            }
            if (seen.expired() || over) {
                outlived += seen.expired() ? 0 : 1;
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

    /** The current packet is held: from now on its hold has its deadline. */
    private void end(Bound queue) {
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

    /** A packet that can't be read still gets a verdict. The epoch is that of its receipt. */
    void unreadable(long found, int epoch) {
        reading = true; // until it is noted somewhere
        Bound queue = found == PacketId.NONE ? null : queues.ofPacket(PacketId.queue(found));
        if (queue == null) {
            dispatch.doubt(epoch); // it waits somewhere, and a batch would let it pass
            reading = false;
            return;
        }
        int id = PacketId.id(found);
        queues.gap(queue, id);
        dispatch.lock.lock();
        try {
            if (!over && (received == null || received.leave(queue.queue, id))) {
                queue.ledger.owe(id, options.failureVerdict());
                unread++;
            }
            reading = false;
        } finally {
            dispatch.lock.unlock();
        }
    }

    /** Sends again what could not be sent before. */
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
            if (over) { // the session was closed under a decider that took its time
                discard();
            } else {
                oweOpen();
                dispatch.send();
                sent = decided;
            }
        } finally {
            dispatch.lock.unlock();
        }
    }

    /** What was decided and not sent is left to the kernel, which drops it with the socket. */
    private void discard() {
        if (dispatch.discard()) {
            outlived += decided - sent;
            decided = sent;
        }
    }

    /** A packet that began and was not decided, or was taken and did not begin: something was thrown in between. */
    private void oweOpen() {
        if (reading) {
            reading = false;
            dispatch.doubt(0);
        }
        for (Bound queue : queues.bound) {
            oweOpen(queue.ledger);
        }
    }

    private void oweOpen(Ledger ledger) {
        boolean expired = received != null && received.expired(); // then the watchdog has counted it
        if (ledger.oweOpen() && !expired) {
            failed++;
        }
    }

    /** A packet that no decider will see; false where it has got the deadline's verdict. */
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

    @Override
    public Verdict verdict(int number) {
        return borrowed.reset(number);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the very packet that is being decided
    public Hold hold(QueuedPacket packet, @Nullable Duration deadline, @Nullable Verdict verdict) {
        Bound queue = currentQueue;
        if (packet != current || queue == null || loop == null || !loop.polling()) {
            throw new IllegalStateException("only the packet that a decider is at can be held, on its thread");
        }
        if (currentHold != null && currentHold.entered()) {
            throw new IllegalStateException("packet " + Integer.toUnsignedLong(currentId) + " is held already");
        }
        Hold hold = answers.hold(queue, currentId, deadline, verdict);
        currentHold = hold;
        return hold;
    }

    // --- at the end of the session

    /** The last moment to send: what is undecided gets the close verdict. It calls no handler. */
    void settle() throws NetlinkException {
        Throwable failure = null;
        List<Unanswered> report = new ArrayList<>();
        try {
            holds.settle(options.closeVerdict(), report);
        } catch (Throwable e) {
            failure = e;
        }
        reports.settled(report);
        boolean alone = loop == null || loop.inside();
        if (!alone && received == null) {
            over = true; // a decider that hangs may be writing its verdict: the kernel drops what waits
        } else {
            failure = settleRest(alone, failure);
        }
        if (failure instanceof NetlinkException problem) {
            throw problem;
        }
        Failures.rethrow(failure);
    }

    private @Nullable Throwable settleRest(boolean alone, @Nullable Throwable before) {
        Throwable failure = before;
        dispatch.lock.lock();
        try {
            if (!over) {
                if (alone) {
                    oweOpen();
                }
                dispatch.send(); // what was decided must not be covered by the batch
                sent = decided;
                if (failure == null && !options.closeVerdict().equals(Verdict.DROP)) { // the kernel drops by itself
                    dispatch.sendToRest(options.closeVerdict());
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

    void endWatch() {
        deadlines.end();
    }

    long decided() {
        return decided;
    }

    long failed() {
        return failed;
    }

    /** Packets that got the close verdict while a decider was at them, or their verdict was not sent. */
    long outlived() {
        return outlived;
    }

    long forgotten() {
        return forgotten;
    }

    long unread() {
        return unread;
    }
}
