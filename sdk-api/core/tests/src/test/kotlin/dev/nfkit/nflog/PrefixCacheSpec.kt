// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.ByteBuffer

/** A prefix as it stands in a message: between other bytes, and at its end. */
private fun PrefixCache.text(
    prefix: ByteArray,
    before: Int = 3,
    after: ByteArray = ByteArray(9) { 0x55 },
): String = text(ByteBuffer.wrap(ByteArray(before) { 0x33 } + prefix + after), before, prefix.size)

private fun PrefixCache.text(prefix: String): String = text(prefix.toByteArray())

class PrefixCacheSpec :
    FunSpec({
        test("a text is made once, whatever stands around it, and at the end of the message too") {
            for (length in 1..20) {
                val cache = PrefixCache()
                val prefix = ByteArray(length) { 'a'.code.plus(it).toByte() }
                val first = cache.text(prefix)
                withClue(length) {
                    first shouldBe String(prefix)
                    cache.text(prefix, 0, ByteArray(8) { 0x77 }) shouldBeSameInstanceAs first
                    cache.text(prefix, 5, ByteArray(0)) shouldBeSameInstanceAs first
                    cache.text(prefix, 5, ByteArray(7 - minOf(length, 7)) { -1 }) shouldBeSameInstanceAs first
                    cache.text(prefix, 5, ByteArray(64)) shouldBeSameInstanceAs first
                }
            }
        }

        test("texts end at their NUL, and an empty one is empty") {
            val cache = PrefixCache()
            cache.text("drop: \u0000") shouldBe "drop: "
            cache.text("a rather long one\u0000rest") shouldBe "a rather long one"
            cache.text("\u0000") shouldBe ""
            cache.text("") shouldBe ""
        }

        test("texts that differ in one byte, at whatever place, or only in their length are different") {
            val cache = PrefixCache()
            val common = "abcdefghijklmnop"
            for (length in 1..16) {
                for (place in 0 until length) {
                    val other = StringBuilder(common.take(length)).also { it[place] = '~' }.toString()
                    repeat(2) {
                        cache.text(common.take(length)) shouldBe common.take(length)
                        cache.text(other) shouldBe other
                    }
                }
            }
        }

        test("a text is not taken for one that begins with it and has its place") {
            val cache = PrefixCache()
            val long = "0123456789".repeat(12).take(10 + 64) // the place depends on the length modulo 64
            repeat(2) {
                cache.text(long.take(10)) shouldBe long.take(10)
                cache.text(long) shouldBe long
            }
        }

        test("many more texts than it keeps are each right, and a few are all kept") {
            val cache = PrefixCache()
            repeat(2) { (1..2_000).forEach { cache.text("prefix $it: ") shouldBe "prefix $it: " } }
            val few = PrefixCache()
            val texts = listOf("in ", "out ", "drop", "new: ").associateWith { few.text(it) }
            texts.all { (text, made) -> few.text(text) === made }.shouldBeTrue()
        }
    })
