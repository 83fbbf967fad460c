// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.bytecode.Constant
import dev.nfkit.nftables.bytecode.InstructionText
import dev.nfkit.nftables.bytecode.Verdict
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.Statement
import dev.nfkit.nftables.text.RuleParser
import java.nio.ByteOrder
import java.util.Optional

/** A rule, and what nft prints for it: its instructions, and the sets and elements that it contains. */
class CorpusRule(
    val family: String,
    val text: String,
    val expected: List<String>,
) {
    val addressFamily: AddressFamily =
        when (family) {
            "ip" -> AddressFamily.IPV4
            "ip6" -> AddressFamily.IPV6
            "inet" -> AddressFamily.INET
            "arp" -> AddressFamily.ARP
            "bridge" -> AddressFamily.BRIDGE
            else -> AddressFamily.NETDEV
        }

    fun parsed(): List<Statement> = RuleParser.parse(addressFamily, SETS, text).statements()

    override fun toString() = "$family: $text"
}

/** The sets of the table that the corpus was recorded in. */
val SETS =
    SetType.Lookup { name ->
        when (name) {
            "s" -> Optional.of(SetType(listOf(DataType.IPV4_ADDR), listOf()))
            "m" -> Optional.of(SetType(listOf(DataType.IPV4_ADDR), listOf(DataType.MARK)))
            "iv" -> Optional.of(SetType(listOf(DataType.MARK), listOf(), true))
            else -> Optional.empty()
        }
    }

/** Rules with what nft 1.0.6 printed for them ({@code nft --debug=netlink}), on a little-endian machine. */
fun corpus(): List<CorpusRule> {
    val rules = mutableListOf<CorpusRule>()
    val lines =
        CorpusRule::class.java
            .getResource("/nftables/instructions.txt")!!
            .readText()
            .lines()
    var at = 0
    while (at < lines.size) {
        val head = lines[at++]
        if (head.isBlank()) continue
        val (family, _, text) = head.split(" | ", limit = 3)
        val expected = lines.subList(at, lines.size).takeWhile { it.startsWith("    ") }
        at += expected.size
        rules += CorpusRule(family, text, expected.map { it.trim() })
    }
    return rules
}

/** What nft would print for a rule. The order of elements does not count. */
fun CompiledRule.lines(): List<String> =
    sets()
        .filter { it.name().startsWith("__") }
        .flatMap { set ->
            val flags = Integer.toHexString(set.flags())
            listOf("set ${set.name()} $flags ${set.size()}") + set.elements().map { it.line() }.sorted()
        } + instructions().map { InstructionText.of(it, ByteOrder.LITTLE_ENDIAN).trim() }

/** The recorded lines, with the elements of each set in the same order as [lines]. */
fun CorpusRule.expectedLines(): List<String> {
    val (elements, others) = expected.partition { it.startsWith("element") }
    return others.flatMap { if (it.startsWith("set ")) listOf(it) + elements.sorted() else listOf(it) }
}

private fun CompiledElement.line(): String {
    val end = keyEnd()?.let { " - " + it.words() }.orEmpty()
    val data =
        when (val value = data()) {
            is Constant -> value.words() + " "
            is Verdict -> value.word() + (value.chain()?.let { " -> $it" } ?: "") + " "
            null -> ""
        }
    val flags =
        if (end()) {
            1
        } else if (key() == null) {
            2
        } else {
            0
        }
    return "element ${key()?.let { it.words() + end + " " } ?: ""}: $data$flags [end]"
}

private fun Constant.words(): String =
    toArray()
        .toList()
        .chunked(Int.SIZE_BYTES)
        .joinToString(" ") { word ->
            val number = word.foldRight(0L) { byte, all -> all shl Byte.SIZE_BITS or (byte.toLong() and 0xff) }
            "%08x".format(number)
        }
