// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules

import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.parseJson
import io.kotest.assertions.assertSoftly
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class RulesCheckSpec :
    FunSpec({
        test("a correct ruleset is counted") {
            val file = tempdir().resolve("rules.nft")
            file.writeText("table inet t { chain c { tcp dport 22 accept; udp dport 53 drop; }; }")
            val ran = nfkit("rules", "check", file.path)
            ran.code shouldBe 0
            ran.err shouldContain "correct: 1 table, 2 rules"
        }

        test("an error is printed with line and column") {
            val file = tempdir().resolve("rules.nft")
            file.writeText("table inet t {\n  chain c {\n    tcp dport x accept\n  }\n}\n")
            assertSoftly {
                val wrong = nfkit("rules", "check", file.path)
                wrong.code shouldBe 2
                wrong.err shouldContain "rules.nft: line 3, column 15: expected"
                val missing = nfkit("rules", "check", file.path + "x")
                missing.code shouldBe 2
                missing.err shouldContain "No such file"
                val bare = nfkit("rules")
                bare.code shouldBe 2
                bare.err shouldContain "expected list, check, apply or monitor"
            }
        }

        test("the result is one JSON object") {
            val file = tempdir().resolve("rules.nft")
            file.writeText("table inet t { chain c { accept; }; }")
            assertSoftly {
                val right = nfkit("rules", "check", "--json", file.path)
                right.code shouldBe 0
                parseJson(right.out.trim()) - "time" shouldBe
                    mapOf(
                        "kind" to "ruleset_check",
                        "time_source" to "received",
                        "file" to file.path,
                        "ok" to true,
                        "checked_by" to "nfkit",
                        "tables" to 1L,
                        "rules" to 1L,
                        "partly_checked" to emptyList<Any>(),
                    )
                file.writeText("table inet t {\n  chain c {\n    tcp dport x accept\n  }\n}\n")
                val wrong = nfkit("rules", "check", "--json", file.path)
                wrong.code shouldBe 2
                wrong.err shouldBe ""
                val report = parseJson(wrong.out.trim())
                Examples.check(wrong.out.trim().replace(file.path, "firewall.nft"))
                report["ok"] shouldBe false
                val error = (report["errors"] as List<*>).single() as Map<*, *>
                (error["line"] to error["column"]) shouldBe (3L to 15L)
                error["message"].toString() shouldContain "found \"x\""
            }
        }
    })
