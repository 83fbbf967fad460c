// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit

private val MILLI = Duration.ofMillis(1)

/** A packet that is held with a deadline of its own. */
private fun BatchRig.held(
    id: Int,
    deadline: Long,
): Hold =
    Hold(answers, 0, bound[0].ledger.held, id, true, deadline, Verdict.DROP).also {
        it.enter(QueuedPacket.read(message(), 0))
    }

/** Waits for what another thread does; the bound is only reached by a failure. */
private fun until(condition: () -> Boolean) {
    val stop = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
    while (!condition()) {
        check(System.nanoTime() < stop)
        Thread.sleep(1)
    }
}

class DeadlinesSpec :
    FunSpec({
        test("an answer at its deadline is late, and one just before it is not, although nothing watches") {
            val rig = BatchRig()
            rig.deadlines.end() // so that no thread is started
            val holds = listOf(rig.held(1, 10), rig.held(2, 10), rig.held(3, 11))
            rig.verdicts.now = 9
            holds[0].answer(Verdict.ACCEPT) shouldBe true
            rig.verdicts.now = 10
            holds[2].answer(Verdict.ACCEPT) shouldBe true
            holds[1].answer(Verdict.ACCEPT) shouldBe false
            rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT", "0: 3 NF_ACCEPT", "0: 2 NF_DROP")
            rig.answers.lateCount() shouldBe 1
        }

        test("a verdict of a deadline that cannot be sent counts as a failure, and does not concern the caller") {
            val rig = BatchRig()
            rig.deadlines.end()
            val hold = rig.held(1, 10)
            rig.verdicts.now = 10
            rig.verdicts.socket.failAfter = 0
            rig.deadlines.expireBefore(hold)
            rig.dispatch.sendFailures() shouldBe 1
            rig.verdicts.holds.count() shouldBe 1
            rig.verdicts.socket.failAfter = Int.MAX_VALUE
            rig.deadlines.expireBefore(hold)
            rig.sent() shouldContainExactly listOf("0: 1 NF_DROP")
            rig.dispatch.lock.isLocked shouldBe false
        }

        test("packets whose deadline passed are reported with its verdict") {
            val reported = CopyOnWriteArrayList<Unanswered>()
            val rig = BatchRig { onUnanswered { reported += it } }
            val hold = rig.held(1, 10)
            rig.verdicts.now = 10
            rig.deadlines.expireBefore(hold)
            until { reported.size == 1 }
            reported.single().verdict() shouldBe Verdict.DROP
            reported.single().cause() shouldBe Unanswered.Cause.DEADLINE
            rig.deadlines.end()
        }

        test("received packets have their deadline since their receipt, each its own") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.verdicts.now = 400_000
            rig.receive(2)
            rig.verdicts.now = MILLI.toNanos() - 1
            rig.deadlines.expireNow()
            rig.sent().shouldBeEmpty()
            rig.verdicts.now++
            rig.deadlines.expireNow()
            rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7")
            rig.deadlines.expired() shouldBe 1
            rig.verdicts.now += 400_000
            rig.deadlines.expireNow()
            rig.sent() shouldContainExactly listOf("0: 2 NF_ACCEPT mark 7")
            rig.deadlines.expired() shouldBe 2
        }

        test("the verdicts of decided packets are sent before those of the deadline") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1, 2)
            rig.begin(1)
            rig.give(1)
            rig.begin(2)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.verdicts.socket.datagrams shouldContainExactly
                listOf(listOf("0: 1 NF_ACCEPT"), listOf("0: 2 NF_ACCEPT mark 7"))
        }

        test("a batch that could not be sent is sent with the next deadline, or by the thread that watches") {
            for (watched in listOf(false, true)) {
                val rig = BatchRig(deadline = MILLI)
                rig.receive(1, 2)
                rig.begin(1)
                rig.give(1)
                if (watched) rig.deadlines.begin()
                rig.verdicts.socket.failAfter = 0
                shouldThrow<SystemCallException> { rig.batch.flush() }
                rig.verdicts.socket.failAfter = Int.MAX_VALUE
                if (watched) until { !rig.dispatch.unsent() } else rig.deadlines.expireNow()
                rig.deadlines.end()
                rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
            }
        }

        test("a failure of a deadline's send is kept from the decider's thread") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1)
            rig.verdicts.now = MILLI.toNanos()
            rig.verdicts.socket.failAfter = 0
            rig.give(1) shouldBe false
            rig.dispatch.unsent() shouldBe true
            rig.verdicts.socket.failAfter = Int.MAX_VALUE
            rig.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7")
        }
    })
