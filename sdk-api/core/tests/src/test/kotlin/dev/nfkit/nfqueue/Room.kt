package dev.nfkit.nfqueue

import dev.nfkit.socket.KernelView
import java.lang.reflect.Proxy
import java.nio.ByteOrder

/** Outbox and held packets of a session, over a socket that keeps what is sent. */
internal class Room(
    limit: Int = 1 shl 20,
    queues: List<Int> = listOf(0),
) {
    val socket = SentVerdicts()
    val bound = queues.map { Bound(NfqueueQueue.builder(it).build()) }.toTypedArray()
    private val log = VerdictLog()
    val holds = Holds(socket, log, bound, limit)
    val outbox = Outbox(socket, log, holds, bound, limit)

    fun add(
        id: Int,
        verdict: Verdict,
        queue: Int = 0,
    ) = outbox.add(bound[queue], id, verdict)

    /** The duty to answer a packet of the first queue; it has a deadline where one is given. */
    fun hold(
        id: Int,
        deadline: Long? = null,
    ): Hold {
        val options = NfqueueOptions.builder().queue(bound[0].options).build()
        val nobody =
            Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, _, _ ->
                error("no test asks")
            } as KernelView
        val decisions =
            Decisions(options, Queues(options, nobody), holds, outbox, { 0 }, ByteOrder.LITTLE_ENDIAN)
        return Hold(decisions, bound[0], id, deadline != null, deadline ?: 0, Verdict.DROP, Hold.State.WAITING)
    }

    /** What one flush sends. */
    fun flush(): List<String> {
        outbox.flush()
        return socket.datagrams.removeLastOrNull() ?: emptyList()
    }
}
