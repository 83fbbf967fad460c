// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import java.nio.ByteOrder
import java.time.Duration
import java.util.concurrent.TimeUnit

/** The batch of a session and the parts around it, over a socket that records what is sent. No thread runs. */
internal class BatchRig(
    failureVerdict: Verdict = Verdict.DROP,
    queues: List<Int> = listOf(0),
    deadline: Duration? = null,
    limit: Int = 1 shl 20,
    configure: NfqueueOptions.Builder.() -> Unit = {},
) {
    val verdicts = VerdictRig(limit, queues)
    val bound = verdicts.bound
    val options: NfqueueOptions =
        NfqueueOptions
            .builder()
            .apply { bound.forEach { queue(it.options) } }
            .failureVerdict(failureVerdict)
            .apply { deadline?.let { deadline(it, Verdict.ACCEPT.mark(7)) } }
            .apply(configure)
            .build()
    val received = deadline?.let { Received(ByteOrder.LITTLE_ENDIAN) { verdicts.now } }
    val queues = verdicts.queues(options)
    val dispatch = Dispatch(this.queues, verdicts.outbox, failureVerdict, received)
    val reports = Reports(options, javaClass)
    val deadlines = Deadlines(options, verdicts.holds, dispatch, received, reports) { verdicts.now }
    val counts = DecisionCounts()
    val batch = PacketBatch(this.queues, dispatch, deadlines, received, counts, failureVerdict)
    val answers = HeldAnswers(options, verdicts.holds, dispatch, deadlines, received) { verdicts.now }

    /** Packets of the first queue arrive. */
    fun receive(vararg ids: Int) = batch.receive(batchOf(*ids))

    /** A packet is taken, and begins. */
    fun begin(
        id: Int,
        queue: Int = 0,
        epoch: Int = 0,
    ): Boolean {
        batch.take()
        return batch.begin(bound[queue], id, epoch)
    }

    fun give(
        id: Int,
        verdict: Verdict = Verdict.ACCEPT,
    ): Boolean = batch.give(bound[0], id, verdict).also { if (it) counts.addDecided() }

    fun hold(
        id: Int,
        deadline: Duration? = null,
        verdict: Verdict? = null,
    ): Hold = answers.hold(bound[0], id, deadline, verdict)

    /** All that was sent since the last call. */
    fun sent(): List<String> {
        // A lock that was not released would stop other threads. The watchdog holds it for a moment.
        check(!dispatch.lock.isHeldByCurrentThread) { "the lock is held" }
        check(dispatch.lock.tryLock(1, TimeUnit.MINUTES)) { "another thread holds the lock" }
        dispatch.lock.unlock()
        return verdicts.socket.datagrams
            .flatten()
            .also { verdicts.socket.datagrams.clear() }
    }

    /** All that a flush sends. */
    fun flush(): List<String> {
        batch.flush()
        return sent()
    }
}

/** A packet as {@link PacketId#find} finds it. */
internal fun found(
    id: Int,
    queue: Int = 0,
): Long = queue.toLong() shl 32 or (id.toLong() and 0xffff_ffff)
