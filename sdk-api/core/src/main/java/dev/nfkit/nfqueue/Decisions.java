package dev.nfkit.nfqueue;

import dev.nfkit.Loan;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.channel.Inbound;
import dev.nfkit.channel.MessageLoop;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How packets of a session come to their verdicts: handed to the decider one by one on the polling thread, or to the
 * watchdog where they wait too long. Each gets exactly one.
 */
final class Decisions implements Lending {
    /** Half of what ids can be apart: a batch up to there covers all that wait. */
    private static final long ALL = 0x3fff_ffffL;

    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final NfqueueOptions options;
    private final Queues queues;
    private final Holds holds;
    private final Outbox outbox;
    private final Watchdog watchdog;
    /** Of the outbox and what was received, where a watchdog takes part; else both are the polling thread's alone. */
    private final ReentrantLock lock = new ReentrantLock();

    private final @Nullable Received received;
    private final long deadlineNanos;
    private final Clock clock;
    private final QueuedPacket view = new QueuedPacket(this, null);
    private QueuedPacket next = view;
    private final Verdict borrowed = Verdict.reusable();
    private @Nullable MessageLoop loop;

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

    private volatile long expired;

    /** The transport's clock. */
    @FunctionalInterface
    interface Clock {
        long nanoTime();
    }

    Decisions(NfqueueOptions options, Queues queues, Holds holds, Outbox outbox, Clock clock, ByteOrder order) {
        this.options = options;
        this.queues = queues;
        this.holds = holds;
        this.outbox = outbox;
        this.clock = clock;
        deadlineNanos = options.deadline().map(Duration::toNanos).orElse(0L);
        received = deadlineNanos > 0 ? new Received(order, clock) : null;
        watchdog = new Watchdog(this::look);
    }

    void begin(MessageLoop messages) {
        loop = messages;
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
        Loan loan = inbound.lend("packet");
        QueuedPacket packet = loan == null ? view : new QueuedPacket(this, loan);
        packet.wrap(message, inbound.receivedAt());
        next = packet;
    }

    /** Has the packet that was read decided; false where it was not delivered. */
    <E extends Exception> boolean decide(Decider<E> decider) throws NetlinkException, E {
        QueuedPacket packet = next;
        int id = (int) packet.id();
        Bound queue = queues.ofPacket(packet.queue());
        if (queue == null) {
            packet.release();
            return false; // the kernel sends only what this socket owns
        }
        queues.count(queue, packet, id & 0xffff_ffffL);
        if (!begins(queue, id)) {
            packet.release();
            return false;
        }
        current = packet;
        currentQueue = queue;
        currentId = id;
        currentHold = null;
        boolean done = false;
        try {
            settle(queue, id, decider.decide(packet));
            done = true;
        } finally {
            current = null;
            try {
                if (!done) {
                    fail(queue, id);
                }
            } finally {
                packet.release();
            }
        }
        return true;
    }

    private boolean begins(Bound queue, int id) {
        Received seen = received;
        if (seen == null) {
            return true;
        }
        lock.lock();
        try {
            return seen.begin(queue.queue, id);
        } finally {
            lock.unlock();
        }
    }

    /** What the decider returned. */
    private void settle(Bound queue, int id, @Nullable Verdict verdict) throws NetlinkException {
        Hold hold = currentHold;
        if (hold != null) {
            end();
            if (verdict != null && !verdict.isHeld() && hold.claim(verdict)) {
                answerInBatch(hold, verdict);
            }
        } else if (verdict == null || verdict.isHeld()) {
            if (give(queue, id, options.failureVerdict())) {
                forgotten++;
            }
        } else if (give(queue, id, verdict)) {
            decided++;
        } else {
            late.increment();
        }
    }

    /** The decider threw, or its verdict could not be written. */
    private void fail(Bound queue, int id) throws NetlinkException {
        Hold hold = currentHold;
        if (hold != null) {
            end();
            lock.lock();
            try {
                if (holds.failBy(hold, () -> outbox.single(hold.queue.queue, hold.id, options.failureVerdict()))) {
                    failed++;
                }
            } finally {
                lock.unlock();
            }
        } else if (give(queue, id, options.failureVerdict())) {
            failed++;
        }
    }

    /** Gives the current packet its verdict; false where its deadline had passed, or the session has ended. */
    private boolean give(Bound queue, int id, Verdict verdict) throws NetlinkException {
        Received seen = received;
        if (seen == null) {
            if (over) {
                outlived++;
                return false;
            }
            outbox.add(queue, id, verdict);
            return true;
        }
        lock.lock();
        try {
            if (!seen.expired()) {
                expireReceived(clock.nanoTime()); // its deadline counts, be the watchdog awake or not
            }
            if (seen.expired() || over) {
                outlived += seen.expired() ? 0 : 1;
                seen.end();
                return false;
            }
            outbox.add(queue, id, verdict);
            seen.end();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The current packet was held: from now on its hold has its deadline. */
    private void end() {
        Received seen = received;
        if (seen != null) {
            lock.lock();
            try {
                seen.end();
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean answerInBatch(Hold hold, Verdict verdict) throws NetlinkException {
        lock.lock();
        try {
            if (holds.answerBy(hold, () -> outbox.single(hold.queue.queue, hold.id, verdict))) {
                return true;
            }
        } finally {
            lock.unlock();
        }
        late();
        return false;
    }

    /** A packet that can't be read still gets a verdict. */
    void unreadable(long found) throws NetlinkException {
        Bound queue = found == PacketId.NONE ? null : queues.ofPacket(PacketId.queue(found));
        if (queue == null) {
            for (Bound any : queues.bound) {
                any.batches = false; // it waits somewhere, and a batch would let it pass
            }
            return;
        }
        int id = PacketId.id(found);
        queues.gap(queue, id & 0xffff_ffffL);
        if (begins(queue, id) && !over) {
            lock.lock();
            try {
                // On its own: packets before it may have been set aside, and a batch would cover them.
                outbox.single(queue.queue, id, options.failureVerdict());
                if (received != null) {
                    received.end();
                }
            } finally {
                lock.unlock();
            }
            unread++;
        }
    }

    /** Sends the verdicts of the batch. */
    void flush() throws NetlinkException {
        lock.lock();
        try {
            if (!over) {
                outbox.flush();
                sent = decided;
            } else if (outbox.discard()) { // the session was closed under a decider that took its time
                outlived += decided - sent;
                decided = sent;
            }
        } finally {
            lock.unlock();
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
                verdict == null ? options.deadlineVerdict() : verdict.copy(),
                tooLate() ? Hold.State.DONE_FOR : Hold.State.WAITING);
        currentHold = hold;
        return hold;
    }

    /** Whether the watchdog has decided the current packet; else it leaves it alone from now on. */
    private boolean tooLate() {
        Received seen = received;
        if (seen == null) {
            return false;
        }
        lock.lock();
        try {
            return seen.held();
        } finally {
            lock.unlock();
        }
    }

    // --- on any thread

    /** Enters a packet that is held. */
    void enter(Hold hold) {
        holds.add(hold);
        if (hold.bounded) {
            watchdog.notice();
        }
    }

    /** Does what is due before an answer: it comes late, be the watchdog awake or not. */
    void expireBefore(Hold hold) {
        if (hold.deadline - clock.nanoTime() <= 0) {
            look();
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
        if (loop != null && loop.polling()) {
            return answerInBatch(hold, verdict);
        }
        if (holds.answer(hold, verdict)) {
            return true;
        }
        late();
        return false;
    }

    // --- on the watchdog's thread, or on that of an answer behind its deadline

    /** Decides what is due; nanoseconds until the next is, or a negative number. */
    private long look() {
        long now = clock.nanoTime();
        try {
            List<Unanswered> report = holds.expire(now);
            if (report != null) {
                Reports.unanswered(options, report);
            }
            long next = holds.nextDeadline(now);
            long batch = expireReceived(now);
            return next < 0 ? batch : batch < 0 ? next : Math.min(next, batch);
        } catch (NetlinkException e) {
            Reports.log(System.Logger.Level.WARNING, "a verdict behind its deadline could not be sent", e);
            return AGAIN_NANOS;
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
            if (over || !seen.any()) {
                return -1;
            }
            long left = seen.takenAt() + deadlineNanos - now;
            if (left > 0) {
                return left;
            }
            outbox.flush(); // what is decided goes first: those packets lie before
            long before = expired;
            for (int index = seen.expireNext(); index >= 0; index = seen.expireNext()) {
                outbox.single(seen.queue(index), seen.id(index), options.deadlineVerdict());
                expired++;
            }
            outbox.flush();
            Reports.slowDecider(options, before, expired);
            return -1;
        } finally {
            lock.unlock();
        }
    }

    /** The last moment to send: what is undecided gets the close verdict. */
    void settle(NetlinkSocket socket, VerdictLog log) throws NetlinkException {
        Reports.unanswered(options, holds.settle(options.closeVerdict()));
        boolean alone = loop == null || loop.inside();
        if (!alone && received == null) {
            over = true; // a decider that hangs may be writing its verdict: the kernel drops what waits
            return;
        }
        lock.lock();
        try {
            if (over) {
                return;
            }
            outbox.flush(); // what was decided must not be covered by the batch
            sent = decided;
            if (!options.closeVerdict().equals(Verdict.DROP)) { // which the kernel does by itself
                decideRest(socket, log);
            }
        } finally {
            over = true;
            lock.unlock();
        }
    }

    private void decideRest(NetlinkSocket socket, VerdictLog log) throws NetlinkException {
        MessageWriter writer = new MessageWriter(1024, socket.order());
        for (Bound queue : queues.bound) {
            int behindAll = (int) (queue.nextId() + ALL);
            writer.clear();
            VerdictMessages.batch(
                    writer, log.next(queue.queue, behindAll, true), queue.queue, behindAll, options.closeVerdict());
            socket.send(writer.datagram());
        }
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

    long lateCount() {
        return late.sum();
    }

    long expired() {
        return expired;
    }
}
