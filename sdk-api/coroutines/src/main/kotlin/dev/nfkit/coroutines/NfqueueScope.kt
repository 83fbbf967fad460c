package dev.nfkit.coroutines

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueQueue
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.withContext

/**
 * An open NFQUEUE session, inside the block of [useNfqueue]. Its members are for any thread; the session ends with the
 * block.
 *
 * Packets are taken by one at a time: a call of [decide], or a collector of [packets] or [batches]; another one at once
 * fails with IllegalStateException. They may follow each other, and each goes on behind the last packet that the one
 * before has taken.
 *
 * Every packet is owned and held: it may be kept, and read by any thread, and waits in the kernel for its verdict. What
 * is not answered gets a verdict at its [deadline][NfqueueOptionsBuilder.deadline], or at the session's end.
 */
public class NfqueueScope internal constructor(
    private val options: NfqueueOptions,
    private val session: NfqueueSession,
    private val reader: SessionReader<NfqueueSource, QueuedPacket>,
) {
    private val tally = Tally()

    /**
     * The packets of all queues of the session, in the order of arrival, for who answers later: each with
     * [QueuedPacket.answer], once, from any thread, in any order.
     *
     * Collecting suspends while there is no packet. It ends normally once the session has ended, after [stop] when
     * everything is delivered. If the session fails, it throws that very exception behind the last packet. Cancelling a
     * collector ends its collection at once, not the session; packets that it had taken and not answered stay held.
     *
     * A slow collector makes packets wait in the kernel's queue, as [NfqueueOptionsBuilder.batchCapacity] says.
     */
    public val packets: Flow<QueuedPacket> = reader.elements()

    /**
     * As [packets], as many at once as were received at once: from 1 to [NfqueueOptionsBuilder.batchSize]. Their answers
     * can leave in one system call, which is several times cheaper than one for each:
     *
     * ```
     * val answers = Answers()
     * batches.collect { batch ->
     *     batch.forEach { answers.add(it, Verdict.ACCEPT) }
     *     answers.send()
     * }
     * ```
     *
     * A batch is one taking: what its collector leaves unanswered when it fails does not come again.
     */
    public val batches: Flow<List<QueuedPacket>> = reader.batches()

    /** The receive buffer in force, in bytes as the kernel counts them: twice what was asked, or less. */
    public val receiveBuffer: Int get() = session.receiveBuffer()

    /** The port id of the session's socket, by which the kernel names the owner of the queues: 1 to 2³²−1. */
    public val portId: Long get() = session.portId()

    /**
     * Decides packets until the session has ended, which is after [stop]; else it never returns normally.
     *
     * The decider is called in the caller's context, without a dispatch for each packet. While it does not suspend, the
     * verdicts of a batch leave together, when its last packet is decided, or when a decider suspends. One that suspends
     * answers for its packet when it resumes and returns.
     *
     * With a concurrency of 1 packets are decided one after the other, and keep their order. With more, the next ones are
     * begun while deciders are suspended, and **packets may overtake each other**, those of one flow as well. The limit
     * counts suspended deciders, not threads: what a decider computes between suspensions runs in parallel only as far as
     * the caller's dispatcher has threads.
     *
     * **Packets of one new connection that are decided slowly are lost, all but one**, if they were queued behind connection
     * tracking and are of ICMP, TCP or SCTP, at any concurrency: while the first waits for its verdict, the next ones come
     * in, and the kernel drops those after their release. [QueuedPacket.hold] explains it; a queue in the `raw` table loses
     * none, and [NfqueueStatistics.clashed][dev.nfkit.nfqueue.NfqueueStatistics.clashed] counts what was lost.
     *
     * A decider may return [Verdict.HELD] for a packet that it hands on, to be answered later with
     * [QueuedPacket.answer]. A packet whose deadline passes before its turn is not given to the decider any more; the
     * verdict of one whose deadline passes while it is decided is counted as late.
     *
     * **If a decider throws**, its packet gets the [failure verdict][NfqueueOptionsBuilder.failureVerdict], the other
     * deciders are cancelled, and this function throws that very exception, which ends the session unless the block
     * catches it and decides again. A [TimeoutCancellationException][kotlinx.coroutines.TimeoutCancellationException] of
     * the decider's own counts as such a failure: use
     * [withTimeoutOrNull][kotlinx.coroutines.withTimeoutOrNull] and return a verdict.
     *
     * **Cancellation** gives the [close verdict][NfqueueOptionsBuilder.closeVerdict] at once to every packet whose
     * decider is suspended, and cancels the deciders; this function waits for them to end. Packets that were not begun are
     * the next taker's, or get the close verdict at the session's end.
     *
     * @param concurrency how many packets are being decided at most, 1 to 65536
     * @param decider gives the verdict of a packet. The packet may be kept. Bytes in the verdict are read when it is sent,
     *   behind the decider's return: they must not change, so [copy][dev.nfkit.Bytes.copy] what an editor that is used again
     *   has made.
     * @throws IllegalArgumentException if the concurrency is out of range
     * @throws IllegalStateException if the packets are being taken already; thrown by the decider's side, if it returns a
     *   verdict for a packet that it has answered itself
     * @throws dev.nfkit.NetlinkException if receiving or sending fails
     */
    public suspend fun decide(
        concurrency: Int = 1,
        decider: suspend (packet: QueuedPacket) -> Verdict,
    ) {
        require(concurrency in 1..MAX_CONCURRENCY) { "concurrency $concurrency is out of 1 to $MAX_CONCURRENCY" }
        Deciders(decider, concurrency, options, tally).run(reader)
    }

    /**
     * Changes the options of a queue while it is in use, beginning with those in force:
     *
     * ```
     * configure(0) { failOpen = true }
     * ```
     *
     * Copy range, conntrack and security context change only within what the session was opened with. It suspends until
     * the kernel has done it, five seconds at most, and does so on [Dispatchers.IO]; a cancellation waits for that.
     *
     * @param queue a queue of this session
     * @param change sets the options that shall change
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it; what it did before stays
     * @throws dev.nfkit.NetlinkException if a system call fails, or the session is closed meanwhile
     * @throws IllegalArgumentException if an option is out of range, the queue is none of this session's, or packets could
     *   become larger than it was opened for
     */
    public suspend fun configure(
        queue: Int,
        change: NfqueueQueueBuilder.() -> Unit,
    ) {
        configure(NfqueueQueueBuilder(session.options(queue).toBuilder()).apply(change).build())
    }

    /**
     * Configures a queue anew while it is in use, with options that were built before. As above.
     *
     * @param queue the queue's new options
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it; what it did before stays
     * @throws dev.nfkit.NetlinkException if a system call fails, or the session is closed meanwhile
     * @throws IllegalArgumentException if the queue is none of this session's, or packets could become larger than it was
     *   opened for
     */
    public suspend fun configure(queue: NfqueueQueue) {
        withContext(Dispatchers.IO) { session.configure(queue) }
    }

    /**
     * What was received, decided and lost since the session was opened. Also after the block's end. It reads the kernel's
     * counters, so it is not for each packet.
     *
     * What [decide] does counts as [answered][NfqueueStatistics.answered], but a decider's failure as
     * [failed][NfqueueStatistics.failed] and a cancelled one's packet as [settled][NfqueueStatistics.settled].
     *
     * @return a snapshot
     */
    public fun stats(): NfqueueStatistics = tally.applyTo(session.statistics())

    /**
     * Begins a graceful end: lets no packet in any more, delivers those that wait, gives them the
     * [settle time][NfqueueOptionsBuilder.settleTime] to be answered, and gives the rest the close verdict. [packets],
     * [batches] and [decide] then end. Idempotent; does not wait.
     */
    public fun stop() {
        session.stop()
    }

    private companion object {
        const val MAX_CONCURRENCY = 65536
    }
}

/** NFQUEUE's session as the reader sees it: every packet is held, and whoever takes it answers. */
internal class NfqueueSource(
    val session: NfqueueSession,
) : Source<QueuedPacket> {
    override fun poll(take: (QueuedPacket) -> Unit): Int =
        session.poll(
            Decider<RuntimeException> { packet ->
                take(packet.hold())
                Verdict.HELD
            },
            UNBOUNDED,
        )

    override fun wakeup() {
        session.wakeup()
    }

    override fun close() {
        session.close()
    }
}
