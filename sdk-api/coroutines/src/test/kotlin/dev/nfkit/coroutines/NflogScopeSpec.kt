// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlin.random.Random

class NflogScopeSpec :
    FunSpec({
        test("the block starts when all groups are bound, on one socket") {
            val kernel = Kernel()
            bounded {
                val result =
                    kernel.useNflog({
                        group(30) { threshold = 1 }
                        group(31) { threshold = 1 }
                    }) {
                        kernel.bound(30) shouldBe true
                        kernel.bound(31) shouldBe true
                        portId shouldBe kernel.fake.socket().portId()
                        kernel.log(1..1, 30)
                        kernel.log(2..2, 31)
                        packets.take(2).map { it.group() to it.number }.toList()
                    }
                result shouldContainExactly listOf(30 to 1, 31 to 2)
            }
            kernel.fake.sockets() shouldHaveSize 1
            kernel.closes.get() shouldBe 1
        }

        test("its reader is a daemon with a name, and has ended when useNflog returns") {
            val kernel = Kernel()
            kernel.useNflog({ group(30) }) {
                readers().single().isDaemon shouldBe true
            }
            readers().shouldBeEmpty()
        }

        test("it returns the actual buffer sizes") {
            val kernel = Kernel()
            kernel.useNflog({
                group(30) { bufferSize = 8192 }
                receiveBuffer = 1 shl 20
            }) {
                bufferSize(30) shouldBe 8192
                receiveBuffer shouldBe (2 shl 20)
                shouldThrow<IllegalArgumentException> { bufferSize(31) }
            }
        }

        test("a session without a group is refused before anything is opened") {
            val kernel = Kernel()
            shouldThrow<IllegalArgumentException> { kernel.useNflog({}) { } }
            kernel.fake.sockets().shouldBeEmpty()
        }

        test("a group that cannot be bound fails before the block") {
            val kernel = Kernel()
            kernel.fake.kernel().ownGroup(31, 99)
            shouldThrow<KernelRefusedException> {
                kernel.useNflog({
                    group(30)
                    group(31)
                }) { error("the block has started") }
            }
            kernel.fake.openSockets() shouldBe 0
            readers("nflog-30,31").shouldBeEmpty()
        }

        test("a collector continues after the last packet of the previous one, inside a batch, too") {
            val kernel = Kernel()
            bounded {
                kernel.useNflog({ group(30) { threshold = 25 } }) {
                    kernel.log(1..50)
                    packets.take(10).map { it.number }.toList() shouldContainExactly (1..10).toList()
                    packets.take(30).map { it.number }.toList() shouldContainExactly (11..40).toList()
                    runCatching { packets.collect { if (it.number == 43) error("enough") } }
                    packets.take(7).map { it.number }.toList() shouldContainExactly (44..50).toList()
                    statistics().delivered() shouldBe 50
                }
            }
        }

        test("collectors that are cancelled at any moment lose nothing") {
            val kernel = Kernel()
            val random = Random(30)
            val numbers = mutableListOf<Int>()
            bounded {
                kernel.useNflog({ group(30) { threshold = 1 } }) {
                    for (round in 0 until 1000) {
                        val collector =
                            launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) {
                                packets.collect { numbers += it.number }
                            }
                        kernel.log((round * 3) until (round * 3 + 3))
                        repeat(random.nextInt(200)) { Thread.onSpinWait() }
                        collector.cancelAndJoin()
                    }
                    stop()
                    packets.collect { numbers += it.number }
                    statistics().discarded() shouldBe 0
                }
            }
            numbers shouldContainExactly (0 until 3000).toList()
        }

        test("a second concurrent collector is refused, and the first continues") {
            val kernel = Kernel()
            bounded {
                kernel.useNflog({ group(30) { threshold = 1 } }) {
                    coroutineScope {
                        val numbers = mutableListOf<Int>()
                        val first =
                            launch(start = CoroutineStart.UNDISPATCHED) {
                                packets.take(1).collect { numbers += it.number }
                            }
                        shouldThrow<IllegalStateException> { packets.collect {} }
                            .message shouldContain "being collected already"
                        kernel.log(1..1)
                        first.join()
                        numbers shouldContainExactly listOf(1)
                    }
                }
            }
        }

        test("stop delivers what the kernel still holds, and then the packets end") {
            val kernel = Kernel()
            bounded {
                kernel.useNflog({ group(30) }) {
                    kernel.log(1..50) // below the threshold: the kernel holds them
                    stop()
                    packets.map { it.number }.toList() shouldContainExactly (1..50).toList()
                    packets.toList().shouldBeEmpty()
                    statistics().discarded() shouldBe 0
                    statistics().delivered() shouldBe 50
                }
            }
            kernel.closes.get() shouldBe 1
        }

        test("an exception of the block is thrown unchanged, and the socket is closed") {
            val kernel = Kernel()
            val failure = IllegalStateException("the block's own")
            runCatching { kernel.useNflog({ group(30) }) { throw failure } }
                .exceptionOrNull() shouldBeSameInstanceAs failure
            kernel.closes.get() shouldBe 1
            readers().shouldBeEmpty()
        }

        test("cancelling the block closes the socket, once") {
            val kernel = Kernel()
            bounded {
                val inside = CompletableDeferred<Unit>()
                val job =
                    launch {
                        kernel.useNflog({ group(30) }) {
                            inside.complete(Unit)
                            awaitCancellation()
                        }
                    }
                inside.await()
                job.cancelAndJoin()
            }
            kernel.closes.get() shouldBe 1
            readers().shouldBeEmpty()
        }

        test("a full queue blocks the reader, packets wait in the kernel, and none is lost") {
            val kernel = Kernel()
            bounded {
                kernel.useNflog({
                    group(30) { threshold = 1 }
                    batchCapacity = 1
                }) {
                    kernel.log(1..200)
                    eventually("the reader is blocked") { readerIsHeldUp() }
                    (kernel.fake.socket().pending() > 100) shouldBe true
                    packets.take(200).map { it.number }.toList() shouldContainExactly (1..200).toList()
                }
            }
            kernel.closes.get() shouldBe 1
        }

        test("the end of the block ends a blocked reader, and uncollected packets are counted") {
            val kernel = Kernel()
            lateinit var scope: NflogScope
            bounded {
                kernel.useNflog({
                    group(30) { threshold = 100 }
                    batchCapacity = 1
                }) {
                    scope = this
                    kernel.log(1..2000)
                    eventually("the reader is blocked") { readerIsHeldUp() }
                    packets.take(10).toList()
                    eventually("the reader is blocked again") { readerIsHeldUp() }
                }
            }
            scope.statistics().delivered() shouldBe 10
            scope.statistics().discarded() shouldBe 1990
            scope.packets.toList().shouldBeEmpty()
            kernel.closes.get() shouldBe 1
        }

        test("a batch of more packets than an element holds arrives complete and in order") {
            val kernel = Kernel()
            bounded {
                kernel.useNflog({
                    group(30) {
                        threshold = 5000
                        bufferSize = 131_072
                    }
                    batchCapacity = 1
                }) {
                    kernel.log(1..5000)
                    stop()
                    packets.map { it.number }.toList() shouldContainExactly (1..5000).toList()
                }
            }
        }

        test("a session that fails throws to its collector, after the received packets") {
            val kernel = Kernel()
            val failure = SystemCallException("recvmmsg", Errno.of(12), null)
            val thrown =
                runCatching {
                    kernel.useNflog({ group(30) { threshold = 1 } }) {
                        kernel.log(1..3)
                        eventually("they are received") { kernel.fake.socket().pending() == 0 }
                        kernel.failReceive(failure)
                        packets.take(3).map { it.number }.toList() shouldContainExactly listOf(1, 2, 3)
                        packets.collect {}
                    }
                }
            thrown.exceptionOrNull() shouldBeSameInstanceAs failure
        }

        test("a failure that no collector has thrown is thrown when the block returns") {
            val kernel = Kernel()
            val failure = SystemCallException("recvmmsg", Errno.of(12), null)
            val thrown =
                runCatching {
                    kernel.useNflog({ group(30) }) {
                        kernel.failReceive(failure)
                        eventually("the reader has ended") { readers().isEmpty() }
                    }
                }
            thrown.exceptionOrNull() shouldBeSameInstanceAs failure
        }

        test("malformed messages are counted, and the handler may fail the session") {
            val kernel = Kernel()
            val seen = mutableListOf<MalformedMessageException>()
            val thrown =
                runCatching {
                    kernel.useNflog({
                        group(30)
                        onMalformed { problem ->
                            seen += problem
                            throw problem
                        }
                    }) {
                        kernel.fake.socket().deliver(1, 2, 3)
                        packets.collect {}
                    }
                }
            seen shouldHaveSize 1
            thrown.exceptionOrNull() shouldBeSameInstanceAs seen.single()
            kernel.fake.openSockets() shouldBe 0
        }
    })
