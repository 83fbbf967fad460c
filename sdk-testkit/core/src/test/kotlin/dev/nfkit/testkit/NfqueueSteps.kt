// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_CMD
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_FLAGS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_MASK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_PARAMS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_CONFIG
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_PACKET
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
import dev.nfkit.nfqueue.NfqueueConfig.NF_ACCEPT
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteOrder

internal const val PACKET_MODE = 2
internal const val META_MODE = 1

/** A socket of a fake kernel that exchanges raw NFQUEUE messages. */
internal class NfqueueSteps(
    val transport: FakeNetfilter = FakeNetfilter(),
) {
    val socket: FakeNetlinkSocket = transport.open(Netlink.NETLINK_NETFILTER)
    val model: FakeNfqueue = transport.nfqueue()
    private val batch = DatagramBatch(8, 1 shl 18)
    private val writer = MessageWriter(1 shl 18, ByteOrder.nativeOrder())
    private val errors = mutableListOf<Pair<Long, Int>>()
    private val packets = mutableListOf<QueuedPacket>()
    private var sequence = 0L

    init {
        socket.set(SocketOption.NO_ENOBUFS, 1)
    }

    /** The error of a configuration message, 0 for none. */
    fun config(
        queue: Int,
        command: Int? = null,
        more: MessageWriter.() -> Unit = {},
    ): Int {
        writer
            .clear()
            .begin(NFQNL_MSG_CONFIG, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, ++sequence)
            .nfgenmsg(0, queue)
        command?.let { writer.bytes(NFQA_CFG_CMD, it.toByte(), 0, 0, 2) }
        writer.more()
        socket.send(writer.end().datagram())
        return errors().last().second
    }

    /** Binds a queue in copy mode PACKET. */
    fun bind(
        queue: Int,
        range: Int = 0,
        maxLength: Long? = null,
        flags: Int = 0,
        mode: Int = PACKET_MODE,
    ): Int =
        config(queue, NFQNL_CFG_CMD_BIND) {
            params(range, mode)
            maxLength?.let { be32(NFQA_CFG_QUEUE_MAXLEN, it) }
            if (flags != 0) flags(flags)
        }

    fun MessageWriter.params(
        range: Int,
        mode: Int,
    ): MessageWriter =
        bytes(
            NFQA_CFG_PARAMS,
            (range shr 24).toByte(),
            (range shr 16).toByte(),
            (range shr 8).toByte(),
            range.toByte(),
            mode.toByte(),
        )

    fun MessageWriter.flags(
        value: Int,
        mask: Int = value,
    ): MessageWriter = be32(NFQA_CFG_MASK, mask.toLong()).be32(NFQA_CFG_FLAGS, value.toLong())

    /** Appends one verdict to the current datagram. Returns its sequence number. */
    fun add(
        queue: Int,
        id: Long,
        verdict: Int = NF_ACCEPT,
        batch: Boolean = false,
        acknowledged: Boolean = false,
        more: MessageWriter.() -> Unit = {},
    ): Long {
        val flags = Netlink.NLM_F_REQUEST or (if (acknowledged) Netlink.NLM_F_ACK else 0)
        writer
            .begin(if (batch) NFQNL_MSG_VERDICT_BATCH else NFQNL_MSG_VERDICT, flags, ++sequence)
            .nfgenmsg(0, queue)
            .bytes(2, *be32(verdict.toLong()), *be32(id))
        writer.more()
        writer.end()
        return sequence
    }

    fun begin() = writer.clear()

    fun send() = socket.send(writer.datagram())

    /** The error of a verdict that asks for no acknowledgement, or 0 if none arrived. */
    fun verdict(
        queue: Int,
        id: Long,
        verdict: Int = NF_ACCEPT,
        batch: Boolean = false,
        more: MessageWriter.() -> Unit = {},
    ): Int {
        begin()
        add(queue, id, verdict, batch, more = more)
        send()
        return errors().lastOrNull()?.second ?: 0
    }

    /** The sequence and error number of each error or acknowledgement that has arrived since the last call. */
    fun errors(): List<Pair<Long, Int>> = drain(errors)

    /** The packets that have arrived since the last call. */
    fun packets(): List<QueuedPacket> = drain(packets)

    fun ids(): List<Long> = packets().map { it.id() }

    private fun <T> drain(kept: MutableList<T>): List<T> {
        while (socket.receive(batch, 0) > 0) {
            for (index in 0 until batch.count()) {
                val cursor =
                    MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order())
                while (cursor.next()) {
                    when (cursor.type()) {
                        Netlink.NLMSG_ERROR -> errors += cursor.sequence() to -body(cursor)
                        NFQNL_MSG_PACKET -> packets += QueuedPacket.read(cursor, 0).copy()
                    }
                }
            }
        }
        return kept.toList().also { kept.clear() }
    }

    private fun body(message: MessageCursor): Int =
        message
            .buffer()
            .duplicate()
            .order(message.order())
            .getInt(message.bodyOffset())

    fun enqueue(
        queue: Int,
        count: Int = 1,
        packet: SampleNfqueue = SampleNfqueue.of(SamplePackets.udp4(1, 2, 3)),
    ): Boolean = (1..count).map { model.enqueue(queue, packet) }.any { it }

    fun state(queue: Int) = transport.kernel().nfqueues().single { it.queue() == queue }

    /** The packets that have left so far: queue, id, reason and verdict. */
    fun left() = model.decided().map { listOf(it.queue(), it.id(), it.departure(), it.verdict()) }
}

internal fun be32(value: Long) = ByteArray(4) { (value shr (24 - 8 * it)).toByte() }
