// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import java.time.Duration

/** The first datagrams are the answers to the request that binds the queue. */
private const val FIRST_PACKET = 2L

/** A session of NFQUEUE with a plan of faults; it accepts all packets. */
private class Queueing(
    plan: FaultPlan,
) : AutoCloseable {
    val kernel = FakeNetfilter()
    val transport = FaultyTransport(kernel, plan)
    val session: NfqueueSession by lazy {
        NfqueueSession.open(
            transport,
            NfqueueOptions
                .builder()
                .queue(0)
                .onMalformed { }
                .build(),
        )
    }
    var verdict: Verdict = Verdict.ACCEPT
    private val seen = mutableListOf<Int>()

    /** The ids of the delivered packets. */
    fun enqueue(count: Int): List<Int> {
        session.portId()
        repeat(count) { kernel.nfqueue().enqueue(0, SampleNfqueue.of(SamplePackets.udp4())) }
        return poll()
    }

    fun poll(): List<Int> {
        seen.clear()
        while (once() > 0) {
            // on
        }
        return seen.toList()
    }

    fun once(): Int =
        session.poll(
            Decider<RuntimeException> {
                seen += it.id().toInt()
                verdict
            },
            Duration.ZERO,
        )

    /** The ids of the accepted packets. */
    fun passed() =
        kernel
            .nfqueue()
            .decided()
            .filter { it.passed() }
            .map { it.id().toInt() }

    /** The ids of the packets that were dropped by a verdict. */
    fun dropped() =
        kernel
            .nfqueue()
            .decided()
            .filter { it.dropped() && it.departure() == Departure.VERDICT }
            .map { it.id().toInt() }

    fun waiting() = kernel.nfqueue().queues().sumOf { it.waiting() }

    override fun close() = session.close()
}

private fun at(
    number: Long,
    fault: Fault,
) = FaultPlan.seeded(1).at(number, fault)

class NfqueueFaultsSpec :
    FunSpec({
        test("an overrun appears as drops of the socket and as gaps in the ids") {
            Queueing(at(FIRST_PACKET, Fault.Overrun(2))).use {
                it.enqueue(4) shouldContainExactly listOf(3, 4)
                it.session
                    .statistics()
                    .received()
                    .socketDrops() shouldBe 2
                it.session
                    .statistics()
                    .received()
                    .sequenceGaps() shouldBe 2
            }
        }

        test("a truncated datagram's packet gets the failure verdict, and the others their own") {
            Queueing(at(FIRST_PACKET + 1, Fault.Truncated(40))).use {
                it.enqueue(3) shouldContainExactly listOf(1, 3)
                it.dropped() shouldContainExactly listOf(2)
                it.passed() shouldContainExactlyInAnyOrder listOf(1, 3)
                it.session.statistics().unread() shouldBe 1
            }
        }

        test("a packet that is truncated before its id gets the failure verdict once a later one has arrived") {
            Queueing(at(FIRST_PACKET + 1, Fault.Truncated(4))).use {
                it.enqueue(3) shouldContainExactly listOf(1, 3)
                it.passed() shouldContainExactlyInAnyOrder listOf(1, 3)
                it.kernel
                    .nfqueue()
                    .decided()
                    .single { left -> left.dropped() }
                    .id() shouldBe 2
                it.poll()
                it.session.statistics().gone() shouldBe 0
                it.enqueue(4)
                it.waiting() shouldBe 0
            }
        }

        test("a delayed acknowledgement of an open session's request reaches its caller") {
            Queueing(at(2, Fault.DelayedAcknowledgement(Duration.ofSeconds(2)))).use {
                it.session.configure(
                    it.session
                        .options(0)
                        .toBuilder()
                        .maximumLength(9)
                        .build(),
                )
                it.kernel.clock().nanoTime() shouldBe Duration.ofSeconds(2).toNanos()
            }
        }

        test("a refused acknowledgement fails the opening and leaves no queue") {
            val queueing = Queueing(at(1, Fault.RefusedAcknowledgement(Errno.EBUSY)))
            shouldThrow<KernelRefusedException> { queueing.session }.errno() shouldBe Errno.EBUSY
            queueing.kernel
                .nfqueue()
                .queues()
                .size shouldBe 0
        }

        test("a missing acknowledgement fails the request after its timeout, and the session continues") {
            Queueing(at(2, Fault.MissingAcknowledgement())).use {
                val problem =
                    shouldThrow<SystemCallException> {
                        it.session.configure(
                            it.session
                                .options(0)
                                .toBuilder()
                                .maximumLength(9)
                                .build(),
                        )
                    }
                problem.errno() shouldBe Errno.ETIMEDOUT
                it.enqueue(2) shouldContainExactly listOf(1, 2)
                it.passed() shouldContainExactly listOf(1, 2)
            }
        }

        test("a duplicated packet is decided twice, and its second verdict finds no packet") {
            Queueing(at(FIRST_PACKET, Fault.Duplicated())).use {
                it.verdict = Verdict.DROP
                it.enqueue(1) shouldContainExactly listOf(1, 1)
                it.dropped() shouldContainExactly listOf(1)
                it.poll()
                it.session.statistics().gone() shouldBe 1
            }
        }

        test("packets that arrive out of order get their own verdicts") {
            Queueing(at(FIRST_PACKET + 1, Fault.Reordered(1))).use {
                it.enqueue(3) shouldContainExactly listOf(1, 3, 2)
                it.passed() shouldContainExactlyInAnyOrder listOf(1, 2, 3)
                it.waiting() shouldBe 0
            }
        }

        test("a flipped bit in a length leaves one packet unread, and no batch decides it") {
            Queueing(at(FIRST_PACKET + 1, Fault.FlippedBit(31))).use {
                it.enqueue(3) shouldContainExactly listOf(1, 3)
                it.passed() shouldContainExactlyInAnyOrder listOf(1, 3)
                it.session
                    .statistics()
                    .received()
                    .malformed() shouldBe 1
            }
        }

        test("in a silence a stop ends, and waiting packets get the verdict of the end") {
            Queueing(at(FIRST_PACKET, Fault.Silence())).use {
                it.enqueue(2) shouldContainExactly listOf()
                it.session.stop()
                it.once() shouldBe -1
                it.kernel
                    .nfqueue()
                    .decided()
                    .map { left -> left.departure() }
                    .toSet() shouldBe
                    setOf(Departure.SOCKET_CLOSED)
            }
        }

        test("a socket that is closed in the middle ends the session, and the kernel drops waiting packets") {
            Queueing(at(FIRST_PACKET + 1, Fault.Closed())).use {
                shouldThrow<SystemCallException> { it.enqueue(3) }.errno() shouldBe Errno.EBADF
                it.once() shouldBe -1
                it.kernel
                    .nfqueue()
                    .decided()
                    .size shouldBe 3
            }
        }

        test("verdicts that could not be sent fail the poll, and are sent with the next one") {
            Queueing(at(2, Fault.FailedSend(Errno.ENOBUFS))).use {
                shouldThrow<SystemCallException> { it.enqueue(2) }.errno() shouldBe Errno.ENOBUFS
                it.enqueue(2) shouldContainExactly listOf(3, 4)
                it.passed() shouldContainExactly listOf(1, 2, 3, 4)
                it.session.statistics().sendFailures() shouldBe 1
                it.session.statistics().decided() shouldBe 4
            }
        }

        test("a failed receive fails the poll and loses no packet") {
            Queueing(at(FIRST_PACKET + 1, Fault.FailedReceive(Errno.ENOMEM))).use {
                shouldThrow<SystemCallException> { it.enqueue(3) }.errno() shouldBe Errno.ENOMEM
                it.poll() shouldContainExactly listOf(2, 3)
                it.passed() shouldContainExactly listOf(1, 2, 3)
            }
        }
    })
