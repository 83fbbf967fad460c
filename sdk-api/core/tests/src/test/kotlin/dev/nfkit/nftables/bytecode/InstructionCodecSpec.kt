// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode

import dev.nfkit.MalformedMessageException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import kotlin.random.Random

private fun one(
    name: String,
    data: ByteArray?,
): Instruction = decode(element(name, data)).single()

private val metaLoad = arrayOf(2 to be32(3), 1 to be32(1))

class InstructionCodecSpec :
    FunSpec({
        test("what was written is read as it was, in both byte orders") {
            val reader = InstructionReader()
            for (seed in 1..3_000) {
                val order = if (seed % 2 == 0) ByteOrder.BIG_ENDIAN else ByteOrder.LITTLE_ENDIAN
                val list = RandomInstructions(Random(seed)).list()
                withClue("seed $seed") { decode(encode(list, order), order, reader) shouldBe list }
            }
        }

        test("every instruction that is modelled is among the random ones") {
            val names =
                RandomInstructions(
                    Random(1),
                ).let { it.all() + List(2_000) { _ -> it.next() } }.map { it.name() }
            names shouldContainAll Formats.names()
        }

        test("attributes may be in any order") {
            one("meta", attributes(*metaLoad)) shouldBe Meta.Load(MetaKey.MARK, 1)
            one("meta", attributes(*metaLoad.reversedArray())) shouldBe Meta.Load(MetaKey.MARK, 1)
        }

        test("padding between attributes is no attribute") {
            val counter = arrayOf(3 to ByteArray(0), 1 to ByteArray(7) + 5, 3 to ByteArray(0), 2 to ByteArray(7) + 6)
            one("counter", attributes(*counter)) shouldBe Stateful.Counter(6, 5)
        }

        test("what older kernels omit has their meaning") {
            val mask = attributes(1 to be32(-1L))
            val bitwise = arrayOf(1 to be32(1), 2 to be32(1), 3 to be32(4), 4 to mask, 5 to mask)
            val ones = Constant.of(-1, -1, -1, -1)
            one("bitwise", attributes(*bitwise)) shouldBe Bitwise.Mask(1, 1, 4, ones, ones)
            val limit = arrayOf(1 to ByteArray(7) + 5, 2 to ByteArray(7) + 1)
            one("limit", attributes(*limit)) shouldBe Stateful.Limit(5, 1, 0, false, 0)
        }

        test("what no record models is kept as bytes and written again as it was") {
            val meta = attributes(*metaLoad)
            val cases =
                mapOf(
                    "an unknown name" to element("fullcone", attributes(1 to be32(5))),
                    "an unknown name without data" to element("fullcone", null),
                    "an unknown attribute" to element("meta", meta + attributes(9 to be32(1))),
                    "an attribute of a large number" to element("meta", meta + attributes(16000 to be32(1))),
                    "an attribute that occurs twice" to element("meta", meta + attributes(1 to be32(2))),
                    "an attribute that the others exclude" to element("meta", meta + attributes(3 to be32(2))),
                    "a missing attribute" to element("meta", attributes(1 to be32(1))),
                    "a long attribute" to element("meta", attributes(2 to be32(3), 1 to be32(1) + 0)),
                    "a choice of a newer kernel" to element("meta", attributes(2 to be32(99), 1 to be32(1))),
                    "a register out of range" to element("meta", attributes(2 to be32(3), 1 to be32(7))),
                    "no data" to element("meta", null),
                    "data that should be none" to element("notrack", ByteArray(0)),
                    "text that is no UTF-8" to element("log", attributes(2 to byteArrayOf(-1, 0))),
                    "text with bytes after its end" to element("log", attributes(2 to byteArrayOf(65, 0, 66))),
                    "a constant of no bytes" to
                        element("immediate", attributes(1 to be32(1), 2 to attributes(1 to ByteArray(0)))),
                    "a verdict of a newer kernel" to
                        element(
                            "immediate",
                            attributes(1 to be32(0), 2 to attributes(2 to attributes(1 to be32(-99)))),
                        ),
                )
            for ((what, bytes) in cases) {
                withClue(what) {
                    val read = decode(bytes).single()
                    (read is UnknownInstruction) shouldBe true
                    decode(encode(listOf(read))) shouldBe listOf(read)
                    val next = listOf(read, Diversion.Notrack())
                    decode(encode(next)) shouldBe next
                }
            }
        }

        test("the last attribute of bytes may lack its padding") {
            val short = UnknownInstruction("future", Opaque.of(5, 0, 1, 0, 7))
            val list = listOf(short, Meta.Load(MetaKey.MARK, 1), short)
            decode(encode(list)) shouldBe list
        }

        test("malformed bytes are refused with the place and the reason") {
            fun problem(bytes: ByteArray) = shouldThrow<MalformedMessageException> { decode(bytes) }.message!!
            problem(byteArrayOf(9, 0)) shouldContain "expected an attribute's header of 4 bytes, found 2 bytes"
            problem(attributes(2 to ByteArray(0))) shouldContain "expected NFTA_LIST_ELEM, found attribute 2"
            problem(attributes(1 to ByteArray(0))) shouldContain "expected a name in NFTA_EXPR_NAME, found none"
            problem(element("", null)) shouldContain "expected a name in NFTA_EXPR_NAME, found none"
            problem(attributes(1 to attributes(1 to byteArrayOf(65)))) shouldContain "text ended by NUL"
            problem(element("meta", attributes(1 to byteArrayOf(1)))) shouldContain "at least 4 bytes, found 1 bytes"
            problem(element("a".repeat(256), null)) shouldContain "NFTA_EXPR_NAME"
        }

        test("instructions nested deeper than any kernel has them are refused") {
            var inner: Instruction = Stateful.Counter(0, 0)
            repeat(3) { inner = Inner(0, Inner.Type.VXLAN, 0, 0, inner) }
            decode(encode(listOf(inner))) shouldBe listOf(inner)
            val deep = Inner(0, Inner.Type.VXLAN, 0, 0, inner)
            shouldThrow<MalformedMessageException> { decode(encode(listOf(deep))) }.message!! shouldContain
                "4 levels of instructions at most"
        }

        test("a reader that has failed reads the next list") {
            val reader = InstructionReader()
            var deep: Instruction = Stateful.Counter(0, 0)
            repeat(5) { deep = Inner(0, Inner.Type.VXLAN, 0, 0, deep) }
            shouldThrow<MalformedMessageException> { decode(encode(listOf(deep)), reader = reader) }
            val list = RandomInstructions(Random(3)).all()
            decode(encode(list), reader = reader) shouldBe list
        }
    })
