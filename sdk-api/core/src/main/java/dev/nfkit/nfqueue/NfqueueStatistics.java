package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.Statistics;
import dev.nfkit.socket.QueueState;
import java.util.List;
import java.util.stream.Stream;

/**
 * The counters of a session's received, decided and lost packets, since it was opened. A snapshot: it does not change.
 * If other threads work while it is taken, its numbers may be of slightly different times.
 *
 * <p>Every packet gets one verdict in the end: {@code received().packets() + received().discarded() == decided +
 * answered + failed + forgotten + expired + settled + held}. Packets that could not be read are counted separately in
 * {@code unread}.
 */
public record NfqueueStatistics(
        Statistics received,
        long decided,
        long answered,
        long held,
        long failed,
        long forgotten,
        long expired,
        long late,
        long settled,
        long unread,
        long bypassed,
        long gone,
        long refused,
        long sendFailures,
        List<QueueState> queues,
        long clashed) {
    /**
     * A snapshot.
     *
     * @param received received and lost packets; gaps in the ids are its sequence gaps
     * @param decided verdicts that deciders returned
     * @param answered answers to held packets
     * @param held packets that are currently held
     * @param failed packets that got the failure verdict because the decider threw
     * @param forgotten packets that got the failure verdict because the decider returned none
     * @param expired packets that got a verdict because their deadline passed
     * @param late verdicts and answers that came after the deadline or the end
     * @param settled packets that got a verdict because the session ended
     * @param unread packets that got the failure verdict because they could not be read
     * @param bypassed packets that passed undecided by fail-open, according to gaps in the ids
     * @param gone verdicts for packets that no longer waited
     * @param refused verdicts that the kernel refused for other reasons
     * @param sendFailures sends of verdicts that failed, and were or will be repeated
     * @param queues the kernel's own counters
     * @param clashed packets that connection tracking dropped in the namespace after their release
     */
    public NfqueueStatistics {
        queues = List.copyOf(queues);
    }

    /**
     * Received and lost packets. Its sequence gaps are ids that were never received: packets lost at the socket.
     *
     * @return the counters common to all sessions
     */
    @Override
    public Statistics received() {
        return received;
    }

    /**
     * Verdicts that deciders returned and that were sent.
     *
     * @return a count
     */
    @Override
    public long decided() {
        return decided;
    }

    /**
     * Held packets that the application answered in time.
     *
     * @return a count
     */
    @Override
    public long answered() {
        return answered;
    }

    /**
     * Packets that are currently held.
     *
     * @return a count
     */
    @Override
    public long held() {
        return held;
    }

    /**
     * Packets that got the failure verdict because the decider threw.
     *
     * @return a count
     */
    @Override
    public long failed() {
        return failed;
    }

    /**
     * Packets that got the failure verdict because the decider returned HELD without holding them, or null.
     *
     * @return a count
     */
    @Override
    public long forgotten() {
        return forgotten;
    }

    /**
     * Packets that got a verdict because their deadline passed: held ones, those in a decider, and those after them in
     * the same batch.
     *
     * @return a count
     */
    @Override
    public long expired() {
        return expired;
    }

    /**
     * Verdicts and answers that came too late, and were not sent.
     *
     * @return a count
     */
    @Override
    public long late() {
        return late;
    }

    /**
     * Packets that got a verdict because the session ended: held ones, those that no decider has received, and those
     * whose decider outlasted the session.
     *
     * @return a count
     */
    @Override
    public long settled() {
        return settled;
    }

    /**
     * Packets that got the failure verdict because they could not be read: malformed, or larger than a slot.
     *
     * @return a count
     */
    @Override
    public long unread() {
        return unread;
    }

    /**
     * Packets that passed undecided because the receive buffer was full and fail-open is on, according to gaps in the
     * ids. Packets that pass a full queue leave no gap and are not counted.
     *
     * @return a count
     */
    @Override
    public long bypassed() {
        return bypassed;
    }

    /**
     * Verdicts for packets that no longer waited (ENOENT): the interface went down or the rule was removed, and the
     * kernel has dropped them.
     *
     * @return a count; a batch counts once
     */
    @Override
    public long gone() {
        return gone;
    }

    /**
     * Verdicts that the kernel refused for another reason than ENOENT. With EPERM it refuses all verdicts of a
     * datagram: each one counts.
     *
     * @return a count; a batch counts once
     */
    @Override
    public long refused() {
        return refused;
    }

    /**
     * Sends of verdicts that failed, for example with ENOBUFS. Their verdicts are kept and sent again: by the next
     * poll, by the watchdog if there is a deadline, and at the end of the session.
     *
     * @return a count of failed system calls
     */
    @Override
    public long sendFailures() {
        return sendFailures;
    }

    /**
     * The kernel's own counters of this session's queues: dropped because of a full queue, dropped because of a full
     * receive buffer, waiting. After the session's end, the values just before it.
     *
     * @return one entry for each queue that the kernel reports
     */
    @Override
    public List<QueueState> queues() {
        return queues;
    }

    /**
     * Packets that connection tracking dropped after their verdict, because another packet of the same new connection
     * had been released before: their entries clash ({@code insert_failed} and {@code drop} of conntrack -S). {@link
     * QueuedPacket#hold()} describes how to avoid it. The count is that of the whole network namespace since the
     * session was opened, so it may include packets that were never in a queue.
     *
     * @return a count; 0 also if the kernel does not report it
     */
    @Override
    public long clashed() {
        return clashed;
    }

    /**
     * Packets that the kernel dropped because a queue was full.
     *
     * @return a count over all queues
     */
    public long queueDropped() {
        return queues.stream().mapToLong(QueueState::queueDropped).sum();
    }

    /**
     * Packets that the kernel dropped because the receive buffer was full.
     *
     * @return a count over all queues
     */
    public long userDropped() {
        return queues.stream().mapToLong(QueueState::userDropped).sum();
    }

    /**
     * The sum of these and another session's statistics, for sessions in the same network namespace.
     *
     * @param other the other statistics
     * @return the sums, and the queues of both; {@link #clashed()} is the larger of the two, because both count the
     *     same packets
     */
    public NfqueueStatistics plus(NfqueueStatistics other) {
        return new NfqueueStatistics(
                received.plus(other.received),
                decided + other.decided,
                answered + other.answered,
                held + other.held,
                failed + other.failed,
                forgotten + other.forgotten,
                expired + other.expired,
                late + other.late,
                settled + other.settled,
                unread + other.unread,
                bypassed + other.bypassed,
                gone + other.gone,
                refused + other.refused,
                sendFailures + other.sendFailures,
                Stream.concat(queues.stream(), other.queues.stream()).toList(),
                Math.max(clashed, other.clashed));
    }
}
