// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs

class FailuresSpec :
    FunSpec({
        test("a step that other threads wait for is repeated until there is memory for it") {
            var attempts = 0
            insist { if (++attempts < 4) throw OutOfMemoryError("by the test") }
            attempts shouldBe 4
        }

        test("any other failure of such a step is thrown at once") {
            for (failure in listOf(StackOverflowError(), IllegalStateException(), AssertionError())) {
                var attempts = 0
                shouldThrow<Throwable> {
                    insist {
                        attempts++
                        throw failure
                    }
                } shouldBeSameInstanceAs failure
                attempts shouldBe 1
            }
        }

        test("a later failure is suppressed by the first, and never by itself") {
            val first = IllegalStateException()
            val later = AssertionError()
            first.joined(later).joined(first) shouldBeSameInstanceAs first
            first.suppressed.toList() shouldContainExactly listOf(later)
        }
    })
