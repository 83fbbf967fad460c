package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.Loan;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.channel.Failures;
import dev.nfkit.channel.Inbound;
import dev.nfkit.channel.MessageLoop;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How packets of a session come to their verdicts: handed to the decider one by one on the polling thread, or to the
 * watchdog where they wait too long. Each gets exactly one. Which of them still wait is in the {@link Ledger} of their queue.
 */
final class Decisions implements Lending {
    /** Half of what ids can be apart: a batch up to there covers all that wait. */
    private static final int ALL = 0x3fff_ffff;

    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final NfqueueOptions options;
    private final Queues queues;
    private final Holds holds;
    private final Outbox outbox;
    private final Reports reports;
    private final Watchdog watchdog;
    /** Of the outbox, the ledgers and what was received, where a watchdog takes part; else all are the polling thread's. */
    private final ReentrantLock lock = new ReentrantLock();

    private final @Nullable Received received;
    private final long deadlineNanos;
    private final Clock clock;
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

    private final LongAdder late = new LongAdder();
    /** Nothing is sent any more. */
    private volatile boolean over;
    /** A send failed: what the outbox holds is to be sent again. */
    private volatile boolean unsent;

    private volatile long sendFailures;
    private volatile long expired;

    /** The transport's clock. */
    @FunctionalInterface
    interface Clock {
        long nanoTime();
    }

    Decisions(
            NfqueueOptions options,
            Queues queues,
            Holds holds,
            Outbox outbox,
            Reports reports,
            Clock clock,
            ByteOrder order) {
        this.options = options;
        this.queues = queues;
        this.holds = holds;
        this.outbox = outbox;
        this.reports = reports;
        this.clock = clock;
        deadlineNanos = options.deadline().map(Duration::toNanos).orElse(0L);
        received = deadlineNanos > 0 ? new Received(order, clock) : null;
        watchdog = new Watchdog(this::look, reports::watchdogFailed);
    }

    /** Starts what a deadline needs, so that a session that could not keep it does not open. */
    void begin(MessageLoop messages) {
        loop = messages;
        if (received != null) {
            watchdog.start();
        }
    }

    // --- on the polling thread

    /** Notes a batch, where the watchdog looks after it. */
    void received(DatagramBatch batch) {
        Received seen = received;
        if (seen != null) {
            lock.lock();
            try {
                seen.take(batch);
            } finally {
                lock.unlock();
            }
            watchdog.notice();
        }
    }

    /** Reads a packet, to be decided next. */
    void read(MessageCursor message, Inbound inbound) throws MalformedMessageException {
        if (reading) {
            doubt(0);
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
        lock.lock();
        try {
            enter(queue.ledger, id, epoch);
            boolean begins = seen.begin(queue.queue, id);
            if (!begins) {
                queue.ledger.decided(); // by the watchdog
            }
            return begins;
        } finally {
            lock.unlock();
        }
    }

    private void enter(Ledger ledger, int id, int epoch) {
        if (ledger.oweOpen()) {
            failed++;
        }
        ledger.begin(id, epoch);
        reading = false;
    }

    /** What the decider returned. */
    private void settle(Bound queue, int id, @Nullable Verdict verdict) throws NetlinkException {
        Hold hold = currentHold;
        if (hold != null && hold.entered()) {
            end(queue);
            if (verdict != null && !verdict.isHeld() && hold.claim(verdict)) {
                answer(hold, verdict);
            }
        } else if (verdict == null || verdict.isHeld()) {
            reports.noVerdict(verdict != null);
            if (give(queue, id, options.failureVerdict())) {
                forgotten++;
            }
        } else if (give(queue, id, verdict)) {
            decided++;
        } else {
            late.increment();
        }
    }

    /** The decider threw, or its verdict could not be written. A failure of this is added to the first one. */
    private void fail(Bound queue, int id, Throwable first) {
        try {
            Hold hold = currentHold;
            if (hold != null && hold.entered()) {
                end(queue);
                failHeld(hold);
            } else if (queue.ledger.open() && give(queue, id, options.failureVerdict())) {
                failed++;
            }
        } catch (Throwable later) { // a packet that is open still will be owed the failure verdict
            Failures.join(first, later);
        }
    }

    private void failHeld(Hold hold) throws NetlinkException {
        lock.lock();
        try {
            try {
                boolean due =
                        holds.failBy(hold, () -> outbox.single(hold.queue.queue, hold.id, options.failureVerdict()));
                failed += due ? 1 : 0;
            } catch (Throwable e) {
                hold.queue.ledger.owe(hold.id, options.failureVerdict());
                holds.leave(hold);
                failed++;
                throw e;
            }
        } finally {
            lock.unlock();
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
            add(queue, id, verdict);
            return true;
        }
        lock.lock();
        try {
            if (!seen.expired()) {
                expireNow(); // its deadline counts, be the watchdog awake or not
            }
            if (seen.expired() || over) {
                outlived += seen.expired() ? 0 : 1;
                seen.end();
                queue.ledger.decided();
                return false;
            }
            add(queue, id, verdict);
            seen.end();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void expireNow() {
        try {
            expireReceived(clock.nanoTime());
        } catch (NetlinkException e) {
            reports.unsent(e); // what is written stays; the end of the batch sends it again
        }
    }

    /** Adds a verdict to the outbox. If there is no place because a send fails, the packet is owed the same verdict. */
    private void add(Bound queue, int id, Verdict verdict) throws NetlinkException {
        try {
            outbox.add(queue, id, verdict);
        } catch (NetlinkException e) {
            if (!outbox.holds(verdict)) {
                throw e;
            }
            unsent();
            queue.ledger.owe(id, verdict.copy());
        }
        queue.ledger.decided();
    }

    /** The current packet is held: from now on its hold has its deadline. */
    private void end(Bound queue) {
        Received seen = received;
        if (seen == null) {
            queue.ledger.decided();
            return;
        }
        lock.lock();
        try {
            seen.end();
            queue.ledger.decided();
        } finally {
            lock.unlock();
        }
    }

    private boolean answeredInBatch(Hold hold, Verdict verdict) throws NetlinkException {
        lock.lock();
        try {
            return holds.answerBy(hold, () -> outbox.single(hold.queue.queue, hold.id, verdict));
        } finally {
            lock.unlock();
        }
    }

    /** A packet that can't be read still gets a verdict. The epoch is that of its receipt. */
    void unreadable(long found, int epoch) {
        reading = false;
        Bound queue = found == PacketId.NONE ? null : queues.ofPacket(PacketId.queue(found));
        if (queue == null) {
            doubt(epoch); // it waits somewhere, and a batch would let it pass
            return;
        }
        int id = PacketId.id(found);
        queues.gap(queue, id);
        lock.lock();
        try {
            if (!over && (received == null || received.leave(queue.queue, id))) {
                queue.ledger.owe(id, options.failureVerdict());
                unread++;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Packets that no one knows may wait, which came before those of an epoch. */
    void doubt(int epoch) {
        lock.lock();
        try {
            for (Bound queue : queues.bound) {
                queue.ledger.doubt(epoch);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The kernel refused the verdict of a packet, which may wait on. */
    void refused(int number) {
        Bound queue = queues.find(number);
        if (queue != null) {
            lock.lock();
            try {
                queue.ledger.doubtRefused();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Sends again what could not be sent before. */
    void resume() throws NetlinkException {
        if (unsent) {
            try {
                flush();
            } catch (SystemCallException e) {
                if (!e.errno().equals(Errno.EBADF)) {
                    throw e;
                }
                // The socket is closed: the receive that follows ends the session.
            }
        }
    }

    /** Sends the verdicts of the batch. */
    void flush() throws NetlinkException {
        lock.lock();
        try {
            if (!over) {
                oweOpen();
                sendAll();
            } else if (outbox.discard()) { // the session was closed under a decider that took its time
                outlived += decided - sent;
                decided = sent;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends all verdicts: those of the batch, those that are owed, and those for packets in doubt. */
    private void sendAll() throws NetlinkException {
        try {
            boolean troubled = false;
            for (Bound queue : queues.bound) {
                troubled |= queue.ledger.troubled();
            }
            if (troubled) {
                payOwed();
            }
            outbox.closeRuns();
            if (troubled) {
                sweep();
            }
            outbox.flush();
        } catch (NetlinkException e) {
            unsent();
            throw e;
        }
        unsent = false;
        sent = decided;
    }

    /** On the polling thread: whatever began and was not decided, or was taken and did not begin, something was thrown there. */
    private void oweOpen() {
        if (reading) {
            reading = false;
            doubt(0);
        }
        for (Bound queue : queues.bound) {
            if (queue.ledger.oweOpen()) {
                failed++;
            }
        }
    }

    private void payOwed() throws NetlinkException {
        for (Bound queue : queues.bound) {
            Ledger ledger = queue.ledger;
            for (Ledger.Owed owed = ledger.nextOwed(); owed != null; owed = ledger.nextOwed()) {
                if (received == null || received.leave(queue.queue, owed.id())) {
                    outbox.single(queue.queue, owed.id(), owed.verdict());
                }
                ledger.paid();
            }
        }
    }

    /** Decides packets in doubt by a batch up to before the next one that is known; the kernel finds none, as a rule. */
    private void sweep() throws NetlinkException {
        for (Bound queue : queues.bound) {
            Ledger ledger = queue.ledger;
            if (ledger.sweepDue(holds)) {
                boolean drop = ledger.sweepDrops() || !options.failureVerdict().forBatches();
                int last = ledger.sweepEnd(holds);
                ledger.swept(last, outbox.batch(queue, last, drop ? Verdict.DROP : options.failureVerdict()));
            }
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who look
    private void unsent() {
        unsent = true;
        sendFailures++;
        if (received != null) {
            watchdog.notice();
        }
    }

    /** A packet that no decider will see; false where it has got the deadline's verdict. */
    boolean leave(long found) {
        Received seen = received;
        if (seen == null || found == PacketId.NONE) {
            return true;
        }
        lock.lock();
        try {
            return seen.leave(PacketId.queue(found), PacketId.id(found));
        } finally {
            lock.unlock();
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
        if (currentHold != null) {
            throw new IllegalStateException("packet " + Integer.toUnsignedLong(currentId) + " is held already");
        }
        long nanos = deadlineNanos;
        if (deadline != null) {
            if (deadline.isNegative() || deadline.isZero() || verdict == null || verdict.isHeld()) {
                throw new IllegalArgumentException("hold: deadline " + deadline + ", verdict " + verdict
                        + "; it takes more than zero, and a verdict");
            }
            nanos = deadline.toSeconds() > Integer.MAX_VALUE ? Long.MAX_VALUE / 4 : deadline.toNanos();
        }
        Hold hold = new Hold(
                this,
                queue,
                currentId,
                nanos > 0,
                (deadline == null && received != null ? received.takenAt() : clock.nanoTime()) + nanos,
                verdict == null ? options.deadlineVerdict() : verdict.copy());
        currentHold = hold;
        return hold;
    }

    /** Enters a packet that is held. Where this throws, it is not held, and the decider's verdict counts. */
    void enter(Hold hold) {
        if (hold.bounded) {
            watchdog.start();
        }
        Received seen = received;
        if (seen == null) {
            holds.add(hold);
        } else {
            lock.lock();
            try {
                if (seen.expired()) {
                    hold.overtake();
                } else {
                    holds.add(hold);
                    seen.held();
                }
            } finally {
                lock.unlock();
            }
        }
        if (hold.bounded) {
            watchdog.notice();
        }
    }

    // --- on any thread

    /** Does what is due before an answer: it comes late, be the watchdog awake or not. */
    void expireBefore(Hold hold) {
        if (hold.deadline - clock.nanoTime() <= 0) {
            try {
                look();
            } catch (Throwable e) {
                reports.unsent(e); // of other packets: no concern of this one's caller
            }
        }
    }

    /** An answer came too late. */
    void late() {
        late.increment();
    }

    void answerAll(List<Hold> claimed, List<Verdict> verdicts) throws NetlinkException {
        late.add(holds.answerAll(claimed, verdicts));
    }

    /** Answers a held packet whose right was claimed; false where it has got another verdict meanwhile. */
    boolean answer(Hold hold, Verdict verdict) throws NetlinkException {
        boolean inTime =
                (loop != null && loop.polling()) ? answeredInBatch(hold, verdict) : holds.answer(hold, verdict);
        if (!inTime) {
            late();
        }
        return inTime;
    }

    // --- on the watchdog's thread, or on that of an answer after its deadline

    /** Decides what is due; nanoseconds until the next is, or a negative number. */
    private long look() {
        long now = clock.nanoTime();
        long next = expireHeld(now);
        long batch;
        try {
            batch = expireReceived(now);
        } catch (NetlinkException e) {
            reports.unsent(e);
            batch = AGAIN_NANOS;
        }
        return next < 0 ? batch : batch < 0 ? next : Math.min(next, batch);
    }

    private long expireHeld(long now) {
        List<Unanswered> report = new ArrayList<>();
        try {
            holds.expire(now, report);
            return holds.nextDeadline(now);
        } catch (NetlinkException e) {
            countFailure();
            reports.unsent(e);
            return AGAIN_NANOS;
        } finally {
            reports.expired(report);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who look
    private void countFailure() {
        lock.lock();
        try {
            sendFailures++;
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who look
    private long expireReceived(long now) throws NetlinkException {
        Received seen = received;
        if (seen == null) {
            return -1;
        }
        lock.lock();
        try {
            if (over) {
                return -1;
            }
            if (unsent) {
                payOwed();
                outbox.flush();
                unsent = false;
            }
            int index = seen.firstUndecided();
            if (index < 0) {
                return -1;
            }
            long left = seen.takenAt(index) + deadlineNanos - now;
            if (left > 0) {
                return left;
            }
            outbox.flush(); // what is decided goes first: those packets lie before
            long before = expired;
            while (index >= 0 && seen.takenAt(index) + deadlineNanos - now <= 0) {
                outbox.single(seen.queue(index), seen.id(index), options.deadlineVerdict());
                seen.expire(index);
                expired++;
                index = seen.firstUndecided();
            }
            reports.slowDecider(expired - before);
            outbox.flush();
            return index < 0 ? -1 : seen.takenAt(index) + deadlineNanos - now;
        } catch (NetlinkException e) {
            unsent();
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** The last moment to send: what is undecided gets the close verdict. It calls no handler. */
    void settle() throws NetlinkException {
        boolean heldSent = false;
        List<Unanswered> report = new ArrayList<>();
        NetlinkException failure = null;
        try {
            holds.settle(options.closeVerdict(), report);
            heldSent = true;
        } catch (NetlinkException e) {
            failure = e;
        } finally {
            reports.settled(report);
        }
        boolean alone = loop == null || loop.inside();
        if (!alone && received == null) {
            over = true; // a decider that hangs may be writing its verdict: the kernel drops what waits
            return;
        }
        lock.lock();
        try {
            if (!over) {
                if (alone) {
                    oweOpen();
                }
                sendAll(); // what was decided must not be covered by the batch
                if (heldSent && !options.closeVerdict().equals(Verdict.DROP)) { // which the kernel does by itself
                    decideRest();
                }
            }
        } finally {
            over = true;
            if (outbox.discard()) { // it could not be sent: the kernel drops those packets
                outlived += decided - sent;
                decided = sent;
            }
            lock.unlock();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Gives the close verdict to all that wait; a queue where something was decided otherwise is left to the kernel. */
    private void decideRest() throws NetlinkException {
        for (Bound queue : queues.bound) {
            if (queue.ledger.mayCloseBatch()) {
                outbox.batch(queue, queue.ledger.nextId() + ALL, options.closeVerdict());
            }
        }
        outbox.flush();
    }

    void endWatch() {
        watchdog.end();
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

    long sendFailures() {
        return sendFailures;
    }

    long lateCount() {
        return late.sum();
    }

    long expired() {
        return expired;
    }
}
