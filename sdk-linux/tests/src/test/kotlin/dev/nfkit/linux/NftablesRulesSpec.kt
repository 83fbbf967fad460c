// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.SetLiteral
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.nftables.statement.Match
import dev.nfkit.nftables.statement.VerdictStatement
import io.kotest.assertions.assertSoftly
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.io.File
import java.util.Optional

/** The rules that the compiler's own spec compiles, with their chain's type and hook. */
internal data class CorpusRule(
    val family: String,
    val hook: String,
    val text: String,
)

internal fun corpus(): List<CorpusRule> =
    File("../../sdk-api/core/tests/src/test/resources/nftables/instructions.txt")
        .readLines()
        .filter { it.isNotBlank() && !it.startsWith("    ") }
        .map { line -> line.split(" | ", limit = 3).let { CorpusRule(it[0], it[1], it[2]) } }

internal val SETS =
    SetType.Lookup { name ->
        when (name) {
            "s" -> Optional.of(SetType(listOf(DataType.IPV4_ADDR), listOf()))
            "m" -> Optional.of(SetType(listOf(DataType.IPV4_ADDR), listOf(DataType.MARK)))
            "iv" -> Optional.of(SetType(listOf(DataType.MARK), listOf(), true))
            else -> Optional.empty()
        }
    }

internal fun table(family: String): TableId =
    when (family) {
        "ip" -> TableId.ip("t")
        "ip6" -> TableId.ip6("t")
        "arp" -> TableId.arp("t")
        "bridge" -> TableId.bridge("t")
        "netdev" -> TableId.netdev("t")
        else -> TableId.inet("t")
    }

/** The rules of a chain as nft lists them. */
internal fun Ruleset.rules(
    table: String,
    chain: String,
): List<String> =
    nft("list", "chain", *table.split(' ').toTypedArray(), chain)
        .lines()
        .map { it.trim() }
        .dropWhile { !it.startsWith("chain $chain") }
        .drop(1)
        .takeWhile { it != "}" }
        .filter { !it.startsWith("type ") }

/** Makes, for each family and hook of the corpus, a table `t` with chains and sets for its rules, and calls a block. */
internal fun Ruleset.forEachPlace(block: (family: String, rules: List<CorpusRule>) -> Unit) {
    for ((place, rules) in corpus().groupBy { it.family to it.hook }) {
        val (family, hook) = place
        nft("flush", "ruleset")
        nft("add", "table", family, "t")
        nft(
            "table $family t { set s { type ipv4_addr; flags dynamic,timeout; }; " +
                "map m { type ipv4_addr : mark; flags dynamic; }; set iv { type mark; flags interval; }; " +
                "chain d { }; chain nft { $hook }; chain own { $hook }; }",
        )
        block(family, rules)
    }
}

/** Adds a rule to the chain `own`. A kernel that lacks an expression refuses it. */
internal fun Ruleset.adds(rule: CorpusRule): Boolean =
    runCatching { client.commit(Batch().add(Rule.of(table(rule.family), "own", rule.text, SETS))) }.isSuccess

internal fun Ruleset.flushOwn(family: String) {
    client.commit(Batch().flush(Chain.regular(table(family), "own")))
}

/** Adds rules to the chain `nft` by nft, all at once: each start of it takes time. */
internal fun Ruleset.addByNft(rules: List<CorpusRule>) {
    nft(rules.joinToString("\n") { "add rule ${it.family} t nft ${it.text}" })
}

class NftablesRulesSpec :
    FunSpec({
        test("rules in text are installed as nft installs them").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                var compared = 0
                val different = mutableListOf<String>()
                forEachPlace { family, rules ->
                    val (added, refused) = rules.partition { adds(it) }
                    val own = rules("$family t", "own")
                    flushOwn(family) // the kernel permits some expressions once only
                    addByNft(added)
                    val expected = rules("$family t", "nft")
                    own.size shouldBe added.size
                    different +=
                        own.indices.filter { own[it] != expected.getOrNull(it) }.map { "${added[it]}: ${own[it]}" }
                    // Last: after a refusal the kernel refuses some of the others.
                    different +=
                        refused.filter { runCatching { addByNft(listOf(it)) }.isSuccess }.map { "only nft: $it" }
                    compared += added.size
                }
                different.joinToString("\n") shouldBe ""
                compared shouldBeGreaterThan 300
            }
        }

        test("rules are added, inserted, replaced and deleted, with their sets").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val batch =
                    Batch()
                        .returnHandles()
                        .add(Table.owned(nfkit))
                        .add(Chain.base(nfkit, "input", filter("input")))
                        .add(Rule.of(nfkit, "input", "tcp dport { 22, 443 } accept comment \"services\""))
                        .add(Rule.of(nfkit, "input", "ip saddr { 10.0.0.0/8, 192.168.0.1 } counter"))
                val handles = client.commit(batch)
                rules("inet nfkit", "input") shouldContainExactly
                    listOf(
                        "tcp dport { 22, 443 } accept comment \"services\"",
                        "ip saddr { 10.0.0.0/8, 192.168.0.1 } counter packets 0 bytes 0",
                    )
                client.commit(
                    Batch()
                        .insert(Rule.of(nfkit, "input", "iifname \"lo\" accept"))
                        .replace(
                            Rule
                                .of(
                                    nfkit,
                                    "input",
                                    "tcp dport { 80, 8080-8090 } drop",
                                ).handle(handles.handle(2).asLong),
                        ).delete(Rule.`in`(nfkit, "input").handle(handles.handle(3).asLong)),
                )
                rules("inet nfkit", "input") shouldContainExactly
                    listOf("iifname \"lo\" accept", "tcp dport { 80, 8080-8090 } drop")
            }
        }

        test("rules are made of statements").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val ports = SetLiteral.of(Constant.port(22), Constant.port(443))
                client.commit(
                    Batch()
                        .add(Table.owned(nfkit))
                        .add(Chain.regular(nfkit, "services"))
                        .add(
                            Rule.of(
                                nfkit,
                                "services",
                                Match.of(HeaderField.TCP_DPORT, ports),
                                Counter.ZERO,
                                VerdictStatement.ACCEPT,
                            ),
                        ),
                )
                rules("inet nfkit", "services") shouldContainExactly
                    listOf("tcp dport { 22, 443 } counter packets 0 bytes 0 accept")
            }
        }

        test("a rule that jumps to a chain that does not exist is refused, and nothing else of its batch is done")
            .config(enabledOrReasonIf = needsNft) {
                withRuleset {
                    client.commit(Batch().add(Table.owned(nfkit)).add(Chain.regular(nfkit, "c")))
                    val refusal =
                        refused(
                            Batch()
                                .add(Rule.of(nfkit, "c", "tcp dport { 1, 2 } accept"))
                                .add(Rule.of(nfkit, "c", "tcp dport 3 jump nowhere")),
                        )
                    assertSoftly {
                        refusal.index() shouldBe 1
                        rules("inet nfkit", "c") shouldBe listOf()
                        nft("list", "sets").lines().filter { "set " in it } shouldBe listOf()
                    }
                }
            }

        test("2,000 rules of one batch refer to their own sets each").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val batch = Batch().add(Table.owned(nfkit)).add(Chain.regular(nfkit, "c"))
                for (i in 0 until 2_000) {
                    batch.add(Rule.of(nfkit, "c", "tcp dport { ${i + 1}, ${i + 10_000} } counter"))
                }
                client.commit(batch)
                val listed = rules("inet nfkit", "c")
                listed.size shouldBe 2_000
                listed shouldContain "tcp dport { 2000, 11999 } counter packets 0 bytes 0"
            }
        }
    })
