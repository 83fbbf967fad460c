// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

class RuleCorpusSpec :
    FunSpec({
        fun differences(rules: List<Triple<String, String, String>>): List<String> =
            rules.mapNotNull { (family, text, listed) ->
                val printed = runCatching { RuleCorpus.printed(family, text) }.getOrElse { it.toString() }
                if (printed == listed) null else "$family $text\n  nft: $listed\n  got: $printed"
            }

        test("the corpus has rules of all families") {
            RuleCorpus.rules.size shouldBeGreaterThan 600
            RuleCorpus.rules.map { it.family }.toSet() shouldBe setOf("ip", "ip6", "inet", "arp", "bridge", "netdev")
        }

        test("a rule is printed as nft lists it") {
            differences(RuleCorpus.rules.map { Triple(it.family, it.text, it.listed) }) shouldBe listOf()
        }

        test("a listed rule is printed as it was") {
            differences(RuleCorpus.rules.filter { it.stable }.map { Triple(it.family, it.listed, it.listed) }) shouldBe
                listOf()
        }
    })
