// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.coroutines.NflogScope
import dev.nfkit.coroutines.NfqueueScope
import dev.nfkit.coroutines.useNflog
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.launch
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds

private const val GROUP = 30
private const val PACKETS = 6
private val QUEUED: SampleNfqueue = SampleNfqueue.of(SamplePackets.udp4())

/**
 * Threads for coroutines. Not a pool of the JDK: that interrupts its workers in the order of a hash set, which differs
 * each time.
 */
private class Workers : Executor {
    private val tasks = LinkedBlockingQueue<Runnable>()
    private val threads = List(2) { Thread(::work, "worker-$it").apply { start() } }

    private fun work() = generateSequence { tasks.take() }.takeWhile { it !== END }.forEach { it.run() }

    override fun execute(task: Runnable) {
        tasks += task
    }

    fun end() {
        threads.forEach { _ -> tasks += END }
        threads.forEach { it.join() }
    }

    private companion object {
        val END = Runnable {}
    }
}

/** A kernel, and threads for coroutines that end with the schedule. */
private class Bridge {
    val kernel = FakeNetfilter(TestClock.real()).strictBatches(false)
    private val pool = Workers()
    private val scope = CoroutineScope(pool.asCoroutineDispatcher())

    fun launch(block: suspend CoroutineScope.() -> Unit): Job = scope.launch(block = block)

    /** Waits for a coroutine, without being a coroutine. Throws what it failed with. */
    fun join(job: Job) {
        val done = CountDownLatch(1)
        var failure: Throwable? = null
        job.invokeOnCompletion {
            failure = it
            done.countDown()
        }
        check(done.await(1, TimeUnit.MINUTES)) { "a coroutine does not end" }
        failure?.let { if (it !is CancellationException) throw it }
    }

    fun end() {
        pool.end()
        check(kernel.openSockets() == 0) { "a socket is left" }
        kernel.verify()
    }
}

/** The deciders of a queue in coroutines: records when each packet was accepted, and what is left at the end. */
private class Decided(
    private val bridge: Bridge,
) {
    private val permitted = BooleanArray(PACKETS + 1)
    private val violations = mutableListOf<String>()
    private var scope: NfqueueScope? = null

    init {
        bridge.kernel.nfqueue().onDecided { packet ->
            if (packet.passed() && !permitted[packet.id().toInt()]) violations += "$packet was not accepted"
        }
    }

    fun permit(id: Long): Verdict {
        permitted[id.toInt()] = true
        return Verdict.ACCEPT
    }

    suspend fun use(block: suspend NfqueueScope.() -> Unit) {
        bridge.kernel.useNfqueue({
            queue(0) { copyRange = 64 }
            batchSize = 2
            batchCapacity = 1
            receiveBuffer = 1 shl 16
            settleTime = 100.milliseconds
        }) {
            scope = this
            block()
        }
        check(bridge.kernel.openSockets() == 0) { "useNfqueue returned before its socket was closed" }
    }

    fun enqueue() = repeat(PACKETS) { bridge.kernel.nfqueue().enqueue(0, QUEUED) }

    fun verify() {
        bridge.end()
        check(violations.isEmpty()) { violations }
        val left = bridge.kernel.nfqueue().decided()
        check(left.size == PACKETS) { "$PACKETS came, ${left.size} have left: $left" }
        scope?.statistics()?.let(::verifySum)
    }

    private fun verifySum(statistics: NfqueueStatistics) {
        val came = statistics.received().delivered() + statistics.received().discarded()
        val sum = with(statistics) { decided() + answered() + failed() + forgotten() + expired() + settled() + held() }
        check(came == sum) { "$came packets came, $sum are counted: $statistics" }
        check(statistics.held() == 0L) { "some are held after the end: $statistics" }
        check(statistics.gone() == 0L && statistics.refused() == 0L) { "verdicts were refused: $statistics" }
    }
}

private suspend fun Bridge.log(block: suspend NflogScope.() -> Unit) {
    kernel.useNflog({
        group(GROUP)
        batchCapacity = 1
        receiveBuffer = 1 shl 16
    }, block)
    check(kernel.openSockets() == 0) { "useNflog returned before its socket was closed" }
}

/** The bridge to coroutines: it ends, and loses nothing, wherever it is cancelled. */
class CoroutineProperties :
    FunSpec({
        test("deciders that are cancelled anywhere leave no packet without a verdict") {
            explore {
                val bridge = Bridge()
                val decided = Decided(bridge)
                val job = bridge.launch { decided.use { decide(1 + random.nextInt(2)) { decided.permit(it.id()) } } }
                val canceller =
                    thread("canceller") {
                        Thread.sleep(random.nextLong(10))
                        job.cancel()
                    }
                decided.enqueue()
                bridge.join(job)
                canceller.join()
                decided.verify()
            }
        }

        test("suspended deciders that are cancelled or resumed leave no packet without a verdict") {
            explore {
                val bridge = Bridge()
                val decided = Decided(bridge)
                val waiting = LinkedBlockingQueue<CompletableDeferred<Unit>>()
                val job =
                    bridge.launch {
                        decided.use {
                            decide(2) { packet ->
                                if (packet.id() % 2 == 0L) {
                                    CompletableDeferred<Unit>().also { waiting += it }.await()
                                }
                                decided.permit(packet.id())
                            }
                        }
                    }
                val resumer =
                    thread("resumer") {
                        while (job.isActive) waiting.poll(5, TimeUnit.MILLISECONDS)?.complete(Unit)
                    }
                val canceller =
                    thread("canceller") {
                        Thread.sleep(random.nextLong(40))
                        job.cancel()
                    }
                decided.enqueue()
                bridge.join(job)
                listOf(resumer, canceller).forEach { it.join() }
                decided.verify()
            }
        }

        test("a stop ends the deciders when each packet has its verdict") {
            explore(0.5) {
                val bridge = Bridge()
                val decided = Decided(bridge)
                var ended = false
                val job =
                    bridge.launch {
                        decided.use {
                            coroutineScope {
                                launch { decide(2) { decided.permit(it.id()) } }
                                stop()
                            }
                            ended = true
                        }
                    }
                decided.enqueue()
                bridge.join(job)
                check(ended) { "decide did not return" }
                decided.verify()
            }
        }

        test("a collector that is cancelled leaves the rest to the next one, and nothing is lost or delivered twice") {
            explore {
                val bridge = Bridge()
                val seen = mutableListOf<Long>()
                val job =
                    bridge.launch {
                        bridge.log {
                            coroutineScope {
                                val first = launch { packets.collect { seen += it.mark() } }
                                val logger = thread("logger") { logAll(bridge.kernel) }
                                first.cancelAndJoin()
                                packets.take(1).collect { seen += it.mark() }
                                packets.take(PACKETS - seen.size).collect { seen += it.mark() }
                                logger.join()
                            }
                        }
                    }
                bridge.join(job)
                bridge.end()
                check(seen == (1L..PACKETS).toList()) { "$seen was collected" }
            }
        }

        test("a collection that is cancelled anywhere closes its socket, also while it opens") {
            explore {
                val bridge = Bridge()
                val job = bridge.launch { bridge.log { packets.collect { } } }
                val canceller = thread("canceller") { job.cancel() }
                logAll(bridge.kernel)
                bridge.join(job)
                canceller.join()
                bridge.end()
            }
        }
    })

private fun logAll(kernel: FakeNetfilter) {
    (1..PACKETS).forEach { kernel.nflog().log(GROUP, SampleNflog.of(SamplePackets.udp4()).mark(it.toLong())) }
}
