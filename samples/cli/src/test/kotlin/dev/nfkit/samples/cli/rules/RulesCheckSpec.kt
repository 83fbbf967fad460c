package dev.nfkit.samples.cli.rules

import dev.nfkit.samples.cli.nfkit
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
    })
