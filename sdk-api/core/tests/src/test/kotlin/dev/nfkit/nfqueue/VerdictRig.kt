// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.socket.KernelView
import dev.nfkit.socket.QueueState
import java.lang.reflect.Proxy

/** Outbox and held packets of a session, over a socket that records what is sent. */
internal class VerdictRig(
    limit: Int = 1 shl 20,
    queues: List<Int> = listOf(0),
) {
    val socket = SentVerdicts()

    /** The clock of the deadlines' own thread. */
    @Volatile
    var now = 0L
    val bound = queues.map { Bound(NfqueueQueue.builder(it).build(), Verdict.DROP) }.toTypedArray()
    val log = VerdictLog()

    /** The kernel's counters, if it is asked for them. */
    var states: List<QueueState>? = null
    private val unused =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, method, _ ->
            states.takeIf { method.name == "nfqueues" } ?: error("no test asks")
        } as KernelView
    private val glue =
        NfqueueOptions
            .builder()
            .queue(0)
            .build()
            .let { ConntrackGlue(it, unused, Reports(it, javaClass)) }
    val holds = Holds(VerdictWriter(socket, log, VerdictLog.HELD, limit, glue), bound.map { it.ledger.held })
    val outbox = Outbox(VerdictWriter(socket, log, 0, limit, glue), bound)

    fun add(
        id: Int,
        verdict: Verdict,
        queue: Int = 0,
    ) = outbox.add(bound[queue], id, verdict)

    /** Creates the hold of a packet of the first queue, with a deadline if one is given. */
    fun hold(
        id: Int,
        deadline: Long? = null,
    ): Hold {
        val options = NfqueueOptions.builder().queue(bound[0].options).build()
        val reports = Reports(options, javaClass)
        val dispatch = Dispatch(Queues(options, unused), outbox, Verdict.DROP, null)
        val deadlines = Deadlines(options, holds, dispatch, null, reports) { now }
        val answers = HeldAnswers(options, holds, dispatch, deadlines, null) { now }
        return Hold(answers, 0, bound[0].ledger.held, id, deadline != null, deadline ?: 0, Verdict.DROP)
    }

    /** The held packets whose deadline has passed, after their verdict was sent. */
    fun expire(now: Long): List<Unanswered> = mutableListOf<Unanswered>().also { holds.expire(now, it) }

    /** The packets that are held at the end. */
    fun settle(verdict: Verdict): List<Unanswered> = mutableListOf<Unanswered>().also { holds.settle(verdict, it) }

    /** Creates the dispatch that sends the verdicts of these queues. */
    fun dispatch(
        failureVerdict: Verdict = Verdict.DROP,
        received: Received? = null,
    ): Dispatch {
        val options = NfqueueOptions.builder()
        bound.forEach { options.queue(it.options) }
        return Dispatch(queues(options.build()), outbox, failureVerdict, received)
    }

    /** The queues of a session with options that have the same ones. */
    fun queues(options: NfqueueOptions): Queues = Queues(options, unused).also { bound.copyInto(it.bound) }

    /** What one flush sends. */
    fun flush(): List<String> {
        outbox.flush()
        return socket.datagrams.removeLastOrNull() ?: emptyList()
    }
}
