// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.contract.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

class NfqueueDeadlineSpec :
    FunSpec({
        context("a deadline") {
            test("gives a held packet its verdict, names it, and ignores a late answer") {
                val transport = FakeNetfilter()
                val reported = CopyOnWriteArrayList<Unanswered>()
                transport
                    .session {
                        deadline(Duration.ofSeconds(2), Verdict.ACCEPT.mark(1))
                        onUnanswered { reported += it }
                    }.use { session ->
                        transport.enqueue(2)
                        val held = mutableListOf<QueuedPacket>()
                        session.decide {
                            held += it.hold()
                            Verdict.HELD
                        }
                        held[1].answer(Verdict.DROP)
                        transport.clock().advance(Duration.ofSeconds(2))
                        transport.nfqueue().awaitDecided(2).map { it.short() } shouldContainExactly
                            listOf("2 dropped", "1 passed")
                        held[0].answer(Verdict.DROP) shouldBe false
                        eventually("the deadline's own thread has reported it") { reported.isNotEmpty() }
                        session.statistics().expired() shouldBe 1
                        session.statistics().late() shouldBe 1
                        session.statistics().held() shouldBe 0
                    }
                reported.single().packet().id() shouldBe 1L
                reported.single().cause() shouldBe Unanswered.Cause.DEADLINE
            }

            test("counts, whether a poll was in progress when it passed or not") {
                val transport = FakeNetfilter()
                transport.session { deadline(Duration.ofSeconds(2), Verdict.ACCEPT.mark(1)) }.use { session ->
                    transport.enqueue(2)
                    val held = mutableListOf<QueuedPacket>()
                    session.decide {
                        if (it.id() == 1L) {
                            held += it.hold()
                            return@decide Verdict.HELD
                        }
                        transport.clock().advance(Duration.ofSeconds(2))
                        Verdict.DROP
                    }
                    held.single().answer(Verdict.DROP) shouldBe false
                    transport.nfqueue().awaitDecided(2).map { it.mark() } shouldContainExactly listOf(1L, 1L)
                    session.statistics().expired() shouldBe 2
                    session.statistics().late() shouldBe 2
                }
            }

            test("of a packet's own may be before or after the session's") {
                val transport = FakeNetfilter()
                transport.session { deadline(Duration.ofSeconds(5)) }.use { session ->
                    transport.enqueue(2)
                    session.decide {
                        if (it.id() == 1L) it.hold() else it.hold(Duration.ofSeconds(1), Verdict.ACCEPT)
                        Verdict.HELD
                    }
                    transport.clock().advance(Duration.ofSeconds(1))
                    transport
                        .nfqueue()
                        .awaitDecided(1)
                        .single()
                        .short() shouldBe "2 passed"
                    transport.clock().advance(Duration.ofSeconds(4))
                    transport
                        .nfqueue()
                        .awaitDecided(2)
                        .last()
                        .short() shouldBe "1 dropped"
                }
            }

            test("decides the packet at which a decider hangs and those after it, which the decider never gets") {
                val transport = FakeNetfilter()
                val hanging = CountDownLatch(1)
                val release = CountDownLatch(1)
                transport.session { deadline(Duration.ofSeconds(1)) }.use { session ->
                    transport.enqueue(4)
                    val seen = CopyOnWriteArrayList<Long>()
                    val poller =
                        thread {
                            session.decide {
                                seen += it.id()
                                if (it.id() == 2L) {
                                    hanging.countDown()
                                    release.await(10, TimeUnit.SECONDS)
                                }
                                Verdict.ACCEPT
                            }
                        }
                    hanging.await(10, TimeUnit.SECONDS) shouldBe true
                    transport.clock().advance(Duration.ofSeconds(1))
                    transport.nfqueue().awaitDecided(4).map { it.short() } shouldContainExactly
                        listOf("1 passed", "2 dropped", "3 dropped", "4 dropped")
                    release.countDown()
                    poller.join()
                    seen shouldContainExactly listOf(1L, 2L)
                    session.statistics().expired() shouldBe 3
                    session.statistics().late() shouldBe 1
                    session.statistics().decided() shouldBe 1
                }
            }
        }
    })
