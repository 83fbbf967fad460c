// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile

import dev.nfkit.AddressFamily
import dev.nfkit.MalformedMessageException
import dev.nfkit.nftables.bytecode.Cmp
import dev.nfkit.nftables.bytecode.Constant
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.InstructionReader
import dev.nfkit.nftables.bytecode.InstructionWriter
import dev.nfkit.nftables.bytecode.Log
import dev.nfkit.nftables.bytecode.Meta
import dev.nfkit.nftables.bytecode.MetaKey
import dev.nfkit.nftables.bytecode.SameOperations
import dev.nfkit.nftables.compile.CompiledSet
import dev.nfkit.nftables.compile.RuleCompiler
import dev.nfkit.nftables.compile.SETS
import dev.nfkit.nftables.compile.corpus
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.ExtensionStatement
import dev.nfkit.nftables.statement.InvalidRuleException
import dev.nfkit.nftables.statement.RawStatement
import dev.nfkit.nftables.statement.Statement
import dev.nfkit.nftables.text.RuleCorpus
import dev.nfkit.nftables.text.RuleParser
import dev.nfkit.nftables.text.RulePrinter
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.Optional

private val ORDER = ByteOrder.LITTLE_ENDIAN

/** What reconcile compares of a rule. */
private fun key(
    family: AddressFamily,
    sets: SetType.Lookup,
    statements: List<Statement>,
): Any =
    RulePrinter.stateless(family, sets, statements, Optional.empty()) to
        statements.filter { it is RawStatement || it is ExtensionStatement }

private fun read(
    family: AddressFamily,
    sets: SetType.Lookup,
    anonymous: Map<String, CompiledSet>,
    instructions: List<Instruction>,
) = key(family, sets, RuleDecompiler.decompile(family, sets, { anonymous[it] }, ORDER, instructions))

private fun bytes(instructions: List<Instruction>): ByteArray {
    val writer = MessageWriter(0x2000, ORDER).begin(0, 0, 0)
    val start = writer.length()
    InstructionWriter.write(writer, 1, instructions)
    writer.end()
    val all = writer.datagram()
    return ByteArray(all.limit() - start - 4).also { all.position(start + 4).get(it) }
}

private fun instructions(bytes: ByteArray): List<Instruction> {
    val buffer = ByteBuffer.wrap(bytes)
    return InstructionReader().readList(AttributeCursor().wrap(buffer, 0, bytes.size, ORDER, "rule"))
}

private class Attribute(
    val type: Int,
    val content: ByteArray,
)

private fun short(
    bytes: ByteArray,
    at: Int,
) = (bytes[at].toInt() and 0xff) or (bytes[at + 1].toInt() and 0xff shl 8)

private fun attributes(bytes: ByteArray): List<Attribute>? {
    val found = mutableListOf<Attribute>()
    var at = 0
    while (at + 4 <= bytes.size) {
        val length = short(bytes, at)
        if (length < 4 || at + length > bytes.size) return null
        found += Attribute(short(bytes, at + 2), bytes.copyOfRange(at + 4, at + length))
        at += length + 3 and 3.inv()
    }
    return if (at == bytes.size) found else null
}

private fun encoded(attributes: List<Attribute>): ByteArray =
    attributes
        .flatMap { attribute ->
            val length = attribute.content.size + 4
            val padding = (length + 3 and 3.inv()) - length
            listOf(length, length shr 8, attribute.type, attribute.type shr 8).map { it.toByte() } +
                attribute.content.toList() + List(padding) { 0 }
        }.toByteArray()

/** The same rule with one change of an instruction whose neighbours are new. */
private fun changedRules(
    rule: List<Instruction>,
    seen: MutableSet<String>,
): Sequence<ByteArray> =
    sequence {
        val all = attributes(bytes(rule)) ?: return@sequence
        for ((index, element) in all.withIndex()) {
            val around = listOf(rule.getOrNull(index - 1), rule[index], rule.getOrNull(index + 1))
            if (!seen.add(around.joinToString())) continue
            for (content in changed(element.content)) {
                yield(encoded(all.mapIndexed { at, it -> if (at == index) Attribute(it.type, content) else it }))
            }
        }
    }

/** The same attributes with one change: bits, a length, or an attribute that is missing. */
private fun changed(bytes: ByteArray): Sequence<ByteArray> =
    sequence {
        val all = attributes(bytes) ?: return@sequence
        for ((index, attribute) in all.withIndex()) {
            val nested = attribute.type and 0x8000 != 0
            val contents =
                if (nested) {
                    changed(attribute.content)
                } else {
                    simple(attribute.content)
                }
            for (content in contents) {
                yield(encoded(all.mapIndexed { at, it -> if (at == index) Attribute(it.type, content) else it }))
            }
            yield(encoded(all.filterIndexed { at, _ -> at != index }))
        }
    }

private fun simple(content: ByteArray): Sequence<ByteArray> =
    sequence {
        for ((at, bit) in setOf(0 to 0x40, content.size - 1 to 1, content.size - 1 to 0x80)) {
            if (at in content.indices) yield(content.clone().also { it[at] = (it[at].toInt() xor bit).toByte() })
        }
        for (length in setOf(1, 2, content.size - 1, content.size + 1, content.size + 4)) {
            if (length in 1..128 && length != content.size) yield(content.copyOf(length))
        }
    }

private class Case(
    val family: AddressFamily,
    val sets: SetType.Lookup,
    val text: String,
    val statements: List<Statement>,
)

private fun cases(): List<Case> =
    corpus().map { Case(it.addressFamily, SETS, it.text, it.parsed()) } +
        RuleCorpus.rules.map {
            val family = RuleCorpus.family(it.family)
            Case(
                family,
                RuleCorpus.sets,
                it.text,
                RuleParser.parse(family, RuleCorpus.sets, RuleCorpus.host, it.text).statements(),
            )
        }

/**
 * Instructions of which a change may be a state, a default that the kernel adds, or what it ignores or refuses: the code of a
 * reset, for example, or a family of addresses that has none.
 */
private val STATES =
    setOf("Counter", "Quota", "Last", "Limit", "Reject", "Tproxy", "Nat", "Masq", "Redir", "Fwd", "Dynset", "Synproxy")

/** Whether a log lacks a default of the kernel: the level of a warning, or 0 bytes for no limit. */
private fun isDefault(
    was: Instruction,
    now: Instruction,
) = was is Log && now is Log && (was.level() ?: DEFAULT_LEVEL) == (now.level() ?: DEFAULT_LEVEL) &&
    (was.snaplen() ?: 0L) == (now.snaplen() ?: 0L) && was.prefix() == now.prefix() && was.group() == now.group()

private const val DEFAULT_LEVEL = 4

class ChangedInstructionsSpec :
    FunSpec({
        test("a rule of which one attribute was changed is not the rule before") {
            val same = mutableListOf<String>()
            val seen = mutableSetOf<String>()
            var changes = 0
            var refused = 0
            for (case in cases()) {
                val compiled =
                    try {
                        RuleCompiler.compile(case.family, case.sets, ORDER, case.statements)
                    } catch (e: InvalidRuleException) {
                        refused++
                        continue
                    }
                val sent = compiled.instructions()
                val (original, sets) = compiled.installed()
                withClue(case.text) { SameOperations.`in`(sent, original, ORDER) shouldBe true }
                val before = read(case.family, case.sets, sets, original)
                for (change in changedRules(original, seen)) {
                    val now =
                        try {
                            instructions(change)
                        } catch (e: MalformedMessageException) {
                            continue
                        }
                    if (now == original) continue
                    changes++
                    if (read(case.family, case.sets, sets, now) == before && SameOperations.`in`(sent, now, ORDER)) {
                        val (was, now) = original.zip(now).first { (one, other) -> one != other }
                        if (was.javaClass.simpleName !in STATES &&
                            !isDefault(was, now)
                        ) {
                            same += "${case.family} ${case.text}: $was as $now"
                        }
                    }
                }
            }
            refused shouldBeLessThan 20
            changes shouldBeGreaterThan 50_000
            same.shouldBeEmpty()
        }

        test("a comparison of a part of a value, or of more, is kept as it is") {
            for (length in listOf(1, 2, 3, 5, 8)) {
                val rule =
                    listOf(
                        Meta.Load(MetaKey.MARK, 1),
                        Cmp(Cmp.Op.EQ, 1, Constant.of(*byteArrayOf(5).copyOf(length))),
                    )
                RuleDecompiler.decompile(AddressFamily.INET, SETS, { null }, ORDER, rule) shouldBe
                    rule.map { RawStatement(it.name(), InstructionWriter.data(it, ORDER).toArray()) }
            }
        }

        test("a name of a device is compared by its first characters, as nft does") {
            val rule =
                RuleCompiler.compile(
                    AddressFamily.INET,
                    SETS,
                    ORDER,
                    RuleParser.parse(AddressFamily.INET, SETS, "iifname \"eth*\"").statements(),
                )
            read(AddressFamily.INET, SETS, mapOf(), rule.instructions()) shouldBe ("iifname \"eth*\"" to listOf<Any>())
        }
    })
