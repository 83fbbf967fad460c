// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.atomic.LongAdder

/** Holds a packet, as a decider does. */
private fun VerdictRig.held(
    id: Int,
    deadline: Long? = null,
): Hold = hold(id, deadline).also { it.enter(QueuedPacket.read(message(), 0)) }

class HoldsSpec :
    FunSpec({
        test(
            "an answer that was claimed and not sent by the deadline is too late, and only one verdict is sent",
        ) {
            val rig = VerdictRig()
            val hold = rig.held(1, deadline = 10)
            hold.claim(Verdict.ACCEPT) shouldBe true
            rig.expire(9).shouldBeEmpty()
            rig
                .expire(10)
                .single()
                .verdict() shouldBe Verdict.DROP
            rig.holds.answer(hold, Verdict.ACCEPT) shouldBe false
            rig.socket.datagrams.flatten() shouldContainExactly listOf("0: 1 NF_DROP")
            rig.holds.nextDeadline(11) shouldBe -1 // no deadline is left
            rig.holds.expired() shouldBe 1
            rig.holds.answered() shouldBe 0
            hold.answer(Verdict.ACCEPT) shouldBe false
        }

        test("the end settles held packets, claimed or not, and every later answer is late instead of failing") {
            val rig = VerdictRig()
            val holds = (1..4).map { rig.held(it) }
            holds[0].claim(Verdict.DROP)
            holds[1].claim(Verdict.DROP)
            rig.settle(Verdict.ACCEPT).size shouldBe 4
            rig.socket.datagrams.flatten() shouldContainExactly (1..4).map { "0: $it NF_ACCEPT" }
            rig.socket.failAfter = 0
            rig.holds.answer(holds[0], Verdict.DROP) shouldBe false
            val late = LongAdder()
            rig.holds.answerAll(listOf(holds[1]), listOf(Verdict.DROP), late)
            late.sum() shouldBe 1
            rig.holds.settled() shouldBe 4
            rig.holds.count() shouldBe 0
        }

        test("a packet that a decider holds after the end is settled without a message to the kernel") {
            val rig = VerdictRig()
            rig.settle(Verdict.DROP).shouldBeEmpty()
            val hold = rig.held(1, deadline = 5)
            hold.claim(Verdict.ACCEPT)
            rig.holds.answer(hold, Verdict.ACCEPT) shouldBe false
            rig.expire(6).shouldBeEmpty()
            rig.holds.nextDeadline(6) shouldBe -1
            rig.settle(Verdict.DROP).size shouldBe 1
            rig.holds.settled() shouldBe 1
            rig.socket.datagrams.shouldBeEmpty()
        }

        test("answers that leave together after the end are late, and their packets are settled") {
            val rig = VerdictRig()
            rig.settle(Verdict.DROP).shouldBeEmpty()
            val hold = rig.held(1)
            hold.claim(Verdict.ACCEPT)
            val late = LongAdder()
            rig.holds.answerAll(listOf(hold), listOf(Verdict.ACCEPT), late)
            late.sum() shouldBe 1
            rig.holds.answered() shouldBe 0
            rig.settle(Verdict.DROP).size shouldBe 1
        }

        test("an answer that cannot be sent leaves its packet held, to be answered again") {
            val rig = VerdictRig()
            val hold = rig.held(2)
            rig.socket.failAfter = 0
            hold.claim(Verdict.ACCEPT)
            shouldThrow<SystemCallException> { rig.holds.answer(hold, Verdict.ACCEPT) }
            rig.holds.count() shouldBe 1
            hold.answered() shouldBe false
            rig.socket.failAfter = Int.MAX_VALUE
            hold.answer(Verdict.DROP) shouldBe true
            rig.socket.datagrams.flatten() shouldContainExactly listOf("0: 2 NF_DROP")
            (3..6).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf("0: up to 6 NF_ACCEPT")
            rig.holds.answered() shouldBe 1
        }

        test("of many answers those that were sent count, and the other packets stay held") {
            val rig = VerdictRig(limit = 300)
            val holds = (1..6).map { rig.held(it) }
            holds.forEach { it.claim(Verdict.ACCEPT) }
            rig.socket.failAfter = 1 // of two each
            shouldThrow<SystemCallException> { rig.holds.answerAll(holds, holds.map { Verdict.ACCEPT }, LongAdder()) }
            rig.socket.datagrams.flatten() shouldContainExactly listOf("0: 1 NF_ACCEPT", "0: 2 NF_ACCEPT")
            rig.holds.answered() shouldBe 2
            rig.holds.count() shouldBe 4
            holds.map { it.answered() } shouldContainExactly listOf(true, true, false, false, false, false)
        }

        test("of many answers those whose packet has got another verdict are late, and the others are sent together") {
            val rig = VerdictRig()
            val holds = listOf(rig.held(1), rig.held(2, deadline = 10), rig.held(3))
            holds.forEach { it.claim(Verdict.ACCEPT) }
            rig.expire(10).size shouldBe 1
            rig.socket.datagrams.clear()
            val late = LongAdder()
            rig.holds.answerAll(holds, holds.map { Verdict.ACCEPT }, late)
            rig.socket.datagrams shouldContainExactly listOf(listOf("0: 1 NF_ACCEPT", "0: 3 NF_ACCEPT"))
            late.sum() shouldBe 1
            rig.holds.answered() shouldBe 2
            rig.holds.count() shouldBe 0
        }

        test("many answers that do not fit one datagram all count") {
            val rig = VerdictRig(limit = 300)
            val holds = (1..5).map { rig.held(it) }
            holds.forEach { it.claim(Verdict.ACCEPT) }
            rig.holds.answerAll(holds, holds.map { Verdict.ACCEPT }, LongAdder())
            rig.socket.datagrams.map { it.size } shouldContainExactly listOf(2, 2, 1)
            rig.holds.answered() shouldBe 5
        }

        test("a decider that throws after its hold yields to an answer, and otherwise gives the failure verdict") {
            val rig = VerdictRig()
            val answered = rig.held(1)
            answered.claim(Verdict.ACCEPT)
            rig.holds.failBy(answered) { error("not sent") } shouldBe false
            rig.holds.answer(answered, Verdict.ACCEPT) shouldBe true
            val waiting = rig.held(2)
            var failed = 0
            rig.holds.failBy(waiting) { failed++ } shouldBe true
            failed shouldBe 1
            waiting.answer(Verdict.ACCEPT) shouldBe false
            rig.holds.count() shouldBe 0
        }

        test("held packets stay in the order of their ids, whichever of them leaves") {
            val rig = VerdictRig()
            val holds = (1..5).map { rig.held(it) }
            val ledger = rig.bound[0].ledger

            fun present() = mutableListOf<Hold>().also(ledger.held::copyTo)

            fun left() = present().map { it.id }

            fun leftBackwards() = generateSequence(present().lastOrNull()) { it.before }.map { it.id }.toList()
            listOf(3 to listOf(1, 2, 4, 5), 1 to listOf(2, 4, 5), 5 to listOf(2, 4)).forEach { (leaving, staying) ->
                rig.holds.leave(holds[leaving - 1])
                left() shouldContainExactly staying
                leftBackwards() shouldContainExactly staying.reversed()
                ledger.held.isEmpty() shouldBe staying.isEmpty()
                rig.holds.count() shouldBe staying.size
            }
            rig.holds.leave(holds[0]) // again
            rig.holds.count() shouldBe 2
            ledger.held.beforeFirst(1) shouldBe 1
            ledger.held.beforeFirst(2) shouldBe 1
            ledger.held.beforeFirst(9) shouldBe 1
        }

        test("the action for no held packets runs after the last one, whatever it throws") {
            val rig = VerdictRig()
            var empty = 0
            rig.holds.onEmpty {
                empty++
                error("by the test")
            }
            val holds = (1..2).map { rig.held(it) }
            rig.holds.leave(holds[0])
            empty shouldBe 0
            rig.holds.leave(holds[1])
            empty shouldBe 1
        }

        test("deadlines pass in order, each with its own verdict, and the next one is returned") {
            val rig = VerdictRig()
            rig.held(1, deadline = 30)
            rig.held(2, deadline = 10)
            rig.held(3)
            rig.held(4, deadline = 10)
            rig.holds.nextDeadline(4) shouldBe 6
            rig.holds.nextDeadline(12) shouldBe 0
            rig.expire(9).shouldBeEmpty()
            rig.expire(10).map { it.packet().id() to it.cause() }.size shouldBe 2
            rig.socket.datagrams.flatten() shouldContainExactly listOf("0: 2 NF_DROP", "0: 4 NF_DROP")
            rig.holds.nextDeadline(10) shouldBe 20
            rig.expire(30).single().cause() shouldBe Unanswered.Cause.DEADLINE
            rig.holds.expired() shouldBe 3
            rig.holds.count() shouldBe 1
            rig.settle(Verdict.DROP).single().cause() shouldBe Unanswered.Cause.END
            rig.holds.expired() shouldBe 3
            rig.holds.settled() shouldBe 1
        }

        test("deadlines of a clock that wraps around pass in order") {
            val rig = VerdictRig()
            rig.now = Long.MAX_VALUE - 20
            rig.held(1, deadline = Long.MIN_VALUE + 10)
            rig.held(2, deadline = Long.MAX_VALUE - 10)
            rig.expire(Long.MAX_VALUE - 10).size shouldBe 1
            rig.socket.datagrams.flatten() shouldContainExactly listOf("0: 2 NF_DROP")
            rig.holds.nextDeadline(Long.MAX_VALUE) shouldBe 11
        }

        test(
            "verdicts of deadlines that do not fit one datagram are sent in several, and failed ones stay due",
        ) {
            val rig = VerdictRig(limit = 300) // two of them
            (1..5).forEach { rig.held(it, deadline = 10) }
            rig.socket.failAfter = 1
            val report = mutableListOf<Unanswered>()
            shouldThrow<SystemCallException> { rig.holds.expire(10, report) }
            report.size shouldBe 2
            rig.holds.expired() shouldBe 2
            rig.holds.count() shouldBe 3
            rig.holds.nextDeadline(10) shouldBe 0
            rig.socket.failAfter = Int.MAX_VALUE
            rig.expire(10).size shouldBe 3
            rig.socket.datagrams.map { it.size } shouldContainExactly listOf(2, 2, 1)
            rig.socket.datagrams.flatten() shouldContainExactly (1..5).map { "0: $it NF_DROP" }
            rig.holds.expired() shouldBe 5
        }

        test("held packets whose close verdict cannot be sent are reported, and no batch covers them any more") {
            val rig = VerdictRig()
            rig.held(1)
            rig.socket.failAfter = 0
            val report = mutableListOf<Unanswered>()
            shouldThrow<SystemCallException> { rig.holds.settle(Verdict.ACCEPT, report) }
            report.size shouldBe 1
            rig.holds.count() shouldBe 0
            rig.bound[0].ledger.mayBatch(5) shouldBe false
            rig.bound[0].ledger.mayCloseBatch() shouldBe false
            rig.socket.failAfter = Int.MAX_VALUE
            (3..6).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly (3..6).map { "0: $it NF_ACCEPT" }
        }

        test("a packet that is held for half of all ids ends batches") {
            val rig = VerdictRig()
            rig.held(1)
            val ledger = rig.bound[0].ledger
            ledger.advanceTo(1 shl 30)
            ledger.mayBatch(0) shouldBe true // 2 to the 30th ids later
            ledger.advanceTo((1 shl 30) + 1)
            ledger.mayBatch(0) shouldBe false
        }
    })
