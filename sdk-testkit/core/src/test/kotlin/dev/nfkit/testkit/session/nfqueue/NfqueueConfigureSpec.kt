// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlin.concurrent.thread

class NfqueueConfigureSpec :
    FunSpec({
        test("a session shows its address, its buffer in force, and the options of its own queues only") {
            val transport = FakeNetfilter()
            transport.session { receiveBuffer(50_000) }.use { session ->
                session.portId() shouldBe
                    transport
                        .nfqueue()
                        .queues()
                        .single()
                        .portId()
                session.receiveBuffer() shouldBe 100_000
                session.options(0).queue() shouldBe 0
                shouldThrow<IllegalArgumentException> { session.options(9) }.message shouldContain "queue 9"
            }
        }

        context("configuring an open queue") {
            test("sets and clears flags while another thread polls, and loses no packet") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    val polling =
                        thread { session.run(Decider<RuntimeException> { Verdict.ACCEPT }) }
                    val queue =
                        session
                            .options(0)
                            .toBuilder()
                            .failOpen(true)
                            .maximumLength(5)
                            .build()
                    session.configure(queue)
                    transport
                        .sent()
                        .last()
                        .attribute(NfqueueConfig.NFQA_CFG_FLAGS)
                        .get()
                        .toHex() shouldBe "00000001"
                    session.options(0).failOpen() shouldBe true
                    session.configure(queue.toBuilder().failOpen(false).build())
                    session.options(0).failOpen() shouldBe false
                    transport.enqueue(3)
                    transport.nfqueue().awaitDecided(3).map { it.short() } shouldContainExactly
                        listOf("1 passed", "2 passed", "3 passed")
                    session.stop()
                    polling.join()
                }
            }

            test("keeps packets that arrive before the kernel's answer") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(2)
                    session.configure(
                        session
                            .options(0)
                            .toBuilder()
                            .gso(true)
                            .build(),
                    )
                    session.decide { Verdict.ACCEPT } + session.decide { Verdict.ACCEPT } shouldBe 2
                    transport.outcome() shouldContainExactly listOf("1 passed", "2 passed")
                }
            }

            test("restores the copy range that the session was opened with") {
                val transport = FakeNetfilter()
                val options = NfqueueOptions.builder().queue(0) { it.copyRange(1500) }.build()
                NfqueueSession.open(transport, options).use { session ->
                    val opened = session.options(0)
                    session.configure(opened.toBuilder().copyRange(128).build())
                    session.configure(opened)
                    transport
                        .nfqueue()
                        .queues()
                        .single()
                        .copyRange() shouldBe 1500
                    shouldThrow<IllegalArgumentException> {
                        session.configure(opened.toBuilder().copyRange(1501).build())
                    }.message shouldContain "larger than the session was opened for"
                }
            }

            test("is refused inside a decider, for another session's queue, and for packets larger than the slots") {
                val transport = FakeNetfilter()
                transport.session { queue(3) { it.copyRange(100) } }.use { session ->
                    transport.enqueue(1)
                    session.decide {
                        shouldThrow<IllegalStateException> { session.configure(session.options(0)) }
                        Verdict.ACCEPT
                    }
                    shouldThrow<IllegalArgumentException> { session.configure(session.options(0).withQueue(8)) }
                    shouldThrow<IllegalArgumentException> {
                        session.configure(
                            session
                                .options(3)
                                .toBuilder()
                                .conntrack(true)
                                .copyRange(65_531)
                                .build(),
                        )
                    }.message shouldContain "larger than the session was opened for"
                }
            }
        }
    })
