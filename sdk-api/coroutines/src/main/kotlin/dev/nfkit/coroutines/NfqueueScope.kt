// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueQueue
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.withContext

/**
 * An open NFQUEUE session, inside the block of [useNfqueue].
 *
 * Only one caller may take packets at a time: a call of [decide], or a collector of [packets] or [batches]; a
 * concurrent one fails with IllegalStateException. They may follow each other, and each continues after the last packet
 * that the previous one has taken.
 *
 * Every packet is owned and held: it may be kept, and read by any thread, and waits in the kernel for its verdict. A
 * packet that is not answered gets a verdict at its [deadline][NfqueueOptionsBuilder.deadline], or at the session's
 * end.
 */
public class NfqueueScope internal constructor(
    private val options: NfqueueOptions,
    private val session: NfqueueSession,
    private val reader: SessionReader<SessionSource<NfqueueSession, QueuedPacket>, QueuedPacket>,
) : SessionScope(session) {
    private val tally = Tally()

    /**
     * The packets of all queues of the session, in the order of arrival, to be answered later: each with
     * [QueuedPacket.answer], once, from any thread, in any order.
     *
     * Collecting suspends while there is no packet. It completes after the session has ended, which after [stop] is
     * when everything was delivered. If the session fails, it throws the same exception after the last packet.
     * Cancelling a collector ends its collection at once, not the session; packets that it had taken and not answered
     * stay held.
     *
     * With a slow collector, packets wait in the kernel's queue, as described for
     * [NfqueueOptionsBuilder.batchCapacity].
     */
    public val packets: Flow<QueuedPacket> = reader.elements()

    /**
     * As [packets], in the batches in which they were received: from 1 to [NfqueueOptionsBuilder.batchSize]. Their
     * answers can be sent in one system call, which is several times cheaper than one for each:
     *
     * ```
     * val answers = Answers()
     * batches.collect { batch ->
     *     batch.forEach { answers.add(it, Verdict.ACCEPT) }
     *     answers.send()
     * }
     * ```
     *
     * A batch is taken as a whole: packets that its collector did not answer before it failed are not emitted again.
     */
    public val batches: Flow<List<QueuedPacket>> = reader.batches()

    /**
     * Decides packets until the session has ended, which requires [stop]; otherwise it never returns normally.
     *
     * The decider is called in the caller's context, without a dispatch for each packet. While it does not suspend, the
     * verdicts of a batch are sent together, after its last packet was decided, or when a decider suspends. The verdict
     * of a suspended decider is sent when it resumes and returns.
     *
     * With a concurrency of 1, packets are decided one after the other and keep their order. With more, further packets
     * are begun while deciders are suspended, and **packets may overtake each other**, even within one flow. The limit
     * counts suspended deciders, not threads: computations between suspensions run in parallel only as far as the
     * caller's dispatcher has threads.
     *
     * ***Packets of one new connection that are decided slowly are lost, all but one**, if they were queued after
     * connection tracking and their protocol is ICMP, TCP or SCTP, at any concurrency: while the first waits for its
     * verdict, further ones arrive, and the kernel drops those after their release. [QueuedPacket.hold] explains it; a
     * queue in the `raw` table loses none, and [NfqueueStatistics.clashed][dev.nfkit.nfqueue.NfqueueStatistics.clashed]
     * counts the lost packets.
     *
     * A decider may return [Verdict.HELD] for a packet that it passes on, to be answered later with
     * [QueuedPacket.answer]. A packet whose deadline passes before it is begun is not passed to the decider; if the
     * deadline passes during the decision, the verdict is counted as late.
     *
     * **If a decider throws**, its packet gets the [failure verdict][NfqueueOptionsBuilder.failureVerdict], the other
     * deciders are cancelled, and this function throws the same exception, which ends the session unless the block
     * catches it and decides again. A [TimeoutCancellationException][kotlinx.coroutines.TimeoutCancellationException]
     * of the decider itself counts as such a failure: use [withTimeoutOrNull][kotlinx.coroutines.withTimeoutOrNull] and
     * return a verdict.
     *
     * **Cancellation** gives the [close verdict][NfqueueOptionsBuilder.closeVerdict] at once to every packet whose
     * decider is suspended, and cancels the deciders; this function waits for them to end. Packets that were not begun
     * go to the next caller that takes packets, or get the close verdict at the session's end.
     *
     * @param concurrency the maximum number of packets being decided, 1 to 65536
     * @param decider returns the verdict of a packet. The packet may be kept. Bytes in the verdict are read when it is
     *     sent, after the decider's return: they must not change, so [copy][dev.nfkit.Bytes.copy] the result of an
     *     editor that is reused.
     * @throws IllegalArgumentException if the concurrency is out of range
     * @throws IllegalStateException if another caller takes packets, or if the decider returns a verdict for a packet
     *     that it has already answered
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
     * Copy range, conntrack and security context must not exceed those with which the session was opened. It suspends
     * until the kernel has made the change, five seconds at most, using [Dispatchers.IO]; a cancellation waits for
     * that.
     *
     * @param queue a queue of this session
     * @param change sets the options to change
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it; the previous configuration stays in force
     * @throws dev.nfkit.NetlinkException if a system call fails, or the session is closed during the call
     * @throws IllegalArgumentException if an option is out of range, the queue is not one of this session's, or packets
     *     could become larger than the buffers
     */
    public suspend fun configure(
        queue: Int,
        change: NfqueueQueueBuilder.() -> Unit,
    ) {
        configure(NfqueueQueueBuilder(session.options(queue).toBuilder()).apply(change).build())
    }

    /**
     * Replaces the options of a queue while it is in use by options that are already built. As above.
     *
     * @param queue the queue's new options
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it; the previous configuration stays in force
     * @throws dev.nfkit.NetlinkException if a system call fails, or the session is closed during the call
     * @throws IllegalArgumentException if the queue is not one of this session's, or packets could become larger than
     *     the buffers
     */
    public suspend fun configure(queue: NfqueueQueue) {
        withContext(Dispatchers.IO) { session.configure(queue) }
    }

    /**
     * The counters of received, decided and lost packets since the session was opened. Also valid after the block's
     * end. It reads the kernel's counters, so do not call it for each packet.
     *
     * A decision of [decide] counts as [answered][NfqueueStatistics.answered], but the failure of a decider as
     * [failed][NfqueueStatistics.failed] and the packet of a cancelled decider as [settled][NfqueueStatistics.settled].
     *
     * @return a snapshot
     */
    public override fun statistics(): NfqueueStatistics = tally.applyTo(session.statistics())

    private companion object {
        const val MAX_CONCURRENCY = 65536
    }
}

/** Opens a session as a source for the reader: every packet is held, and its receiver answers it. */
internal fun openNfqueue(
    transport: NetlinkTransport,
    options: NfqueueOptions,
): SessionSource<NfqueueSession, QueuedPacket> =
    SessionSource(NfqueueSession.open(transport, options)) { take, timeout ->
        val holding =
            Decider<RuntimeException> { packet ->
                take(packet.hold())
                Verdict.HELD
            }
        poll(holding, timeout)
    }
