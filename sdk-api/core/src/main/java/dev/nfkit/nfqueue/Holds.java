package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.Unanswered.Cause;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The packets that are held, and the way that answers from any thread take. A packet leaves the list only when its
 * verdict was sent: until then no batch may cover it. Who takes it out, under the lock, has given it its one verdict: the
 * application, its deadline, or the end of the session.
 */
final class Holds {
    private static final int CAPACITY = 256 << 10;

    private final NetlinkSocket socket;
    private final VerdictLog log;
    private final Bound[] bound;
    private final int limit;
    private final MessageWriter writer;
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

    Holds(NetlinkSocket socket, VerdictLog log, Bound[] bound, int limit) {
        this.socket = socket;
        this.log = log;
        this.bound = bound;
        this.limit = Math.min(limit, CAPACITY);
        writer = new MessageWriter(CAPACITY, socket.order());
    }

    /** What to do when the last held packet is answered. */
    void onEmpty(Runnable action) {
        onEmpty = action;
    }

    /** Enters a packet. */
    synchronized void add(Hold hold) {
        Bound queue = hold.queue;
        hold.before = queue.lastHeld;
        if (queue.lastHeld == null) {
            queue.firstHeld = hold;
        } else {
            queue.lastHeld.behind = hold;
        }
        queue.lastHeld = hold;
        hold.linked = true;
        enter(queue, 1);
        if (hold.bounded) {
            hold.serial = ++serial;
            deadlines.add(hold);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for those who only look
    private void enter(Bound queue, int one) {
        queue.held += one;
        count += one;
    }

    private void remove(Hold hold) {
        if (!hold.linked) {
            return;
        }
        hold.linked = false;
        Bound queue = hold.queue;
        if (hold.before == null) {
            queue.firstHeld = hold.behind;
        } else {
            hold.before.behind = hold.behind;
        }
        if (hold.behind == null) {
            queue.lastHeld = hold.before;
        } else {
            hold.behind.before = hold.before;
        }
        hold.before = null;
        hold.behind = null;
        enter(queue, -1);
        if (hold.bounded) {
            deadlines.remove(hold);
        }
        if (count == 0) {
            onEmpty.run();
        }
    }

    /** Whether a packet that is held lies at or before an id. */
    boolean anyUpTo(Bound queue, int id) {
        if (queue.held == 0) {
            return false;
        }
        synchronized (this) {
            Hold first = queue.firstHeld;
            return first != null && first.id - id <= 0;
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
                send();
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

    /** The decider threw behind its hold: the failure verdict leaves by the way of the batch, unless it was answered. */
    synchronized boolean failBy(Hold hold, Way way) throws NetlinkException {
        if (!hold.linked || over || !hold.doFor()) {
            return false;
        }
        remove(hold);
        way.send();
        return true;
    }

    /**
     * Sends many answers whose right was claimed, in one datagram where they fit one.
     *
     * @return how many came too late
     */
    synchronized int answerAll(List<Hold> holds, List<Verdict> verdicts) throws NetlinkException {
        int overtaken = 0;
        int sent = 0;
        try {
            for (int i = 0; i < holds.size(); i++) {
                if (holds.get(i).linked && !over) {
                    if (!fits(verdicts.get(i))) {
                        send();
                        answered += removeAll(holds.subList(sent, i));
                        sent = i;
                    }
                    write(holds.get(i), verdicts.get(i));
                } else {
                    overtaken++;
                }
            }
            send();
            answered += removeAll(holds.subList(sent, holds.size()));
            sent = holds.size();
        } finally {
            writer.clear();
            holds.subList(sent, holds.size()).forEach(Hold::unclaim);
        }
        return overtaken;
    }

    private int removeAll(List<Hold> sent) {
        int before = count;
        sent.forEach(this::remove);
        return before - count;
    }

    private boolean fits(Verdict verdict) {
        return writer.length() == 0 || writer.length() + VerdictMessages.size(verdict) <= limit;
    }

    private void write(Hold hold, Verdict verdict) throws NetlinkException {
        if (!fits(verdict)) {
            send();
        }
        VerdictMessages.single(writer, log.next(hold.queue.queue, hold.id, false), hold.queue.queue, hold.id, verdict);
    }

    private void send() throws NetlinkException {
        if (writer.length() > 0) {
            try {
                socket.send(writer.datagram());
            } catch (NetlinkException e) {
                for (Bound queue : bound) {
                    queue.batches = false; // packets wait on that a batch would decide
                }
                throw e;
            } finally {
                writer.clear();
            }
        }
    }

    /**
     * Sends the verdicts of those whose deadline has passed.
     *
     * @return them, or null where there are none
     */
    synchronized @Nullable List<Unanswered> expire(long now) {
        if (over) {
            return null;
        }
        List<Hold> due = null;
        for (Hold hold : deadlines) {
            if (hold.deadline - now > 0) {
                break;
            }
            due = due == null ? new ArrayList<>() : due;
            due.add(hold);
        }
        if (due == null) {
            return null;
        }
        expired += due.size();
        return doFor(due, Cause.DEADLINE, null);
    }

    /**
     * Sends the verdict of all that are still held, because the session ends. Nothing is sent behind this; but a decider
     * that outlasts the session may still hold packets, which the next call settles.
     */
    synchronized List<Unanswered> settle(Verdict verdict) {
        List<Hold> left = new ArrayList<>();
        for (Bound queue : bound) {
            for (Hold hold = queue.firstHeld; hold != null; hold = hold.behind) {
                left.add(hold);
            }
        }
        settled += left.size();
        List<Unanswered> report = doFor(left, Cause.END, verdict);
        over = true;
        return report;
    }

    /** The application is told of these even where sending fails, as it does once the socket is closed. */
    private List<Unanswered> doFor(List<Hold> due, Cause cause, @Nullable Verdict forAll) {
        List<Unanswered> report = new ArrayList<>(due.size());
        try {
            for (Hold hold : due) {
                hold.overtake();
                Verdict verdict = forAll == null ? hold.fallback : forAll;
                report.add(new Unanswered(hold.packet(), cause, verdict));
                if (!over) {
                    write(hold, verdict);
                }
            }
            send();
        } catch (NetlinkException e) {
            Reports.log(
                    System.Logger.Level.WARNING,
                    "the verdict of held packets could not be sent; the kernel drops them when the session ends",
                    e);
        } finally {
            writer.clear();
            due.forEach(this::remove);
        }
        return report;
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
