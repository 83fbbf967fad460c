// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

/** A session that holds packets, and a line for each of its calls. */
private class Holder(
    val name: String,
    val calls: MutableList<String>,
) : Hold.Owner {
    var onEnter: () -> Unit = {}
    var onSend: () -> Unit = {}
    lateinit var duty: Hold

    override fun enter(hold: Hold) = onEnter()

    override fun expireBefore(hold: Hold) {
        calls += "$name expires before ${hold.id}"
    }

    override fun answer(
        hold: Hold,
        verdict: Verdict,
    ): Boolean = error("no test asks")

    override fun answerAll(
        claimed: List<Hold>,
        verdicts: List<Verdict>,
    ) {
        onSend()
        calls += "$name ${claimed.map { it.id }} $verdicts"
    }

    override fun late() {
        calls += "$name late"
    }

    fun duty(
        id: Int,
        bounded: Boolean = false,
    ) = Hold(this, 7, HeldList(), id, bounded, 0, Verdict.DROP)

    /** A packet that is held; its duty is in [duty]. */
    fun held(
        id: Int,
        bounded: Boolean = false,
    ): QueuedPacket {
        val lending =
            object : Lending {
                override fun hold(
                    packet: QueuedPacket,
                    deadline: Duration?,
                    verdict: Verdict?,
                ): Hold = duty(id, bounded).also { duty = it }

                override fun verdict(number: Int): Verdict = Verdict.of(number)
            }
        return QueuedPacket(lending, null).wrap(message(), 5).hold()
    }
}

class AnswersSpec :
    FunSpec({
        val calls = mutableListOf<String>()
        lateinit var one: Holder
        lateinit var two: Holder
        lateinit var answers: Answers

        beforeTest {
            calls.clear()
            one = Holder("one", calls)
            two = Holder("two", calls)
            answers = Answers()
        }

        test("answers in a row to one session are sent together, and each session sends its own") {
            listOf(one.held(1), one.held(2), two.held(3), one.held(4)).forEach {
                answers.add(it, Verdict.ACCEPT) shouldBe true
            }
            answers.size() shouldBe 4
            calls.shouldBeEmpty()
            answers.send()
            calls shouldContainExactly
                listOf("one [1, 2] [NF_ACCEPT, NF_ACCEPT]", "two [3] [NF_ACCEPT]", "one [4] [NF_ACCEPT]")
        }

        test("an answer is sent once, and the collection takes others afterwards") {
            answers.add(one.held(1), Verdict.ACCEPT)
            answers.send()
            answers.size() shouldBe 0
            answers.send()
            answers.add(one.held(2), Verdict.DROP)
            answers.send()
            calls shouldContainExactly listOf("one [1] [NF_ACCEPT]", "one [2] [NF_DROP]")
        }

        test("a verdict that changes after it was added does not change the answer") {
            val verdict = Verdict.reusable().reset(Verdict.DROP.number())
            answers.add(one.held(1), verdict)
            verdict.reset(Verdict.ACCEPT.number())
            answers.send()
            calls shouldContainExactly listOf("one [1] [NF_DROP]")
        }

        test("an answer that comes too late is counted and not sent") {
            val packet = one.held(1)
            one.duty.takeOver() shouldBe true
            answers.add(packet, Verdict.ACCEPT) shouldBe false
            answers.size() shouldBe 0
            answers.send()
            calls shouldContainExactly listOf("one late")
        }

        test("only a held packet is answered, once, and not by HELD") {
            val packet = one.held(1)
            shouldThrow<IllegalArgumentException> { answers.add(packet, Verdict.HELD) }
            answers.add(packet, Verdict.ACCEPT)
            shouldThrow<IllegalStateException> { answers.add(packet, Verdict.ACCEPT) }.message shouldContain
                "packet 1 of queue 7 was answered before"
            shouldThrow<IllegalStateException> { answers.add(QueuedPacket.read(message(), 0), Verdict.ACCEPT) }
                .message shouldContain "only a held packet"
            answers.size() shouldBe 1
        }

        test("packets whose answers could not be sent may be answered again, and those before them may not") {
            val packets = listOf(one.held(1), two.held(2), one.held(3))
            packets.forEach { answers.add(it, Verdict.ACCEPT) }
            two.onSend = { throw SystemCallException("send", Errno.ENOBUFS, null) }
            shouldThrow<SystemCallException> { answers.send() }
            answers.size() shouldBe 0
            two.onSend = {}
            shouldThrow<IllegalStateException> { answers.add(packets[0], Verdict.DROP) }
            packets.drop(1).forEach { answers.add(it, Verdict.DROP) shouldBe true }
            answers.send()
            calls shouldContainExactly listOf("one [1] [NF_ACCEPT]", "two [2] [NF_DROP]", "one [3] [NF_DROP]")
        }

        test("what is due before an answer is done if the packet has a deadline, and is not answered yet") {
            val packet = one.held(1, bounded = true)
            answers.add(packet, Verdict.ACCEPT)
            shouldThrow<IllegalStateException> { answers.add(packet, Verdict.ACCEPT) }
            answers.add(one.held(2), Verdict.ACCEPT)
            calls shouldContainExactly listOf("one expires before 1")
        }

        test("a packet counts as held once its session has entered it, whatever becomes of it") {
            one.held(1)
            one.duty.entered() shouldBe true
            one.duty.takeOverAlways()
            one.duty.entered() shouldBe true
            one.onEnter = { throw OutOfMemoryError("by the test") }
            shouldThrow<OutOfMemoryError> { one.held(2) }
            one.duty.entered() shouldBe false
            one.duty.linked = true
            one.duty.entered() shouldBe true
        }

        test("a duty without a packet has no bytes to give") {
            shouldThrow<IllegalStateException> { one.duty(1).packet() }
        }
    })
