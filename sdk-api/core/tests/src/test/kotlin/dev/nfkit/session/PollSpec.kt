// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

private val NO_ANSWER = message(2, 99, 20) // an answer that no request waits for

/** How long a poll waits, and what ends it. */
class PollSpec :
    FunSpec({
        context("the wait") {
            test("a poll without a timeout looks once, and does not wait") {
                val rig = LoopRig()
                rig.poll(0) shouldBe 0
                rig.waits shouldContainExactly listOf(0L)
            }

            test("a poll with a timeout waits that long, once") {
                val rig = LoopRig()
                rig.poll(30) shouldBe 0
                rig.waits shouldContainExactly listOf(30L)
                rig.now shouldBe 30
            }

            test("a poll without a bound waits without one") {
                val rig = LoopRig()
                rig.arrive(packet(1))
                rig.poll(-5) shouldBe 1
                rig.waits shouldContainExactly listOf(-1L)
            }

            test("after messages that are no packets only the rest of the timeout is left") {
                val rig = LoopRig()
                repeat(2) {
                    rig.script += LoopRig.Step { listOf(NO_ANSWER).also { rig.now += 10 } }
                }
                rig.poll(30) shouldBe 0
                rig.waits shouldContainExactly listOf(30L, 20L, 10L)
                rig.now shouldBe 30
            }

            for (late in listOf(0L, 1L)) {
                test("a message that is no packet and comes when the time is over ends the poll: $late") {
                    val rig = LoopRig()
                    rig.script += LoopRig.Step { listOf(NO_ANSWER).also { rig.now += 30 + late } }
                    rig.poll(30) shouldBe 0
                    rig.waits shouldContainExactly listOf(30L)
                }
            }

            test("the clock may be negative, and may wrap") {
                val rig = LoopRig()
                rig.now = -100
                rig.poll(0) shouldBe 0
                rig.waits shouldContainExactly listOf(0L)
                rig.waits.clear()
                rig.now = Long.MAX_VALUE - 5
                rig.script += LoopRig.Step { listOf(NO_ANSWER).also { rig.now += 10 } }
                rig.poll(30) shouldBe 0
                rig.waits shouldContainExactly listOf(30L, 20L)
            }

            test("a duration counts to the nanosecond, and one that no clock holds is no bound") {
                val rig = LoopRig()
                val none = Handler<Unit, RuntimeException> { _, _, _ -> true }
                rig.loop.poll(none, Unit, Duration.ofNanos(7)) shouldBe 0
                rig.arrive(packet(1))
                rig.loop.poll(none, Unit, Duration.ofDays(36_500)) shouldBe 1
                rig.arrive(packet(1))
                rig.loop.poll(none, Unit, Duration.ofSeconds(Long.MAX_VALUE / 2_000_000_000L)) shouldBe 1
                rig.arrive(packet(1))
                rig.loop.poll(none, Unit, Duration.ofSeconds(Long.MAX_VALUE)) shouldBe 1
                rig.waits shouldContainExactly listOf(7L, Duration.ofDays(36_500).toNanos(), -1L, -1L)
                shouldThrow<IllegalArgumentException> { rig.loop.poll(none, Unit, Duration.ofNanos(-1)) }
            }

            test("a run waits for a second at a time, until the session has ended") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                rig.script += LoopRig.Step { emptyList() }
                rig.script += LoopRig.Step { listOf(packet(3)).also { rig.loop.close() } }
                rig.loop.run(Handler<Unit, RuntimeException> { _, _, _ -> true }, Unit) shouldBe 3
                rig.waits.take(3) shouldContainExactly List(3) { MessageLoop.RUN_SLICE.toNanos() }
            }
        }

        context("what ends a poll") {
            test("an overrun without a packet ends a poll that has a bound, and no other") {
                for (timeout in listOf(0L, 30L, -1L)) {
                    val rig = LoopRig()
                    rig.script += LoopRig.Step { emptyList<ByteArray>().also { rig.batch.markOverrun() } }
                    rig.script += LoopRig.Step { listOf(NO_ANSWER).also { rig.batch.markOverrun() } }
                    rig.arrive(packet(1))
                    if (timeout >= 0) repeat(2) { rig.poll(timeout) shouldBe 0 }
                    rig.poll(timeout) shouldBe 1
                    rig.loop.inbound().overruns() shouldBe 2
                    rig.waits shouldContainExactly List(3) { timeout }
                }
            }

            test("a poll without a timeout or a bound goes on after messages that are no packets") {
                for (timeout in listOf(0L, -1L)) {
                    val rig = LoopRig()
                    rig.now = 5
                    rig.arrive(NO_ANSWER)
                    rig.arrive(packet(1))
                    rig.poll(timeout) shouldBe 1
                    rig.waits shouldContainExactly listOf(timeout, timeout)
                }
            }

            test("a report of the session ends the poll that received it") {
                val rig = LoopRig()
                rig.arrive(NO_ANSWER)
                rig.life.report = true
                rig.poll(-1) shouldBe 0
                rig.calls shouldContainExactly listOf("resume", "unclaimed 99", "done")
            }

            test("a wakeup together with a message that is no packet ends the poll, and only this one") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { listOf(NO_ANSWER).also { rig.loop.wakeup() } }
                rig.poll(-1) shouldBe 0
                rig.arrive(packet(1))
                rig.poll(-1) shouldBe 1
                rig.arrive(NO_ANSWER)
                rig.arrive(packet(2))
                rig.poll(-1) shouldBe 1
            }

            test("a wakeup wakes the socket, and so does the first stop") {
                val rig = LoopRig()
                rig.loop.wakeup()
                rig.calls shouldContainExactly listOf("wakeup")
                rig.loop.stop()
                rig.calls shouldContainExactly listOf("wakeup", "wakeup")
                rig.loop.stop()
                rig.calls.size shouldBe 2
            }

            test("a pending wakeup makes a poll look without waiting, and packets come first") {
                val rig = LoopRig()
                rig.loop.wakeup()
                rig.arrive(packet(1))
                rig.poll(-1) shouldBe 1
                rig.waits shouldContainExactly listOf(0L)
                rig.arrive(packet(2))
                rig.poll(-1) shouldBe 1
                rig.waits shouldContainExactly listOf(0L, -1L)
            }
        }

        context("delivery") {
            test("what is left after a handler that throws is delivered first, without a receive") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2), packet(3))
                rig.onPacket = { if (it == 2) error("full") }
                shouldThrow<IllegalStateException> { rig.poll(0) }
                rig.onPacket = {}
                rig.poll(-1) shouldBe 1
                rig.delivered shouldContainExactly listOf(1, 2, 3)
                rig.waits shouldContainExactly listOf(0L)
                rig.calls shouldContainExactly listOf("resume", "done", "resume", "done")
            }

            test("what a batch's end throws is thrown, and with a handler's exception it is suppressed") {
                val rig = LoopRig()
                val end = IllegalArgumentException("end")
                rig.life.on["done"] = { throw end }
                rig.arrive(packet(1))
                shouldThrow<IllegalArgumentException> { rig.poll(0) } shouldBe end
                rig.arrive(packet(2))
                rig.onPacket = { error("full") }
                shouldThrow<IllegalStateException> { rig.poll(0) }.suppressed.toList() shouldContainExactly listOf(end)
            }

            test("if only messages that are no packets are left, the poll receives") {
                val rig = LoopRig()
                rig.arrive(packet(1), NO_ANSWER)
                rig.onPacket = { error("full") }
                shouldThrow<IllegalStateException> { rig.poll(0) }
                rig.onPacket = {}
                rig.arrive(packet(2))
                rig.poll(0) shouldBe 1
                rig.delivered shouldContainExactly listOf(1, 2)
            }

            test("a handler that refuses a message does not count it") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                rig.loop.poll(Handler<Unit, RuntimeException> { m, _, _ -> m.sequence() == 2L }, Unit, 0) shouldBe 1
            }

            test("a close during a delivery ends it after the packet, and the rest is discarded") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2), packet(3))
                rig.onPacket = { rig.loop.close() }
                rig.poll(-1) shouldBe 1
                rig.loop.ended() shouldBe true
                rig.delivered shouldContainExactly listOf(1)
                rig.calls.filter { it.startsWith("discarded") } shouldContainExactly
                    listOf("discarded 2", "discarded 3")
                rig.poll(-1) shouldBe -1
            }

            test("a closed session delivers nothing, not even what was received") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                rig.onPacket = { error("full") }
                shouldThrow<IllegalStateException> { rig.poll(0) }
                rig.loop.close()
                rig.poll(0) shouldBe -1
                rig.delivered shouldContainExactly listOf(1)
                rig.calls.filter { it.startsWith("discarded") } shouldContainExactly listOf("discarded 2")
            }

            test("the handler's context and the session's inbound messages are those of the loop") {
                val rig = LoopRig()
                rig.now = 17
                rig.arrive(packet(1))
                val seen = mutableListOf<String>()
                rig.loop.poll(
                    Handler<MutableList<String>, RuntimeException> { m, inbound, context ->
                        context += "${m.sequence()} at ${inbound.receivedAt()} in ${inbound.epoch()}"
                        inbound shouldBe rig.loop.inbound()
                        rig.loop.inside() shouldBe true
                        rig.loop.polling() shouldBe true
                        true
                    },
                    seen,
                    0,
                ) shouldBe 1
                seen shouldContainExactly listOf("1 at 17 in 0")
                rig.loop.inside() shouldBe false
                rig.loop.polling() shouldBe false
                rig.loop.inbound().datagrams() shouldBe 1
            }

            test("a poll in a callback is refused, and leaves the poll in progress alone") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                rig.onPacket = { shouldThrow<IllegalStateException> { rig.poll(0) } }
                rig.poll(0) shouldBe 2
                rig.poll(0) shouldBe 0
                rig.calls.filter { it == "wakeup" }.shouldBeEmpty()
            }
        }
    })
