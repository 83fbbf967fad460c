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
import kotlin.random.Random

private fun Room.ledger() = bound[0].ledger

/** Begins and decides a packet. */
private fun Room.decide(
    id: Int,
    verdict: Verdict,
    epoch: Int = 0,
) {
    ledger().gapBefore(id)
    ledger().begin(id, epoch)
    outbox.add(bound[0], id, verdict)
    ledger().decided()
}

class LedgerSpec :
    FunSpec({
        test("a batch may cover packets that are decided, and none that is open") {
            val room = Room()
            val ledger = room.ledger()
            ledger.begin(5, 0)
            ledger.mayBatch(4) shouldBe true
            ledger.mayBatch(5) shouldBe false
            ledger.mayBatch(6) shouldBe false
            ledger.decided()
            ledger.mayBatch(6) shouldBe true
        }

        test("a batch may not cover a held packet, across the sign of ids and across their wrap") {
            listOf(Int.MAX_VALUE, -1, 7).forEach { id ->
                val room = Room()
                val hold = room.hold(id)
                room.holds.add(hold)
                val ledger = room.ledger()
                ledger.mayBatch(id - 1) shouldBe true
                ledger.mayBatch(id) shouldBe false
                ledger.mayBatch(id + 2) shouldBe false
                room.holds.leave(hold)
                ledger.mayBatch(id + 2) shouldBe true
            }
        }

        test(
            "a packet that is open when it should not be is owed the failure verdict, and no batch is written before that",
        ) {
            val room = Room()
            val ledger = room.ledger()
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
            val room = Room()
            val ledger = room.ledger()
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

        test("a sweep stops before a held packet, and goes on once that has left") {
            val room = Room()
            val ledger = room.ledger()
            val hold = room.hold(3)
            room.holds.add(hold)
            ledger.doubt(0)
            ledger.begin(9, 0)
            ledger.decided()
            ledger.sweepEnd() shouldBe 2
            ledger.swept(2)
            ledger.sweepDue() shouldBe false
            ledger.mayBatch(2) shouldBe false
            room.holds.leave(hold)
            ledger.sweepDue() shouldBe true
            ledger.sweepEnd() shouldBe 8
            ledger.swept(8)
            ledger.mayBatch(9) shouldBe true
        }

        test("an earlier doubt does not shorten a later one") {
            val room = Room()
            val ledger = room.ledger()
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
            val room = Room()
            val ledger = room.ledger()
            ledger.sweepDrops() shouldBe false
            ledger.doubtRefused(0)
            ledger.sweepDrops() shouldBe true
            ledger.mayCloseBatch() shouldBe false
            ledger.sweepDue() shouldBe false // until the next packet, so that a refused sweep is not repeated
            ledger.begin(2, 0)
            ledger.decided()
            ledger.sweepDue() shouldBe true
        }

        test("a sweep stops before a packet whose decider is at work") {
            val room = Room()
            val ledger = room.ledger()
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

        test("ids that are missing are counted, across their wrap, and none before a packet that comes late") {
            val ledger = Room().ledger()
            ledger.gapBefore(4) shouldBe 3
            ledger.gapBefore(5) shouldBe 0
            ledger.gapBefore(8) shouldBe 2
            ledger.nextId() shouldBe 9
            ledger.gapBefore(6) shouldBe 0
            ledger.gapBefore(-2) shouldBe 0
            ledger.gapBefore(1) shouldBe 2
        }

        test("a queue whose ids are past their half when the session takes it is not out of order") {
            val room = Room()
            room.ledger().gapBefore(-2)
            room.ledger().mayBatch(-2) shouldBe true
        }

        test("a ledger is troubled by a packet that is open, owed a verdict, or in doubt") {
            val room = Room()
            val ledger = room.ledger()
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

        test("packets that come out of order end batches for good") {
            val room = Room()
            (1..3).forEach { room.decide(it, Verdict.ACCEPT) }
            room.ledger().gapBefore(2)
            room.ledger().mayBatch(3) shouldBe false
        }

        test("a failed send loses nothing: verdicts leave later, in their order, and a batch only with all before it") {
            val room = Room()
            room.socket.failAfter = 0
            (1..3).forEach { room.decide(it, Verdict.DROP) }
            (4..6).forEach { room.decide(it, Verdict.ACCEPT) }
            runCatching { room.outbox.flush() }.isFailure shouldBe true
            room.outbox.isEmpty() shouldBe false
            (7..9).forEach { room.decide(it, Verdict.ACCEPT) }
            room.socket.failAfter = Int.MAX_VALUE
            room.flush() shouldContainExactly
                listOf("0: 1 NF_DROP", "0: 2 NF_DROP", "0: 3 NF_DROP", "0: up to 6 NF_ACCEPT", "0: up to 9 NF_ACCEPT")
            room.outbox.isEmpty() shouldBe true
        }

        test("whatever is held, left open and not sent, no batch accepts a packet that was not accepted") {
            checkAll(300, Arb.long(), Arb.int(-30..30)) { seed, first ->
                val random = Random(seed)
                val room = Room(limit = if (random.nextBoolean()) 700 else 1 shl 20)
                val ledger = room.ledger()
                val kernel = Kernel()
                val said = mutableMapOf<Int, Verdict>()
                val held = mutableListOf<Hold>()
                ledger.gapBefore(first - 1)

                fun deliver() {
                    room.socket.datagrams
                        .flatten()
                        .forEach(kernel::carryOut)
                    room.socket.datagrams.clear()
                }

                fun attempt(action: () -> Unit) {
                    room.socket.failAfter = if (random.nextInt(4) == 0) 0 else Int.MAX_VALUE
                    try {
                        action()
                    } catch (e: NetlinkException) {
                        // It stays.
                    }
                    deliver()
                }
                for (id in first until first + 60) {
                    kernel.waiting += id
                    if (ledger.oweOpen()) said[ledger.openId()] = Verdict.DROP
                    ledger.gapBefore(id)
                    ledger.begin(id, 0)
                    when (random.nextInt(10)) {
                        0 -> {
                            Unit
                        }

                        // left open
                        1, 2 -> {
                            held += room.hold(id).also(room.holds::add).also { ledger.decided() }
                        }

                        else -> {
                            val verdict = if (random.nextInt(3) == 0) Verdict.DROP else Verdict.ACCEPT
                            attempt {
                                try {
                                    room.outbox.add(room.bound[0], id, verdict)
                                    said[id] = verdict
                                } catch (e: NetlinkException) {
                                    ledger.owe(id, verdict)
                                    said[id] = verdict
                                }
                                ledger.decided()
                            }
                        }
                    }
                    if (held.isNotEmpty() && random.nextInt(4) == 0) {
                        val hold = held.random(random)
                        attempt {
                            if (room.holds.answer(hold, Verdict.DROP)) {
                                said[hold.id] = Verdict.DROP
                                held -= hold
                            }
                        }
                    }
                    if (random.nextInt(5) == 0) {
                        attempt {
                            if (ledger.oweOpen()) said[ledger.openId()] = Verdict.DROP
                            generateSequence { ledger.nextOwed() }.forEach {
                                room.outbox.single(0, it.id(), it.verdict())
                                ledger.paid()
                            }
                            room.outbox.flush()
                        }
                    }
                }
                kernel.accepted.filter { said[it] != Verdict.ACCEPT }.shouldBeEmpty()
            }
        }
    })

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
