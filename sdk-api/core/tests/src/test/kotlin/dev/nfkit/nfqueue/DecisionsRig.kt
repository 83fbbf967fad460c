// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.session.Handler
import dev.nfkit.session.LoopRig
import dev.nfkit.wire.MessageWriter
import java.nio.ByteOrder
import java.time.Duration

/** What decides the packets of a session, over a loop that receives what a test lets arrive. */
internal class DecisionsRig(
    failureVerdict: Verdict = Verdict.DROP,
    deadline: Duration? = null,
    limit: Int = 1 shl 20,
) {
    val parts = BatchRig(failureVerdict, listOf(0, 5), deadline, limit)
    val loop = LoopRig()

    init {
        parts.queues.ofPacket(5) // the first packet is of the rig's queues, not of the one found at the opening
    }

    val decisions =
        Decisions(
            parts.queues,
            parts.batch,
            parts.verdicts.holds,
            parts.dispatch,
            parts.answers,
            parts.counts,
            parts.reports,
            failureVerdict,
        ).also {
            it.begin(loop.loop)
            parts.answers.begin(loop.loop)
        }

    /** Packets of a queue arrive, and are decided; returns the number of those that were delivered. */
    fun decide(
        vararg ids: Int,
        queue: Int = 0,
        before: () -> Unit = {},
        decider: (QueuedPacket) -> Verdict?,
    ): Int {
        if (queue == 0) parts.receive(*ids)
        loop.arrive(*ids.map { queued(it, queue) }.toTypedArray())
        return poll(before, decider)
    }

    /** Decides what has arrived. */
    fun poll(
        before: () -> Unit = {},
        decider: (QueuedPacket) -> Verdict?,
    ): Int =
        loop.loop.poll(
            Handler<Unit, RuntimeException> { message, inbound, _ ->
                before()
                decisions.read(message, inbound)
                decisions.decide(Decider<RuntimeException> { orNull(decider(it)) }, inbound.epoch())
            },
            Unit,
            0,
        )
}

/** What a decider in Java returns: null is possible. */
@Suppress("UNCHECKED_CAST")
private fun <T> orNull(verdict: Any?): T = verdict as T

/** The datagram of a packet; without an id if that is null. */
internal fun queued(
    id: Int?,
    queue: Int = 0,
): ByteArray {
    val writer = MessageWriter(128, ByteOrder.LITTLE_ENDIAN)
    writer.begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0).nfgenmsg(2, queue)
    if (id == null) {
        writer.be32(3, 1)
    } else {
        writer.bytes(1, (id ushr 24).toByte(), (id ushr 16).toByte(), (id ushr 8).toByte(), id.toByte(), 8, 0, 3)
    }
    val datagram = writer.end().datagram()
    return ByteArray(writer.length()).also { datagram.get(it) }
}
