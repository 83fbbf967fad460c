// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import io.kotest.core.spec.style.FunSpec
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread

private const val PAUSE_NANOS = 20_000L

/** Threads in addition to the run's, and their failures. */
private class Threads {
    private val started = mutableListOf<Thread>()
    private val failure = AtomicReference<Throwable>()

    fun start(
        name: String,
        body: () -> Unit,
    ) {
        started +=
            thread(name = name, isDaemon = true) {
                try {
                    body()
                } catch (e: Throwable) {
                    failure.compareAndSet(null, e)
                }
            }
    }

    fun join() {
        started.forEach { it.join() }
        failure.get()?.let { throw AssertionError("a thread failed with an unexpected exception", it) }
    }
}

/** Workers: one thread for each queue, and one that ends them. */
private fun Scenario.workers() {
    val queues = 3
    val options =
        NfqueueOptions
            .builder()
            .queues(0, queues - 1) { it.copyRange(256) }
            .apply { if (chance(3)) deadline(Duration.ofMillis(500)) }
            .build()
    val workers = ours { NfqueueWorkers.open(transport, options) }
    var enqueued = 0
    if (workers != null) {
        val failing = chance(4)
        val threads = Threads()
        threads.start("workers") {
            ours {
                workers.run(
                    Decider<Deliberate> {
                        if (failing && it.id() == 7L) throw Deliberate()
                        Verdict.ACCEPT
                    },
                )
            }
        }
        repeat(2 + random.nextInt(6)) {
            repeat(random.nextInt(8)) {
                enqueued++
                kernel.nfqueue().enqueue(random.nextInt(queues), QUEUED)
            }
            if (chance(3)) Thread.yield()
        }
        val kill = random.nextBoolean()
        if (kill) workers.close() else workers.stop()
        threads.join()
        workers.close()
        workers.statistics()
    }
    ended()
    val left = kernel.nfqueue().decided()
    check(left.size == enqueued) { "$enqueued were enqueued, ${left.size} have left" }
}

/** A session that is run on one thread, configured by a second and answered by a third. */
private fun Scenario.conversation() {
    val options =
        NfqueueOptions
            .builder()
            .queue(0) { it.copyRange(256) }
            .onUnanswered { }
            .apply { if (chance(3)) deadline(Duration.ofMillis(500)) }
            .build()
    val questions = random.nextInt(5)
    var enqueued = 0
    val session = ours { NfqueueSession.open(transport, options) }
    if (session != null) {
        val held = ConcurrentLinkedQueue<QueuedPacket>()
        val decider =
            Decider<Deliberate> {
                if (it.id() % 3 == 0L) Verdict.HELD.also { _ -> held += it.hold() } else Verdict.ACCEPT
            }
        val threads = Threads()
        threads.start("runner") { while (!session.ended()) ours { session.run(decider) } }
        threads.start("asker") {
            repeat(questions) {
                val queue =
                    session
                        .options(0)
                        .toBuilder()
                        .maximumLength(100 + it)
                        .build()
                ours { session.configure(queue) }
                session.statistics()
            }
        }
        threads.start("answerer") {
            while (!session.ended()) {
                val packet = held.poll()
                if (packet == null) LockSupport.parkNanos(PAUSE_NANOS) else ours { packet.answer(Verdict.ACCEPT) }
            }
        }
        repeat(random.nextInt(10)) {
            repeat(random.nextInt(8)) {
                enqueued++
                kernel.nfqueue().enqueue(0, QUEUED)
            }
            if (chance(3)) LockSupport.parkNanos(random.nextLong(PAUSE_NANOS))
        }
        if (random.nextBoolean()) session.close() else session.stop()
        threads.join()
        session.close()
    }
    ended()
    val left = kernel.nfqueue().decided()
    check(left.size == enqueued) { "$enqueued were enqueued, ${left.size} have left" }
}

class NfqueueThreadsFaultSuiteSpec :
    FunSpec({
        test("with any faults, the run of workers ends and no packet is left")
            .config(timeout = LONG) {
                exploreThreads(40) { workers() }
            }

        test("with any faults, a session that is run, configured and answered at once ends and no packet is left")
            .config(timeout = LONG) {
                exploreThreads(40) { conversation() }
            }
    })
