// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.BytesView
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

class NfqueueEndSpec :
    FunSpec({
        context("no packet is left without a verdict") {
            test("a decider that throws: its packet fails closed, the exception is thrown, the rest comes next") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(5)
                    shouldThrow<IllegalArgumentException> {
                        session.decide {
                            if (it.id() ==
                                3L
                            ) {
                                throw IllegalArgumentException("three")
                            } else {
                                Verdict.ACCEPT
                            }
                        }
                    }
                    transport.outcome() shouldContainExactlyInAnyOrder listOf("1 passed", "2 passed", "3 dropped")
                    session.decide { Verdict.ACCEPT } shouldBe 2
                    session.statistics().failed() shouldBe 1
                    session.statistics().decided() shouldBe 4
                }
            }

            test("a decider that throws after hold(): the failure verdict answers the packet") {
                val transport = FakeNetfilter()
                transport.session { failureVerdict(Verdict.ACCEPT) }.use { session ->
                    transport.enqueue(1)
                    var held: QueuedPacket? = null
                    shouldThrow<IllegalArgumentException> {
                        session.decide {
                            held = it.hold()
                            throw IllegalArgumentException()
                        }
                    }
                    transport.outcome() shouldContainExactly listOf("1 passed")
                    held!!.answer(Verdict.DROP) shouldBe false
                    session.statistics().late() shouldBe 1
                    session.statistics().failed() shouldBe 1
                    session.statistics().held() shouldBe 0
                }
            }

            test("a decider that throws after it held and answered its packet has not failed it") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(1)
                    shouldThrow<IllegalArgumentException> {
                        session.decide {
                            it.hold().answer(Verdict.ACCEPT) shouldBe true
                            throw IllegalArgumentException()
                        }
                    }
                    transport.outcome() shouldContainExactly listOf("1 passed")
                    session.statistics().failed() shouldBe 0
                    session.statistics().answered() shouldBe 1
                    session.statistics().late() shouldBe 0
                }
            }

            test("a decider that returns HELD without holding") {
                val transport = FakeNetfilter()
                transport.session { failureVerdict(Verdict.ACCEPT.mark(4)) }.use { session ->
                    transport.enqueue(2)
                    session.decide { Verdict.HELD }
                    transport.nfqueue().decided().map { it.mark() } shouldContainExactly listOf(4L, 4L)
                    session.statistics().forgotten() shouldBe 2
                }
            }

            test("a verdict whose payload was released fails, and so does its packet") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(2)
                    val released = BytesView.of(1).also { it.release() }
                    shouldThrow<IllegalStateException> { session.decide { it.accept().payload(released) } }
                    session.decide { Verdict.ACCEPT }
                    transport.outcome() shouldContainExactly listOf("1 dropped", "2 passed")
                }
            }

            test("a malformed packet gets the failure verdict and is counted") {
                val transport = FakeNetfilter()
                transport.session { onMalformed { } }.use { session ->
                    val broken = SampleNfqueue.of(ByteArray(20)).attribute(NfqueueAttribute.MARK.code(), 1, 2)
                    transport.nfqueue().enqueue(0, broken)
                    transport.enqueue(1)
                    session.decide { Verdict.ACCEPT } shouldBe 1
                    transport.outcome() shouldContainExactly listOf("1 dropped", "2 passed")
                    session.statistics().unread() shouldBe 1
                    session.statistics().received().malformed() shouldBe 1
                }
            }
        }

        context("the end") {
            for ((verdict, word) in listOf(Verdict.DROP to "dropped", Verdict.ACCEPT to "passed")) {
                test("a close settles held and undelivered packets: $verdict") {
                    val transport = FakeNetfilter()
                    val reported = CopyOnWriteArrayList<Unanswered>()
                    val session =
                        transport.session {
                            closeVerdict(verdict)
                            onUnanswered { reported += it }
                            batchSize(2)
                        }
                    transport.enqueue(5)
                    val held = mutableListOf<QueuedPacket>()
                    session.decide {
                        held += it.hold()
                        Verdict.HELD
                    }
                    session.close()
                    transport.outcome() shouldContainExactlyInAnyOrder (1..5).map { "$it $word" }
                    reported.map { it.packet().id() } shouldContainExactly listOf(1L, 2L)
                    held.forEach { it.answer(Verdict.ACCEPT) shouldBe false }
                    val statistics = session.statistics()
                    statistics.settled() shouldBe 5
                    statistics.received().discarded() shouldBe 3
                    statistics.held() shouldBe 0
                    session.decide { Verdict.ACCEPT } shouldBe -1
                }
            }

            test("a stop accepts no new packets, delivers waiting ones, and waits for held ones to be answered") {
                val transport = FakeNetfilter(TestClock.manual()) // otherwise the settle time passes at once
                val session = transport.session { batchSize(2) }
                transport.enqueue(5)
                val held = CopyOnWriteArrayList<QueuedPacket>()
                session.stop()
                val delivered =
                    thread {
                        session.run(
                            Decider<RuntimeException> {
                                if (it.id() == 1L) {
                                    held += it.hold()
                                    Verdict.HELD
                                } else {
                                    Verdict.ACCEPT
                                }
                            },
                        )
                    }
                transport.nfqueue().awaitDecided(4)
                transport.nfqueue().enqueue(0, SampleNfqueue.of(ByteArray(20))) shouldBe false
                held.single().answer(Verdict.ACCEPT) shouldBe true
                delivered.join()
                session.ended() shouldBe true
                transport.outcome().filter { it.endsWith("passed") }.size shouldBe 5
                session.statistics().settled() shouldBe 0
                session.statistics().queueDropped() shouldBe 1
                transport.openSockets() shouldBe 0
            }

            test("a stop does not wait for held packets beyond the settle time") {
                val transport = FakeNetfilter()
                val session = transport.session { settleTime(Duration.ZERO).onUnanswered { } }
                transport.enqueue(1)
                session.decide {
                    it.hold()
                    Verdict.HELD
                }
                session.stop()
                session.decide { Verdict.ACCEPT } shouldBe -1
                transport.outcome() shouldContainExactly listOf("1 dropped")
                session.statistics().settled() shouldBe 1
            }

            test("a close inside a decider takes effect after it") {
                val transport = FakeNetfilter()
                val session = transport.session()
                transport.enqueue(2)
                session.decide {
                    session.close()
                    Verdict.ACCEPT
                }
                transport.outcome() shouldContainExactly listOf("1 passed", "2 dropped")
                session.ended() shouldBe true
            }
        }
    })
