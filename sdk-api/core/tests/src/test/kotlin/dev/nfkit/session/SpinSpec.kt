// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.util.concurrent.TimeUnit

private const val MILLI = 1_000_000L

/** Polls that look at the socket again and again before they wait. */
class SpinSpec :
    FunSpec({
        test("a spinning poll looks at the socket before it waits, and then waits") {
            val rig = LoopRig()
            rig.loop.spin(1)
            rig.poll(MILLI) shouldBe 0
            // The clock is read after every eighth look.
            (rig.waits.size - 1) % 8 shouldBe 0
            rig.waits.size shouldBeGreaterThan 8
            rig.waits.dropLast(1).all { it == 0L } shouldBe true
            rig.waits.last() shouldBe MILLI
        }

        test("a spinning poll without a bound spins, and then waits without one") {
            val rig = LoopRig()
            rig.loop.spin(1)
            val look = LoopRig.Step { emptyList() }
            repeat(8) { rig.script += look }
            rig.script += LoopRig.Step { listOf(packet(1)) }
            rig.poll(-1) shouldBe 1
            rig.waits shouldContainExactly List(8) { 0L } + -1L
        }

        test("a poll that may not wait does not spin") {
            val rig = LoopRig()
            rig.loop.spin(TimeUnit.HOURS.toNanos(1))
            rig.poll(0) shouldBe 0
            rig.waits shouldContainExactly listOf(0L)
        }

        for (timeout in listOf(1L, 2L)) {
            test("a poll whose timeout is no longer than it spins does not wait as well: $timeout") {
                val rig = LoopRig()
                rig.loop.spin(2)
                rig.poll(timeout) shouldBe 0
                rig.waits.all { it == 0L } shouldBe true
                rig.waits.size shouldBeGreaterThan 0
            }
        }

        test("spinning ends at the timeout, if that is earlier") {
            val rig = LoopRig()
            rig.loop.spin(TimeUnit.HOURS.toNanos(1))
            rig.poll(1) shouldBe 0
        }

        test("the time that passes while a poll spins is part of its timeout") {
            val rig = LoopRig()
            rig.loop.spin(1)
            rig.now = 400
            rig.during { rig.now += 300 }
            rig.poll(1_000) shouldBe 0
            rig.waits.last() shouldBe 700
            rig.now shouldBe 1_400
            rig.during { rig.now += 5_000 }
            rig.poll(1_000) shouldBe 0
            rig.waits.last() shouldBe 0
        }

        test("a packet that arrives while a poll spins is delivered at once") {
            val rig = LoopRig()
            rig.loop.spin(TimeUnit.MINUTES.toNanos(1))
            repeat(20) { rig.script += LoopRig.Step { emptyList() } }
            rig.arrive(packet(1))
            rig.poll(-1) shouldBe 1
            rig.delivered shouldContainExactly listOf(1)
            rig.waits shouldContainExactly List(21) { 0L }
        }

        test("a wakeup, a stop, an overrun and a closed socket end the spinning") {
            for (event in listOf("wakeup", "stop", "overrun", "closed")) {
                val rig = LoopRig()
                rig.loop.spin(TimeUnit.HOURS.toNanos(1))
                rig.script += LoopRig.Step { emptyList() }
                rig.script +=
                    LoopRig.Step {
                        when (event) {
                            "wakeup" -> rig.loop.wakeup()
                            "stop" -> rig.loop.stop()
                            "overrun" -> rig.batch.markOverrun()
                        }
                        if (event == "closed") null else emptyList()
                    }
                if (event == "stop") rig.script += LoopRig.Step { listOf(answer(1)) }
                rig.poll(TimeUnit.DAYS.toNanos(1)) shouldBe if (event == "stop" || event == "closed") -1 else 0
                rig.waits.all { it == 0L } shouldBe true
            }
        }

        test("a session that spins sleeps while it waits for the last answers") {
            val rig = LoopRig()
            rig.loop.spin(TimeUnit.HOURS.toNanos(1))
            rig.life.mayEnd = false
            rig.loop.stop()
            rig.arrive(answer(1))
            repeat(2) { rig.script += LoopRig.Step { emptyList() } }
            repeat(3) { rig.during { } }
            rig.during { rig.life.mayEnd = true }
            rig.poll(0) shouldBe -1
            rig.waits.take(7) shouldContainExactly listOf(0L, 0L, 0L) + List(4) { 5 * MILLI }
        }
    })
