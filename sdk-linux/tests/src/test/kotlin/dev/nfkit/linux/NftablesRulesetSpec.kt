package dev.nfkit.linux

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.TableId
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.io.File
import dev.nfkit.nftables.Ruleset as RulesetValue

private val TEXT = File("src/test/resources/nftables/ruleset.nft").readText()

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
    })
