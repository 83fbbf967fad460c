// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.nftables

import dev.nfkit.linux.Namespace
import dev.nfkit.linux.needsNft
import dev.nfkit.nftables.bytecode.UnknownInstruction
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

/** nft is the oracle: it adds rules, the codec reads what the kernel dumps, and nft prints the same dump. */
class BytecodeLiveSpec :
    FunSpec({
        test("rules of all families have the text of nft, and are written as they were read")
            .config(enabledOrReasonIf = needsNft) {
                Namespace().use { namespace ->
                    val refusals = StatementCorpus.install(namespace)
                    refusals.filterKeys { it.needs.isNotEmpty() }.forEach { (it, _) ->
                        println("skipped, because the kernel has no ${it.needs}: $it")
                    }
                    refusals
                        .filterKeys { it.needs.isEmpty() }
                        .map { (it, why) ->
                            "$it: $why"
                        }.joinToString("\n") shouldBe
                        ""

                    val rules = namespace.rules()
                    val expected = namespace.nftText()
                    rules.size shouldBeGreaterThan StatementCorpus.statements.size - refusals.size - 1
                    rules.mapNotNull { difference(it, expected[it.place]) }.joinToString("\n") shouldBe ""
                    val kinds = rules.flatMap { it.instructions }.groupingBy { it.name() }.eachCount()
                    println("${rules.size} rules, ${kinds.values.sum()} instructions: ${kinds.toSortedMap()}")
                }
            }
    })

/** What is wrong with a rule, or null. */
private fun difference(
    rule: KernelRule,
    expected: List<String>?,
): String? {
    val unknown = rule.instructions.filterIsInstance<UnknownInstruction>()
    val written = comparable(rule.written())
    val read = comparable(rule.expressions)
    return when {
        rule.text() != expected -> "${rule.place}: ${rule.text()} instead of $expected"
        written != read -> "${rule.place} ${rule.text()}: wrote $written for $read"
        unknown.isNotEmpty() -> "${rule.place}: $unknown"
        else -> null
    }
}
