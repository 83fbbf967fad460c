// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.SessionStatistics;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.session.Counts;
import dev.nfkit.socket.QueueState;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The counters of a session's received, decided and lost packets, since it was opened. A snapshot: it does not change.
 * If other threads work while it is taken, its numbers may be of slightly different times.
 *
 * <p>Every packet gets one verdict in the end: {@code delivered() + discarded() == decided + answered + failed +
 * forgotten + expired + settled + held}. Packets that could not be read are counted separately in {@code unread}.
 *
 * <p>A layer that decides held packets for others, such as Kotlin's deciders, corrects the counters of answers with
 * {@link #withAnswered}, {@link #withFailed} and {@link #withSettled}.
 */
public final class NfqueueStatistics implements SessionStatistics {
    /** The counters. */
    enum Counter {
        DECIDED,
        ANSWERED,
        HELD,
        FAILED,
        FORGOTTEN,
        EXPIRED,
        LATE,
        SETTLED,
        UNREAD,
        BYPASSED,
        GONE,
        REFUSED,
        SEND_FAILURES,
        CLASHED
    }

    private final Statistics received;
    private final Counts<Counter> counts;
    private final List<QueueState> queues;

    private NfqueueStatistics(Statistics received, Counts<Counter> counts, List<QueueState> queues) {
        this.received = received;
        this.counts = counts;
        this.queues = queues;
    }

    /** Statistics with these counters of received packets; all others are 0. */
    static NfqueueStatistics of(Statistics received) {
        return new NfqueueStatistics(received, Counts.zero(Counter.class), List.of());
    }

    /**
     * Received and lost packets. Its sequence gaps are ids that were never received: packets lost at the socket.
     *
     * @return the counters common to all sessions
     */
    public Statistics received() {
        return received;
    }

    @Override
    public long delivered() {
        return received.delivered();
    }

    @Override
    public long socketDrops() {
        return received.socketDrops();
    }

    @Override
    public long truncatedDatagrams() {
        return received.truncatedDatagrams();
    }

    @Override
    public long malformed() {
        return received.malformed();
    }

    @Override
    public long foreign() {
        return received.foreign();
    }

    @Override
    public long discarded() {
        return received.discarded();
    }

    /**
     * Verdicts that deciders returned and that were sent.
     *
     * @return a count
     */
    public long decided() {
        return counts.get(Counter.DECIDED);
    }

    /**
     * Held packets that the application answered in time.
     *
     * @return a count
     */
    public long answered() {
        return counts.get(Counter.ANSWERED);
    }

    /**
     * Packets that are currently held.
     *
     * @return a count
     */
    public long held() {
        return counts.get(Counter.HELD);
    }

    /**
     * Packets that got the failure verdict because the decider threw.
     *
     * @return a count
     */
    public long failed() {
        return counts.get(Counter.FAILED);
    }

    /**
     * Packets that got the failure verdict because the decider returned HELD without holding them, or null.
     *
     * @return a count
     */
    public long forgotten() {
        return counts.get(Counter.FORGOTTEN);
    }

    /**
     * Packets that got a verdict because their deadline passed: held ones, those in a decider, and those after them in
     * the same batch.
     *
     * @return a count
     */
    public long expired() {
        return counts.get(Counter.EXPIRED);
    }

    /**
     * Verdicts and answers that came too late, and were not sent.
     *
     * @return a count
     */
    public long late() {
        return counts.get(Counter.LATE);
    }

    /**
     * Packets that got a verdict because the session ended: held ones, those that no decider has received, and those
     * whose decider outlasted the session.
     *
     * @return a count
     */
    public long settled() {
        return counts.get(Counter.SETTLED);
    }

    /**
     * Packets that got the failure verdict because they could not be read: malformed, or larger than a slot.
     *
     * @return a count
     */
    public long unread() {
        return counts.get(Counter.UNREAD);
    }

    /**
     * Packets that passed undecided because the receive buffer was full and fail-open is on, according to gaps in the
     * ids. Packets that pass a full queue leave no gap and are not counted.
     *
     * @return a count
     */
    public long bypassed() {
        return counts.get(Counter.BYPASSED);
    }

    /**
     * Verdicts for packets that no longer waited (ENOENT): the interface went down, or a base chain of the namespace was
     * removed, by any process, and the kernel has dropped them.
     *
     * <p>It is the least number of packets that were dropped. A batch verdict counts once, and not at all if one of its
     * packets still waited: then it succeeds. So does the verdict for a packet that the kernel drops, or queues again, because
     * its chain has another place at the hook ({@link dev.nfkit.nftables.Chain}). The kernel counts neither.
     *
     * @return a count; a batch counts once
     */
    public long gone() {
        return counts.get(Counter.GONE);
    }

    /**
     * Verdicts that the kernel refused for another reason than ENOENT. With EPERM it refuses all verdicts of a
     * datagram: each one counts.
     *
     * @return a count; a batch counts once
     */
    public long refused() {
        return counts.get(Counter.REFUSED);
    }

    /**
     * Sends of verdicts that failed, for example with ENOBUFS. Their verdicts are kept and sent again: by the next
     * poll, by the watchdog if there is a deadline, and at the end of the session.
     *
     * @return a count of failed system calls
     */
    public long sendFailures() {
        return counts.get(Counter.SEND_FAILURES);
    }

    /**
     * Packets that connection tracking dropped after their verdict, because another packet of the same new connection
     * had been released before: their entries clash ({@code insert_failed} and {@code drop} of conntrack -S). {@link
     * QueuedPacket#hold()} describes how to avoid it. The count is that of the whole network namespace since the
     * session was opened, so it may include packets that were never in a queue.
     *
     * @return a count; 0 also if the kernel does not report it
     */
    public long clashed() {
        return counts.get(Counter.CLASHED);
    }

    /**
     * The kernel's own counters of this session's queues: dropped because of a full queue, dropped because of a full
     * receive buffer, waiting. After the session's end, the values just before it.
     *
     * @return one entry for each queue that the kernel reports
     */
    public List<QueueState> queues() {
        return queues;
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
     * A copy with another number of held packets that were answered.
     *
     * @param number the number
     * @return the copy
     */
    public NfqueueStatistics withAnswered(long number) {
        return with(Counter.ANSWERED, number);
    }

    /**
     * A copy with another number of packets whose decider threw.
     *
     * @param number the number
     * @return the copy
     */
    public NfqueueStatistics withFailed(long number) {
        return with(Counter.FAILED, number);
    }

    /**
     * A copy with another number of packets decided by the end.
     *
     * @param number the number
     * @return the copy
     */
    public NfqueueStatistics withSettled(long number) {
        return with(Counter.SETTLED, number);
    }

    /** A copy with these counters of the kernel. */
    NfqueueStatistics with(List<QueueState> states) {
        return new NfqueueStatistics(received, counts, List.copyOf(states));
    }

    /** A copy with another number. */
    NfqueueStatistics with(Counter counter, long number) {
        return new NfqueueStatistics(received, counts.with(counter, number), queues);
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
                counts.plus(other.counts).with(Counter.CLASHED, Math.max(clashed(), other.clashed())),
                Stream.concat(queues.stream(), other.queues.stream()).toList());
    }

    /**
     * Compares the counts.
     *
     * @param other any object
     * @return whether it has the same counts
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof NfqueueStatistics statistics
                && received.equals(statistics.received)
                && counts.equals(statistics.counts)
                && queues.equals(statistics.queues);
    }

    /**
     * A hash code of the counts.
     *
     * @return the hash code
     */
    @Override
    public int hashCode() {
        return Objects.hash(received, counts, queues);
    }

    /** All counters by their names. */
    @Override
    public String toString() {
        return "NfqueueStatistics[received=" + received + ", " + counts + ", queues=" + queues + "]";
    }
}
