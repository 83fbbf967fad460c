// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.NetlinkException
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.random.Random

private fun VerdictRig.ledger() = bound[0].ledger

/** Begins and decides a packet. */
private fun VerdictRig.decide(
    id: Int,
    verdict: Verdict,
    epoch: Int = 0,
) {
    ledger().advanceTo(id)
    ledger().begin(id, epoch)
    outbox.add(bound[0], id, verdict)
    ledger().decided()
}

class LedgerSpec :
    FunSpec({
        test("a held packet that leaves without a verdict is covered by no batch, whenever it leaves") {
            val begun = AtomicInteger()
            val left = AtomicInteger()
            val next = AtomicReference<Hold>()
            val rounds = 20_000
            thread(isDaemon = true) {
                for (round in 1..rounds) {
                    while (begun.get() < round) Thread.onSpinWait()
                    val hold = next.get()
                    hold.list.abandon()
                    hold.list.remove(hold)
                    left.set(round)
                }
            }
            for (round in 1..rounds) {
                val ledger = Ledger(Verdict.DROP)
                val hold = Hold(NoOwner, 0, ledger.held, 1, false, 0, Verdict.DROP)
                ledger.held.add(hold)
                next.set(hold)
                begun.set(round)
                ledger.mayBatch(5) shouldBe false
                while (left.get() < round) Thread.onSpinWait()
            }
        }

        test("a batch may cover packets that are decided, and none that is open") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.begin(5, 0)
            ledger.mayBatch(4) shouldBe true
            ledger.mayBatch(5) shouldBe false
            ledger.mayBatch(6) shouldBe false
            ledger.decided()
            ledger.mayBatch(6) shouldBe true
        }

        test("a batch may not cover a held packet, across the sign of ids and across their wrap") {
            listOf(Int.MAX_VALUE, -1, 7).forEach { id ->
                val rig = VerdictRig()
                val hold = rig.hold(id)
                rig.holds.add(hold)
                val ledger = rig.ledger()
                ledger.mayBatch(id - 1) shouldBe true
                ledger.mayBatch(id) shouldBe false
                ledger.mayBatch(id + 2) shouldBe false
                rig.holds.leave(hold)
                ledger.mayBatch(id + 2) shouldBe true
            }
        }

        test(
            "a packet that is unexpectedly open is owed the failure verdict, and no batch is written before that",
        ) {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.begin(1, 0)
            ledger.oweOpen() shouldBe true
            ledger.oweOpen() shouldBe false
            ledger.mayBatch(9) shouldBe false
            ledger.mayCloseBatch() shouldBe false
            ledger.nextOwed() shouldBe Ledger.Owed(1, Verdict.DROP)
            ledger.paid()
            ledger.mayBatch(9) shouldBe true
            ledger.mayCloseBatch() shouldBe true
        }

        test("a doubt ends with the sweep up to the first packet of a later epoch") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.doubt(3)
            ledger.begin(4, 2) // it was received before
            ledger.decided()
            ledger.sweepDue() shouldBe false
            ledger.begin(9, 3)
            ledger.decided()
            ledger.mayBatch(9) shouldBe false
            ledger.sweepDue() shouldBe true
            ledger.sweepEnd() shouldBe 8
            ledger.swept(8)
            ledger.sweepDue() shouldBe false
            ledger.mayBatch(9) shouldBe true
        }

        test("a held packet ends batches before it once it is more than a quarter of all ids back") {
            val held = HeldList()
            held.anyUpTo(9, 10) shouldBe false
            held.add(Hold(NoOwner, 0, held, 10, false, 0, Verdict.DROP))
            held.anyUpTo(9, 11) shouldBe false
            held.anyUpTo(10, 11) shouldBe true
            held.anyUpTo(9, 10 + (1 shl 30)) shouldBe false
            held.anyUpTo(9, 11 + (1 shl 30)) shouldBe true
        }

        test("a sweep stops before a held packet, and continues once that has left") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            val hold = rig.hold(3)
            rig.holds.add(hold)
            ledger.doubt(0)
            ledger.begin(9, 0)
            ledger.decided()
            ledger.sweepEnd() shouldBe 2
            ledger.swept(2)
            ledger.sweepDue() shouldBe false
            ledger.mayBatch(2) shouldBe false
            rig.holds.leave(hold)
            ledger.sweepDue() shouldBe true
            ledger.sweepEnd() shouldBe 8
            ledger.swept(8)
            ledger.mayBatch(9) shouldBe true
        }

        test("an earlier doubt does not shorten a later one") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.doubt(5)
            ledger.doubt(0)
            ledger.begin(9, 4)
            ledger.decided()
            ledger.sweepDue() shouldBe false
            ledger.begin(10, 5)
            ledger.decided()
            ledger.sweepEnd() shouldBe 9
        }

        test("packets whose verdict was refused are swept by a drop, and by no close verdict") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.sweepDrops() shouldBe false
            ledger.doubtRefused(0)
            ledger.sweepDrops() shouldBe true
            ledger.mayCloseBatch() shouldBe false
            ledger.sweepDue() shouldBe false // until the next packet, so that a refused sweep is not repeated
            ledger.begin(2, 0)
            ledger.decided()
            ledger.sweepDue() shouldBe true
        }

        test("a sweep stops before a packet whose decider is running") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.doubt(1)
            ledger.begin(9, 1)
            ledger.decided()
            ledger.begin(8, 0) // it was set aside
            ledger.sweepEnd() shouldBe 7
            ledger.begin(3, 0)
            ledger.sweepEnd() shouldBe 2
            ledger.decided()
            ledger.sweepEnd() shouldBe 8
        }

        test("missing ids are counted, across their wrap, and none before a packet that comes late") {
            val ledger = VerdictRig().ledger()
            ledger.advanceTo(4) shouldBe 3
            ledger.advanceTo(5) shouldBe 0
            ledger.advanceTo(8) shouldBe 2
            ledger.nextId() shouldBe 9
            ledger.advanceTo(6) shouldBe 0
            ledger.advanceTo(-2) shouldBe 0
            ledger.advanceTo(1) shouldBe 2
        }

        test("a queue whose ids are past their half when the session binds it is not out of order") {
            val rig = VerdictRig()
            rig.ledger().advanceTo(-2)
            rig.ledger().mayBatch(-2) shouldBe true
        }

        test("a ledger is troubled by a packet that is open, owed a verdict, or in doubt") {
            val rig = VerdictRig()
            val ledger = rig.ledger()
            ledger.troubled() shouldBe false
            ledger.begin(1, 0)
            ledger.open() shouldBe true
            ledger.troubled() shouldBe true
            ledger.oweOpen()
            ledger.open() shouldBe false
            ledger.troubled() shouldBe true
            ledger.paid()
            ledger.troubled() shouldBe false
            ledger.doubt(0)
            ledger.troubled() shouldBe true
        }

        test("packets that arrive out of order end batches permanently") {
            val rig = VerdictRig()
            (1..3).forEach { rig.decide(it, Verdict.ACCEPT) }
            rig.ledger().advanceTo(2)
            rig.ledger().mayBatch(3) shouldBe false
        }

        test("a failed send loses nothing: verdicts are sent later, in order, and a batch only with all before it") {
            val rig = VerdictRig()
            rig.socket.failAfter = 0
            (1..3).forEach { rig.decide(it, Verdict.DROP) }
            (4..6).forEach { rig.decide(it, Verdict.ACCEPT) }
            runCatching { rig.outbox.flush() }.isFailure shouldBe true
            rig.outbox.isEmpty() shouldBe false
            (7..9).forEach { rig.decide(it, Verdict.ACCEPT) }
            rig.socket.failAfter = Int.MAX_VALUE
            rig.flush() shouldContainExactly
                listOf("0: 1 NF_DROP", "0: 2 NF_DROP", "0: 3 NF_DROP", "0: up to 6 NF_ACCEPT", "0: up to 9 NF_ACCEPT")
            rig.outbox.isEmpty() shouldBe true
        }

        test("whatever is held, left open and not sent, no batch accepts a packet that was not accepted") {
            checkAll(300, Arb.long(), Arb.int(-30..30)) { seed, first ->
                val random = Random(seed)
                val rig = VerdictRig(limit = if (random.nextBoolean()) 700 else 1 shl 20)
                val ledger = rig.ledger()
                val kernel = Kernel()
                val given = mutableMapOf<Int, Verdict>()
                val held = mutableListOf<Hold>()
                ledger.advanceTo(first - 1)

                fun deliver() {
                    rig.socket.datagrams
                        .flatten()
                        .forEach(kernel::carryOut)
                    rig.socket.datagrams.clear()
                }

                fun attempt(action: () -> Unit) {
                    rig.socket.failAfter = if (random.nextInt(4) == 0) 0 else Int.MAX_VALUE
                    try {
                        action()
                    } catch (e: NetlinkException) {
                        // It stays.
                    }
                    deliver()
                }
                for (id in first until first + 60) {
                    kernel.waiting += id
                    if (ledger.oweOpen()) given[ledger.openId()] = Verdict.DROP
                    ledger.advanceTo(id)
                    ledger.begin(id, 0)
                    when (random.nextInt(10)) {
                        0 -> {
                            Unit
                        }

                        // left open
                        1, 2 -> {
                            held += rig.hold(id).also(rig.holds::add).also { ledger.decided() }
                        }

                        else -> {
                            val verdict = if (random.nextInt(3) == 0) Verdict.DROP else Verdict.ACCEPT
                            attempt {
                                try {
                                    rig.outbox.add(rig.bound[0], id, verdict)
                                    given[id] = verdict
                                } catch (e: NetlinkException) {
                                    ledger.owe(id, verdict)
                                    given[id] = verdict
                                }
                                ledger.decided()
                            }
                        }
                    }
                    if (held.isNotEmpty() && random.nextInt(4) == 0) {
                        val hold = held.random(random)
                        attempt {
                            if (rig.holds.answer(hold, Verdict.DROP)) {
                                given[hold.id] = Verdict.DROP
                                held -= hold
                            }
                        }
                    }
                    if (random.nextInt(5) == 0) {
                        attempt {
                            if (ledger.oweOpen()) given[ledger.openId()] = Verdict.DROP
                            generateSequence { ledger.nextOwed() }.forEach {
                                rig.outbox.single(0, it.id(), it.verdict())
                                ledger.paid()
                            }
                            rig.outbox.flush()
                        }
                    }
                }
                kernel.accepted.filter { given[it] != Verdict.ACCEPT }.shouldBeEmpty()
            }
        }
    })

/** A session that does nothing for its held packets. */
private object NoOwner : Hold.Owner {
    override fun enter(hold: Hold) = Unit

    override fun expireBefore(hold: Hold) = Unit

    override fun answer(
        hold: Hold,
        verdict: Verdict,
    ) = false

    override fun answerAll(
        claimed: List<Hold>,
        verdicts: List<Verdict>,
    ) = Unit

    override fun late() = Unit
}

/** The kernel's list of waiting packets. */
private class Kernel {
    val waiting = mutableListOf<Int>()
    val accepted = mutableListOf<Int>()

    fun carryOut(message: String) {
        val (upTo, id, verdict) = Regex("""0: (up to )?(\d+) (\w+)""").matchEntire(message)!!.destructured
        val number = id.toUInt().toInt()
        val covered = if (upTo.isEmpty()) waiting.filter { it == number } else waiting.filter { it - number <= 0 }
        waiting -= covered.toSet()
        if (verdict == "NF_ACCEPT") accepted += covered
    }
}
