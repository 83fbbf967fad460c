// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.InstructionWriter
import dev.nfkit.nftables.bytecode.Lookup
import dev.nfkit.nftables.bytecode.Objref
import dev.nfkit.nftables.bytecode.Opaque
import dev.nfkit.nftables.bytecode.UnknownInstruction
import dev.nfkit.nftables.compile.CompiledRule
import dev.nfkit.nftables.compile.CompiledSet
import dev.nfkit.nftables.compile.RuleCompiler
import dev.nfkit.nftables.compile.SETS
import dev.nfkit.nftables.compile.corpus
import dev.nfkit.nftables.compile.lines
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.Meta
import dev.nfkit.nftables.statement.Match
import dev.nfkit.nftables.statement.RawStatement
import dev.nfkit.nftables.statement.Statement
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private val ORDER = ByteOrder.LITTLE_ENDIAN

/** A rule as the kernel has it: its sets have names instead of ids. */
internal fun CompiledRule.installed(): Pair<List<Instruction>, Map<String, CompiledSet>> {
    val sets = sets().associateBy { if ("%d" in it.name()) "__a${it.id()}" else it.name() }
    val instructions =
        instructions().map {
            when (it) {
                is Lookup -> {
                    if (it.setId() ==
                        null
                    ) {
                        it
                    } else {
                        Lookup("__a${it.setId()}", null, it.sreg(), it.dreg(), it.flags())
                    }
                }

                is Objref.Mapped -> {
                    if (it.setId() == null) it else Objref.Mapped(it.sreg(), "__a${it.setId()}", null)
                }

                else -> {
                    it
                }
            }
        }
    return instructions to sets
}

private fun decompile(
    family: AddressFamily,
    compiled: CompiledRule,
): List<Statement> {
    val (instructions, sets) = compiled.installed()
    return RuleDecompiler.decompile(family, SETS, { sets[it] }, ORDER, instructions)
}

class RuleDecompilerSpec :
    FunSpec({
        test("each rule of the corpus is read back as statements, and compiles to the same instructions again") {
            for (rule in corpus()) {
                withClue(rule.toString()) {
                    val compiled = RuleCompiler.compile(rule.addressFamily, SETS, ORDER, rule.parsed())
                    val back = decompile(rule.addressFamily, compiled)
                    back.filterIsInstance<RawStatement>().shouldBeEmpty()
                    // nft leaves this match out, too: the rule is shorter then, and applies to the same packets.
                    if ("ether type ip ip saddr" !in rule.text) {
                        RuleCompiler.compile(rule.addressFamily, SETS, ORDER, back).lines() shouldBe compiled.lines()
                    }
                }
            }
        }

        test("matches that a header requires are left out") {
            val port = Match.of(HeaderField.TCP_DPORT, Constant.port(22))
            val compiled = RuleCompiler.compile(AddressFamily.INET, SETS, ORDER, listOf(port))
            decompile(AddressFamily.INET, compiled) shouldBe listOf(port)
        }

        test("a match that nothing later implies stays") {
            val tcp = Match.of(Meta.L4PROTO, Constant.of(Meta.L4PROTO, 6))
            val compiled = RuleCompiler.compile(AddressFamily.INET, SETS, ORDER, listOf(tcp))
            decompile(AddressFamily.INET, compiled) shouldBe listOf(tcp)
        }

        test("an instruction that is not known is kept, and survives a rewrite") {
            val raw = UnknownInstruction("warp", Opaque.of(8, 0, 1, 0, 0, 0, 0, 5))
            val port = Match.of(HeaderField.TCP_DPORT, Constant.port(22))
            val known = RuleCompiler.compile(AddressFamily.INET, SETS, ORDER, listOf(port)).instructions()
            val back = RuleDecompiler.decompile(AddressFamily.INET, SETS, { null }, ORDER, known + raw)
            back shouldBe listOf(port, RawStatement("warp", byteArrayOf(8, 0, 1, 0, 0, 0, 0, 5)))
            RuleCompiler.compile(AddressFamily.INET, SETS, ORDER, back).instructions() shouldBe known + raw
        }

        test("instructions that are no statement are kept as they are") {
            val port = Match.of(HeaderField.TCP_DPORT, Constant.port(22))
            val all = RuleCompiler.compile(AddressFamily.INET, SETS, ORDER, listOf(port)).instructions()
            val cut =
                all
                    .filterIndexed { at, _ -> at != 2 } // the last comparison is without its load
                    .drop(1)
            RuleDecompiler.decompile(AddressFamily.INET, SETS, { null }, ORDER, cut) shouldBe
                cut.map { RawStatement(it.name(), InstructionWriter.data(it, ORDER).toArray()) }
        }
    })
