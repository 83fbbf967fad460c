// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class IndexSetSpec :
    FunSpec({
        test("each index is new once, also those that share a slot, and after it has grown") {
            for (indices in listOf(
                1L..1_000L,
                64L..64_000L step 64,
                63L..640_000L step 640,
                0xffff_ff00L..0xffff_ffffL,
            )) {
                val set = IndexSet()
                indices.forEach { set.add(it) shouldBe true }
                indices.forEach { set.add(it) shouldBe false }
                set.add(0x7000_0001) shouldBe true
            }
        }

        test("after it was cleared, every index is new again, as often as it is cleared") {
            val set = IndexSet()
            repeat(3) {
                (1L..100L).forEach { set.add(it) shouldBe true }
                set.add(100) shouldBe false
                set.clear()
            }
        }
    })
