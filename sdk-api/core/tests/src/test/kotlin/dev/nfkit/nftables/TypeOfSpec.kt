// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.nftables.codec.TypeOf
import dev.nfkit.nftables.expression.ConnectionSelector
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.NumberGenerator
import dev.nfkit.nftables.expression.Selector
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.util.HexFormat
import kotlin.random.Random

private val table = TableId.inet("t")

class TypeOfSpec :
    FunSpec({
        fun declared(block: String): NftSet =
            Ruleset
                .parse("table inet t {\n set s {\n $block\n }\n}")
                .tables()
                .single()
                .sets()
                .single()

        val recorded =
            TypeOfSpec::class.java
                .getResource("/nftables/typeof.txt")!!
                .readText()
                .lines()
                .filter { it.isNotBlank() && !it.startsWith("#") }
                .associate { line -> line.substringBefore(" = ") to line.substringAfter(" = ") }

        test("typeof stores what nft stores").config(enabled = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            recorded.size shouldBeGreaterThan 150
            recorded.forEach { (text, hex) ->
                withClue(text) {
                    val selectors = declared("typeof $text").keySelectors()
                    HexFormat.of().formatHex(TypeOf.write(selectors)) shouldBe hex
                    TypeOf.read(HexFormat.of().parseHex(hex)) shouldContainExactly selectors
                }
            }
        }

        test("a set of typeof is printed as it was declared, with elements of the size of what it is the type of") {
            val text =
                """
                table inet t {
                	set tags {
                		typeof vlan id . ct zone
                		elements = { 5 . 7 }
                	}
                }

                """.trimIndent()
            val ruleset = Ruleset.parse(text)
            ruleset.toText() shouldBe text
            val set =
                ruleset
                    .tables()
                    .single()
                    .sets()
                    .single()
            set.type().key() shouldContainExactly listOf(DataType.INTEGER, DataType.INTEGER)
            NftSet.typeOf(table, "tags", *set.keySelectors().toTypedArray()).keySelectors() shouldContainExactly
                set.keySelectors()
            shouldThrow<RuleSyntaxException> { declared("typeof vlan id; elements = { 4096 }") }
        }

        test("a map has the types of what its data is assigned to") {
            val map = NftSet.typeOf(table, "m", listOf(HeaderField.IP_SADDR), listOf<Selector>(ConnectionSelector.MARK))
            map.map() shouldBe true
            map.type().data() shouldContainExactly listOf(DataType.MARK)
            map.dataSelectors() shouldContainExactly listOf(ConnectionSelector.MARK)
        }

        test("other expressions are refused with their place") {
            val error = shouldThrow<RuleSyntaxException> { declared("typeof numgen inc mod 2") }
            error.line() shouldBe 3
            error.column() shouldBe 9
            error.expected() shouldContain "is not supported"
            shouldThrow<IllegalArgumentException> {
                NftSet.typeOf(table, "s", NumberGenerator(NumberGenerator.Mode.RANDOM, 2, 0))
            }.message shouldContain "typeof does not support"
        }

        test("entries that nft did not write are no selectors, and nothing else happens") {
            TypeOf.read(ByteArray(0)).shouldBeEmpty()
            val random = Random(17)
            val bytes = recorded.values.map { HexFormat.of().parseHex(it) }
            repeat(20_000) {
                val mutated = bytes.random(random).copyOf()
                repeat(random.nextInt(1, 4)) { mutated[random.nextInt(mutated.size)] = random.nextInt().toByte() }
                TypeOf.read(mutated.copyOf(random.nextInt(mutated.size + 1)))
            }
        }
    })
