// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.TableId
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.io.File
import dev.nfkit.nftables.Ruleset as RulesetValue

private val TEXT = File("src/test/resources/nftables/ruleset.nft").readText()
private val TYPEOF = File("src/test/resources/nftables/typeof.nft").readText()

class NftablesRulesetSpec :
    FunSpec({
        test("a ruleset that was read from text is installed as nft installs it").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft(TEXT)
                val expected = nft("list", "ruleset")
                nft("flush", "ruleset")
                client.commit(Batch().add(RulesetValue.parse(TEXT)))
                nft("list", "ruleset") shouldBe expected
            }
        }

        test("the installed ruleset is printed as nft lists it, and can be installed again").config(
            enabledOrReasonIf = needsNft,
        ) {
            withRuleset {
                nft(TEXT)
                val expected = nft("list", "ruleset")
                val listed = client.list().ruleset()
                listed.toText() shouldBe expected
                nft("flush", "ruleset")
                client.commit(Batch().add(listed))
                nft("list", "ruleset") shouldBe expected
                client.list().ruleset(nfkit).toText() shouldBe ""
                client.list().ruleset(TableId.ip("t")).toText() shouldBe "table ip t {\n}\n"
            }
        }

        test("sets of typeof are installed, listed and printed as nft does").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft(TYPEOF)
                nft("list", "ruleset") shouldBe TYPEOF
                client.list().ruleset().toText() shouldBe TYPEOF
                nft("flush", "ruleset")
                client.commit(Batch().add(RulesetValue.parse(TYPEOF)))
                nft("list", "ruleset") shouldBe TYPEOF
                client.list().ruleset().toText() shouldBe TYPEOF
            }
        }

        test("only intervals of some types are printed as prefixes").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val sets =
                    mapOf(
                        "ipv4_addr" to "10.0.0.0-10.0.0.255",
                        "inet_service" to "12-13",
                        "ether_addr" to "00:00:00:00:00:00-00:00:00:00:00:01",
                        "inet_proto" to "12-13",
                        "mark" to "12-13",
                        "realm" to "12-13",
                        "devgroup" to "12-13",
                        "uid" to "12-13",
                    ).entries.joinToString("\n") { (type, elements) ->
                        "set s_$type { type $type; flags interval; elements = { $elements }; }"
                    }
                nft("table inet t {\n$sets\n}")
                client.list().ruleset().toText() shouldBe nft("list", "ruleset")
            }
        }
    })
