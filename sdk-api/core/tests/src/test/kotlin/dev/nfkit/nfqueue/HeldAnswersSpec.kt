// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

private val MILLI = Duration.ofMillis(1)

private fun Hold.enter() = enter(QueuedPacket.read(message(), 0))

class HeldAnswersSpec :
    FunSpec({
        test("a packet held without a deadline has none, and the session's verdict") {
            val rig = BatchRig()
            rig.verdicts.now = 5
            val hold = rig.hold(1)
            hold.bounded shouldBe false
            hold.enter()
            rig.verdicts.holds.nextDeadline(Long.MAX_VALUE / 2) shouldBe -1
        }

        test("a packet held with the session's deadline has it since its receipt, with its verdict") {
            val rig = BatchRig(deadline = MILLI)
            rig.verdicts.now = 100
            rig.receive(1)
            rig.verdicts.now = 400
            rig.begin(1)
            val hold = rig.hold(1)
            hold.bounded shouldBe true
            hold.deadline shouldBe 100 + MILLI.toNanos()
            hold.fallback shouldBe Verdict.ACCEPT.mark(7)
        }

        test("a packet held with a deadline of its own has it since then, with its own verdict") {
            for (session in listOf(null, MILLI)) {
                val rig = BatchRig(deadline = session)
                rig.receive(1)
                rig.begin(1)
                rig.verdicts.now = 400
                val verdict = Verdict.reusable().reset(Verdict.DROP.number())
                val hold = rig.hold(1, Duration.ofNanos(1), verdict)
                verdict.reset(Verdict.ACCEPT.number())
                hold.bounded shouldBe true
                hold.deadline shouldBe 401
                hold.fallback shouldBe Verdict.DROP
            }
        }

        test("a deadline is as long as its duration, and one beyond all clocks never passes") {
            val rig = BatchRig()
            rig.verdicts.now = 400
            val longest = Duration.ofSeconds(Int.MAX_VALUE.toLong())
            rig.hold(1, longest, Verdict.DROP).deadline shouldBe 400 + longest.toNanos()
            rig.hold(1, longest.plusSeconds(1), Verdict.DROP).deadline shouldBe 400 + Long.MAX_VALUE / 4
            rig.hold(1, Duration.ofSeconds(Long.MAX_VALUE), Verdict.DROP).deadline shouldBe 400 + Long.MAX_VALUE / 4
        }

        test("a deadline takes more than zero, and a verdict that can be sent") {
            val rig = BatchRig()
            val large = Verdict.ACCEPT.payload(Bytes.of(*ByteArray(3_000)))
            val small = VerdictRig(limit = 2_000)
            for ((deadline, verdict) in listOf(
                Duration.ZERO to Verdict.DROP,
                Duration.ofNanos(-1) to Verdict.DROP,
                MILLI to null,
                MILLI to Verdict.HELD,
            )) {
                shouldThrow<IllegalArgumentException> { rig.hold(1, deadline, verdict) }.message shouldContain "hold:"
            }
            val answers =
                HeldAnswers(rig.options, small.holds, small.dispatch(), rig.deadlines, null) { 0 }
            shouldThrow<IllegalArgumentException> {
                answers.hold(
                    small.bound[0],
                    1,
                    MILLI,
                    large,
                )
            }.message shouldContain
                "sendBuffer"
        }

        test("a packet whose deadline passed before it was held is not held, and its answer is late") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            val hold = rig.hold(1)
            hold.enter()
            rig.verdicts.holds.count() shouldBe 0
            hold.answered() shouldBe true
            hold.answer(Verdict.DROP) shouldBe false
            rig.answers.lateCount() shouldBe 1
            rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7")
            rig.deadlines.end()
        }

        test("a held packet is no longer one that waits for the decider") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1)
            val hold = rig.hold(1, Duration.ofDays(1), Verdict.DROP)
            hold.enter()
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent().shouldBeEmpty()
            hold.answer(Verdict.ACCEPT) shouldBe true
            rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
            rig.deadlines.end()
        }

        test("an answer without a poll is sent at once, and one that comes too late is counted") {
            val rig = BatchRig()
            val hold = rig.hold(1)
            hold.enter()
            hold.answer(Verdict.ACCEPT) shouldBe true
            rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
            rig.answers.lateCount() shouldBe 0
            val late = rig.hold(2)
            late.enter()
            late.claim(Verdict.ACCEPT)
            rig.verdicts.settle(Verdict.DROP)
            rig.answers.answer(late, Verdict.ACCEPT) shouldBe false
            rig.answers.lateCount() shouldBe 1
            rig.answers.answerAll(listOf(late), listOf(Verdict.ACCEPT))
            rig.answers.lateCount() shouldBe 2
        }

        test("an answer after the deadline is late, even if the watchdog has not looked since") {
            val rig = BatchRig()
            rig.deadlines.end() // no watchdog starts
            val hold = rig.hold(1, MILLI, Verdict.DROP)
            hold.enter()
            rig.verdicts.now = MILLI.toNanos()
            hold.answer(Verdict.ACCEPT) shouldBe false
            rig.sent() shouldContainExactly listOf("0: 1 NF_DROP")
            rig.answers.lateCount() shouldBe 1
        }

        test("an answer inside a decider goes with the batch, and one that comes too late is counted") {
            val rig = DecisionsRig()
            rig.decide(1) { packet ->
                val held = packet.hold()
                held.answer(Verdict.ACCEPT) shouldBe true
                rig.parts.sent().shouldBeEmpty()
                Verdict.HELD
            } shouldBe 1
            rig.parts.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT")
            val other = rig.parts.hold(3)
            other.enter()
            other.claim(Verdict.ACCEPT)
            rig.parts.verdicts.settle(Verdict.DROP)
            rig.parts.sent() shouldContainExactly listOf("0: 3 NF_DROP")
            rig.decide(4) {
                rig.parts.answers.answer(other, Verdict.ACCEPT) shouldBe false
                Verdict.ACCEPT
            }
            rig.parts.answers.lateCount() shouldBe 1
            rig.parts.flush() shouldContainExactly listOf("0: 4 NF_ACCEPT")
        }

        test("an answer inside a decider that cannot be sent can be given again") {
            val rig = DecisionsRig(limit = 300)
            val large = Verdict.ACCEPT.payload(Bytes.of(*ByteArray(3_000)))
            rig.decide(1) { packet ->
                val held = packet.hold()
                shouldThrow<SystemCallException> { held.answer(large) }.errno() shouldBe Errno.EMSGSIZE
                held.answered() shouldBe false
                held.answer(Verdict.DROP) shouldBe true
                Verdict.HELD
            }
            rig.parts.flush() shouldContainExactly listOf("0: 1 NF_DROP")
        }

        test("a watchdog is started for the first packet with a deadline, and decides it") {
            val rig = BatchRig()
            val hold = rig.hold(1, MILLI, Verdict.DROP)
            hold.enter()
            rig.verdicts.now = MILLI.toNanos()
            val stop = System.nanoTime() + Duration.ofMinutes(1).toNanos()
            while (rig.verdicts.holds.count() > 0 && System.nanoTime() < stop) Thread.sleep(1)
            rig.verdicts.holds.expired() shouldBe 1
            rig.deadlines.end()
        }

        test("a packet with a deadline wakes a watchdog that has nothing to wait for") {
            fun watchdogs() = Thread.getAllStackTraces().keys.filter { it.name == "nfqueue-watchdog" }
            val before = watchdogs()
            val rig = BatchRig()
            val first = rig.hold(1, Duration.ofDays(1), Verdict.DROP)
            first.enter()
            val watchdog = (watchdogs() - before).single()
            first.answer(Verdict.ACCEPT) shouldBe true
            watchdog.waits()
            rig.hold(2, MILLI, Verdict.DROP).enter()
            rig.verdicts.now = MILLI.toNanos()
            val stop = System.nanoTime() + Duration.ofMinutes(1).toNanos()
            while (rig.verdicts.holds.count() > 0 && System.nanoTime() < stop) Thread.sleep(1)
            rig.verdicts.holds.expired() shouldBe 1
            rig.deadlines.end()
        }
    })
