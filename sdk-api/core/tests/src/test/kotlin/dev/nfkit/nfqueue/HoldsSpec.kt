package dev.nfkit.nfqueue

import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.atomic.LongAdder

/** Holds a packet, as a decider does. */
private fun Room.held(
    id: Int,
    deadline: Long? = null,
): Hold = hold(id, deadline).also { it.enter(QueuedPacket.read(message(), 0)) }

class HoldsSpec :
    FunSpec({
        test(
            "an answer that was claimed and not sent when the deadline passes comes too late, and only one verdict leaves",
        ) {
            val room = Room()
            val hold = room.held(1, deadline = 10)
            hold.claim(Verdict.ACCEPT) shouldBe true
            room.expire(9).shouldBeEmpty()
            room
                .expire(10)
                .single()
                .verdict() shouldBe Verdict.DROP
            room.holds.answer(hold, Verdict.ACCEPT) shouldBe false
            room.socket.datagrams.flatten() shouldContainExactly listOf("0: 1 NF_DROP")
            room.holds.nextDeadline(11) shouldBe -1 // nothing is left to look after
            room.holds.expired() shouldBe 1
            room.holds.answered() shouldBe 0
            hold.answer(Verdict.ACCEPT) shouldBe false
        }

        test("the end settles what is held, claimed or not, and every answer behind it is late instead of failing") {
            val room = Room()
            val holds = (1..4).map { room.held(it) }
            holds[0].claim(Verdict.DROP)
            holds[1].claim(Verdict.DROP)
            room.settle(Verdict.ACCEPT).size shouldBe 4
            room.socket.datagrams.flatten() shouldContainExactly (1..4).map { "0: $it NF_ACCEPT" }
            room.socket.failAfter = 0
            room.holds.answer(holds[0], Verdict.DROP) shouldBe false
            val late = LongAdder()
            room.holds.answerAll(listOf(holds[1]), listOf(Verdict.DROP), late)
            late.sum() shouldBe 1
            room.holds.settled() shouldBe 4
            room.holds.count() shouldBe 0
        }

        test("what a decider holds behind the end is settled without a word to the kernel") {
            val room = Room()
            room.settle(Verdict.DROP).shouldBeEmpty()
            val hold = room.held(1, deadline = 5)
            hold.claim(Verdict.ACCEPT)
            room.holds.answer(hold, Verdict.ACCEPT) shouldBe false
            room.expire(6).shouldBeEmpty()
            room.holds.nextDeadline(6) shouldBe -1
            room.settle(Verdict.DROP).size shouldBe 1
            room.holds.settled() shouldBe 1
            room.socket.datagrams.shouldBeEmpty()
        }

        test("an answer that can't be sent leaves its packet held, to be answered again") {
            val room = Room()
            val hold = room.held(2)
            room.socket.failAfter = 0
            hold.claim(Verdict.ACCEPT)
            shouldThrow<SystemCallException> { room.holds.answer(hold, Verdict.ACCEPT) }
            room.holds.count() shouldBe 1
            hold.answered() shouldBe false
            room.socket.failAfter = Int.MAX_VALUE
            hold.answer(Verdict.DROP) shouldBe true
            (3..6).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly listOf("0: up to 6 NF_ACCEPT")
            room.holds.answered() shouldBe 1
        }

        test("of many answers those that were sent count, and the rest is held as before") {
            val room = Room(limit = 300)
            val holds = (1..6).map { room.held(it) }
            holds.forEach { it.claim(Verdict.ACCEPT) }
            room.socket.failAfter = 1 // of two each
            shouldThrow<SystemCallException> { room.holds.answerAll(holds, holds.map { Verdict.ACCEPT }, LongAdder()) }
            room.socket.datagrams.flatten() shouldContainExactly listOf("0: 1 NF_ACCEPT", "0: 2 NF_ACCEPT")
            room.holds.answered() shouldBe 2
            room.holds.count() shouldBe 4
            holds.map { it.answered() } shouldContainExactly listOf(true, true, false, false, false, false)
        }

        test("a decider that throws behind its hold loses to an answer, and else gives the failure verdict") {
            val room = Room()
            val answered = room.held(1)
            answered.claim(Verdict.ACCEPT)
            room.holds.failBy(answered) { error("not sent") } shouldBe false
            room.holds.answer(answered, Verdict.ACCEPT) shouldBe true
            val waiting = room.held(2)
            var failed = 0
            room.holds.failBy(waiting) { failed++ } shouldBe true
            failed shouldBe 1
            waiting.answer(Verdict.ACCEPT) shouldBe false
            room.holds.count() shouldBe 0
        }

        test("held packets stay in the order of their ids, whichever of them leaves") {
            val room = Room()
            val holds = (1..5).map { room.held(it) }
            val ledger = room.bound[0].ledger

            fun present() = mutableListOf<Hold>().also(ledger.held::copyTo)

            fun left() = present().map { it.id }

            fun leftBackwards() = generateSequence(present().lastOrNull()) { it.before }.map { it.id }.toList()
            listOf(3 to listOf(1, 2, 4, 5), 1 to listOf(2, 4, 5), 5 to listOf(2, 4)).forEach { (leaving, staying) ->
                room.holds.leave(holds[leaving - 1])
                left() shouldContainExactly staying
                leftBackwards() shouldContainExactly staying.reversed()
                ledger.held.isEmpty() shouldBe staying.isEmpty()
                room.holds.count() shouldBe staying.size
            }
            room.holds.leave(holds[0]) // once more
            room.holds.count() shouldBe 2
            ledger.held.beforeFirst(1) shouldBe 1
            ledger.held.beforeFirst(2) shouldBe 1
            ledger.held.beforeFirst(9) shouldBe 1
        }

        test("what is to be done when none is held is done at the last one, whatever it throws") {
            val room = Room()
            var empty = 0
            room.holds.onEmpty {
                empty++
                error("by the test")
            }
            val holds = (1..2).map { room.held(it) }
            room.holds.leave(holds[0])
            empty shouldBe 0
            room.holds.leave(holds[1])
            empty shouldBe 1
        }

        test("deadlines pass in their order, each with its own verdict, and the next one is told") {
            val room = Room()
            room.held(1, deadline = 30)
            room.held(2, deadline = 10)
            room.held(3)
            room.held(4, deadline = 10)
            room.holds.nextDeadline(4) shouldBe 6
            room.holds.nextDeadline(12) shouldBe 0
            room.expire(9).shouldBeEmpty()
            room.expire(10).map { it.packet().id() to it.cause() }.size shouldBe 2
            room.socket.datagrams.flatten() shouldContainExactly listOf("0: 2 NF_DROP", "0: 4 NF_DROP")
            room.holds.nextDeadline(10) shouldBe 20
            room.expire(30).single().cause() shouldBe Unanswered.Cause.DEADLINE
            room.holds.expired() shouldBe 3
            room.holds.count() shouldBe 1
            room.settle(Verdict.DROP).single().cause() shouldBe Unanswered.Cause.END
            room.holds.expired() shouldBe 3
            room.holds.settled() shouldBe 1
        }

        test("deadlines of a clock that wraps around pass in their order") {
            val room = Room()
            room.now = Long.MAX_VALUE - 20
            room.held(1, deadline = Long.MIN_VALUE + 10)
            room.held(2, deadline = Long.MAX_VALUE - 10)
            room.expire(Long.MAX_VALUE - 10).size shouldBe 1
            room.socket.datagrams.flatten() shouldContainExactly listOf("0: 2 NF_DROP")
            room.holds.nextDeadline(Long.MAX_VALUE) shouldBe 11
        }

        test(
            "verdicts of deadlines that do not fit one datagram leave in several, and those of a failed one stay due",
        ) {
            val room = Room(limit = 300) // two of them
            (1..5).forEach { room.held(it, deadline = 10) }
            room.socket.failAfter = 1
            val report = mutableListOf<Unanswered>()
            shouldThrow<SystemCallException> { room.holds.expire(10, report) }
            report.size shouldBe 2
            room.holds.expired() shouldBe 2
            room.holds.count() shouldBe 3
            room.holds.nextDeadline(10) shouldBe 0
            room.socket.failAfter = Int.MAX_VALUE
            room.expire(10).size shouldBe 3
            room.socket.datagrams.map { it.size } shouldContainExactly listOf(2, 2, 1)
            room.socket.datagrams.flatten() shouldContainExactly (1..5).map { "0: $it NF_DROP" }
        }

        test("held packets whose close verdict can't be sent are reported, and no batch covers them any more") {
            val room = Room()
            room.held(1)
            room.socket.failAfter = 0
            val report = mutableListOf<Unanswered>()
            shouldThrow<SystemCallException> { room.holds.settle(Verdict.ACCEPT, report) }
            report.size shouldBe 1
            room.holds.count() shouldBe 0
            room.bound[0].ledger.mayBatch(5) shouldBe false
            room.bound[0].ledger.mayCloseBatch() shouldBe false
            room.socket.failAfter = Int.MAX_VALUE
            (3..6).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly (3..6).map { "0: $it NF_ACCEPT" }
        }

        test("a packet that is held for half of all ids ends batches") {
            val room = Room()
            room.held(1)
            val ledger = room.bound[0].ledger
            ledger.gapBefore(1 shl 30)
            ledger.mayBatch(0) shouldBe true // 2 to the 30th ids later
            ledger.gapBefore((1 shl 30) + 1)
            ledger.mayBatch(0) shouldBe false
        }
    })
