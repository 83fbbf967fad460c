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
 * verdict was sent: until then no batch may cover it.
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

    /** Sends an answer whose right was claimed. */
    synchronized void answer(Hold hold, Verdict verdict) throws NetlinkException {
        try {
            write(hold, verdict);
            send();
        } finally {
            writer.clear();
            remove(hold);
        }
        answered++;
    }

    /** Sends many answers whose right was claimed, in one datagram where they fit one. */
    synchronized void answerAll(List<Hold> holds, List<Verdict> verdicts) throws NetlinkException {
        try {
            for (int i = 0; i < holds.size(); i++) {
                write(holds.get(i), verdicts.get(i));
            }
            send();
        } finally {
            writer.clear();
            for (int i = 0; i < holds.size(); i++) {
                remove(holds.get(i));
            }
        }
        answered += holds.size();
    }

    private void write(Hold hold, Verdict verdict) throws NetlinkException {
        if (writer.length() > 0 && writer.length() + VerdictMessages.size(verdict) > limit) {
            send();
        }
        VerdictMessages.single(writer, log.next(hold.queue.queue, hold.id, false), hold.queue.queue, hold.id, verdict);
    }

    private void send() throws NetlinkException {
        if (writer.length() > 0) {
            try {
                socket.send(writer.datagram());
            } finally {
                writer.clear();
            }
        }
    }

    /** An answer left by another way, with the verdicts of the batch. */
    synchronized void answeredElsewhere(Hold hold) {
        remove(hold);
        answered++;
    }

    /** A packet that was held got the failure verdict, because the decider threw behind it. */
    synchronized void forget(Hold hold) {
        remove(hold);
    }

    /**
     * Sends the verdicts of those whose deadline has passed.
     *
     * @return them, or null where there are none
     */
    synchronized @Nullable List<Unanswered> expire(long now) throws NetlinkException {
        List<Hold> due = null;
        for (Hold hold : deadlines) {
            if (hold.deadline - now > 0) {
                break;
            }
            if (hold.doFor()) {
                due = due == null ? new ArrayList<>() : due;
                due.add(hold);
            }
        }
        return due == null ? null : doFor(due, Cause.DEADLINE, null);
    }

    /** Sends the verdict of all that are still held, because the session ends. */
    synchronized List<Unanswered> settle(Verdict verdict) throws NetlinkException {
        List<Hold> left = new ArrayList<>();
        for (Bound queue : bound) {
            for (Hold hold = queue.firstHeld; hold != null; hold = hold.behind) {
                if (hold.doFor()) {
                    left.add(hold);
                }
            }
        }
        return doFor(left, Cause.END, verdict);
    }

    private List<Unanswered> doFor(List<Hold> due, Cause cause, @Nullable Verdict forAll) throws NetlinkException {
        List<Unanswered> report = new ArrayList<>(due.size());
        try {
            for (Hold hold : due) {
                Verdict verdict = forAll == null ? hold.fallback : forAll;
                write(hold, verdict);
                report.add(new Unanswered(hold.packet(), cause, verdict));
            }
            send();
        } finally {
            writer.clear();
            due.forEach(this::remove);
            if (cause == Cause.END) {
                settled += due.size();
            } else {
                expired += due.size();
            }
        }
        return report;
    }

    /** The earliest deadline of those held, as nanoseconds from now; a negative number where none is bounded. */
    synchronized long nextDeadline(long now) {
        return deadlines.isEmpty() ? -1 : Math.max(0, deadlines.first().deadline - now);
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
