// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Unanswered.Cause
import dev.nfkit.nfqueue.Verdict
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch

/** A decider's failure, as an application may throw. */
private class Unfit : Exception("the tenth")

class NfqueueDeciderSpec :
    FunSpec({
        for (failure in listOf(Verdict.DROP, Verdict.ACCEPT)) {
            test("a decider that throws on every tenth packet costs only these, by failure verdict $failure")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        queueUdp("OUTPUT", table = "mangle")
                        countUdp("OUTPUT")
                        open { queue(0).failureVerdict(failure) }.use { session ->
                            UdpSender(this, sockets = 2).use { it.send(200) }
                            val seen = mutableListOf<Long>()
                            repeat(20) {
                                shouldThrow<Unfit> {
                                    session.run<Unfit> { packet ->
                                        seen += packet.id()
                                        when {
                                            packet.id() % 10 == 0L -> throw Unfit()
                                            packet.id() % 10 == 5L -> Verdict.DROP
                                            else -> Verdict.ACCEPT
                                        }
                                    }
                                }
                            }
                            seen shouldContainExactly (1L..200L).toList()
                            val statistics = session.statistics()
                            statistics.decided() shouldBe 180
                            statistics.failed() shouldBe 20
                            statistics.shouldAddUp()
                            waiting(0) shouldBe 0
                            counted("OUTPUT") shouldBe if (failure == Verdict.DROP) 160 else 180
                        }
                    }
                }
        }

        test("unanswered held packets get the deadline's verdict, and a later answer is late")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT", "-m mark --mark 6 ")
                    val reported = ConcurrentLinkedQueue<Unanswered>()
                    open {
                        queue(0)
                        deadline(Duration.ofSeconds(2), Verdict.ACCEPT.mark(6))
                        onUnanswered { reported += it }
                    }.use { session ->
                        UdpSender(this).use { it.send(20) }
                        val held = session.hold(20)
                        val answers = Answers()
                        answers.add(held[0], Verdict.DROP) shouldBe true // and not sent in time
                        eventually("all are expired") { session.statistics().expired() == 20L }
                        answers.send()
                        held[1].answer(Verdict.DROP) shouldBe false
                        held[2].answered() shouldBe true
                        counted("OUTPUT") shouldBe 20
                        reported.map { it.packet().id() }.sorted() shouldContainExactly (1L..20L).toList()
                        reported.all { it.cause() == Cause.DEADLINE } shouldBe true
                        val statistics = session.statistics()
                        statistics.late() shouldBe 2
                        statistics.held() shouldBe 0
                        statistics.shouldAddUp()
                        session.pollUntil("no verdict was sent twice") { true }
                        session.statistics().gone() shouldBe 0
                    }
                }
            }

        test("a decider that hangs delays no packet past its deadline, and continues when it wakes up")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT")
                    open { queue(0).deadline(Duration.ofSeconds(1), Verdict.ACCEPT) }.use { session ->
                        UdpSender(this).use { sender ->
                            sender.send(20)
                            val wake = CountDownLatch(1)
                            val running =
                                Running(session) {
                                    if (it.id() == 4L) wake.await()
                                    Verdict.DROP
                                }
                            eventually("the later ones are expired") { session.statistics().expired() == 17L }
                            counted("OUTPUT") shouldBe 17
                            waiting(0) shouldBe 0
                            wake.countDown()
                            sender.send(3)
                            eventually("the next are decided") { session.statistics().decided() == 6L }
                            session.stop()
                            running.join() shouldBe 7 // with the one that hung; the later ones were not delivered
                            val statistics = session.statistics()
                            statistics.expired() shouldBe 17
                            statistics.late() shouldBe 1
                            statistics.gone() shouldBe 0
                            statistics.shouldAddUp()
                            counted("OUTPUT") shouldBe 17
                        }
                    }
                }
            }

        for (deadline in listOf(false, true)) {
            val fate = if (deadline) "get the close verdict" else "are the kernel's to drop"
            test("if it is closed while a decider hangs, a session ends in time; waiting packets $fate")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        queueUdp("OUTPUT", table = "mangle")
                        countUdp("OUTPUT")
                        val session =
                            open {
                                queue(0)
                                closeVerdict(Verdict.ACCEPT)
                                if (deadline) deadline(Duration.ofHours(1))
                            }
                        UdpSender(this).use { it.send(10) }
                        val at = CountDownLatch(1)
                        val wake = CountDownLatch(1)
                        val running =
                            Running(session) {
                                if (it.id() == 3L) {
                                    at.countDown()
                                    wake.await()
                                }
                                Verdict.DROP
                            }
                        at.await()
                        session.close()
                        session.ended() shouldBe true
                        transport.kernel().nfqueues().none { it.queue() == 0 } shouldBe true
                        // Decided before: the two drops are only sent if a deadline makes the session share its outbox.
                        counted("OUTPUT") shouldBe if (deadline) 8 else 0
                        wake.countDown()
                        running.join() // returns, and throws nothing
                        val statistics = session.statistics()
                        statistics.decided() shouldBe if (deadline) 2 else 0
                        statistics.settled() shouldBe if (deadline) 8 else 10
                        statistics.late() shouldBe 1
                        statistics.received().discarded() shouldBe 7
                        statistics.shouldAddUp()
                    }
                }
        }

        for (verdict in listOf(Verdict.DROP, Verdict.ACCEPT)) {
            test("if it is closed while 1,000 are held and 500 wait undelivered, all get the close verdict $verdict")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        queueUdp("OUTPUT", table = "mangle")
                        countUdp("OUTPUT")
                        val reported = mutableListOf<Unanswered>()
                        val session =
                            open {
                                queue(0) { it.maximumLength(2_000) }
                                batchSize(8)
                                closeVerdict(verdict)
                                onUnanswered { reported += it }
                            }
                        UdpSender(this, sockets = 10).use { it.send(1_500) }
                        val held = session.hold(1_000)
                        waiting(0) shouldBe 1_500
                        session.close()
                        counted("OUTPUT") shouldBe if (verdict == Verdict.DROP) 0 else 1_500
                        reported shouldHaveSize 1_000
                        reported.all { it.cause() == Cause.END && it.verdict() == verdict } shouldBe true
                        held[0].answer(Verdict.ACCEPT) shouldBe false
                        val statistics = session.statistics()
                        statistics.settled() shouldBe 1_500
                        statistics.received().discarded() shouldBe 500
                        statistics.held() shouldBe 0
                        statistics.late() shouldBe 1
                        statistics.queues().single().waiting() shouldBe 1_500
                        statistics.shouldAddUp()
                    }
                }
        }

        test("a stop delivers waiting packets, gives held packets their time, and settles the rest")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT")
                    val held = ConcurrentLinkedQueue<QueuedPacket>()
                    val session = open { queue(0).settleTime(Duration.ofSeconds(BOUND_SECONDS)) }
                    UdpSender(this, sockets = 3).use { it.send(300) }
                    session.stop()
                    val running =
                        Running(session) {
                            if (it.id() % 100 == 0L) {
                                held += it.hold()
                                Verdict.HELD
                            } else {
                                Verdict.ACCEPT
                            }
                        }
                    eventually("three are held") { held.size == 3 }
                    held.forEach { it.answer(Verdict.ACCEPT) shouldBe true } // the last one ends the session
                    running.join() shouldBe 300
                    counted("OUTPUT") shouldBe 300
                    session.statistics().settled() shouldBe 0
                    session.statistics().shouldAddUp()
                    session.ended() shouldBe true
                }
            }

        test("if many threads answer while deadlines pass and the session closes, each packet is counted once")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT")
                    val held = ConcurrentLinkedQueue<QueuedPacket>()
                    val session =
                        open {
                            queue(0) { it.maximumLength(20_000) }
                            deadline(Duration.ofMillis(5))
                            closeVerdict(Verdict.DROP)
                            onUnanswered { }
                        }
                    val running =
                        Running(session) {
                            if (it.id() % 2 == 0L) {
                                held += it.hold()
                                Verdict.HELD
                            } else {
                                Verdict.ACCEPT
                            }
                        }
                    val late =
                        java.util.concurrent.atomic
                            .AtomicLong()
                    val done = CountDownLatch(1)
                    val answering =
                        List(3) {
                            kotlin.concurrent.thread {
                                while (true) {
                                    val packet = held.poll()
                                    if (packet == null && done.count == 0L) break
                                    if (packet != null && !packet.answer(Verdict.ACCEPT)) late.incrementAndGet()
                                }
                            }
                        }
                    UdpSender(this).use { it.send(10_000) }
                    session.close()
                    running.join()
                    done.countDown()
                    answering.forEach { it.join() }
                    val statistics = session.statistics()
                    statistics.shouldAddUp()
                    statistics.held() shouldBe 0
                    statistics.gone() shouldBe 0
                    statistics.refused() shouldBe 0
                    (statistics.late() >= late.get()) shouldBe true
                    counted("OUTPUT") shouldBe statistics.decided() + statistics.answered()
                    statistics.received().delivered() + statistics.received().discarded() shouldBe 10_000
                }
            }
    })
