// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode

import dev.nfkit.MalformedMessageException
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder
import kotlin.random.Random

private val reader = InstructionReader()

/** What is read; null if the bytes are malformed. What is read can be printed, written, and read again. */
private fun tryRead(bytes: ByteArray): List<Instruction>? =
    try {
        val list = decode(bytes, reader = reader)
        InstructionText.lines(list, ByteOrder.LITTLE_ENDIAN).size shouldBe list.size
        InstructionText.lines(decode(encode(list)), ByteOrder.LITTLE_ENDIAN).map(::withoutZero) shouldBe
            InstructionText.lines(list, ByteOrder.LITTLE_ENDIAN).map(::withoutZero)
        list
    } catch (_: MalformedMessageException) {
        null // the only error for malformed input
    }

/** A timeout of 0 is not written, because the kernel dumps it and may refuse it. */
private fun withoutZero(text: String): String = text.replace(" timeout 0ms", "")

class InstructionFuzzSpec :
    FunSpec({
        test("mutated lists cause only the malformed-message error") {
            val random = Random(15)
            var read = 0
            var changed = 0
            repeat(5_000) { round ->
                val valid = RandomInstructions(random).list()
                val bytes = encode(valid)
                repeat(random.nextInt(1, 5)) {
                    if (bytes.isNotEmpty()) {
                        val at = random.nextInt(bytes.size)
                        bytes[at] =
                            if (random.nextBoolean()) {
                                random.nextInt(256).toByte()
                            } else {
                                (bytes[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                            }
                    }
                }
                // Bytes after the end are in no array, so that reading them fails.
                val end = if (round % 4 == 0) random.nextInt(bytes.size + 1) else bytes.size
                withClue("round $round") {
                    tryRead(bytes.copyOf(end))?.let {
                        read++
                        if (it != valid) changed++
                    }
                }
            }
            read shouldBeGreaterThan 1000
            changed shouldBeGreaterThan 1000
        }

        test("random bytes cause only the malformed-message error") {
            val random = Random(16)
            repeat(5_000) { round ->
                withClue("round $round") { tryRead(random.nextBytes(random.nextInt(80))) }
            }
        }

        test("random attributes of known instructions cause only the malformed-message error") {
            val random = Random(17)
            val names = Formats.names()
            var known = 0
            repeat(5_000) { round ->
                val data =
                    List(random.nextInt(6)) {
                        val length = listOf(0, 1, 2, 4, 4, 4, 8, random.nextInt(70))[random.nextInt(8)]
                        val value = random.nextBytes(length)
                        // small numbers are more often in range
                        (0 until length - 1).forEach { if (random.nextInt(4) > 0) value[it] = 0 }
                        random.nextInt(12) to value
                    }
                val bytes = element(names[random.nextInt(names.size)], attributes(*data.toTypedArray()))
                withClue("round $round") {
                    if (tryRead(bytes)?.single() !is UnknownInstruction?) known++
                }
            }
            known shouldBeGreaterThan 100
        }
    })
