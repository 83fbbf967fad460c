// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.session.MessageLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds packets and sends their answers: separately, or with the batch if the polling thread answers. Any thread may
 * answer.
 */
final class HeldAnswers implements Hold.Owner {
    private final NfqueueOptions options;
    private final Holds holds;
    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final @Nullable Received received;
    private final LongSupplier clock;
    private final LongAdder late = new LongAdder();
    private @Nullable MessageLoop loop;

    HeldAnswers(
            NfqueueOptions options,
            Holds holds,
            Dispatch dispatch,
            Deadlines deadlines,
            @Nullable Received received,
            LongSupplier clock) {
        this.options = options;
        this.holds = holds;
        this.dispatch = dispatch;
        this.deadlines = deadlines;
        this.received = received;
        this.clock = clock;
    }

    void begin(MessageLoop messages) {
        loop = messages;
    }

    /** Makes the duty to answer a packet. Without a deadline of its own it has the session's, from its receipt. */
    Hold hold(Bound queue, int id, @Nullable Duration deadline, @Nullable Verdict verdict) {
        long nanos = deadline == null ? Deadlines.nanos(options) : ownDeadline(deadline, verdict);
        long from = deadline == null && received != null ? received.takenAt() : clock.getAsLong();
        return new Hold(
                this,
                queue.queue,
                queue.ledger.held,
                id,
                nanos > 0,
                from + nanos,
                verdict == null ? options.deadlineVerdict() : verdict.copy());
    }

    private long ownDeadline(Duration deadline, @Nullable Verdict verdict) {
        if (deadline.isNegative() || deadline.isZero() || verdict == null || verdict.isHeld()) {
            throw new IllegalArgumentException(
                    "hold: deadline " + deadline + ", verdict " + verdict + "; it takes more than zero, and a verdict");
        }
        if (!dispatch.canSend(verdict)) {
            throw new IllegalArgumentException("hold: verdict " + verdict
                    + " is larger than the send buffer; open the session with a larger sendBuffer, or raise"
                    + " net.core.wmem_max");
        }
        return deadline.toSeconds() > Integer.MAX_VALUE ? Long.MAX_VALUE / 4 : deadline.toNanos();
    }

    @Override
    public void enter(Hold hold) {
        if (hold.bounded) {
            deadlines.start();
        }
        Received seen = received;
        if (seen == null) {
            holds.add(hold);
        } else {
            dispatch.lock.lock();
            try {
                if (seen.expired()) {
                    hold.takeOverAlways();
                } else {
                    holds.add(hold);
                    seen.held();
                }
            } finally {
                dispatch.lock.unlock();
            }
        }
        if (hold.bounded) {
            deadlines.notice();
        }
    }

    @Override
    public void expireBefore(Hold hold) {
        deadlines.expireBefore(hold);
    }

    @Override
    public boolean answer(Hold hold, Verdict verdict) throws NetlinkException {
        boolean inTime = (loop != null && loop.polling()) ? answerInBatch(hold, verdict) : holds.answer(hold, verdict);
        if (!inTime) {
            late();
        }
        return inTime;
    }

    private boolean answerInBatch(Hold hold, Verdict verdict) throws NetlinkException {
        dispatch.lock.lock();
        try {
            return holds.answerBy(hold, () -> dispatch.single(hold.queue, hold.id, verdict));
        } finally {
            dispatch.lock.unlock();
        }
    }

    @Override
    public void answerAll(List<Hold> claimed, List<Verdict> verdicts) throws NetlinkException {
        holds.answerAll(claimed, verdicts, late);
    }

    @Override
    public void late() {
        late.increment();
    }

    long lateCount() {
        return late.sum();
    }
}
