// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nfqueue.Verdict
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch

private const val SENT = 100_000L

class NfqueueOverflowSpec :
    FunSpec({
        /** Makes the decider wait at its first packet, so that the queue becomes full. */
        class Gate {
            private val open = CountDownLatch(1)

            fun open() = open.countDown()

            fun pass(): Verdict {
                open.await()
                return Verdict.ACCEPT
            }
        }

        test("100,000 packets into a queue of 16 that fails closed: each is decided or counted as dropped")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT")
                    open { queue(0) { it.maximumLength(16) } }.use { session ->
                        val gate = Gate()
                        val running = Running(session) { gate.pass() }
                        UdpSender(this).use { sender ->
                            sender.send(1_000)
                            session.statistics().queueDropped() shouldBe 1_000 - 16
                            gate.open()
                            sender.send(SENT.toInt() - 1_000)
                        }
                        val now = session.statistics() // while some may still wait
                        now.decided() + now.queueDropped() + now.userDropped() shouldBeGreaterThanOrEqual SENT - 2 * 16
                        session.stop()
                        val decided = running.join()
                        val statistics = session.statistics()
                        statistics.decided() shouldBe decided
                        statistics.queues().single().waiting() shouldBe 0
                        decided + statistics.queueDropped() + statistics.userDropped() shouldBe SENT
                        statistics.userDropped() shouldBe 0
                        statistics.received().sequenceGaps() shouldBe 0
                        statistics.bypassed() shouldBe 0
                        counted("OUTPUT") shouldBe decided
                        statistics.shouldAddUp()
                    }
                }
            }

        test("100,000 packets into a queue of 16 that fails open: none is lost, and undecided ones are not counted")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT")
                    open { queue(0) { it.maximumLength(16).failOpen(true) } }.use { session ->
                        val gate = Gate()
                        val running = Running(session) { gate.pass() }
                        UdpSender(this).use { sender ->
                            sender.send(1_000)
                            counted("OUTPUT") shouldBe 1_000 - 16
                            gate.open()
                            sender.send(SENT.toInt() - 1_000)
                        }
                        eventually("none waits") { waiting(0) == 0L }
                        session.stop()
                        val decided = running.join()
                        val statistics = session.statistics()
                        counted("OUTPUT") shouldBe SENT
                        decided shouldBeGreaterThanOrEqual 16
                        statistics.decided() shouldBe decided
                        statistics.queueDropped() shouldBe 0
                        statistics.userDropped() shouldBe 0
                        statistics.bypassed() shouldBe 0
                        statistics.received().socketDrops() shouldBe 0
                    }
                }
            }

        for (open in listOf(false, true)) {
            val what = if (open) "pass and are reported as bypassed" else "are lost and counted by both sides"
            test("packets that find the receive buffer full $what, as gaps in the ids")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        queueUdp("OUTPUT", table = "mangle")
                        countUdp("OUTPUT")
                        open {
                            receiveBuffer(8192)
                            queue(0) { it.maximumLength(100_000).failOpen(open) }
                        }.use { session ->
                            UdpSender(this).use { sender ->
                                sender.send(2_000)
                                val there = waiting(0)
                                session.take(there.toInt())
                                sender.send(1) // makes the gap before it visible
                                session.take(1)
                                val lost = 2_000 - there
                                lost shouldBeGreaterThan 0
                                val statistics = session.statistics()
                                statistics.received().socketDrops() shouldBe lost
                                statistics.bypassed() shouldBe if (open) lost else 0
                                statistics.received().sequenceGaps() shouldBe if (open) 0 else lost
                                statistics.userDropped() shouldBe if (open) 0 else lost
                                counted("OUTPUT") shouldBe if (open) 2_001 else there + 1
                            }
                        }
                    }
                }
        }
    })
