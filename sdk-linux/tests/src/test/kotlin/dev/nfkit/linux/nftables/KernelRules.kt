// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.nftables

import dev.nfkit.linux.Namespace
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.InstructionReader
import dev.nfkit.nftables.bytecode.InstructionText
import dev.nfkit.nftables.bytecode.InstructionWriter
import dev.nfkit.session.TableRequests
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.HexFormat

private const val GETRULE = 10 shl 8 or 7
private const val RULE_TABLE = 1
private const val RULE_CHAIN = 2
private const val RULE_HANDLE = 3
private const val RULE_EXPRESSIONS = 4

/** The attributes that the kernel dumps and does not accept with the value 0, by the name of the instruction. */
private val refused = mapOf("osf" to setOf(3), "exthdr" to setOf(3, 4, 5), "dynset" to setOf(6))

private val families = mapOf(1 to "inet", 2 to "ip", 3 to "arp", 5 to "netdev", 7 to "bridge", 10 to "ip6")

/** A rule as the kernel dumps it: its place, and the content of `NFTA_RULE_EXPRESSIONS`. */
internal class KernelRule(
    val place: String,
    val expressions: ByteArray,
) {
    /** What the codec reads. */
    val instructions: List<Instruction> = read(expressions)

    /** What the codec writes for it, without the bits of nests, which the kernel does not set. */
    fun written(): ByteArray {
        val writer = MessageWriter(65536, ByteOrder.nativeOrder()).begin(0, 0, 0)
        InstructionWriter.write(writer, RULE_EXPRESSIONS, instructions)
        val all = writer.end().datagram()
        val content = ByteArray(all.remaining() - HEADERS)
        all.get(HEADERS, content)
        clearNests(ByteBuffer.wrap(content).order(ByteOrder.nativeOrder()), 0, content.size)
        return content
    }

    fun text(): List<String> = InstructionText.lines(instructions, ByteOrder.nativeOrder())

    companion object {
        private const val HEADERS = Netlink.NLMSG_HDRLEN + Netlink.NLA_HDRLEN

        fun read(expressions: ByteArray): List<Instruction> {
            val cursor =
                AttributeCursor().wrap(
                    ByteBuffer.wrap(expressions),
                    0,
                    expressions.size,
                    ByteOrder.nativeOrder(),
                    "NFTA_RULE_EXPRESSIONS",
                )
            return InstructionReader().readList(cursor)
        }
    }
}

/** The bytes of each instruction, without attributes of 0 that the kernel dumps and refuses. Padded as in a list. */
internal fun comparable(expressions: ByteArray): List<Pair<String, List<Pair<Int, String>>>> =
    children(expressions).map { (_, element) ->
        val parts = children(element).toMap()
        val name = String(parts.getValue(1)).trimEnd('\u0000')
        name to
            children(parts[2] ?: ByteArray(0))
                .filterNot { (type, value) -> type in refused[name].orEmpty() && value.all { it == 0.toByte() } }
                .filterNot { (type, _) -> name == "dynset" && type == DYNSET_FLAGS }
                .map { (type, value) -> type to HexFormat.of().formatHex(value) }
                .let { if (name == "byteorder") it.sortedBy { (type, _) -> type } else it } // as kernels differ
    }

private const val DYNSET_FLAGS = 9

private fun children(bytes: ByteArray): List<Pair<Int, ByteArray>> {
    val buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder())
    val found = mutableListOf<Pair<Int, ByteArray>>()
    var at = 0
    while (at < bytes.size) {
        val length = buffer.getShort(at).toInt() and 0xffff
        found += buffer.getShort(at + 2).toInt() to bytes.copyOfRange(at + Netlink.NLA_HDRLEN, at + length)
        at += Netlink.align(length)
    }
    return found
}

/** Clears `NLA_F_NESTED` in all attributes, and in those inside. */
private fun clearNests(
    buffer: ByteBuffer,
    from: Int,
    end: Int,
) {
    var at = from
    while (at < end) {
        val length = buffer.getShort(at).toInt() and 0xffff
        val type = buffer.getShort(at + 2).toInt() and 0xffff
        if (type and Netlink.NLA_F_NESTED != 0) {
            buffer.putShort(at + 2, (type and Netlink.NLA_TYPE_MASK).toShort())
            clearNests(buffer, at + Netlink.NLA_HDRLEN, at + length)
        }
        at += Netlink.align(length)
    }
}

/** All rules of the namespace, in the order of their places. */
internal fun Namespace.rules(): List<KernelRule> {
    val rules = mutableListOf<KernelRule>()
    TableRequests.open(transport, "nf_tables", 8).use { requests ->
        requests.ask<Exception>(
            "dump rules",
            GETRULE,
            Netlink.NLM_F_DUMP,
            { it.nfgenmsg(0, 0) },
            { rules += rule(it) },
        )
    }
    return rules
}

private fun rule(message: MessageCursor): KernelRule {
    val attributes = AttributeCursor().wrap(message, "NFT_MSG_NEWRULE")
    var table = ""
    var chain = ""
    var handle = 0L
    var expressions = ByteArray(0)
    while (attributes.next()) {
        when (attributes.type()) {
            RULE_TABLE -> {
                table = attributes.string()
            }

            RULE_CHAIN -> {
                chain = attributes.string()
            }

            RULE_HANDLE -> {
                handle = attributes.be64()
            }

            RULE_EXPRESSIONS -> {
                expressions = ByteArray(attributes.length())
                message.buffer().get(attributes.offset(), expressions)
            }
        }
    }
    return KernelRule("${families[message.family()]} $table $chain $handle", expressions)
}

/** What `nft --debug=netlink` prints for each rule, by its place. */
internal fun Namespace.nftText(): Map<String, List<String>> {
    val place = Regex("^(inet|ip|ip6|arp|bridge|netdev) (\\S+) (\\S+) (\\d+)( \\d+)?$")
    val texts = mutableMapOf<String, MutableList<String>>()
    var current: MutableList<String>? = null
    for (line in exec("nft", "--debug=netlink", "list", "ruleset").lines()) {
        val found = place.find(line)
        if (found != null) {
            current = texts.getOrPut(found.groupValues.subList(1, 5).joinToString(" ")) { mutableListOf() }
        } else if (line.startsWith("  [ ")) {
            current?.add(line.trim())
        } else if (!line.startsWith("  userdata")) {
            current = null
        }
    }
    return texts
}
