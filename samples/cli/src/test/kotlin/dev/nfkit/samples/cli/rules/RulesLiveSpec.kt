package dev.nfkit.samples.cli.rules

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import io.kotest.assertions.assertSoftly
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

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
                val missing = nfkit("rules", "list", "--netns", netns.name, "ip", "filter")
                assertSoftly {
                    applied.code shouldBe 0
                    applied.err shouldContain "1 table, 1 rule"
                    netns.inside("nft", "list", "ruleset") shouldBe TEXT
                    listed.out shouldBe TEXT
                    table.out shouldBe TEXT
                    missing.code shouldBe 1
                    missing.err shouldContain "there is no table ip filter"
                }
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
