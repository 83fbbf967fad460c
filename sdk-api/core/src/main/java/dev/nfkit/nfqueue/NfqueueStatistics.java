package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.Statistics;
import dev.nfkit.socket.QueueState;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a session received, what it decided, and what was lost on the way, since it was opened. A snapshot: it does not
 * change. Taken while other threads work, its numbers may be of neighbouring moments.
 *
 * <p>Every packet gets one verdict in the end: {@code received().packets() + received().discarded() == decided +
 * answered + failed + forgotten + expired + settled + held}. Those that could not be read stand beside them in {@code
 * unread}.
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
     * @param received what came in, and what of it was lost; gaps in the ids are its sequence gaps
     * @param decided verdicts that deciders returned
     * @param answered answers to held packets
     * @param held packets that are held now
     * @param failed packets that got the failure verdict because the decider threw
     * @param forgotten packets that got the failure verdict because the decider gave none
     * @param expired packets that got a verdict because their deadline passed
     * @param late verdicts and answers that came behind the deadline or the end
     * @param settled packets that got a verdict because the session ended
     * @param unread packets that got the failure verdict because they could not be read
     * @param bypassed packets that passed undecided by fail-open, as far as gaps in the ids tell
     * @param gone verdicts for packets that no longer waited
     * @param refused verdicts that the kernel refused otherwise
     * @param sendFailures sends of verdicts that failed, and were or will be tried again
     * @param queues the kernel's own counters
     * @param clashed packets that connection tracking dropped in the namespace after their release
     */
    public NfqueueStatistics {
        queues = List.copyOf(queues);
    }

    /**
     * What came in, and what of it was lost. Its sequence gaps are ids that never came: packets lost at the socket.
     *
     * @return the counters that all sessions have
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
     * Packets that are held at this moment.
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
     * Packets that got a verdict because their deadline passed: held ones, those that a decider was at, and those behind
     * them in the same batch.
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
     * Packets that got a verdict because the session ended: held ones, those that no decider has seen, and those whose
     * decider outlasted it.
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
     * Packets that passed undecided because the receive buffer was full and fail-open is on, as gaps in the ids tell.
     * What passes a full queue leaves no gap and is counted nowhere.
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
     * Verdicts that the kernel refused for another reason than ENOENT. With EPERM it refuses all verdicts of a datagram:
     * each one counts.
     *
     * @return a count; a batch counts once
     */
    @Override
    public long refused() {
        return refused;
    }

    /**
     * Sends of verdicts that failed (ENOBUFS, for one). Their verdicts are kept and sent again: with the next poll, by the
     * watchdog where there is a deadline, and at the end of the session.
     *
     * @return a count of failed system calls
     */
    @Override
    public long sendFailures() {
        return sendFailures;
    }

    /**
     * The kernel's own counters of this session's queues: dropped for a full queue, dropped for a full receive buffer,
     * waiting. After the session's end as they were just before it.
     *
     * @return one entry a queue, as far as the kernel tells
     */
    @Override
    public List<QueueState> queues() {
        return queues;
    }

    /**
     * Packets that connection tracking dropped after their verdict, because another packet of the same new connection
     * had been released before: their entries clash ({@code insert_failed} and {@code drop} of conntrack -S).
     * {@link QueuedPacket#hold()} says how to avoid it. The kernel counts this for the whole network namespace, since the
     * opening of the session, so that packets which never were in a queue may be among them.
     *
     * @return a count; 0 also if the kernel does not tell
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
     * These and others together, of sessions in the same network namespace.
     *
     * @param other the others
     * @return the sums, and the queues of both; of {@link #clashed()} the larger, since both count the same packets
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
