// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.nftables.edit.CommonSubsequence
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.util.Random

private fun kept(
    before: String,
    after: String,
) = CommonSubsequence.of(before.toList(), after.toList()).toList()

/** The length by the definition: what is kept of all but the first items, or with them if they are equal. */
private fun length(
    before: List<Int>,
    after: List<Int>,
): Int {
    var row = IntArray(after.size + 1)
    for (item in before) {
        val next = IntArray(after.size + 1)
        for (j in after.indices) {
            next[j + 1] = if (item == after[j]) row[j] + 1 else maxOf(row[j + 1], next[j])
        }
        row = next
    }
    return row.last()
}

class CommonSubsequenceSpec :
    FunSpec({
        test("equal items in order are kept") {
            kept("", "") shouldBe emptyList()
            kept("abc", "") shouldBe emptyList()
            kept("", "ab") shouldBe listOf(-1, -1)
            kept("abc", "abc") shouldBe listOf(0, 1, 2)
            kept("abcd", "axcyd") shouldBe listOf(0, -1, 2, -1, 3)
            kept("aaa", "aa") shouldBe listOf(0, 1)
            kept("abab", "ba") shouldBe listOf(1, 2)
        }

        test("the items that are kept are equal, in order, and as many as possible") {
            val seed = System.nanoTime()
            val random = Random(seed)
            repeat(500) {
                val kinds = 1 + random.nextInt(8)
                val before = List(random.nextInt(12)) { random.nextInt(kinds) }
                val after = List(random.nextInt(12)) { random.nextInt(kinds) }
                withClue("seed $seed: $before, $after") {
                    val kept = CommonSubsequence.of(before, after)
                    val places = kept.filter { it >= 0 }
                    places shouldBe places.sorted().distinct()
                    kept.forEachIndexed { j, i -> if (i >= 0) before[i] shouldBe after[j] }
                    places.size shouldBe length(before, after)
                }
            }
        }

        test("long lists with many repetitions are compared without a pair of each") {
            val before = List(50_000) { it % 2 }
            val after = List(50_000) { if (it % 1000 == 0) 2 else it % 2 }
            CommonSubsequence.of(before, after).count { it >= 0 } shouldBeGreaterThan 40_000
        }
    })
