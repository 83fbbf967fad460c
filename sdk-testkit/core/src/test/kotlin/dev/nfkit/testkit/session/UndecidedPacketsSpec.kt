// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetAdmin
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.contract.eventually
import dev.nfkit.testkit.fault.Fault
import dev.nfkit.testkit.fault.FaultPlan
import dev.nfkit.testkit.fault.FaultyTransport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** A session over a kernel in memory whose calls can be disturbed. */
private class Firewall(
    configure: NfqueueOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val clock: TestClock = TestClock.manual()
    val kernel = FakeNetfilter(clock)
    val transport = DisturbedTransport(kernel)
    val session: NfqueueSession =
        NfqueueSession.open(
            transport,
            NfqueueOptions
                .builder()
                .queue(0)
                .apply(configure)
                .build(),
        )

    fun enqueue(count: Int) = repeat(count) { kernel.nfqueue().enqueue(0, SamplePackets.udp4()) }

    fun poll(decider: (QueuedPacket) -> Verdict): Int =
        session.poll(Decider<RuntimeException> { decider(it) }, Duration.ZERO)

    /** Polls until nothing arrives; a receive may return one packet or many. */
    fun drain(decider: (QueuedPacket) -> Verdict) {
        while (poll(decider) > 0) {
            // The next receive.
        }
    }

    /** The packets that have left: id, and whether it was accepted. */
    fun left() = kernel.nfqueue().decided().associate { it.id() to it.passed() }

    fun passed() = left().filterValues { it }.keys

    override fun close() = session.close()
}

private fun noBuffer() = SystemCallException("send", Errno.ENOBUFS, null)

/** Overflows the stack that is left after that many frames, or runs the action there. */
private fun atDepth(
    frames: Int,
    action: () -> Unit,
): Int = if (frames == 0) 1.also { action() } else 1 + atDepth(frames - 1, action)

class UndecidedPacketsSpec :
    FunSpec({
        context("a stack that overflows in hold()") {
            listOf(false, true).forEach { caught ->
                val then = if (caught) "and a decider that then drops" else "out of the decider"
                test("leaves its packet to the failure verdict, $then, and no batch accepts it") {
                    Firewall { deadline(Duration.ofSeconds(1)) }.use { firewall ->
                        var overflows = 0
                        val worker = { depth: Int ->
                            firewall.enqueue(1)
                            try {
                                firewall.poll { packet ->
                                    try {
                                        atDepth(depth) { packet.hold() }
                                        Verdict.DROP // also if it is held: the decider's verdict answers it
                                    } catch (e: StackOverflowError) {
                                        overflows++
                                        if (caught) Verdict.DROP else throw e
                                    }
                                }
                            } catch (e: StackOverflowError) {
                                // It was thrown by the decider.
                            }
                        }
                        // Frames of different sizes: the overflow occurs at another place of hold() for each depth.
                        val thread =
                            Thread(null, {
                                var depth = 100
                                while (overflows == 0) worker(depth.also { depth += 40 })
                                for (near in depth - 120 until depth) worker(near)
                            }, "shallow", 160 shl 10)
                        thread.start()
                        thread.join()
                        firewall.enqueue(3)
                        firewall.poll { Verdict.ACCEPT }
                        val last =
                            firewall.kernel
                                .nfqueue()
                                .decided()
                                .maxOf { it.id() }
                        firewall.passed() shouldContainExactlyInAnyOrder listOf(last - 2, last - 1, last)
                        firewall.left().size shouldBe last.toInt()
                        firewall.session.statistics().held() shouldBe 0
                    }
                }
            }
        }

        test("an Error in the middle of hold() is followed by the failure verdict") {
            Firewall().use { firewall ->
                firewall.enqueue(1)
                shouldThrow<OutOfMemoryError> {
                    firewall.poll { packet ->
                        firewall.transport.onTime = once { OutOfMemoryError("by the test") }
                        packet.hold(Duration.ofSeconds(1), Verdict.ACCEPT)
                        Verdict.HELD
                    }
                }
                firewall.enqueue(2)
                firewall.poll { Verdict.ACCEPT }
                firewall.left() shouldBe mapOf(1L to false, 2L to true, 3L to true)
                firewall.session.statistics().failed() shouldBe 1
            }
        }

        test("packets that a receive took and lost are dropped once a later one arrives, and no batch accepts them") {
            Firewall().use { firewall ->
                firewall.enqueue(3)
                var thrown = false
                firewall.transport.afterReceive = { count ->
                    if (count > 0 && !thrown) {
                        thrown = true
                        throw OutOfMemoryError("by the test")
                    }
                }
                shouldThrow<OutOfMemoryError> { firewall.poll { error("it was lost") } }
                firewall.left() shouldBe emptyMap()
                firewall.enqueue(3)
                firewall.drain { Verdict.ACCEPT }
                val lost = firewall.left().filterValues { !it }.keys
                lost shouldContainExactly (1L..lost.size).toSet()
                firewall.passed() shouldBe (1L..6L).toSet() - lost
                firewall.session.statistics().gone() shouldBe 0
                firewall.session
                    .statistics()
                    .received()
                    .sequenceGaps() shouldBe lost.size.toLong()

                // The doubt is resolved: the next verdicts are a batch again.
                firewall.enqueue(9)
                firewall.drain { Verdict.ACCEPT }
                firewall.kernel
                    .nfqueue()
                    .decided()
                    .takeLast(5)
                    .map { it.departure() }
                    .toSet() shouldBe setOf(Departure.VERDICT_BATCH)
            }
        }

        test("a receive that loses packets while one is held does not affect the held one") {
            Firewall().use { firewall ->
                val held = mutableListOf<QueuedPacket>()
                firewall.enqueue(1)
                firewall.poll { Verdict.HELD.also { _ -> held += it.hold() } }
                firewall.enqueue(1) // 2 is lost
                firewall.transport.afterReceive = { if (it > 0) throw OutOfMemoryError("by the test") }
                shouldThrow<OutOfMemoryError> { firewall.poll { error("it was lost") } }
                firewall.transport.afterReceive = {}
                firewall.enqueue(2)
                firewall.drain { Verdict.ACCEPT }
                firewall.left() shouldBe mapOf(3L to true, 4L to true)
                held.single().answer(Verdict.ACCEPT) shouldBe true
                firewall.enqueue(1)
                firewall.drain { Verdict.ACCEPT }
                firewall.left() shouldBe mapOf(1L to true, 2L to false, 3L to true, 4L to true, 5L to true)
            }
        }

        listOf("before" to true, "after" to false).forEach { (place, before) ->
            test("verdicts whose send throws an Error $place it reached the kernel are sent again, each packet's own") {
                Firewall().use { firewall ->
                    firewall.enqueue(3)
                    val trouble = once { OutOfMemoryError("by the test") }
                    if (before) firewall.transport.beforeSend = trouble else firewall.transport.afterSend = trouble
                    shouldThrow<OutOfMemoryError> { firewall.poll { Verdict.DROP } }
                    firewall.enqueue(2)
                    firewall.poll { Verdict.ACCEPT }
                    firewall.left() shouldBe (1L..5L).associateWith { it > 3 }
                    firewall.session.statistics().decided() shouldBe 5
                }
            }
        }

        test("a batch whose send fails is sent with the next poll, even if no packet arrives") {
            Firewall().use { firewall ->
                firewall.enqueue(5)
                firewall.transport.beforeSend = once(::noBuffer)
                shouldThrow<SystemCallException> { firewall.poll { Verdict.ACCEPT } }.errno() shouldBe Errno.ENOBUFS
                firewall.left() shouldBe emptyMap()
                firewall.poll { error("no packet is there") } shouldBe 0
                firewall.left() shouldBe (1L..5L).associateWith { true }
                firewall.session.statistics().sendFailures() shouldBe 1
                firewall.session.statistics().decided() shouldBe 5
            }
        }

        test("with a deadline, a batch whose send failed is sent without a poll") {
            Firewall { deadline(Duration.ofSeconds(1)) }.use { firewall ->
                firewall.enqueue(5)
                firewall.transport.beforeSend = once(::noBuffer)
                shouldThrow<SystemCallException> { firewall.poll { Verdict.ACCEPT } }
                eventually("the verdicts have left") { firewall.left() == (1L..5L).associateWith { true } }
            }
        }

        test("held packets whose answers could not be sent get the verdict of their deadline") {
            Firewall { deadline(Duration.ofSeconds(1)) }.use { firewall ->
                val held = mutableListOf<QueuedPacket>()
                firewall.enqueue(3)
                firewall.poll { Verdict.HELD.also { _ -> held += it.hold() } }
                firewall.transport.beforeSend = once(::noBuffer)
                val answers = Answers()
                held.forEach { answers.add(it, Verdict.ACCEPT) }
                shouldThrow<SystemCallException> { answers.send() }
                firewall.clock.advance(Duration.ofSeconds(1))
                eventually("the verdicts have left") { firewall.left() == (1L..3L).associateWith { false } }
                firewall.session.statistics().expired() shouldBe 3
            }
        }

        test(
            "a deadline whose own send fails is retried, for held packets and for those after a decider that hangs",
        ) {
            Firewall { deadline(Duration.ofSeconds(1)) }.use { firewall ->
                firewall.enqueue(3)
                firewall.poll { Verdict.HELD.also { _ -> it.hold() } }
                firewall.transport.beforeSend = once(::noBuffer)
                firewall.clock.advance(Duration.ofSeconds(1))
                eventually("the verdicts have left") { firewall.left() == (1L..3L).associateWith { false } }
                firewall.session.statistics().expired() shouldBe 3
                firewall.session.statistics().sendFailures() shouldBe 1

                firewall.enqueue(3)
                firewall.transport.beforeSend = once(::noBuffer)
                firewall.poll { packet ->
                    if (packet.id() == 4L) {
                        firewall.clock.advance(Duration.ofSeconds(1))
                        eventually("the verdicts have left") { firewall.left().keys == (1L..6L).toSet() }
                    }
                    Verdict.ACCEPT
                }
                firewall.passed().shouldBeEmpty()
                firewall.session.statistics().expired() shouldBe 6
                firewall.session.statistics().late() shouldBe 1
            }
        }

        test("a packet whose deadline's send fails is not covered by the batch of those decided meanwhile") {
            Firewall { deadline(Duration.ofSeconds(10), Verdict.DROP) }.use { firewall ->
                firewall.enqueue(1)
                firewall.poll { Verdict.HELD.also { _ -> it.hold(Duration.ofMillis(500), Verdict.DROP) } }
                firewall.enqueue(2)
                val poller = Thread.currentThread()
                val sending = CountDownLatch(1)
                firewall.transport.beforeSend = {
                    if (Thread.currentThread() != poller && sending.count > 0) {
                        sending.countDown()
                        eventually("the other verdicts have left") { firewall.left().keys == setOf(2L, 3L) }
                        throw noBuffer()
                    }
                }
                firewall.poll { packet ->
                    if (packet.id() == 3L) {
                        firewall.clock.advance(Duration.ofMillis(501))
                        sending.await(30, TimeUnit.SECONDS)
                    }
                    Verdict.ACCEPT
                }
                eventually("the verdicts have left") { firewall.left() == mapOf(1L to false, 2L to true, 3L to true) }
            }
        }

        test("a close verdict does not accept packets that were dropped without a sent verdict") {
            val kernel = FakeNetfilter(TestClock.manual())
            val plan =
                FaultPlan
                    .none()
                    .at(2, Fault.FailedSend(Errno.ENOBUFS)) // the batch,
                    .at(3, Fault.FailedSend(Errno.ENOBUFS)) // the request that accepts no more packets,
                    .at(4, Fault.FailedSend(Errno.ENOBUFS)) // and the batch again
            NfqueueSession
                .open(
                    FaultyTransport(kernel, plan),
                    NfqueueOptions
                        .builder()
                        .queue(0)
                        .closeVerdict(Verdict.ACCEPT)
                        .build(),
                ).use { session ->
                    repeat(5) { kernel.nfqueue().enqueue(0, SamplePackets.udp4()) }
                    shouldThrow<SystemCallException> {
                        session.poll(Decider<RuntimeException> { Verdict.DROP }, Duration.ZERO)
                    }
                }
            kernel.nfqueue().decided().map { it.departure() } shouldContainExactly List(5) { Departure.SOCKET_CLOSED }
        }

        test("a held packet whose close verdict cannot be sent is not covered by the batch of those before it") {
            Firewall { deadline(Duration.ofSeconds(10)) }.use { firewall ->
                firewall.enqueue(1)
                firewall.poll { Verdict.HELD.also { _ -> it.hold() } }
                // One receive returns them all, once several datagrams have arrived together.
                firewall.enqueue(64)
                firewall.drain { Verdict.ACCEPT }
                firewall.enqueue(4)
                val hanging = CountDownLatch(1)
                val closed = CountDownLatch(1)
                val decided = mutableListOf<Long>()
                val poller =
                    thread {
                        firewall.poll { packet ->
                            if (packet.id() == 69L) {
                                hanging.countDown()
                                closed.await(30, TimeUnit.SECONDS)
                            }
                            decided += packet.id()
                            Verdict.ACCEPT
                        }
                    }
                eventually("the decider hangs, or the batch is over") { hanging.count == 0L || !poller.isAlive }
                firewall.transport.beforeSend = once(::noBuffer)
                firewall.session.close()
                closed.countDown()
                poller.join()
                firewall.left()[1] shouldBe false
            }
        }

        test("packets that configure() set aside do not resolve the doubt about one that arrived after them") {
            val kernel = FakeNetfilter(TestClock.manual())
            // 1 is the acknowledgement of the opening; configure() sets the packets 1 and 2 aside, and 3 is truncated.
            val plan = FaultPlan.none().at(4, Fault.Truncated(4))
            val options = NfqueueOptions.builder().queue(0).build()
            NfqueueSession.open(FaultyTransport(kernel, plan), options).use { session ->
                repeat(3) { kernel.nfqueue().enqueue(0, SamplePackets.udp4()) }
                session.configure(
                    session
                        .options(0)
                        .toBuilder()
                        .maximumLength(99)
                        .build(),
                )
                repeat(4) { kernel.nfqueue().enqueue(0, SamplePackets.udp4()) }
                while (session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ZERO) > 0) {
                    // The next receive.
                }
                kernel.nfqueue().decided().associate { it.id() to it.passed() } shouldBe
                    (1L..7L).associateWith { it != 3L }
            }
        }

        test("an Error of onRefused skips no queue of a refused datagram") {
            Firewall {
                queue(1)
                onRefused { throw AssertionError("by the test") }
            }.use { firewall ->
                repeat(2) { firewall.kernel.nfqueue().enqueue(it, SamplePackets.udp4()) }
                firewall.transport.beforeSend = {
                    firewall.kernel.kernel().netAdmin(NetAdmin.MISSING)
                    firewall.transport.beforeSend = {}
                }
                var polls = 0
                while (firewall.kernel
                        .nfqueue()
                        .queues()
                        .sumOf { it.waiting() } > 0 && polls++ < 9
                ) {
                    try {
                        firewall.poll { if (it.id() == 1L) Verdict.DROP else Verdict.ACCEPT }
                    } catch (e: AssertionError) {
                        firewall.kernel.kernel().netAdmin(NetAdmin.HELD)
                        repeat(3) { queue ->
                            repeat(2) { firewall.kernel.nfqueue().enqueue(queue % 2, SamplePackets.udp4()) }
                        }
                    }
                }
                firewall.kernel
                    .nfqueue()
                    .decided()
                    .filter { it.id() == 1L && it.passed() }
                    .shouldBeEmpty()
                (firewall.session.statistics().refused() > 0) shouldBe true
            }
        }

        test("a verdict that cannot be sent is refused if the packet is held, and the packet gets another one") {
            Firewall { sendBuffer(8192) }.use { firewall ->
                firewall.enqueue(1)
                val large = Verdict.ACCEPT.payload(Bytes.of(*ByteArray(60_000)))
                firewall.poll { packet ->
                    shouldThrow<IllegalArgumentException> { packet.hold(Duration.ofSeconds(1), large) }
                    Verdict.DROP
                }
                firewall.left() shouldBe mapOf(1L to false)
            }
        }

        test("HELD for a packet that is not held gives it the failure verdict") {
            Firewall().use { firewall ->
                firewall.enqueue(2)
                firewall.poll { if (it.id() == 1L) Verdict.HELD else Verdict.ACCEPT }
                firewall.left() shouldBe mapOf(1L to false, 2L to true)
                firewall.session.statistics().forgotten() shouldBe 1
            }
        }
    })
