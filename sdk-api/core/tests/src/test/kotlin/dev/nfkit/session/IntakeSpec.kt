// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.shouldBe

private val DAMAGED = byteArrayOf(1, 2, 3, 4)

private fun LoopRig.call() = loop.nextSequence().let { loop.call("bind", it, request(it)) }

/** The epochs and times of receipt of the packets of one poll. */
private fun LoopRig.seen(): List<String> {
    val seen = mutableListOf<String>()
    loop.poll(
        Handler<Unit, RuntimeException> { message, inbound, _ ->
            seen += "${message.sequence()} in ${inbound.epoch()} at ${inbound.receivedAt()}"
            true
        },
        Unit,
        0,
    )
    return seen
}

/** What is received: damaged and cut datagrams, messages that are set aside, and those that may be lost. */
class IntakeSpec :
    FunSpec({
        test("a datagram that cannot be read is reported and counted, and the next one belongs to a new epoch") {
            val rig = LoopRig()
            rig.arrive(packet(1), DAMAGED, packet(2))
            rig.seen() shouldContainExactly listOf("1 in 0 at 0", "2 in 1 at 0")
            rig.calls shouldContain "malformed nlmsghdr"
            rig.loop.inbound().datagrams() shouldBe 3
        }

        test("a report of damage that throws fails the poll, and the next one goes on after it") {
            val rig = LoopRig()
            rig.life.on["malformed"] = { error("by the test") }
            rig.arrive(DAMAGED, packet(2))
            shouldThrow<IllegalStateException> { rig.poll(0) }
            rig.seen() shouldContainExactly listOf("2 in 1 at 0")
        }

        test("a datagram that is larger than its slot is reported with its length, and begins a new epoch") {
            val rig = LoopRig()
            rig.arrive(packet(1), message(PACKET, 5, 200), packet(2))
            rig.seen() shouldContainExactly listOf("1 in 0 at 0", "2 in 1 at 0")
            rig.calls shouldContain "truncated 128"
            rig.loop.inbound().truncated() shouldBe 1
            rig.loop.inbound().datagrams() shouldBe 3
        }

        test("messages that are set aside keep their epoch and the time of their receipt") {
            val rig = LoopRig()
            rig.script +=
                LoopRig.Step {
                    rig.now = 10
                    listOf(packet(1), DAMAGED, packet(2))
                }
            rig.script +=
                LoopRig.Step {
                    rig.now = 20
                    listOf(answer(1), packet(3))
                }
            rig.call()
            rig.script += LoopRig.Step { listOf(packet(4)).also { rig.now = 30 } }
            rig.seen() shouldContainExactly listOf("1 in 0 at 10", "2 in 1 at 10", "3 in 1 at 20")
            rig.seen() shouldContainExactly listOf("4 in 1 at 30")
        }

        test("the session sees each receive before its messages are delivered, also one that brings nothing") {
            val rig = LoopRig()
            rig.arrive(packet(1), packet(2))
            rig.poll(0)
            rig.poll(0)
            rig.arrive(answer(1))
            rig.call()
            rig.life.received shouldContainExactly listOf("2 after 0", "0 after 2", "1 after 2")
        }

        test("messages that are set aside are copies") {
            val rig = LoopRig()
            rig.arrive(packet(1))
            rig.arrive(answer(1))
            rig.call()
            rig.arrive(packet(7))
            rig.drain()
            rig.delivered shouldContainExactly listOf(1, 7)
        }

        test("an answer that cannot be read is reported, and is an answer all the same") {
            val rig = LoopRig()
            rig.arrive(message(2, 1, 2))
            rig.arrive()
            shouldThrow<SystemCallException> { rig.call() } // its outcome is not known
            rig.calls shouldContainExactly listOf("send", "malformed NLMSG_ERROR")
            rig.arrive(message(2, 9, 2), packet(3))
            rig.poll(0) shouldBe 1
            rig.calls shouldContain "unclaimed 9"
        }

        test("an answer to no request that comes while a request waits is reported once") {
            val rig = LoopRig()
            rig.arrive(answer(9, 1), packet(3), answer(1))
            rig.call()
            rig.drain()
            rig.delivered shouldContainExactly listOf(3)
            rig.calls.count { it == "unclaimed 9" } shouldBe 1
        }

        test("damage that the session reports by an exception passes through a request") {
            val rig = LoopRig()
            rig.arrive(DAMAGED, packet(3))
            rig.life.on["malformed"] = { throw MalformedMessageException("here", 0, "more", "less") }
            shouldThrow<MalformedMessageException> { rig.call() }
            rig.drain()
            rig.delivered shouldContainExactly listOf(3)
        }

        test("messages of the protocol itself are neither delivered nor answers") {
            val rig = LoopRig()
            rig.arrive(message(3, 1, 4), message(0xf, 1), message(0x10, 2))
            rig.poll(0) shouldBe 1
            rig.delivered shouldContainExactly listOf(2)
            rig.arrive(message(0xf, 1), message(0x10, 2))
            rig.loop.close()
            rig.calls.filter { it.startsWith("discarded") } shouldContainExactly listOf("discarded 2")
        }

        test("a lack of memory in a callback may have lost a message: the next poll or request reports it, once") {
            for (next in listOf<(LoopRig) -> Unit>({ it.poll(0) }, {
                it.arrive(answer(1))
                it.call()
            })) {
                val rig = LoopRig()
                rig.arrive(packet(1))
                rig.onPacket = { throw StackOverflowError() }
                shouldThrow<StackOverflowError> { rig.poll(0) }
                rig.calls shouldNotContain "missed"
                next(rig)
                rig.calls.count { it == "missed" } shouldBe 1
                rig.loop.inbound().currentEpoch() shouldBe 1
                rig.poll(0)
                rig.calls.count { it == "missed" } shouldBe 1
            }
        }

        test("any other exception of a callback loses nothing") {
            val rig = LoopRig()
            rig.arrive(packet(1))
            rig.onPacket = { throw AssertionError("by the test") }
            shouldThrow<AssertionError> { rig.poll(0) }
            rig.poll(0)
            rig.calls shouldNotContain "missed"
        }

        test("a poll whose receive fails reports that messages may be lost") {
            val rig = LoopRig()
            rig.script += LoopRig.Step { throw failure() }
            shouldThrow<SystemCallException> { rig.poll(0) }
            rig.calls.count { it == "missed" } shouldBe 1
            rig.arrive(packet(1))
            rig.seen() shouldContainExactly listOf("1 in 1 at 0")
        }

        test("discarded messages are counted by the socket's listener too, but not answers") {
            val rig = LoopRig()
            var discarded = 0
            rig.batch.onDiscard { discarded++ }
            rig.arrive(packet(1), answer(1), packet(2))
            rig.loop.close()
            discarded shouldBe 2
        }

        test("sequence numbers of requests begin with one and go up") {
            val rig = LoopRig()
            (1..3).map { rig.loop.nextSequence() } shouldContainExactly listOf(1L, 2L, 3L)
        }

        test("requests are answered in any order") {
            val rig = LoopRig()
            val requests = (1..3).map { rig.loop.post("request $it", it.toLong(), rig.request(it.toLong())) }
            rig.arrive(answer(2, 1))
            rig.poll(0)
            requests.map { it.answered() } shouldContainExactly listOf(false, true, false)
            rig.arrive(answer(3), answer(1))
            rig.poll(0)
            requests.all { it.answered() } shouldBe true
            requests.map { it.refusal() != null } shouldContainExactly listOf(false, true, false)
        }
    })
