package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.Unanswered.Cause;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The packets that are held, and the way that answers from any thread take. A packet leaves the list only when its
 * verdict was sent, or stands in the outbox: until then no batch may cover it, and what could not be sent is tried again. The
 * one that takes it out, under the lock, has given it its one verdict: the application, its deadline, or the end of the
 * session.
 */
final class Holds {
    private final List<HeldList> lists;
    private final VerdictWriter writer;
    /** Those with a deadline, the earliest first. */
    private final TreeSet<Hold> deadlines = new TreeSet<>((a, b) -> {
        long between = a.deadline - b.deadline; // of a clock that may wrap around
        return between != 0 ? Long.signum(between) : Long.compare(a.serial, b.serial);
    });

    private Runnable onEmpty = () -> {};
    private volatile int count;
    private boolean over;
    private long serial;
    private long answered;
    private long expired;
    private long settled;

    Holds(VerdictWriter writer, List<HeldList> lists) {
        this.writer = writer;
        this.lists = lists;
    }

    /** What to do when the last held packet is answered. */
    void onEmpty(Runnable action) {
        onEmpty = action;
    }

    /** Enters a packet. Where this throws, it is not held. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who only look
    synchronized void add(Hold hold) {
        if (hold.bounded) {
            hold.serial = ++serial;
            deadlines.add(hold); // may find no memory; until it is linked nothing comes of it
        }
        hold.list.add(hold);
        count++;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who only look
    private void remove(Hold hold) {
        if (!hold.linked) {
            return;
        }
        hold.list.remove(hold);
        count--;
        if (hold.bounded) {
            deadlines.remove(hold);
        }
        if (count == 0) {
            try {
                onEmpty.run();
            } catch (Throwable ignored) {
                // It only wakes the poll in progress, which looks again a little later.
            }
        }
    }

    int count() {
        return count;
    }

    /** Sends an answer whose right was claimed; false where the packet has got another verdict meanwhile. */
    synchronized boolean answer(Hold hold, Verdict verdict) throws NetlinkException {
        return answerBy(hold, () -> {
            try {
                write(hold, verdict);
                writer.send();
            } finally {
                writer.clear();
            }
        });
    }

    /** A way for an answer to leave. */
    @FunctionalInterface
    interface Way {
        void send() throws NetlinkException;
    }

    /** Answers by another way, that of the batch; false where the packet has got another verdict meanwhile. */
    synchronized boolean answerBy(Hold hold, Way way) throws NetlinkException {
        if (!hold.linked || over) {
            return false;
        }
        boolean sent = false;
        try {
            way.send();
            sent = true;
        } finally {
            if (!sent) {
                hold.unclaim();
            }
        }
        remove(hold);
        answered++;
        return true;
    }

    /**
     * The decider threw after its hold: the failure verdict leaves by the way of the batch, unless it was answered. Where the
     * way throws, the packet is still held and its answer comes too late.
     */
    synchronized boolean failBy(Hold hold, Way way) throws NetlinkException {
        if (!hold.linked || over || !hold.doFor()) {
            return false;
        }
        way.send();
        remove(hold);
        return true;
    }

    /** Gives up a packet, which is owed a verdict elsewhere. */
    synchronized void leave(Hold hold) {
        remove(hold);
    }

    /**
     * Sends many answers whose right was claimed, in one datagram where they fit one. Those that come too late are counted.
     */
    synchronized void answerAll(List<Hold> holds, List<Verdict> verdicts, LongAdder late) throws NetlinkException {
        int sent = 0;
        try {
            for (int i = 0; i < holds.size(); i++) {
                if (holds.get(i).linked && !over) {
                    if (!writer.fits(VerdictMessages.size(verdicts.get(i)))) {
                        writer.send();
                        answered += removeAll(holds.subList(sent, i));
                        sent = i;
                    }
                    write(holds.get(i), verdicts.get(i));
                } else {
                    late.increment();
                }
            }
            writer.send();
            answered += removeAll(holds.subList(sent, holds.size()));
            sent = holds.size();
        } finally {
            writer.clear();
            holds.subList(sent, holds.size()).forEach(Hold::unclaim);
        }
    }

    private void write(Hold hold, Verdict verdict) throws NetlinkException {
        writer.single(hold.queue, hold.id, verdict, VerdictMessages.size(verdict));
    }

    private int removeAll(List<Hold> sent) {
        int before = count;
        sent.forEach(this::remove);
        return before - count;
    }

    /**
     * Sends the verdicts of those whose deadline has passed. What could not be sent is still held and due.
     *
     * @param report takes those whose verdict was sent
     */
    synchronized void expire(long now, List<Unanswered> report) throws NetlinkException {
        if (over || deadlines.isEmpty() || deadlines.first().deadline - now > 0) {
            return;
        }
        List<Hold> due = new ArrayList<>();
        for (Iterator<Hold> earliest = deadlines.iterator(); earliest.hasNext(); ) {
            Hold hold = earliest.next();
            if (hold.deadline - now > 0) {
                break;
            }
            if (hold.linked) {
                due.add(hold);
            } else {
                earliest.remove(); // entering it failed
            }
        }
        due.forEach(Hold::overtake);
        sendInTheirStead(due, Cause.DEADLINE, null, report);
    }

    /**
     * Sends the verdict of all that are still held, because the session ends. Nothing is sent after this; but a decider
     * that outlasts the session may still hold packets, which the next call settles.
     *
     * @param report takes all of them, also where sending fails: then they leave with the socket
     */
    synchronized void settle(Verdict verdict, List<Unanswered> report) throws NetlinkException {
        List<Hold> left = new ArrayList<>();
        lists.forEach(list -> list.copyTo(left));
        left.forEach(Hold::overtake);
        settled += left.size();
        boolean send = !over;
        over = true;
        try {
            if (send) {
                sendInTheirStead(left, Cause.END, verdict, report);
            }
        } finally {
            for (Hold hold : left) { // their verdicts were not sent: they leave with the socket
                if (hold.linked) {
                    hold.list.abandon(); // before it is no longer in the list
                    remove(hold);
                    report.add(new Unanswered(hold.packet(), Cause.END, verdict));
                }
            }
        }
    }

    /** Sends verdicts and removes those whose verdict was sent. */
    private void sendInTheirStead(List<Hold> due, Cause cause, @Nullable Verdict forAll, List<Unanswered> report)
            throws NetlinkException {
        int sent = 0;
        try {
            for (int i = 0; i < due.size(); i++) {
                Verdict verdict = forAll == null ? due.get(i).fallback : forAll;
                if (!writer.fits(VerdictMessages.size(verdict))) {
                    sent = removeSent(due, sent, i, cause, forAll, report);
                }
                write(due.get(i), verdict);
            }
            removeSent(due, sent, due.size(), cause, forAll, report);
        } finally {
            writer.clear();
        }
    }

    private int removeSent(
            List<Hold> due, int from, int to, Cause cause, @Nullable Verdict forAll, List<Unanswered> report)
            throws NetlinkException {
        writer.send();
        expired += cause == Cause.DEADLINE ? to - from : 0;
        for (Hold hold : due.subList(from, to)) {
            remove(hold);
            report.add(new Unanswered(hold.packet(), cause, forAll == null ? hold.fallback : forAll));
        }
        return to;
    }

    /** The earliest deadline of those held, as nanoseconds from now; a negative number where none is bounded. */
    synchronized long nextDeadline(long now) {
        return over || deadlines.isEmpty() ? -1 : Math.max(0, deadlines.first().deadline - now);
    }

    synchronized long answered() {
        return answered;
    }

    synchronized long expired() {
        return expired;
    }

    synchronized long settled() {
        return settled;
    }
}
