// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.NetlinkException
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.fault.FaultRun
import dev.nfkit.testkit.fault.FaultRuns
import io.kotest.core.spec.style.FunSpec
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import java.time.Duration
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.hours

private const val GROUP = 30
private const val TICK_NANOS = 50_000L

/** The timeout of a test of many runs: the sum of the limits of its runs. */
private val LONG = 10.hours

/** What a block or a decider of a test throws. */
private class Deliberate : RuntimeException("thrown by the test")

/** A kernel with faults, whose clock advances on its own thread. */
private class Faulty(
    val run: FaultRun,
) {
    private val clock = TestClock.manual()
    val kernel = FakeNetfilter(clock)
    val transport = run.over(kernel)
    val random = run.random()

    /** How the open scope is stopped. */
    @Volatile var stop: (() -> Unit)? = null

    fun chance(one: Int): Boolean = random.nextInt(one) == 0

    /**
     * Runs a session concurrently with what the kernel does, and ends it at some point: by its stop, or by a
     * cancellation.
     */
    fun ended(
        session: suspend () -> Unit,
        happens: () -> Unit,
    ) {
        val over = AtomicBoolean()
        val ticking =
            thread(name = "ticking", isDaemon = true) {
                while (!over.get()) {
                    clock.advance(Duration.ofMillis(50))
                    LockSupport.parkNanos(TICK_NANOS)
                }
            }
        try {
            runBlocking { endSomewhere(session, happens) }
        } finally {
            over.set(true)
            ticking.join()
        }
        check(kernel.openSockets() == 0) { "sockets are left open" }
        check(Thread.getAllStackTraces().keys.none { it.isAlive && it.name.startsWith("nfkit-nf") }) {
            "a reader is still running"
        }
    }

    private suspend fun endSomewhere(
        session: suspend () -> Unit,
        happens: () -> Unit,
    ) = coroutineScope {
        val running = async(Dispatchers.Default) { runCatching { session() } }
        repeat(random.nextInt(12)) {
            happens()
            if (chance(3)) LockSupport.parkNanos(random.nextLong(400_000))
        }
        val graceful = stop
        if (graceful == null || chance(2)) running.cancel() else graceful()
        val failure =
            try {
                running.await().exceptionOrNull()
            } catch (cancelled: CancellationException) {
                null
            }
        val ours = failure is NetlinkException || failure is CancellationException || failure is Deliberate
        if (failure != null && !ours) {
            throw AssertionError("an unexpected exception was thrown: $failure", failure)
        }
    }
}

private fun explore(body: Faulty.() -> Unit) =
    FaultRuns.of(40).within(Duration.ofSeconds(20)).check {
        Faulty(it).body()
    }

class FaultSuiteSpec :
    FunSpec({
        test("with any faults, useNflog ends when it is stopped or cancelled, and throws only documented exceptions")
            .config(timeout = LONG) {
                explore {
                    ended({
                        transport.useNflog({ group(GROUP) }) {
                            stop = ::stop
                            packets.collect { packet ->
                                yield()
                                if (packet.mark() == 7L) throw Deliberate()
                            }
                            statistics()
                        }
                    }) { kernel.nflog().log(GROUP, SampleNflog.of(SamplePackets.udp4()).mark(random.nextLong(100))) }
                }
            }

        test("with any faults, useNfqueue ends when it is stopped or cancelled, and no packet is left")
            .config(timeout = LONG) {
                explore {
                    var enqueued = 0
                    ended({
                        transport.useNfqueue({ queues(0, 1) { copyRange = 256 } }) {
                            stop = ::stop
                            decide(concurrency = 1 + (run.seed() % 3).toInt()) { packet ->
                                if (packet.id() % 3 == 0L) yield()
                                if (packet.mark() == 7L) throw Deliberate()
                                if (packet.mark() % 2 == 0L) Verdict.DROP else Verdict.ACCEPT
                            }
                            statistics()
                        }
                    }) {
                        enqueued++
                        val packet = SampleNfqueue.of(SamplePackets.udp4()).mark(random.nextLong(100))
                        kernel.nfqueue().enqueue(random.nextInt(2), packet)
                    }
                    val left = kernel.nfqueue().decided().size
                    check(left == enqueued) { "$enqueued were enqueued, $left have left" }
                }
            }

        test("with any faults, useConntrack ends when it is cancelled, and throws only documented exceptions")
            .config(timeout = LONG) {
                explore {
                    var port = 0
                    val happens = { kernel.conntrack().add(SampleConntrack.of(sampleTo(++port))) }
                    repeat(random.nextInt(300)) { happens() }
                    ended({
                        transport.useConntrack {
                            repeat(50) {
                                list()
                                get(tupleTo(1))
                                dump().collect { entry -> if (entry.port == 250) yield() }
                                statistics()
                            }
                        }
                    }) { happens() }
                }
            }
    })
