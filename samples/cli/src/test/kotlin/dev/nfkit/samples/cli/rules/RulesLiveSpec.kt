// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Running
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import io.kotest.assertions.assertSoftly
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith

private val TEXT =
    """
    table inet filter {
    	set friends {
    		type ipv4_addr
    		elements = { 10.0.0.1 }
    	}

    	chain input {
    		type filter hook input priority filter; policy accept;
    		ip saddr @friends tcp dport { 22, 443 } accept
    	}
    }
    """.trimIndent() + "\n"

class RulesLiveSpec :
    FunSpec({
        test("a ruleset of a file is applied and listed").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val file = tempdir().resolve("rules.nft").apply { writeText(TEXT) }
                val applied = nfkit("rules", "apply", "--netns", netns.name, file.path)
                val listed = nfkit("rules", "list", "--netns", netns.name)
                val table = nfkit("rules", "list", "--netns", netns.name, "inet", "filter")
                val json = nfkit("rules", "list", "--netns", netns.name, "--json")
                val missing = nfkit("rules", "list", "--netns", netns.name, "ip", "filter")
                assertSoftly {
                    applied.code shouldBe 0
                    applied.err shouldContain "1 table, 1 rule"
                    netns.inside("nft", "list", "ruleset") shouldBe TEXT
                    listed.out shouldBe TEXT
                    table.out shouldBe TEXT
                    // The first object is the version of nft, which nfkit is not.
                    json.out.substringAfter("}}, ").trim() shouldBe
                        netns.inside("nft", "-j", "list", "ruleset").substringAfter("}}, ").trim()
                    missing.code shouldBe 1
                    missing.err shouldContain "there is no table ip filter"
                }
            }
        }

        test("a ruleset is applied by changing what differs, which a dry run shows").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val file = tempdir().resolve("rules.nft").apply { writeText(TEXT) }

                fun apply(vararg options: String) = nfkit("rules", "apply", "--netns", netns.name, *options, file.path)
                apply()
                val again = apply()
                netns.inside("nft", "add", "table", "ip", "old")
                file.writeText(TEXT.replace("10.0.0.1", "10.0.0.2").replace("policy accept", "policy drop"))
                val dry = apply("--dry-run", "--remove", "ip old")
                val unchanged = netns.inside("nft", "list", "table", "inet", "filter")
                apply("--remove", "ip old")
                val changed = netns.inside("nft", "list", "ruleset")
                file.writeText(TEXT.replace("priority filter", "priority filter + 5"))
                val kept = apply("--keep-base-chains")
                assertSoftly {
                    again.err shouldContain "1 rule, 0 changes"
                    dry.out.lines().map { it.substringBefore(" { ") } shouldBe
                        listOf(
                            "delete table ip old",
                            "delete element inet filter friends",
                            "add chain inet filter input",
                            "add element inet filter friends",
                            "",
                        )
                    unchanged shouldBe TEXT
                    changed shouldBe TEXT.replace("10.0.0.1", "10.0.0.2").replace("policy accept", "policy drop")
                    kept.code shouldBe 1
                    kept.err shouldContain "nothing was applied"
                    netns.inside("nft", "list", "ruleset") shouldBe changed
                }
            }
        }

        test("changes are printed as nft monitor prints them, until the command is stopped").config(
            enabledOrReasonIf = live,
        ) {
            Netns().use { netns ->
                val ran =
                    Running("listening", "rules", "monitor", "--netns", netns.name, "inet", "t").use { nfkit ->
                        netns.inside("nft", "add", "table", "ip", "other")
                        netns.inside("nft", "add", "table", "inet", "t")
                        netns.inside("nft", "add", "chain", "inet", "t", "c")
                        netns.inside("nft", "add", "rule", "inet", "t", "c", "tcp", "dport", "{ 22, 80 }", "accept")
                        netns.inside("nft", "delete", "table", "inet", "t")
                        await("the last event to be printed") { nfkit.printed().lines().count { "(nft)" in it } == 5 }
                        nfkit.signal("INT")
                    }
                ran.code shouldBe 0
                ran.out.lines().filter { it.isNotEmpty() && !it.startsWith("#") } shouldBe
                    listOf(
                        "add table inet t",
                        "add chain inet t c",
                        "add rule inet t c tcp dport { 22, 80 } accept",
                        "delete rule inet t c handle 3",
                        "delete chain inet t c",
                        "delete table inet t",
                    )
                ran.err shouldContain "11 events have been shown; 0 datagrams of events lost."
            }
        }

        test("nft reads a change that monitor printed as JSON, and ignores its time").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val command = arrayOf("rules", "monitor", "--netns", netns.name, "--json")
                val ran =
                    Running("listening", *command).use { nfkit ->
                        netns.inside("nft", "add", "table", "inet", "t")
                        await("the event to be printed") { nfkit.printed().endsWith("\n") }
                        nfkit.signal("INT")
                    }
                val line = ran.out.trim()
                line shouldStartWith "{\"add\": {\"table\": {\"family\": \"inet\", \"name\": \"t\""
                netns.inside("nft", "delete", "table", "inet", "t")
                val file = tempdir().resolve("change.json").apply { writeText("{\"nftables\": [$line]}") }
                netns.inside("nft", "-j", "-f", file.path)
                netns.inside("nft", "list", "tables") shouldBe "table inet t\n"
            }
        }

        test("nothing of a ruleset that the kernel refuses is applied").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val file = tempdir().resolve("rules.nft")
                file.writeText("table t { chain c { accept; }; chain d { jump nowhere; }; }")
                val applied = nfkit("rules", "apply", "--netns", netns.name, file.path)
                applied.code shouldBe 1
                applied.err shouldContain "nothing was applied"
                netns.inside("nft", "list", "ruleset") shouldBe ""
            }
        }
    })
