// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.NfqueueConfig.NF_ACCEPT
import dev.nfkit.nfqueue.NfqueueConfig.NF_DROP
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.SampleNfqueue
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import kotlin.coroutines.ContinuationInterceptor

private val QueuedPacket.number: Int get() = payload().u32(0).toInt()

/** Queues packets whose payload is their number. */
private fun Kernel.enqueue(
    numbers: Iterable<Int>,
    queue: Int = 0,
) {
    for (number in numbers) {
        val packet = SampleNfqueue.of(ByteArray(4) { (number shr (24 - 8 * it)).toByte() })
        check(fake.nfqueue().enqueue(queue, packet)) { "packet $number finds no place in queue $queue" }
    }
}

/** The verdicts that the kernel received, by the packets' numbers. */
private fun Kernel.verdicts() = fake.nfqueue().decided().map { it.payload().u32(0).toInt() to it.verdict() }

class NfqueueScopeSpec :
    FunSpec({
        test("the block starts when all queues are bound, on one socket, and can read the actual settings") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({
                    queue(0) { maximumLength = 9 }
                    queues(4, 5)
                    receiveBuffer = 1 shl 20
                }) {
                    kernel.fake
                        .nfqueue()
                        .queues()
                        .map { it.queue() } shouldContainExactly listOf(0, 4, 5)
                    portId shouldBe kernel.fake.socket().portId()
                    receiveBuffer shouldBe (2 shl 20)
                    readers("nfqueue-0,4,5").single().isDaemon shouldBe true
                    kernel.enqueue(1..1, 4)
                    kernel.enqueue(2..2, 0)
                    stop()
                    val seen = mutableListOf<Pair<Int, Int>>()
                    decide { packet ->
                        seen += packet.queue() to packet.number
                        Verdict.ACCEPT
                    }
                    seen shouldContainExactly listOf(4 to 1, 0 to 2)
                }
            }
            kernel.fake.sockets() shouldHaveSize 1
            kernel.closes.get() shouldBe 1
            readers("nfqueue-0,4,5").shouldBeEmpty()
        }

        test("a queue that cannot be bound fails before the block, and so does a session without one") {
            val kernel = Kernel()
            shouldThrow<IllegalArgumentException> { kernel.useNfqueue({}) { } }
            kernel.fake.sockets().shouldBeEmpty()
            kernel.fake.kernel().ownQueue(0, 99)
            shouldThrow<KernelRefusedException> { kernel.useNfqueue({ queue(0) }) { error("the block has started") } }
            kernel.fake.openSockets() shouldBe 0
        }

        test("cancelling while the request has no answer ends at once") {
            val kernel = Kernel()
            kernel.fake.onRequest { true }.withoutAcknowledgement()
            bounded {
                val job = launch { kernel.useNfqueue({ queue(0) }) { } }
                eventually("the request is sent") { kernel.fake.sent().isNotEmpty() }
                job.cancelAndJoin()
            }
            kernel.fake.openSockets() shouldBe 0
            readers("nfqueue-0").shouldBeEmpty()
        }

        test("the verdicts of deciders that do not suspend are sent together") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({
                    queue(0) { maximumLength = 4096 }
                    batchCapacity = 1
                }) {
                    kernel.enqueue(1..1000)
                    stop()
                    decide { Verdict.ACCEPT }
                }
            }
            kernel.verdicts() shouldContainExactly (1..1000).map { it to NF_ACCEPT }
            (kernel.sends.get() < 100) shouldBe true
        }

        test("a verdict is sent before its batch waits for the permit of a suspended decider") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({ queue(0) }) {
                    kernel.enqueue(1..3)
                    val second = CompletableDeferred<Unit>()
                    coroutineScope {
                        launch(Dispatchers.IO) {
                            kernel.fake.nfqueue().awaitDecided(1)
                            second.complete(Unit)
                        }
                        stop()
                        decide(concurrency = 1) { packet ->
                            if (packet.number == 2) second.await()
                            Verdict.ACCEPT
                        }
                    }
                }
            }
            kernel.verdicts() shouldContainExactly (1..3).map { it to NF_ACCEPT }
        }

        test("deciders run in the caller's context, before and after a suspension") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({ queue(0) }) {
                    kernel.enqueue(1..3)
                    stop()
                    withContext(Dispatchers.Default.limitedParallelism(1, "here") + CoroutineName("mine")) {
                        val here = currentCoroutineContext()[ContinuationInterceptor]
                        decide(concurrency = 2) {
                            yield()
                            currentCoroutineContext()[ContinuationInterceptor] shouldBe here
                            currentCoroutineContext()[CoroutineName] shouldBe CoroutineName("mine")
                            Thread.currentThread().name shouldContain "DefaultDispatcher"
                            Verdict.DROP
                        }
                    }
                }
            }
            kernel.verdicts().toSet() shouldBe (1..3).map { it to NF_DROP }.toSet()
        }

        test("the other coroutines of a single thread run between batches") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({
                    queue(0)
                    batchSize = 1
                }) {
                    kernel.enqueue(1..500)
                    var turns = 0
                    coroutineScope {
                        val other =
                            launch {
                                while (true) {
                                    turns++
                                    yield()
                                }
                            }
                        stop()
                        decide { Verdict.ACCEPT }
                        other.cancelAndJoin()
                    }
                    (turns >= 500) shouldBe true
                }
            }
        }

        test("a packet may be passed on and answered later, once") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({ queue(0) }) {
                    kernel.enqueue(1..2)
                    val later = CompletableDeferred<QueuedPacket>()
                    coroutineScope {
                        launch {
                            decide { packet ->
                                if (packet.number == 1) Verdict.HELD.also { later.complete(packet) } else Verdict.ACCEPT
                            }
                        }
                        eventually("the other one is decided") { kernel.verdicts().size == 1 }
                        later.await().answer(Verdict.DROP) shouldBe true
                        stop()
                    }
                    statistics().answered() shouldBe 2
                }
            }
            kernel.verdicts() shouldContainExactly listOf(2 to NF_ACCEPT, 1 to NF_DROP)
        }

        test("a verdict for a packet that its decider has answered itself is refused with an exception") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({ queue(0) }) {
                    kernel.enqueue(1..1)
                    shouldThrow<IllegalStateException> {
                        decide { packet ->
                            packet.answer(Verdict.ACCEPT)
                            Verdict.DROP
                        }
                    }.message shouldContain "was answered before"
                    statistics().failed() shouldBe 0
                }
            }
            kernel.verdicts() shouldContainExactly listOf(1 to NF_ACCEPT)
        }

        test("only one caller takes packets at a time, and each continues after the previous one") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({ queue(0) }) {
                    kernel.enqueue(1..10)
                    coroutineScope {
                        var begun = 0
                        val first =
                            launch(start = CoroutineStart.UNDISPATCHED) {
                                decide {
                                    begun++
                                    awaitCancellation()
                                }
                            }
                        shouldThrow<IllegalStateException> { packets.collect {} }
                            .message shouldContain "being collected already"
                        eventually("all are received") { statistics().held() == 10L && begun == 1 }
                        repeat(10) { yield() } // the decide call waits for its first decider
                        first.cancelAndJoin()
                    }
                    val rest = packets.take(4).toList()
                    rest.map { it.number } shouldContainExactly (2..5).toList()
                    rest.forEach { it.answer(Verdict.ACCEPT) }
                    stop()
                    decide { Verdict.ACCEPT }
                    statistics().answered() shouldBe 9
                    statistics().settled() shouldBe 1
                }
            }
        }

        test("concurrency out of range is refused") {
            val kernel = Kernel()
            kernel.useNfqueue({ queue(0) }) {
                shouldThrow<IllegalArgumentException> { decide(0) { Verdict.ACCEPT } }
                    .message shouldBe "concurrency 0 is out of 1 to 65536"
                shouldThrow<IllegalArgumentException> { decide(65537) { Verdict.ACCEPT } }
            }
        }

        test("with a slow decider packets wait in the kernel, and none is lost") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({
                    queue(0)
                    batchSize = 1
                    batchCapacity = 1
                }) {
                    kernel.enqueue(1..200)
                    eventually("the reader is blocked") { readerIsHeldUp("nfqueue-0") }
                    (kernel.fake.socket().pending() > 100) shouldBe true
                    stop()
                    decide { Verdict.ACCEPT }
                }
            }
            kernel.verdicts() shouldContainExactly (1..200).map { it to NF_ACCEPT }
        }

        test("the end of the block settles packets that were not taken, and a blocked reader ends") {
            val kernel = Kernel()
            lateinit var scope: NfqueueScope
            bounded {
                kernel.useNfqueue({
                    queue(0)
                    batchSize = 1
                    batchCapacity = 1
                    closeVerdict = Verdict.ACCEPT
                    onUnanswered { }
                }) {
                    scope = this
                    kernel.enqueue(1..50)
                    eventually("the reader is blocked") { readerIsHeldUp("nfqueue-0") }
                }
            }
            kernel.verdicts().toSet() shouldBe (1..50).map { it to NF_ACCEPT }.toSet()
            scope.statistics().settled() shouldBe 50
            scope.statistics().held() shouldBe 0
        }

        test("a session that fails throws to the decide call, and cancels the deciders") {
            val kernel = Kernel()
            val failure = SystemCallException("recvmmsg", Errno.of(12), null)
            val decided = mutableListOf<Int>()
            var cancelled = false
            val thrown =
                runCatching {
                    bounded {
                        kernel.useNfqueue({
                            queue(0)
                            onUnanswered { }
                        }) {
                            kernel.enqueue(1..3)
                            decide(concurrency = 2) { packet ->
                                decided += packet.number
                                when (packet.number) {
                                    2 -> {
                                        try {
                                            awaitCancellation()
                                        } finally {
                                            cancelled = true
                                        }
                                    }

                                    3 -> {
                                        kernel.failReceive(failure)
                                    }
                                }
                                Verdict.ACCEPT
                            }
                        }
                    }
                }
            thrown.exceptionOrNull() shouldBeSameInstanceAs failure
            decided shouldContainExactly listOf(1, 2, 3)
            cancelled shouldBe true
            kernel.fake.openSockets() shouldBe 0
        }

        test("a failure that was not thrown before is thrown when the block returns") {
            val kernel = Kernel()
            val failure = SystemCallException("recvmmsg", Errno.of(12), null)
            val thrown =
                runCatching {
                    kernel.useNfqueue({ queue(0) }) {
                        kernel.failReceive(failure)
                        eventually("the reader has ended") { readers("nfqueue-0").isEmpty() }
                    }
                }
            thrown.exceptionOrNull() shouldBeSameInstanceAs failure
        }

        test("a change starts with the current options, and options that the kernel refuses stay unchanged") {
            val kernel = Kernel()
            bounded {
                kernel.useNfqueue({ queue(0) { maximumLength = 9 } }) {
                    configure(0) { failOpen = true }
                    repeat(12) { kernel.fake.nfqueue().enqueue(0, SampleNfqueue.of(byteArrayOf(1))) }
                    kernel.fake
                        .nfqueue()
                        .decided()
                        .map { it.passed() } shouldContainExactly List(3) { true }
                    shouldThrow<IllegalArgumentException> { configure(1) { failOpen = true } }
                    shouldThrow<IllegalArgumentException> { configure(0) { maximumLength = 0 } }
                    stop()
                    decide { Verdict.ACCEPT }
                }
            }
        }
    })
