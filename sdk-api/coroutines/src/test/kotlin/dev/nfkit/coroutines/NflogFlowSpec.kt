// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

class NflogFlowSpec :
    FunSpec({
        test("nothing is opened until it is collected, and each collection has a separate session") {
            val kernel = Kernel()
            val packets = kernel.nflog(30) { threshold = 1 }
            kernel.fake.sockets().shouldBeEmpty()
            for (round in 1..2) {
                bounded {
                    val numbers = async { packets.take(2).map { it.number }.toList() }
                    eventually("group 30 is bound") { kernel.bound() }
                    kernel.log(1..3)
                    numbers.await() shouldContainExactly listOf(1, 2)
                }
                kernel.fake.sockets().size shouldBe round
                kernel.closes.get() shouldBe round
                kernel.fake.openSockets() shouldBe 0
                readers().shouldBeEmpty()
            }
        }

        test("bad options are refused before the collection") {
            val kernel = Kernel()
            shouldThrow<IllegalArgumentException> { kernel.nflog(65536) }
                .message shouldBe "group 65536 is out of 0 to 65535"
            shouldThrow<IllegalArgumentException> { kernel.nflog(30) { copyRange = 65532 } }
                .message shouldBe "copyRange 65532 is out of 0 to 65531"
        }

        test("packets are owned and stay valid after the session") {
            val kernel = Kernel()
            bounded {
                val packet = async { kernel.nflog(30) { threshold = 1 }.first() }
                eventually("group 30 is bound") { kernel.bound() }
                kernel.log(7..7)
                packet.await().owned() shouldBe true
                packet.await().number shouldBe 7
            }
        }

        test("cancelling a collector that waits in the kernel closes the socket, once") {
            val kernel = Kernel()
            bounded {
                val job = launch { kernel.nflog(30).collect {} }
                eventually("the reader waits in the kernel") {
                    kernel.bound() && readers().any { it.state == Thread.State.TIMED_WAITING }
                }
                job.cancelAndJoin()
            }
            kernel.closes.get() shouldBe 1
            kernel.fake.openSockets() shouldBe 0
            readers().shouldBeEmpty()
        }

        test("cancelling while the request has no answer ends at once") {
            val kernel = Kernel()
            kernel.fake.onRequest { true }.withoutAcknowledgement()
            bounded {
                val job = launch { kernel.nflog(30).collect {} }
                eventually("the request is sent") {
                    kernel.fake.sent().isNotEmpty() && readers().any { it.state == Thread.State.TIMED_WAITING }
                }
                job.cancelAndJoin() // the clock stands still, so no deadline can have ended it
            }
            kernel.fake.openSockets() shouldBe 0
            readers().shouldBeEmpty()
        }

        test("cancelling before the reader has begun leaves nothing open") {
            repeat(200) {
                val kernel = Kernel()
                bounded {
                    val job = launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) { kernel.nflog(30).collect {} }
                    job.cancelAndJoin()
                }
                kernel.fake.openSockets() shouldBe 0
            }
        }

        test("the collector gets the exception of the open, unchanged") {
            val kernel = Kernel()
            val failure = SystemCallException("socket(AF_NETLINK)", Errno.EMFILE, null)
            kernel.openFailure = failure
            runCatching { kernel.nflog(30).collect {} }.exceptionOrNull() shouldBeSameInstanceAs failure
            readers().shouldBeEmpty()
        }

        test("the collector gets the kernel's refusal, and the socket is closed") {
            val kernel = Kernel()
            kernel.fake.kernel().ownGroup(30, 99)
            shouldThrow<KernelRefusedException> { kernel.nflog(30).collect {} }
            kernel.fake.openSockets() shouldBe 0
        }

        test("the collector gets the exception of a receive, unchanged, after the earlier packets") {
            val kernel = Kernel()
            val failure = SystemCallException("recvmmsg", Errno.of(12), null)
            val numbers = mutableListOf<Int>()
            bounded {
                val thrown =
                    async { runCatching { kernel.nflog(30) { threshold = 1 }.collect { numbers += it.number } } }
                eventually("group 30 is bound") { kernel.bound() }
                kernel.log(1..5)
                eventually("they are received") { kernel.fake.socket().pending() == 0 }
                kernel.failReceive(failure)
                thrown.await().exceptionOrNull() shouldBeSameInstanceAs failure
            }
            numbers shouldContainExactly (1..5).toList()
            kernel.closes.get() shouldBe 1
        }

        test("the collector's own exception is thrown unchanged, and the socket is closed") {
            val kernel = Kernel()
            val failure = IllegalStateException("the collector's own")
            bounded {
                val thrown = async { runCatching { kernel.nflog(30) { threshold = 1 }.collect { throw failure } } }
                eventually("group 30 is bound") { kernel.bound() }
                kernel.log(1..1)
                thrown.await().exceptionOrNull() shouldBeSameInstanceAs failure
            }
            kernel.closes.get() shouldBe 1
            readers().shouldBeEmpty()
        }

        test("collectors are called in their own context") {
            val kernel = Kernel()
            withContext(Dispatchers.Unconfined) {
                bounded {
                    val numbers =
                        async {
                            kernel
                                .nflog(30) { threshold = 1 }
                                .take(3)
                                .map { it.number }
                                .toList()
                        }
                    eventually("group 30 is bound") { kernel.bound() }
                    kernel.log(1..3)
                    numbers.await() shouldContainExactly listOf(1, 2, 3)
                }
            }
            kernel.fake.openSockets() shouldBe 0
        }

        test("a hundred concurrent sessions block neither each other nor the dispatcher") {
            val kernel = Kernel()
            val groups = 100..199
            bounded {
                val firsts =
                    groups.map { group ->
                        async(Dispatchers.Default) { kernel.nflog(group) { threshold = 1 }.first().group() }
                    }
                eventually("all are bound") {
                    kernel.fake
                        .nflog()
                        .groups()
                        .size == groups.count()
                }
                withContext(Dispatchers.Default) { }
                groups.reversed().forEach { kernel.log(1..1, it) }
                firsts.awaitAll() shouldContainExactly groups.toList()
            }
            kernel.closes.get() shouldBe groups.count()
        }
    })
