// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.TableId
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

/** The rules of a table as this library prints them. */
internal fun Ruleset.texts(table: TableId): List<String> {
    val rules = mutableListOf<Rule>()
    client.list().rules<RuntimeException>(table) { rules += it }
    val reader = client.list().ruleReader(table)
    return rules.map { reader.text(it) }
}

/** What nft 1.0.6 prints as other fields or operations than those it was given: this library prints what was given. */
private val misprintedByNft =
    setOf(
        "icmp type set 5",
        "icmpv6 code set 1",
        "ip dscp & 0x3 == 1",
        "ip dscp . tcp dport {cs1 . 5}",
        "ip dscp . tcp dport . ip ecn {cs1 . 5 . 1}",
        "rt0 addr[1] ::1",
    )

class NftablesTextSpec :
    FunSpec({
        test("rules that nft installed are printed as nft prints them").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                var compared = 0
                val different = mutableListOf<String>()
                forEachPlace { family, rules ->
                    val added = rules.filter { it.text !in misprintedByNft && adds(it) }
                    flushOwn(family)
                    addByNft(added)
                    val expected = rules("$family t", "nft")
                    val printed = texts(table(family))
                    expected.size shouldBe added.size
                    different +=
                        expected.indices
                            .filter { printed.getOrNull(it) != expected[it] }
                            .map { "${added[it]}:\n  ${expected[it]}\n  ${printed.getOrNull(it)}" }
                    compared += added.size
                }
                different.joinToString("\n") shouldBe ""
                compared shouldBeGreaterThan 300
            }
        }

        test("rules refer to named sets and to maps of objects").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft(
                    "table inet nfkit { counter web { }; map names { type ipv4_addr : counter; }; " +
                        "map ports { type inet_service : verdict; }; set s { type ipv4_addr . inet_service; }; " +
                        "chain c { ip saddr . tcp dport @s accept; counter name ip saddr map @names; " +
                        "tcp dport vmap @ports; counter name ip saddr map { 10.0.0.1 : \"web\" }; counter name web; }; }",
                )
                texts(nfkit) shouldBe rules("inet nfkit", "c")
            }
        }

        test("a reader reads sets that were made after it").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft("table inet nfkit { chain c { }; }")
                val reader = client.list().ruleReader(nfkit)
                nft("add rule inet nfkit c tcp dport { 22, 80-90 } accept")
                val rules = mutableListOf<Rule>()
                client.list().rules<RuntimeException>(nfkit) { rules += it }
                rules.map { reader.text(it) } shouldContainExactly listOf("tcp dport { 22, 80-90 } accept")
                client.list().statements(rules.single()) shouldHaveSize 2
            }
        }
    })
