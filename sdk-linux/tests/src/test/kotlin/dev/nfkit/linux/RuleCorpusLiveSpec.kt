// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.Nftables
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.nio.file.Files

/** Lists the recorded rules of the corpus again, with the installed nft and the running kernel. */
class RuleCorpusLiveSpec :
    FunSpec({
        val needsNft: (io.kotest.core.test.TestCase) -> io.kotest.core.test.Enabled = {
            val version = runCatching { run("nft", "--version") }.getOrDefault("no nft")
            Live.enabled(
                Live.noNamespaces ?: Live.ofUserNamespace
                    ?: if (RECORDED in version) null else "the corpus is of $RECORDED: $version",
            )
        }

        test("nft lists the recorded rules as they were recorded").config(enabledOrReasonIf = needsNft) {
            Namespace().use { namespace ->
                val file = Files.createTempFile("rules", ".nft")
                try {
                    val differences =
                        ruleCorpus().groupBy { it.family }.flatMap { (family, rules) ->
                            val chains = rules.indices.joinToString("") { "  chain c$it { }\n" }
                            val table = "table $family t {\n${ruleObjects(family)}$chains}\n"
                            val added =
                                rules.withIndex().joinToString(
                                    "",
                                ) { (index, rule) -> "add rule $family t c$index ${rule.text}\n" }
                            Files.writeString(file, table + added)
                            namespace.exec("env", "TZ=UTC", "nft", "-f", file.toString())
                            val listed = namespace.exec("env", "TZ=UTC", "nft", "list", "table", family, "t")
                            rules.withIndex().mapNotNull { (index, rule) ->
                                val chain =
                                    listed
                                        .substringAfter(
                                            "\tchain c$index {\n",
                                        ).substringBefore("\n\t}\n")
                                        .trim()
                                if (chain ==
                                    rule.listed
                                ) {
                                    null
                                } else {
                                    "$family ${rule.text}\n  then: ${rule.listed}\n  now: $chain"
                                }
                            }
                        }
                    differences shouldBe listOf()
                } finally {
                    Files.delete(file)
                }
            }
        }

        test("a ruleset that nft installed is what is listed of it").config(
            enabledOrReasonIf = needsNft,
        ) {
            Namespace().use { namespace ->
                val file = Files.createTempFile("rules", ".nft")
                try {
                    for ((family, rules) in ruleCorpus().groupBy { it.family }) {
                        val chains = rules.indices.joinToString("") { "  chain c$it { }\n" }
                        val added =
                            rules.withIndex().joinToString(
                                "",
                            ) { (at, it) -> "add rule $family t c$at ${it.text}\n" }
                        Files.writeString(file, "table $family t {\n${ruleObjects(family)}$chains}\n$added")
                        namespace.exec("nft", "-f", file.toString())
                    }
                    Nftables.open(namespace.transport).use { client ->
                        val listed = client.list().ruleset()
                        // 15 rules are listed as text of which nft itself makes other instructions: 6 with a mask that is
                        // listed as a prefix or left out, 5 with a protocol that is not listed because the next match implies
                        // it, and 4 of raw bytes that are listed as a field or at another place.
                        client.difference(listed).commands().size shouldBeLessThanOrEqual 15
                        client.reconcile(listed)
                        client.difference(client.list().ruleset()).commands().map { it.toString() } shouldBe listOf()
                        client.difference(listed).commands().map { it.toString() } shouldBe listOf()
                    }
                } finally {
                    Files.delete(file)
                }
            }
        }
    })
