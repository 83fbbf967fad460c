// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlin.concurrent.thread

class NfqueueHoldSpec :
    FunSpec({
        context("held packets") {
            test("are answered later, from any thread, in any order, exactly once") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(4)
                    val held = mutableListOf<QueuedPacket>()
                    session.decide {
                        held += it.hold()
                        Verdict.HELD
                    }
                    transport.outcome().shouldBeEmpty()
                    session.statistics().held() shouldBe 4
                    thread {
                        held.reversed().forEach {
                            it.answer(
                                if (it.id() ==
                                    2L
                                ) {
                                    Verdict.DROP
                                } else {
                                    Verdict.ACCEPT
                                },
                            )
                        }
                    }.join()
                    transport.outcome() shouldContainExactly listOf("4 passed", "3 passed", "2 dropped", "1 passed")
                    shouldThrow<IllegalStateException> { held[0].answer(Verdict.ACCEPT) }.message shouldContain
                        "packet 1 of queue 0 was answered before"
                    session.statistics().answered() shouldBe 4
                    session.statistics().held() shouldBe 0
                }
            }

            test("are not covered by the batch of those after them") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(5)
                    var held: QueuedPacket? = null
                    session.decide {
                        if (it.id() == 2L) {
                            held = it.hold()
                            Verdict.HELD
                        } else {
                            Verdict.ACCEPT
                        }
                    }
                    transport.outcome() shouldContainExactly listOf("1 passed", "3 passed", "4 passed", "5 passed")
                    held!!.answer(Verdict.DROP) shouldBe true
                    transport.outcome().last() shouldBe "2 dropped"
                }
            }

            test("can be answered together, in one datagram") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(3)
                    val answers = Answers()
                    session.decide {
                        answers.add(it.hold(), Verdict.ACCEPT.mark(it.id()))
                        Verdict.HELD
                    }
                    transport.outcome().shouldBeEmpty()
                    answers.size() shouldBe 3
                    answers.send()
                    transport.nfqueue().decided().map { it.mark() } shouldContainExactly listOf(1L, 2L, 3L)
                }
            }

            test("are answered by a verdict that the decider returns after all") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(1)
                    var held: QueuedPacket? = null
                    session.decide {
                        held = it.hold()
                        Verdict.DROP
                    }
                    transport.outcome() shouldContainExactly listOf("1 dropped")
                    shouldThrow<IllegalStateException> { held!!.answer(Verdict.ACCEPT) }
                    session.statistics().answered() shouldBe 1
                }
            }

            test("may be answered inside the decider, and then a returned verdict is refused with an exception") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(2)
                    session.decide {
                        it.hold().answer(Verdict.DROP)
                        Verdict.HELD
                    }
                    transport.outcome() shouldContainExactly listOf("1 dropped", "2 dropped")
                    transport.enqueue(1)
                    shouldThrow<IllegalStateException> {
                        session.decide {
                            it.hold().answer(Verdict.ACCEPT)
                            Verdict.DROP
                        }
                    }
                    transport.outcome().last() shouldBe "3 passed"
                }
            }

            test("cannot be held twice, nor outside their decider") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(1)
                    var escaped: QueuedPacket? = null
                    session.decide {
                        escaped = it
                        it.hold()
                        shouldThrow<IllegalStateException> { it.hold() }.message shouldContain "held already"
                        Verdict.HELD
                    }
                    shouldThrow<IllegalStateException> { escaped!!.hold() }
                }
            }
        }
    })
