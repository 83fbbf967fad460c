package dev.nfkit.nfqueue;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.channel.Failures;
import dev.nfkit.channel.Inbound;
import dev.nfkit.channel.MessageLoop;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Obtains the verdicts of a session's packets: from the decider, one packet at a time on the polling thread, or from
 * the watchdog if packets wait too long. Each packet gets exactly one verdict. The {@link Ledger} of a queue has the
 * packets that still wait.
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

    /** Whether a received packet was taken but not begun: if an exception comes in between, the packet is in doubt. */
    private boolean reading;

    // The packet that the decider is processing.
    private @Nullable QueuedPacket current;
    private @Nullable Bound currentQueue;
    private int currentId;
    private @Nullable Hold currentHold;

    private long decided;
    private long failed;
    private long forgotten;
    private long unread;
    /** The number of decided packets whose verdicts were certainly sent. */
    private long sent;
    /** The number of packets whose decider was still running when the session had ended. */
    private long outlived;

    /** Whether sending has ended. */
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

    /** Starts the watchdog, so that a session that could not keep a deadline does not open. */
    void begin(MessageLoop messages) {
        loop = messages;
        answers.begin(messages);
        if (received != null) {
            deadlines.start();
        }
    }

    // --- on the polling thread

    /** Records a batch for the watchdog, if there is one. */
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

    /** Reads the packet to be decided next. */
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

    /** Decides the packet that was read; false if it was not delivered. The epoch is that of its receipt. */
    <E extends Exception> boolean decide(Decider<E> decider, int epoch) throws NetlinkException, E {
        QueuedPacket packet = next;
        int id = (int) packet.id();
        Bound queue = queues.ofPacket(packet.queue());
        if (queue == null) {
            reading = false;
            packet.release();
            return false; // the kernel sends only packets of this socket's queues
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

    /** Handles the decider's result. */
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

    /**
     * The decider threw, or its verdict could not be written. A failure here becomes a suppressed exception of the
     * first one.
     */
    private void fail(Bound queue, int id, Throwable first) {
        try {
            Hold hold = currentHold;
            if (hold != null && hold.entered()) {
                end(queue);
                failHeld(queue, hold);
            } else if (queue.ledger.open() && give(queue, id, options.failureVerdict())) {
                failed++;
            }
        } catch (Throwable later) { // a packet that is still open will be owed the failure verdict
            Failures.join(first, later);
        }
    }

    private void failHeld(Bound queue, Hold hold) throws NetlinkException {
        dispatch.lock.lock();
        try {
            try {
                boolean due = holds.failBy(hold, () -> dispatch.single(hold.queue, hold.id, options.failureVerdict()));
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

    /** Gives the current packet its verdict; false if its deadline had passed, or the session has ended. */
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
                deadlines.expireNow(); // its deadline applies, even if the watchdog sleeps
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

    /** The current packet is held: from now on the deadline of its hold applies. */
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

    /** A packet that cannot be read still gets a verdict. The epoch is that of its receipt. */
    void unreadable(long found, int epoch) {
        reading = true; // until it is recorded
        Bound queue = found == PacketId.NONE ? null : queues.ofPacket(PacketId.queue(found));
        if (queue == null) {
            dispatch.doubt(epoch); // it waits in the kernel, and a batch would let it pass
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
                sent = decided;
            }
        } finally {
            dispatch.lock.unlock();
        }
    }

    /** Discards verdicts that were not sent: the kernel drops their packets with the socket. */
    private void discard() {
        if (dispatch.discard()) {
            outlived += decided - sent;
            decided = sent;
        }
    }

    /**
     * Handles a packet that began and was not decided, or was taken and not begun, because something was thrown in
     * between.
     */
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

    /** Records that no decider will get a packet; false if it already has the verdict of its deadline. */
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

    // --- at the end of the session

    /** The last time to send: undecided packets get the close verdict. It calls no handler. */
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
            over = true; // a decider that hangs may be writing its verdict: the kernel drops the waiting packets
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
                dispatch.send(); // the batch must not cover decided packets
                sent = decided;
                if (failure == null
                        && !options.closeVerdict().equals(Verdict.DROP)) { // the kernel drops the packets anyway
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

    /** The number of packets that got the close verdict during their decider, or before their verdict was sent. */
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
