// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.KernelRefusedException
import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds

private const val TWENTY = "abcdefghijklmnopqrst"

/** A namespace whose UDP packets to port 9 wait in queue 0, and whose kernel counts the accepted ones by mark. */
private class Queue : AutoCloseable {
    private val namespace =
        Namespace(
            "-A OUTPUT -p udp --dport 9 -j NFQUEUE --queue-num 0",
            *(0..2).map { "-t mangle -A POSTROUTING -p udp --dport 9 -m mark --mark $it" }.toTypedArray(),
        )
    val transport get() = namespace.transport

    fun send(letters: String) = namespace.send(letters)

    /** The numbers of packets accepted with the marks 0, 1 and 2. */
    fun passed(): List<Int> =
        namespace
            .iptables("-t mangle -nvxL POSTROUTING")
            .lines()
            .filter { "dpt:9" in it }
            .map { it.trim().substringBefore(' ').toInt() }

    /** The number of packets that wait in the kernel; null if the queue is not bound. */
    fun waiting(): Long? =
        transport
            .kernel()
            .nfqueues()
            .singleOrNull()
            ?.waiting()

    override fun close() = namespace.close()
}

/** Queue 0, with a long settle time: on a busy machine, deciders may be slower than the default. */
private fun NfqueueOptionsBuilder.patiently(configure: NfqueueQueueBuilder.() -> Unit = {}) {
    queue(0, configure)
    settleTime = 1.days
}

class NfqueueLiveSpec :
    FunSpec({
        fun live(
            name: String,
            body: suspend Queue.() -> Unit,
        ) = test(name).config(enabledOrReasonIf = live) { Queue().use { bounded { it.body() } } }

        live("packets are accepted, dropped and marked as the decider decides, and stop decides all waiting packets") {
            transport.useNfqueue({ patiently() }) {
                send("abcabc")
                stop()
                decide { packet ->
                    when (packet.letter) {
                        'a' -> Verdict.ACCEPT
                        'b' -> Verdict.DROP
                        else -> packet.accept().mark(2)
                    }
                }
                statistics().answered() shouldBe 6
                statistics().held() shouldBe 0
            }
            passed() shouldContainExactly listOf(2, 0, 2)
            waiting() shouldBe null
        }

        live("one after the other by default, in the order of arrival, suspended or not") {
            val begun = mutableListOf<Char>()
            val ended = mutableListOf<Char>()
            transport.useNfqueue({ patiently() }) {
                send(TWENTY)
                stop()
                decide { packet ->
                    begun.size shouldBe ended.size
                    begun += packet.letter
                    repeat(begun.size % 3) { yield() }
                    ended += packet.letter
                    Verdict.ACCEPT
                }
            }
            begun shouldContainExactly TWENTY.toList()
            ended shouldContainExactly TWENTY.toList()
            passed() shouldContainExactly listOf(20, 0, 0)
        }

        live("the concurrency is the number of deciders that may suspend at once") {
            val deciding = AtomicInteger()
            val most = AtomicInteger()
            transport.useNfqueue({ patiently() }) {
                send(TWENTY)
                stop()
                decide(concurrency = 5) {
                    val now = deciding.incrementAndGet()
                    most.updateAndGet { maxOf(it, now) }
                    while (most.get() < 5) yield()
                    withContext(Dispatchers.Default) { yield() }
                    deciding.decrementAndGet()
                    Verdict.ACCEPT
                }
            }
            most.get() shouldBe 5
            passed() shouldContainExactly listOf(20, 0, 0)
        }

        live("a suspended decider delays neither earlier verdicts nor, with concurrency, later ones") {
            transport.useNfqueue({ patiently() }) {
                val gate = CompletableDeferred<Unit>()
                send("abXcd")
                coroutineScope {
                    launch {
                        decide(concurrency = 2) {
                            if (it.letter == 'X') gate.await()
                            Verdict.ACCEPT
                        }
                    }
                    eventually("all but one are decided") { waiting() == 1L }
                    gate.complete(Unit)
                    eventually("the last one is decided") { waiting() == 0L }
                    stop()
                }
                statistics().answered() shouldBe 5
            }
        }

        live("cancellation gives the close verdict to packets being decided, received, and waiting in the kernel") {
            val begun = AtomicInteger()
            val job =
                launchBeside {
                    transport.useNfqueue({
                        queue(0)
                        batchSize = 1
                        batchCapacity = 1
                        closeVerdict = Verdict.ACCEPT.mark(1)
                        onUnanswered { }
                    }) {
                        decide(concurrency = 5) {
                            begun.incrementAndGet()
                            awaitCancellation()
                        }
                    }
                }
            eventually("the queue is bound") { waiting() != null }
            send(TWENTY)
            eventually("five are being decided") { begun.get() == 5 }
            job.cancelAndJoin()
            waiting() shouldBe null
            passed() shouldContainExactly listOf(0, 20, 0)
        }

        live("cancellation settles at once, even if a decider ignores it") {
            val begun = AtomicInteger()
            val gate = CompletableDeferred<Unit>()
            val job =
                launchBeside {
                    transport.useNfqueue({
                        queue(0)
                        closeVerdict = Verdict.ACCEPT.mark(1)
                        onUnanswered { }
                    }) {
                        decide(concurrency = 2) {
                            begun.incrementAndGet()
                            withContext(NonCancellable) { gate.await() }
                            Verdict.DROP
                        }
                    }
                }
            eventually("the queue is bound") { waiting() != null }
            send(TWENTY)
            eventually("two are being decided") { begun.get() == 2 }
            job.cancel()
            eventually("the queue is gone") { waiting() == null }
            passed() shouldContainExactly listOf(0, 20, 0)
            job.isCompleted shouldBe false
            gate.complete(Unit)
            job.join()
        }

        live("cancellation ends a graceful stop that waits for deciders") {
            val begun = AtomicInteger()
            val job =
                launchBeside {
                    transport.useNfqueue({
                        patiently()
                        closeVerdict = Verdict.ACCEPT
                        onUnanswered { }
                    }) {
                        send("a")
                        stop()
                        decide {
                            begun.incrementAndGet()
                            awaitCancellation()
                        }
                    }
                }
            eventually("one is being decided") { begun.get() == 1 }
            waiting() shouldBe 1
            job.cancelAndJoin()
            passed() shouldContainExactly listOf(1, 0, 0)
        }

        live("a decider that throws leaves no packet undecided, and its exception is thrown unchanged") {
            val failure = IllegalStateException("the decider's own")
            val thrown =
                runCatching {
                    transport.useNfqueue({
                        queue(0)
                        failureVerdict = Verdict.ACCEPT.mark(1)
                        closeVerdict = Verdict.ACCEPT.mark(2)
                        onUnanswered { }
                    }) {
                        send(TWENTY)
                        decide(concurrency = 3) {
                            when (it.letter) {
                                'c' -> awaitCancellation()
                                'd' -> throw failure.also { yield() }
                                else -> Verdict.ACCEPT
                            }
                        }
                    }
                }
            thrown.exceptionOrNull() shouldBeSameInstanceAs failure
            val (accepted, failed, settled) = passed()
            failed shouldBe 1
            accepted + settled shouldBe 19
            (accepted in 2..18) shouldBe true
        }

        live("a decider that throws without suspending has the same effect, and the block may decide again") {
            val failure = IllegalStateException("the decider's own")
            transport.useNfqueue({
                patiently()
                failureVerdict = Verdict.ACCEPT.mark(1)
            }) {
                send("abXcd")
                stop()
                val decider: suspend (QueuedPacket) -> Verdict = {
                    if (it.letter ==
                        'X'
                    ) {
                        throw failure
                    } else {
                        Verdict.ACCEPT
                    }
                }
                runCatching { decide(decider = decider) }.exceptionOrNull() shouldBeSameInstanceAs failure
                decide(decider = decider)
                statistics().failed() shouldBe 1
                statistics().answered() shouldBe 4
            }
            passed() shouldContainExactly listOf(4, 1, 0)
        }

        live("a timeout inside the decider is a failure of the decider, not a cancellation") {
            val thrown =
                runCatching {
                    transport.useNfqueue({
                        queue(0)
                        failureVerdict = Verdict.ACCEPT.mark(1)
                        closeVerdict = Verdict.ACCEPT.mark(2)
                    }) {
                        send("a")
                        decide { withTimeout(1.milliseconds) { awaitCancellation() } }
                    }
                }
            thrown.exceptionOrNull().shouldBeInstanceOf<TimeoutCancellationException>()
            passed() shouldContainExactly listOf(0, 1, 0)
        }

        live("after the deadline the failure verdict is sent, and the decider's verdict is counted as late") {
            val begun = AtomicInteger()
            var sent = 0
            transport.useNfqueue({
                patiently()
                deadline = 50.milliseconds
                failureVerdict = Verdict.ACCEPT.mark(1)
                onUnanswered { }
            }) {
                val gate = CompletableDeferred<Unit>()
                coroutineScope {
                    launch {
                        decide {
                            begun.incrementAndGet()
                            gate.await()
                            Verdict.ACCEPT
                        }
                    }
                    // On a busy machine the deadline may pass before the decider's turn. Its thread is this one.
                    while (begun.get() == 0) {
                        withContext(Dispatchers.IO) { send("a") }
                        sent++
                        eventually("it has begun, or its deadline has passed") { begun.get() == 1 || waiting() == 0L }
                    }
                    send("bc")
                    sent += 2
                    eventually("the deadlines have passed") { waiting() == 0L }
                    gate.complete(Unit)
                    eventually("the late verdict was given") { statistics().late() == 1L }
                    stop()
                }
                statistics().expired() shouldBe sent
                statistics().answered() shouldBe 0
            }
            begun.get() shouldBe 1 // the others were not passed to the decider any more
            passed() shouldContainExactly listOf(0, sent, 0)
        }

        live("packets are collected and answered later, in reverse order") {
            transport.useNfqueue({ queue(0) }) {
                send(TWENTY)
                val held = packets.take(20).toList()
                held.map { it.letter } shouldContainExactly TWENTY.toList()
                waiting() shouldBe 20
                held.reversed().forEach { it.answer(if (it.letter < 'f') Verdict.DROP else Verdict.ACCEPT) }
                waiting() shouldBe 0
                statistics().answered() shouldBe 20
            }
            passed() shouldContainExactly listOf(15, 0, 0)
        }

        live("batches are answered together, and end with the session") {
            transport.useNfqueue({
                patiently()
                batchSize = 8
            }) {
                send(TWENTY)
                stop()
                packets.take(2).collect { it.answer(Verdict.DROP) }
                val answers = Answers()
                batches.collect { batch ->
                    (batch.size <= 8) shouldBe true
                    batch.forEach { answers.add(it, Verdict.ACCEPT) }
                    answers.send()
                }
                statistics().answered() shouldBe 20
                statistics().settled() shouldBe 0
            }
            passed() shouldContainExactly listOf(18, 0, 0)
        }

        live("a queue is reconfigured while its packets are decided") {
            transport.useNfqueue({ patiently { maximumLength = 4096 } }) {
                coroutineScope {
                    launch(Dispatchers.Default) { decide { Verdict.ACCEPT } }
                    val traffic = launch(Dispatchers.IO) { repeat(20) { send(TWENTY.repeat(5)) } }
                    var on = false
                    while (traffic.isActive) {
                        on = !on
                        configure(0) { failOpen = on }
                    }
                    configure(0) { failOpen = true }
                    stop()
                }
                statistics().answered() shouldBe 2000
            }
            passed() shouldContainExactly listOf(2000, 0, 0)
        }

        live("a queue has one owner, which the refusal names") {
            transport.useNfqueue({ queue(0) }) {
                shouldThrow<KernelRefusedException> { transport.useNfqueue({ queue(0) }) { } }
                    .message shouldContain "port $portId"
            }
            transport.kernel().nfqueues().shouldBeEmpty()
        }
    })
