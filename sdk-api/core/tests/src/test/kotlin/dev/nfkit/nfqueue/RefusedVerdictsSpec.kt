// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Errno
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

/** Refused verdicts of the queues 4 and 0, and what was reported of them. */
private class RefusalRig {
    val reported = mutableListOf<VerdictRefusal>()
    var onReport: () -> Unit = {}
    val rig =
        BatchRig(queues = listOf(4, 0)) {
            onRefused {
                reported += it
                onReport()
            }
        }
    val log = rig.verdicts.log
    val refused = RefusedVerdicts(rig.options, log, rig.dispatch, rig.reports)

    /** The queues in doubt whose packets had a verdict, by an epoch that ends the doubt and one before it. */
    fun doubtful(epoch: Int): List<Int> {
        val queues = rig.bound.filter { it.ledger.sweepDrops() }
        queues.forEach { it.ledger.begin(9, epoch - 1) }
        queues.none { it.ledger.sweepDue() } shouldBe true
        queues.forEach { it.ledger.begin(9, epoch) }
        queues.forEach { it.ledger.decided() }
        queues.all { it.ledger.sweepDue() } shouldBe true
        return queues.map { it.queue }
    }
}

class RefusedVerdictsSpec :
    FunSpec({
        test("a packet that is gone is counted and reported, and no queue is in doubt") {
            val rig = RefusalRig()
            rig.refused.refused(rig.log.next(4, -2, 0), Errno.ENOENT, 1)
            rig.refused.refused(rig.log.next(0, 8, VerdictLog.BATCH), Errno.ENOENT, 1)
            rig.refused.gone() shouldBe 2
            rig.refused.refused() shouldBe 0
            rig.reported shouldContainExactly
                listOf(
                    VerdictRefusal(4, 0xffff_fffeL, false, Errno.ENOENT),
                    VerdictRefusal(0, 8, true, Errno.ENOENT),
                )
            rig.rig.dispatch.troubled() shouldBe false
        }

        test("a sweep that finds no packet is no loss") {
            val rig = RefusalRig()
            rig.refused.refused(rig.log.next(4, 7, VerdictLog.BATCH or VerdictLog.SWEEP), Errno.ENOENT, 1)
            rig.refused.gone() shouldBe 0
            rig.reported.shouldBeEmpty()
        }

        test("the packet of a refused verdict may still wait: its queue is in doubt, and no other") {
            val rig = RefusalRig()
            rig.refused.refused(rig.log.next(0, 7, 0), Errno.ENOMEM, 3)
            rig.refused.refused() shouldBe 1
            rig.refused.gone() shouldBe 0
            rig.reported shouldContainExactly listOf(VerdictRefusal(0, 7, false, Errno.ENOMEM))
            rig.doubtful(3) shouldContainExactly listOf(0)
        }

        test("a refused verdict that is not known any more puts all queues in doubt, and is not reported") {
            val rig = RefusalRig()
            val forgotten = rig.log.next(0, 7, 0)
            repeat(1 shl 14) { rig.log.next(4, it, 0) }
            rig.refused.refused(forgotten, Errno.ENOMEM, 3)
            rig.refused.refused() shouldBe 1
            rig.reported.shouldBeEmpty()
            rig.doubtful(3) shouldContainExactly listOf(4, 0)
        }

        test("EPERM refuses all verdicts of a datagram: each counts and is reported, after all are counted") {
            val rig = RefusalRig()
            val sequences = listOf(4 to 1, 0 to 2, 4 to 3).map { (queue, id) -> rig.log.next(queue, id, 0) }
            rig.log.sending(sequences.first(), sequences.last())
            rig.onReport = { rig.refused.refused() shouldBe 3 }
            rig.refused.refused(sequences.first(), Errno.EPERM, 3)
            rig.refused.refused() shouldBe 3
            rig.reported.map { it.packetId() } shouldContainExactly listOf(1L, 2L, 3L)
            rig.reported.all { it.errno() == Errno.EPERM } shouldBe true
            rig.doubtful(3) shouldContainExactly listOf(4, 0)
        }

        test("an Error of the handler is thrown, and every verdict was counted") {
            val rig = RefusalRig()
            val sequences = (1..3).map { rig.log.next(0, it, 0) }
            rig.log.sending(sequences.first(), sequences.last())
            rig.onReport = { throw AssertionError("by the test") }
            shouldThrow<AssertionError> { rig.refused.refused(sequences.first(), Errno.EPERM, 3) }
            rig.refused.refused() shouldBe 3
        }

        test("without a handler refusals are counted") {
            val rig = BatchRig()
            val refused = RefusedVerdicts(rig.options, rig.verdicts.log, rig.dispatch, rig.reports)
            refused.refused(rig.verdicts.log.next(0, 1, 0), Errno.ENOENT, 1)
            refused.gone() shouldBe 1
        }
    })
