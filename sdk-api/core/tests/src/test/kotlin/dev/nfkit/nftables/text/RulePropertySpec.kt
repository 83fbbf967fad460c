// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.util.Optional
import kotlin.random.Random

private const val MUTATED = 30_000
private const val RANDOM = 20_000
private const val STATEMENTS = 20_000

class RulePropertySpec :
    FunSpec({
        val families =
            listOf(
                AddressFamily.INET,
                AddressFamily.INET,
                AddressFamily.IPV4,
                AddressFamily.IPV6,
                AddressFamily.BRIDGE,
                AddressFamily.NETDEV,
            )

        fun print(
            family: AddressFamily,
            rule: RuleText,
        ) = RulePrinter.print(family, RuleCorpus.sets, RuleCorpus.host, rule.statements(), rule.comment())

        fun parse(
            family: AddressFamily,
            text: String,
        ) = RuleParser.parse(family, RuleCorpus.sets, RuleCorpus.host, text)

        /** Parses a text, and if it is a rule, prints and parses it until the text stays the same. */
        fun check(
            family: AddressFamily,
            text: String,
        ): Boolean {
            val rule =
                try {
                    parse(family, text)
                } catch (_: RuleSyntaxException) {
                    return false
                }
            val once = print(family, rule)
            val twice = print(family, parse(family, once))
            print(family, parse(family, twice)) shouldBe twice
            return true
        }

        test("random statements are read as they were printed") {
            val random = Random(15)
            repeat(STATEMENTS) {
                val statement = RandomStatements(random).statement()
                val text = print(AddressFamily.INET, RuleText(listOf(statement), Optional.empty()))
                withClue("$statement\n$text") {
                    parse(AddressFamily.INET, text).statements() shouldBe listOf(statement)
                }
            }
        }

        test("mutated rules are rules or syntax errors") {
            val random = Random(16)
            val words = RuleCorpus.rules.flatMap { it.text.split(' ') }
            val symbols = "{}()[],:;.@/-+=<>&|^!*$\"#\\\n\t 0159abcxyz\u00e9\u0000"
            var rules = 0
            repeat(MUTATED) {
                var text = RuleCorpus.rules.random(random).text
                repeat(random.nextInt(1, 4)) {
                    val parts = text.split(' ').toMutableList()
                    val at = random.nextInt(parts.size)
                    when (random.nextInt(5)) {
                        0 -> parts.removeAt(at)
                        1 -> parts[at] = words.random(random)
                        2 -> parts.add(at, words.random(random))
                        3 -> parts[at] = parts[at].drop(1)
                        else -> parts[at] = parts[at] + symbols.random(random)
                    }
                    text = parts.joinToString(" ")
                }
                withClue(text) {
                    if (check(families.random(random), text)) rules++
                }
            }
            rules shouldBeGreaterThan MUTATED / 50
        }

        test("random text is a rule or a syntax error") {
            val random = Random(17)
            val words = RuleCorpus.rules.flatMap { it.text.split(' ') }.distinct()
            repeat(RANDOM) {
                val text =
                    if (random.nextBoolean()) {
                        List(random.nextInt(8)) { words.random(random) }.joinToString(" ")
                    } else {
                        List(random.nextInt(40)) { random.nextInt(1, 0x180).toChar() }.joinToString("")
                    }
                withClue(text) { check(families.random(random), text) }
            }
        }
    })
