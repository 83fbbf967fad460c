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
