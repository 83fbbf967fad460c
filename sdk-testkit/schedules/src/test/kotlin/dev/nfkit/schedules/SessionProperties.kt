// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.netfilter.PacketSink
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

private const val GROUP = 30
private const val SOON_MILLIS = 2000L
private val HOUR = Duration.ofHours(1)
private val LOGGED: SampleNflog = SampleNflog.of(SamplePackets.udp4())
private val QUEUED: SampleNfqueue = SampleNfqueue.of(SamplePackets.udp4())

private fun kernel() = FakeNetfilter(TestClock.real()).strictBatches(false)

private fun FakeNetfilter.verifyClosed() {
    check(openSockets() == 0) { "${openSockets()} sockets are left" }
    verify()
}

/** Fails if an action takes long by the scheduler's clock: then something did not wake it up. */
private fun <R> soon(
    what: String,
    action: () -> R,
): R {
    val begun = System.nanoTime()
    return action().also {
        val millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)
        check(millis < SOON_MILLIS) { "$what took $millis ms" }
    }
}

private fun nflogOptions() =
    NflogOptions
        .builder()
        .group(GROUP)
        .receiveBuffer(1 shl 16)
        .build()

/** A session's life: it ends when it is stopped, and nothing is left. */
@Suppress("PLATFORM_CLASS_MAPPED_TO_KOTLIN") // a monitor to wait for
class SessionProperties :
    FunSpec({
        test("logged packets are delivered or counted as discarded, with run, stop and close in any order") {
            explore {
                val kernel = kernel()
                val session = NflogSession.open(kernel, nflogOptions())
                var delivered = 0
                val runner = thread("runner") { session.run(PacketSink<NflogPacket, RuntimeException> { delivered++ }) }
                val graceful = chance(2)
                val stoppers =
                    List(1 + random.nextInt(2)) {
                        thread("stopper-$it") {
                            Thread.sleep(random.nextLong(10))
                            if (graceful) session.stop() else session.close()
                        }
                    }
                val logged = (1..6).count { kernel.nflog().log(GROUP, LOGGED) }
                soon("the end") { (stoppers + runner).forEach { it.join() } }
                val statistics = session.statistics()
                check(statistics.delivered() == delivered.toLong()) { "$delivered delivered, $statistics" }
                val known = statistics.delivered() + statistics.discarded()
                if (graceful) {
                    check(delivered == logged) { "$logged logged, $delivered delivered: $statistics" }
                } else {
                    check(known <= logged) { "$logged logged: $statistics" }
                }
                kernel.verifyClosed()
            }
        }

        test("a wakeup ends a poll, whatever happens at the same time") {
            explore {
                val kernel = kernel()
                val session = NfqueueSession.open(kernel, QueueWorld.options().build())
                val returns = AtomicInteger()
                val poller =
                    thread("poller") {
                        while (session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, HOUR) >= 0) {
                            synchronized(returns) {
                                returns.incrementAndGet()
                                (returns as Object).notifyAll()
                            }
                        }
                    }
                val asker =
                    thread("asker") {
                        repeat(2) { n ->
                            val queue =
                                session
                                    .options(0)
                                    .toBuilder()
                                    .maximumLength(100 + n)
                                    .build()
                            soon("an answer") { session.configure(queue) }
                        }
                    }
                val waker =
                    thread("waker") {
                        repeat(3) {
                            synchronized(returns) {
                                val before = returns.get()
                                session.wakeup()
                                soon("a wakeup") {
                                    while (returns.get() == before) (returns as Object).wait(SOON_MILLIS)
                                }
                            }
                        }
                    }
                kernel.nfqueue().enqueue(0, QUEUED)
                listOf(asker, waker).forEach { it.join() }
                if (chance(2)) session.stop() else session.close()
                soon("the end") { poller.join() }
                kernel.verifyClosed()
            }
        }

        test("a poll that returns at once notices each stop, close and wakeup") {
            explore {
                val kernel = kernel()
                val session = NfqueueSession.open(kernel, QueueWorld.options().build())
                val poller =
                    thread("poller") {
                        while (session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ZERO) >=
                            0
                        ) {
                            Thread.yield()
                        }
                    }
                kernel.nfqueue().enqueue(0, QUEUED)
                session.wakeup()
                if (chance(2)) session.stop() else session.close()
                soon("the end") { poller.join() }
                check(kernel.nfqueue().decided().size == 1)
                kernel.verifyClosed()
            }
        }

        test("after a close the socket is closed, with a poll, a request, a callback and other closes") {
            explore {
                val kernel = kernel()
                val options =
                    QueueWorld
                        .options()
                        .apply { if (chance(2)) deadline(Duration.ofMillis(10)) }
                        .build()
                val session = NfqueueSession.open(kernel, options)
                val closesInside = chance(3)
                val decider =
                    Decider<RuntimeException> { packet ->
                        if (closesInside) session.close()
                        if (packet.id() % 2 == 0L) Verdict.HELD.also { packet.hold() } else Verdict.ACCEPT
                    }
                val poller = thread("poller") { while (session.poll(decider, HOUR) >= 0) Thread.yield() }
                val asker =
                    thread("asker") {
                        try {
                            soon("an answer") { session.configure(session.options(0)) }
                        } catch (e: SystemCallException) {
                            if (e.errno() != Errno.EBADF) throw e
                        }
                    }
                repeat(3) { kernel.nfqueue().enqueue(0, QUEUED) }
                val closers =
                    List(2) {
                        thread("closer-$it") {
                            soon("close") { session.close() }
                            check(session.ended()) { "close returned, and the session is open" }
                            check(kernel.openSockets() == 0) { "close returned, and the socket is open" }
                        }
                    }
                soon("the end") { (closers + poller + asker).forEach { it.join() } }
                check(kernel.nfqueue().decided().size == 3)
                kernel.verifyClosed()
            }
        }

        test("a session that is no longer polled can be closed, and answers its requests until then") {
            explore {
                val kernel = kernel()
                val session = NfqueueSession.open(kernel, QueueWorld.options().build())
                val askers =
                    List(2) { thread("asker-$it") { soon("an answer") { session.configure(session.options(0)) } } }
                val poller =
                    thread("poller") {
                        repeat(2) { session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ofMillis(5)) }
                    }
                (askers + poller).forEach { it.join() }
                soon("close") { session.close() }
                kernel.verifyClosed()
            }
        }

        test("workers end together, with a failing decider, stop and close in any order") {
            explore(0.5) {
                val kernel = kernel()
                val options =
                    NfqueueOptions
                        .builder()
                        .queues(0, 1) { it.copyRange(64) }
                        .batchSize(4)
                        .receiveBuffer(1 shl 16)
                        .settleTime(Duration.ofMillis(100))
                        .apply { if (chance(2)) deadline(Duration.ofMillis(10)) }
                        .build()
                val workers = NfqueueWorkers.open(kernel, options)
                val fails = chance(2)
                val runner =
                    thread("runner") {
                        try {
                            workers.run(
                                Decider<Deliberate> { packet: QueuedPacket ->
                                    if (fails && packet.id() == 2L) throw Deliberate()
                                    Verdict.ACCEPT
                                },
                            )
                        } catch (e: Deliberate) {
                            check(fails)
                        }
                    }
                repeat(6) { kernel.nfqueue().enqueue(random.nextInt(2), QUEUED) }
                val closers = List(2) { thread("closer-$it") { if (chance(2)) workers.stop() else workers.close() } }
                soon("the end") { (closers + runner).forEach { it.join() } }
                soon("close") { workers.close() }
                check(kernel.nfqueue().decided().size == 6)
                kernel.verifyClosed()
            }
        }

        test("a session that is stopped before its first poll ends in it") {
            explore(0.5) {
                val kernel = kernel()
                val session = NflogSession.open(kernel, nflogOptions())
                val begun = CountDownLatch(1)
                val stopper =
                    thread("stopper") {
                        session.stop()
                        begun.countDown()
                    }
                if (chance(2)) begun.await()
                soon("the run") { session.run(PacketSink<NflogPacket, RuntimeException> { }) }
                stopper.join()
                kernel.verifyClosed()
            }
        }
    })
