// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.checkAll

class OutboxSpec :
    FunSpec({
        test("a run of equal verdicts is one batch, and a single one a verdict of its own") {
            val rig = VerdictRig()
            (1..5).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf("0: up to 5 NF_ACCEPT")
            rig.add(6, Verdict.ACCEPT)
            rig.flush() shouldContainExactly listOf("0: 6 NF_ACCEPT")
            (7..10).forEach { rig.add(it, Verdict.DROP) }
            rig.flush() shouldContainExactly listOf("0: up to 10 NF_DROP")
            rig.flush() shouldContainExactly emptyList()
        }

        test("drops among accepts are sent before the batch, singly") {
            val rig = VerdictRig()
            (1..9).forEach { rig.add(it, if (it % 3 == 0) Verdict.DROP else Verdict.ACCEPT) }
            rig.flush() shouldContainExactly
                listOf("0: 3 NF_DROP", "0: 6 NF_DROP", "0: 9 NF_DROP", "0: up to 8 NF_ACCEPT")
        }

        test("a few drops before accepts are singles, many are a batch") {
            val rig = VerdictRig()
            rig.add(1, Verdict.DROP)
            rig.add(2, Verdict.DROP)
            (3..5).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf("0: 1 NF_DROP", "0: 2 NF_DROP", "0: up to 5 NF_ACCEPT")
            (6..10).forEach { rig.add(it, Verdict.DROP) }
            (11..12).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf("0: up to 10 NF_DROP", "0: up to 12 NF_ACCEPT")
        }

        test("accepts that differ in mark, or change the payload, keep the order of packets") {
            val rig = VerdictRig()
            rig.add(1, Verdict.ACCEPT.mark(1))
            rig.add(2, Verdict.ACCEPT.mark(1))
            rig.add(3, Verdict.ACCEPT.mark(2))
            rig.add(4, Verdict.ACCEPT.payload(Bytes.of(*ByteArray(20))))
            rig.add(5, Verdict.ACCEPT)
            rig.flush() shouldContainExactly
                listOf(
                    "0: up to 2 NF_ACCEPT mark 1",
                    "0: 3 NF_ACCEPT mark 2",
                    "0: 4 NF_ACCEPT payload 20",
                    "0: 5 NF_ACCEPT",
                )
        }

        test("no run goes on over another priority, nor over one that is not set") {
            val verdicts =
                listOf(
                    Verdict.ACCEPT.priority(1),
                    Verdict.ACCEPT.priority(2),
                    Verdict.ACCEPT,
                    Verdict.ACCEPT.priority(0),
                    Verdict.ACCEPT.mark(0),
                )
            val rig = VerdictRig()
            verdicts.forEachIndexed { index, verdict -> repeat(2) { rig.add(2 * index + it, verdict) } }
            rig.flush().map { it.substringBefore(" NF_") } shouldContainExactly
                listOf(1, 3, 5, 7, 9).map { "0: up to $it" }
        }

        test("no batch covers a packet that is held at or before its id") {
            val rig = VerdictRig()
            val hold = rig.hold(3)
            rig.holds.add(hold)
            listOf(1, 2, 4, 5).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly (listOf(1, 2, 4, 5).map { "0: $it NF_ACCEPT" })
            rig.holds.answerBy(hold) {}
            (6..7).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf("0: up to 7 NF_ACCEPT")
        }

        test("a held packet after the batch does not prevent it, across the wrap of ids too") {
            val rig = VerdictRig()
            rig.holds.add(rig.hold(1))
            (-3..0).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf("0: up to 0 NF_ACCEPT")
        }

        test("queues of one socket have separate runs") {
            val rig = VerdictRig(queues = listOf(4, 9))
            (1..3).forEach {
                rig.add(it, Verdict.ACCEPT, 0)
                rig.add(it, Verdict.DROP, 1)
            }
            rig.flush() shouldContainExactly
                listOf("4: up to 3 NF_ACCEPT", "9: 1 NF_DROP", "9: 2 NF_DROP", "9: 3 NF_DROP")
        }

        test("verdicts that do not fit the send buffer are sent in several datagrams, and none is lost") {
            val rig = VerdictRig(limit = 5000)
            (1..10).forEach { rig.add(it, Verdict.ACCEPT.payload(Bytes.of(*ByteArray(1500)))) }
            rig.outbox.flush()
            rig.socket.datagrams
                .map { it.size }
                .all { it <= 3 } shouldBe true
            rig.socket.datagrams.flatten() shouldContainExactly (1..10).map { "0: $it NF_ACCEPT payload 1500" }
        }

        test("no datagram is larger than the send buffer, however many queues have verdicts in it") {
            val most = 300 / 32 // bytes of a verdict
            listOf(1 to Verdict.ACCEPT, 5 to Verdict.ACCEPT, 2 to Verdict.DROP).forEach { (packets, verdict) ->
                val rig = VerdictRig(limit = 300, queues = (0..39).toList())
                for (queue in 0..39) (1..packets).forEach { rig.add(it, verdict, queue) }
                rig.outbox.flush()
                rig.socket.datagrams.forEach { it.size shouldBeLessThanOrEqual most }
                val each = if (verdict == Verdict.DROP) packets else 1
                rig.socket.datagrams
                    .flatten()
                    .size shouldBe 40 * each
            }
        }

        test("more equal verdicts than one run holds leave as several batches") {
            val rig = VerdictRig()
            (1..2500).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.flush() shouldContainExactly listOf(1024, 2048, 2500).map { "0: up to $it NF_ACCEPT" }
        }

        test("a run that a failed send cut short goes on where it stopped") {
            val rig = VerdictRig(limit = 300) // two of them
            rig.holds.add(rig.hold(0))
            (1..5).forEach { rig.add(it, Verdict.ACCEPT) }
            rig.socket.failAfter = 1
            repeat(2) { shouldThrow<SystemCallException> { rig.outbox.flush() } }
            rig.socket.failAfter = Int.MAX_VALUE
            rig.outbox.flush()
            rig.socket.datagrams.flatten() shouldContainExactly (1..5).map { "0: $it NF_ACCEPT" }
            rig.outbox.isEmpty() shouldBe true
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
                val rig = VerdictRig()
                verdicts.forEachIndexed { index, verdict -> rig.add(first + index, verdict) }
                rig.outbox.flush()
                val kernel = WaitingPackets(verdicts.indices.map { first + it })
                rig.socket.datagrams
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

/** The kernel's list of waiting packets, and their verdicts. */
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
