// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.InstructionReader
import dev.nfkit.nftables.bytecode.InstructionWriter
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteOrder
import java.util.concurrent.TimeUnit

private const val CAPACITY = 1 shl 20
private const val APPEND = 0x800
private const val BOUND_SECONDS = 60L

/** Changes a ruleset with messages, as nft does, and reads it back. */
class RawRuleset(
    private val transport: NetlinkTransport,
) {
    private val writer = MessageWriter(CAPACITY, ByteOrder.nativeOrder())
    private var sequence = 0L

    init {
        begin()
    }

    private fun begin() {
        writer.clear()
        sequence = 1
        writer
            .begin(Netlink.NFNL_MSG_BATCH_BEGIN, Netlink.NLM_F_REQUEST, sequence)
            .nfgenmsg(0, Netlink.NFNL_SUBSYS_NFTABLES)
            .end()
    }

    fun message(
        type: Int,
        family: Int = INET,
        flags: Int = Netlink.NLM_F_CREATE or APPEND,
        content: MessageWriter.() -> Unit,
    ): RawRuleset {
        writer.begin(type, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK or flags, ++sequence).nfgenmsg(family, 0)
        writer.content()
        writer.end()
        return this
    }

    fun table(name: String = "t") = message(MessageTypes.NEWTABLE) { string(1, name) }

    fun chain(
        name: String,
        hook: Int = -1,
        priority: Int = 0,
        type: String = "filter",
        policy: Int = 1,
    ) = message(MessageTypes.NEWCHAIN) {
        string(1, "t").string(3, name)
        if (hook >= 0) {
            val nest = beginNest(4)
            be32(1, hook.toLong()).be32(2, priority.toLong()).endNest(nest)
            be32(5, policy.toLong()).string(7, type)
        }
    }

    fun rule(
        chain: String,
        vararg instructions: Instruction,
    ) = message(MessageTypes.NEWRULE) {
        string(1, "t").string(2, chain)
        InstructionWriter.write(this, 4, instructions.toList())
    }

    /** Sends the batch. Returns the errno of each refused message, by its place from 1. */
    fun commit(): Map<Long, Int> {
        val last = sequence
        writer
            .begin(Netlink.NFNL_MSG_BATCH_END, Netlink.NLM_F_REQUEST, ++sequence)
            .nfgenmsg(0, Netlink.NFNL_SUBSYS_NFTABLES)
            .end()
        val refused = mutableMapOf<Long, Int>()
        transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
            socket.set(dev.nfkit.socket.SocketOption.RECEIVE_BUFFER, CAPACITY)
            socket.send(writer.datagram())
            var left = last - 1
            socket.messages { message ->
                if (message.type() == Netlink.NLMSG_ERROR) {
                    val errno =
                        message
                            .buffer()
                            .duplicate()
                            .order(ByteOrder.nativeOrder())
                            .getInt(message.bodyOffset())
                    if (errno != 0) refused[message.sequence() - 1] = -errno
                    left--
                }
                left > 0 && message.sequence() != 1L
            }
        }
        begin()
        return refused
    }

    /** Dumps messages of one type, as the bytes after `struct nfgenmsg`, with their family. */
    fun dump(
        type: Int,
        family: Int = 0,
        content: MessageWriter.() -> Unit = {},
    ): List<Pair<Int, ByteArray>> {
        val found = mutableListOf<Pair<Int, ByteArray>>()
        transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
            val request = MessageWriter(4096, ByteOrder.nativeOrder())
            request.begin(type, Netlink.NLM_F_REQUEST or Netlink.NLM_F_DUMP, 1).nfgenmsg(family, 0)
            request.content()
            socket.send(request.end().datagram())
            socket.messages { message ->
                val more = message.type() != Netlink.NLMSG_DONE && message.type() != Netlink.NLMSG_ERROR
                if (more) {
                    val bytes = ByteArray(message.length() - Netlink.NLMSG_HDRLEN - 4)
                    message.buffer().duplicate().get(message.bodyOffset() + 4, bytes)
                    found += message.family() to bytes
                }
                more
            }
        }
        return found
    }

    /** The instructions of all rules, by table, chain and place. */
    fun instructions(): Map<String, List<Instruction>> {
        val found = linkedMapOf<String, List<Instruction>>()
        for ((family, bytes) in dump(MessageTypes.GETRULE)) {
            val cursor = attributes(bytes)
            var table = ""
            var chain = ""
            var list = emptyList<Instruction>()
            while (cursor.next()) {
                when (cursor.type()) {
                    1 -> table = cursor.string()
                    2 -> chain = cursor.string()
                    4 -> list = InstructionReader().readList(cursor.nest(AttributeCursor(), "expressions"))
                }
            }
            val place = found.keys.count { it.startsWith("$family $table $chain ") }
            found["$family $table $chain $place"] = list
        }
        return found
    }

    companion object {
        const val INET = 1

        fun attributes(bytes: ByteArray): AttributeCursor =
            AttributeCursor().wrap(
                java.nio.ByteBuffer.wrap(bytes),
                0,
                bytes.size,
                ByteOrder.nativeOrder(),
                "message",
            )
    }
}

private fun NetlinkSocket.messages(more: (MessageCursor) -> Boolean) {
    val batch = DatagramBatch(8, 65536)
    while (true) {
        val count = receive(batch, TimeUnit.SECONDS.toNanos(BOUND_SECONDS))
        check(count > 0) { "no answer" }
        for (index in 0 until count) {
            val message = MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), order())
            while (message.next()) {
                if (!more(message)) return
            }
        }
    }
}

private const val CHAIN_HANDLE = 2
private const val RULE_HANDLE = 3
private const val RULE_POSITION = 6
private const val TYPE_MASK = 0x3fff

private fun ByteArray.withoutAttributes(types: Set<Int>): ByteArray {
    val from =
        java.nio.ByteBuffer
            .wrap(this)
            .order(ByteOrder.nativeOrder())
    val kept = java.io.ByteArrayOutputStream()
    var at = 0
    while (at + 4 <= size) {
        val length = from.getShort(at).toInt() and 0xffff
        val padded = minOf((length + 3) / 4 * 4, size - at)
        if ((from.getShort(at + 2).toInt() and TYPE_MASK) !in types) kept.write(this, at, padded)
        at += padded
    }
    return kept.toByteArray()
}

/** Copies a ruleset from one kernel to another: what is dumped is written as a batch. */
fun copyRuleset(
    from: RawRuleset,
    to: RawRuleset,
): Map<Long, Int> {
    fun each(
        get: Int,
        new: Int,
        without: Set<Int> = emptySet(),
    ) = from.dump(get).forEach { (family, bytes) -> to.message(new, family) { raw(*bytes.withoutAttributes(without)) } }
    each(MessageTypes.GETTABLE, MessageTypes.NEWTABLE)
    each(MessageTypes.GETCHAIN, MessageTypes.NEWCHAIN, setOf(CHAIN_HANDLE))
    each(MessageTypes.GETOBJ, MessageTypes.NEWOBJ)
    var id = 1000L
    val sets = from.dump(MessageTypes.GETSET)
    sets.forEach { (family, bytes) -> to.message(MessageTypes.NEWSET, family) { raw(*bytes).be32(10, ++id) } }
    sets.forEach { (family, bytes) ->
        val cursor = RawRuleset.attributes(bytes)
        var table = ""
        var set = ""
        while (cursor.next()) {
            when (cursor.type()) {
                1 -> table = cursor.string()
                2 -> set = cursor.string()
            }
        }
        from.dump(MessageTypes.GETSETELEM, family) { string(1, table).string(2, set) }.forEach { (_, elements) ->
            to.message(MessageTypes.NEWSETELEM, family) { raw(*elements) }
        }
    }
    each(MessageTypes.GETRULE, MessageTypes.NEWRULE, setOf(RULE_HANDLE, RULE_POSITION))
    return to.commit()
}
