// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

private class OwnFailure : Exception("the block's own failure")

class NetfilterScopeSpec :
    FunSpec({
        test("sessions of several families are open at once, and all are closed at the end of the block") {
            val kernel = Kernel()
            bounded {
                val number =
                    kernel.useNetfilter {
                        val logged = nflog { group(30) { threshold = 1 } }
                        val queued = nfqueue { queue(0) }
                        val table = conntrack()
                        val events = conntrackEvents()
                        nftablesEvents()
                        table.list().shouldBeEmpty()
                        events.statistics().delivered() shouldBe 0
                        coroutineScope {
                            val deciding = launch { queued.decide { Verdict.DROP } }
                            kernel.fake.nfqueue().enqueue(0, SamplePackets.udp4())
                            withContext(Dispatchers.IO) { kernel.fake.nfqueue().awaitDecided(1) }
                                .single()
                                .dropped() shouldBe true
                            deciding.cancelAndJoin()
                        }
                        kernel.log(7..7, 30)
                        logged.packets.first().number
                    }
                number shouldBe 7
            }
            readers().shouldBeEmpty()
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
        }

        test("a session may be opened by a child of the block, and stays open when the child ends") {
            val kernel = Kernel()
            bounded {
                kernel.useNetfilter {
                    val logged = coroutineScope { nflog { group(30) { threshold = 1 } } }
                    kernel.log(1..1, 30)
                    logged.packets.first().number shouldBe 1
                }
            }
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
        }

        test("a failure of the block is thrown unchanged, after all sessions were closed") {
            val kernel = Kernel()
            val failure = OwnFailure()
            bounded {
                shouldThrow<OwnFailure> {
                    kernel.useNetfilter<Unit> {
                        nflog { group(30) }
                        nfqueue { queue(0) }
                        throw failure
                    }
                } shouldBeSameInstanceAs failure
            }
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
            readers().shouldBeEmpty()
        }

        test("if a session cannot be opened, the block may go on with the others") {
            val kernel = Kernel()
            val refusal = SystemCallException("socket", Errno.EMFILE, "too many files")
            bounded {
                kernel.useNetfilter {
                    val logged = nflog { group(30) { threshold = 1 } }
                    kernel.openFailure = refusal
                    shouldThrow<SystemCallException> { nfqueue { queue(0) } } shouldBeSameInstanceAs refusal
                    shouldThrow<SystemCallException> { conntrack() } shouldBeSameInstanceAs refusal
                    kernel.log(1..1, 30)
                    logged.packets.first().number shouldBe 1
                }
            }
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
        }

        test("a cancellation closes all sessions, whatever a decider is doing, and waiting packets get their verdict") {
            val kernel = Kernel()
            bounded {
                val deciding = CompletableDeferred<Unit>()
                val using =
                    launch(Dispatchers.IO) {
                        kernel.useNetfilter {
                            nflog { group(30) }
                            val queued = nfqueue { queue(0) }
                            kernel.fake.nfqueue().enqueue(0, SamplePackets.udp4())
                            queued.decide {
                                deciding.complete(Unit)
                                awaitCancellation()
                            }
                        }
                    }
                deciding.await()
                using.cancelAndJoin()
                kernel.fake
                    .nfqueue()
                    .decided()
                    .size shouldBe 1
            }
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
            readers().shouldBeEmpty()
        }

        test("a failure of the block is joined by the failures of sessions") {
            val kernel = Kernel()
            val reading = SystemCallException("recvmmsg", Errno.ENOMEM, "no memory")
            bounded {
                val thrown =
                    shouldThrow<OwnFailure> {
                        kernel.useNetfilter<Unit> {
                            nflog { group(30) }
                            nfqueue { queue(0) }
                            kernel.receiveFailure = reading // when their readers are woken
                            throw OwnFailure()
                        }
                    }
                thrown.suppressed.toSet() shouldBe setOf(reading)
            }
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
        }

        test("after the block nothing is opened any more") {
            val kernel = Kernel()
            bounded {
                val scope = kernel.useNetfilter { this }
                shouldThrow<IllegalStateException> { scope.nflog { group(30) } }.message shouldContain "has ended"
                shouldThrow<IllegalStateException> { scope.conntrack() }
            }
            kernel.fake
                .sockets()
                .filterNot { it.isClosed }
                .shouldBeEmpty()
        }
    })
