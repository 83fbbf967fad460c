// SPDX-License-Identifier: Apache-2.0
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
 * The held packets, and the sending of answers from any thread. A packet is removed from the list only after its
 * verdict was sent or is in the outbox: until then no batch may cover it, and a failed send is repeated. The party that
 * removes it, under the lock, has given it its only verdict: the application, its deadline, or the end of the session.
 */
final class Holds {
    private final List<HeldList> lists;
    private final VerdictWriter writer;
    /** The held packets with a deadline, the earliest first. */
    private final TreeSet<Hold> deadlines = new TreeSet<>((a, b) -> {
        long between = a.deadline - b.deadline; // the clock may wrap around
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

    /** Sets the action after the last held packet is answered. */
    void onEmpty(Runnable action) {
        onEmpty = action;
    }

    /** Adds a packet. If this throws, it is not held. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for readers
    synchronized void add(Hold hold) {
        if (hold.bounded) {
            hold.serial = ++serial;
            deadlines.add(hold); // before the list: if this lacks memory, the hold is not linked, and expire() drops it
        }
        hold.list.add(hold);
        count++;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for readers
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
                // It only wakes the poll in progress, which checks again shortly after.
            }
        }
    }

    int count() {
        return count;
    }

    /** Sends a claimed answer; false if the packet got another verdict in the meantime. */
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

    /** A way to send an answer. */
    @FunctionalInterface
    interface Sending {
        void send() throws NetlinkException;
    }

    /**
     * Answers in a given way: separately, or with the batch. False if the packet got another verdict in the meantime. If
     * the sending throws, the answer can be given again.
     */
    synchronized boolean answerBy(Hold hold, Sending sending) throws NetlinkException {
        if (!hold.linked || over) {
            return false;
        }
        boolean sent = false;
        try {
            sending.send();
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
     * The decider threw after its hold: the failure verdict is sent with the batch, unless the packet was answered. If
     * the way throws, the packet is still held, and its answer comes too late.
     */
    synchronized boolean failBy(Hold hold, Sending sending) throws NetlinkException {
        if (!hold.linked || over || !hold.takeOver()) {
            return false;
        }
        sending.send();
        remove(hold);
        return true;
    }

    /** Removes a packet that is owed a verdict in the ledger. */
    synchronized void leave(Hold hold) {
        remove(hold);
    }

    /**
     * Sends claimed answers, in one datagram if they fit. Those that come too late are counted.
     */
    synchronized void answerAll(List<Hold> holds, List<Verdict> verdicts, LongAdder late) throws NetlinkException {
        if (over) { // a packet that is held since then stays, to be settled
            late.add(holds.size());
            return;
        }
        int sent = 0;
        try {
            for (int i = 0; i < holds.size(); i++) {
                if (holds.get(i).linked) {
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
     * Sends the verdicts of packets whose deadline has passed. A packet whose verdict could not be sent
     * stays held, and the next round sends its verdict again.
     *
     * @param report receives those whose verdict was sent
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
                earliest.remove(); // adding it failed
            }
        }
        due.forEach(Hold::takeOverAlways);
        decideUnanswered(due, Cause.DEADLINE, null, report);
    }

    /**
     * Sends the verdict of all packets that are still held, because the session ends. Nothing is sent after this; but a
     * decider that outlasts the session may still hold packets, which the next call settles.
     *
     * @param report receives all of them, even if sending fails: the kernel then drops them with the socket
     */
    synchronized void settle(Verdict verdict, List<Unanswered> report) throws NetlinkException {
        List<Hold> left = new ArrayList<>();
        lists.forEach(list -> list.copyTo(left));
        left.forEach(Hold::takeOverAlways);
        settled += left.size();
        boolean send = !over;
        over = true;
        try {
            if (send) {
                decideUnanswered(left, Cause.END, verdict, report);
            }
        } finally {
            for (Hold hold : left) { // their verdicts were not sent: the kernel drops them with the socket
                if (hold.linked) {
                    hold.list.abandon(); // before it is removed from the list
                    remove(hold);
                    report.add(new Unanswered(hold.packet(), Cause.END, verdict));
                }
            }
        }
    }

    /** Sends verdicts and removes the packets whose verdict was sent. */
    private void decideUnanswered(List<Hold> due, Cause cause, @Nullable Verdict forAll, List<Unanswered> report)
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

    /** The earliest deadline of the held packets, as nanoseconds from now; negative if none has a deadline. */
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
