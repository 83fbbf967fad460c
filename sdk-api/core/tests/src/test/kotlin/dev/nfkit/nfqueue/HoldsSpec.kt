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
    })
