// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteOrder

internal const val REQUEST = Netlink.NLM_F_REQUEST
internal const val ACK = Netlink.NLM_F_ACK
internal const val DUMP = Netlink.NLM_F_DUMP
internal const val CREATE = Netlink.NLM_F_CREATE
internal const val EXCL = Netlink.NLM_F_EXCL
internal const val MULTI = Netlink.NLM_F_MULTI
internal const val INTERRUPTED = 0x10
internal const val FILTERED = 0x20

/** A message that a fake kernel sent, and its datagram. */
internal class Heard(
    val datagram: Int,
    val type: Int,
    val flags: Int,
    val sequence: Long,
    val portId: Long,
    val resId: Int,
    val body: ByteArray,
    private val order: ByteOrder,
) {
    /** The connection of a message of the table. */
    val entry: ConntrackEntry
        get() = ConntrackEntry(EntryAttributes.owned(attributes.toArray(), order))

    val attributes: Bytes
        get() = Bytes.of(*body).let { it.slice(4, it.length() - 4) }

    /** The error of an answer; 0 for an acknowledgement. */
    val error: Int
        get() =
            -java.nio.ByteBuffer
                .wrap(body)
                .order(order)
                .getInt(0)
}

/** A socket of a fake kernel that exchanges raw ctnetlink messages. */
internal class ConntrackSteps(
    val transport: FakeNetfilter = FakeNetfilter(),
    private val slotSize: Int = 1 shl 16,
    slots: Int = 8,
) {
    val socket: FakeNetlinkSocket = transport.open(Netlink.NETLINK_NETFILTER)
    val model: FakeConntrack = transport.conntrack()
    private val batch = DatagramBatch(slots, slotSize)
    private val writer = MessageWriter(1 shl 16, socket.order())
    private var sequence = 0L
    private var datagrams = 0
    var overrun = false
        private set

    fun join(vararg groups: Int) = apply { groups.forEach { socket.set(SocketOption.ADD_MEMBERSHIP, it) } }

    fun send(
        type: Int,
        flags: Int,
        family: Int = 2,
        version: Int = 0,
        subsystem: Int = 1,
        attributes: MessageWriter.() -> Unit = {},
    ): Long {
        writer.clear().begin(subsystem shl 8 or type, flags, ++sequence)
        writer.raw(family.toByte(), version.toByte(), 0, 0)
        writer.attributes()
        socket.send(writer.end().datagram())
        return sequence
    }

    /** The messages of one receive. */
    fun receive(): List<Heard> {
        val heard = mutableListOf<Heard>()
        socket.receive(batch, 0)
        overrun = overrun || batch.overrun()
        for (index in 0 until batch.count()) {
            datagrams++
            val cursor = MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order())
            while (cursor.next()) {
                val body = BytesView().wrap(batch.buffer(), cursor.bodyOffset(), cursor.end() - cursor.bodyOffset())
                val resId = if (cursor.hasNfgenmsg()) cursor.resId() else 0
                heard +=
                    Heard(
                        datagrams,
                        cursor.type(),
                        cursor.flags(),
                        cursor.sequence(),
                        cursor.portId(),
                        resId,
                        body.toArray(),
                        socket.order(),
                    )
            }
        }
        return heard
    }

    /** All messages that have arrived. */
    fun drain(): List<Heard> = generateSequence { receive().ifEmpty { null } }.flatten().toList()

    fun ask(
        type: Int,
        flags: Int,
        family: Int = 2,
        version: Int = 0,
        subsystem: Int = 1,
        attributes: MessageWriter.() -> Unit = {},
    ): List<Heard> {
        send(type, flags, family, version, subsystem, attributes)
        return drain()
    }

    /** The error of a request that asks for an acknowledgement, which must arrive last; 0 for none. */
    fun errno(
        type: Int,
        flags: Int = 0,
        family: Int = 2,
        version: Int = 0,
        subsystem: Int = 1,
        attributes: MessageWriter.() -> Unit = {},
    ): Int = ask(type, REQUEST or ACK or flags, family, version, subsystem, attributes).last().error

    fun dump(
        family: Int = 0,
        attributes: MessageWriter.() -> Unit = {},
    ): List<Heard> = ask(GET, REQUEST or DUMP, family, attributes = attributes)

    /** The source ports or ids of the entries of a dump. */
    fun dumped(
        family: Int = 0,
        attributes: MessageWriter.() -> Unit = {},
    ): List<Int> =
        dump(family, attributes)
            .filter { it.type == CT_NEW }
            .map { it.entry.original() }
            .map { if (it.hasIcmp()) it.icmpId() else it.sourcePort() }

    companion object {
        const val NEW = 0
        const val GET = 1
        const val DELETE = 2
        const val CT_NEW = 0x100
        const val CT_DELETE = 0x102
    }
}

/** Writes a tuple as a nest. */
internal fun MessageWriter.tuple(
    type: Int,
    tuple: SampleTuple,
): MessageWriter {
    val nest = beginNest(type)
    tuple.tuple().attributes().writeAll(this) { true }
    return endNest(nest)
}

internal fun MessageWriter.nest(
    type: Int,
    content: MessageWriter.() -> Unit,
): MessageWriter {
    val mark = beginNest(type)
    content()
    return endNest(mark)
}
