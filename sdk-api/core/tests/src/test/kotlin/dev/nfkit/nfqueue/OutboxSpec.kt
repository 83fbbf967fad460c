package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.checkAll

class OutboxSpec :
    FunSpec({
        test("a run of equal verdicts is one batch, and a lone one a verdict of its own") {
            val room = Room()
            (1..5).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly listOf("0: up to 5 NF_ACCEPT")
            room.add(6, Verdict.ACCEPT)
            room.flush() shouldContainExactly listOf("0: 6 NF_ACCEPT")
            (7..10).forEach { room.add(it, Verdict.DROP) }
            room.flush() shouldContainExactly listOf("0: up to 10 NF_DROP")
            room.flush() shouldContainExactly emptyList()
        }

        test("drops among accepts go ahead of the batch, singly") {
            val room = Room()
            (1..9).forEach { room.add(it, if (it % 3 == 0) Verdict.DROP else Verdict.ACCEPT) }
            room.flush() shouldContainExactly
                listOf("0: 3 NF_DROP", "0: 6 NF_DROP", "0: 9 NF_DROP", "0: up to 8 NF_ACCEPT")
        }

        test("a few drops before accepts are singles, many are a batch") {
            val room = Room()
            room.add(1, Verdict.DROP)
            room.add(2, Verdict.DROP)
            (3..5).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly listOf("0: 1 NF_DROP", "0: 2 NF_DROP", "0: up to 5 NF_ACCEPT")
            (6..10).forEach { room.add(it, Verdict.DROP) }
            (11..12).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly listOf("0: up to 10 NF_DROP", "0: up to 12 NF_ACCEPT")
        }

        test("accepts that differ in mark, or change the payload, keep the order of packets") {
            val room = Room()
            room.add(1, Verdict.ACCEPT.mark(1))
            room.add(2, Verdict.ACCEPT.mark(1))
            room.add(3, Verdict.ACCEPT.mark(2))
            room.add(4, Verdict.ACCEPT.payload(Bytes.of(*ByteArray(20))))
            room.add(5, Verdict.ACCEPT)
            room.flush() shouldContainExactly
                listOf(
                    "0: up to 2 NF_ACCEPT mark 1",
                    "0: 3 NF_ACCEPT mark 2",
                    "0: 4 NF_ACCEPT payload 20",
                    "0: 5 NF_ACCEPT",
                )
        }

        test("no batch covers a packet that is held at or before its id") {
            val room = Room()
            val hold = room.hold(3)
            room.holds.add(hold)
            listOf(1, 2, 4, 5).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly (listOf(1, 2, 4, 5).map { "0: $it NF_ACCEPT" })
            room.holds.answerBy(hold) {}
            (6..7).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly listOf("0: up to 7 NF_ACCEPT")
        }

        test("a held packet behind the batch does not hinder it, across the wrap of ids too") {
            val room = Room()
            room.holds.add(room.hold(1))
            (-3..0).forEach { room.add(it, Verdict.ACCEPT) }
            room.flush() shouldContainExactly listOf("0: up to 0 NF_ACCEPT")
        }

        test("queues of one socket have runs of their own") {
            val room = Room(queues = listOf(4, 9))
            (1..3).forEach {
                room.add(it, Verdict.ACCEPT, 0)
                room.add(it, Verdict.DROP, 1)
            }
            room.flush() shouldContainExactly
                listOf("4: up to 3 NF_ACCEPT", "9: 1 NF_DROP", "9: 2 NF_DROP", "9: 3 NF_DROP")
        }

        test("what does not fit the send buffer leaves in several datagrams, and nothing is lost") {
            val room = Room(limit = 5000)
            (1..10).forEach { room.add(it, Verdict.ACCEPT.payload(Bytes.of(*ByteArray(1500)))) }
            room.outbox.flush()
            room.socket.datagrams
                .map { it.size }
                .all { it <= 3 } shouldBe true
            room.socket.datagrams.flatten() shouldContainExactly (1..10).map { "0: $it NF_ACCEPT payload 1500" }
        }

        test("whatever the verdicts, each packet gets its own, and accepted ones keep their order") {
            val choices =
                listOf(
                    Verdict.ACCEPT,
                    Verdict.ACCEPT,
                    Verdict.DROP,
                    Verdict.ACCEPT.mark(1),
                    Verdict.REPEAT,
                    Verdict.ACCEPT.payload(Bytes.of(1)),
                )
            checkAll(Arb.list(Arb.element(choices), 1..80), Arb.int(-40..40)) { verdicts, first ->
                val room = Room()
                verdicts.forEachIndexed { index, verdict -> room.add(first + index, verdict) }
                room.outbox.flush()
                val kernel = WaitingPackets(verdicts.indices.map { first + it })
                room.socket.datagrams
                    .flatten()
                    .forEach(kernel::carryOut)
                kernel.waiting shouldBe emptyList()
                verdicts.indices.map { kernel.given[first + it] } shouldBe
                    verdicts.map {
                        it
                            .toString()
                            .replace(
                                Regex(", mark 0x1"),
                                " mark 1",
                            ).replace(Regex(", payload.*"), " payload 1")
                    }
                kernel.passed shouldBe verdicts.indices.map { first + it }.filter { kernel.given[it] != "NF_DROP" }
            }
        }
    })

/** The kernel's list of waiting packets, and what became of them. */
private class WaitingPackets(
    ids: List<Int>,
) {
    val waiting = ids.toMutableList()
    val given = mutableMapOf<Int, String>()
    val passed = mutableListOf<Int>()

    fun carryOut(message: String) {
        val (_, upTo, id, verdict) = Regex("""(\d+): (up to )?(\d+) (.*)""").matchEntire(message)!!.destructured
        val number = id.toUInt().toInt()
        val covered = if (upTo.isEmpty()) waiting.filter { it == number } else waiting.filter { it - number <= 0 }
        check(covered.isNotEmpty()) { "ENOENT for $message" }
        covered.forEach {
            waiting -= it
            given[it] = verdict
            if (verdict != "NF_DROP") passed += it
        }
    }
}
