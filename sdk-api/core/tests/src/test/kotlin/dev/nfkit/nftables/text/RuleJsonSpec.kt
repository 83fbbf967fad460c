// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.ExtensionStatement
import dev.nfkit.nftables.statement.Queue
import dev.nfkit.nftables.statement.RawStatement
import dev.nfkit.nftables.statement.Statement
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

/** Rules of `json.txt` that are printed in another form than nft's, and why. */
private val others =
    mapOf(
        // The key without a family is the key of the rule's family, which is what nft lists without -j, too.
        "ip ct original saddr 1.1.1.1" to
            """[{"match": {"op": "==", "left": {"ct": {"key": "ip saddr", "dir": "original"}}, "right": "1.1.1.1"}}]""",
    )

class RuleJsonSpec :
    FunSpec({
        val recorded =
            RuleJsonSpec::class.java
                .getResource("json.txt")!!
                .readText()
                .lines()
                .filter { it.isNotBlank() && !it.startsWith("#") }
                .chunked(2)

        fun printed(rule: String): String {
            val family = RuleCorpus.family(rule.substringBefore(' '))
            val read = RuleParser.parse(family, RuleCorpus.sets, RuleCorpus.host, rule.substringAfter(' '))
            return JsonRule.print(family, RuleCorpus.sets, RuleCorpus.host, read.statements())
        }

        fun printed(statement: Statement) =
            JsonRule.print(AddressFamily.INET, SetType.Lookup.NONE, RuleCorpus.host, listOf(statement))

        test("a rule is printed as nft -j lists it, but for those that are named here") {
            recorded.size shouldBeGreaterThan 2000
            recorded.mapNotNull { (rule, json) ->
                val printed = runCatching { printed(rule) }.getOrElse { it.toString() }
                if (printed == others.getOrDefault(rule, json)) null else "$rule\n  nft: $json\n  got: $printed"
            } shouldBe listOf()
        }

        test("all recorded rules of the corpus have a recorded form") {
            RuleCorpus.rules.filter { it.recorded }.map { "${it.family} ${it.text}" } shouldBe recorded.map { it[0] }
        }

        test("the level of a control group, which nft leaves out, is printed") {
            printed("""inet socket cgroupv2 level 2 5""") shouldBe
                """[{"match": {"op": "==", "left": {"socket": {"key": "cgroupv2", "level": 2}}, "right": 5}}]"""
        }

        test("a number of 64 bits is not printed as a negative one") {
            printed("inet ct bytes 18446744073709551615") shouldBe
                """[{"match": {"op": "==", "left": {"ct": {"key": "bytes"}}, "right": 18446744073709551615}}]"""
        }

        test("a queue has its numbers, and one flag as a word") {
            printed("inet queue flags bypass to 1-3") shouldBe
                """[{"queue": {"num": {"range": [1, 3]}, "flags": "bypass"}}]"""
            printed(Queue.to(5)) shouldBe """[{"queue": {"num": 5}}]"""
        }

        test("what has no form in the schema has a name") {
            printed(ExtensionStatement(true, "LOG", 0, byteArrayOf(1))) shouldBe
                """[{"xt": {"type": "target", "name": "LOG"}}]"""
            printed(RawStatement("fancy", byteArrayOf(1))) shouldBe """["raw \"fancy\""]"""
        }

        test("text from outside cannot leave its string, nor reach the terminal") {
            Json.string("a\"b\\c\u001b[2J\u202e\n") shouldBe "\"a\\\"b\\\\c\\u001B[2J\\u202E\\n\""
        }
    })
