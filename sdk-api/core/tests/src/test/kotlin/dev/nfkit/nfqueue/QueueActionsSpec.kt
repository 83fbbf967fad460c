// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private fun queues(vararg numbers: Int): List<NfqueueQueue> = numbers.map { NfqueueQueue.builder(it).build() }

class QueueActionsSpec :
    FunSpec({
        test("a rule distributes over consecutive queues, in whatever order they are given") {
            for (numbers in listOf(intArrayOf(5), intArrayOf(5, 6), intArrayOf(7, 5, 6), intArrayOf(0, 1, 2, 3))) {
                QueueActions.requireConsecutive(queues(*numbers))
            }
        }

        test("a gap between the queues of a rule is refused, and the error names the first and the last one") {
            for (numbers in listOf(intArrayOf(5, 7), intArrayOf(7, 5), intArrayOf(5, 6, 9))) {
                shouldThrow<IllegalArgumentException> { QueueActions.requireConsecutive(queues(*numbers)) }
                    .message shouldBe
                    "rule: it distributes packets over consecutive queues, and ${numbers.min()} to ${numbers.max()} " +
                    "are not all of this session"
            }
        }
    })
