// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

private const val GROUP = 30

/** The first datagram is the answer to the request that binds the group. */
private const val FIRST_PACKET = 2L

/** A session of NFLOG with a plan of faults. */
private class Logging(
    plan: FaultPlan,
    private val numbered: Boolean = true,
) : AutoCloseable {
    val kernel = FakeNetfilter()
    val transport = FaultyTransport(kernel, plan)
    val session: NflogSession by lazy {
        NflogSession.open(
            transport,
            NflogOptions
                .builder()
                .onMalformed { }
                .group(GROUP) { it.threshold(1).sequence(numbered) }
                .build(),
        )
    }
    private val seen = mutableListOf<Int>()

    /** The marks of the delivered packets; packets are logged with marks from 1. */
    fun log(count: Int): List<Int> {
        session.portId()
        repeat(count) { kernel.nflog().log(GROUP, SampleNflog.of(SamplePackets.udp4()).mark(it + 1L)) }
        return poll()
    }

    fun poll(): List<Int> {
        seen.clear()
        while (session.poll<RuntimeException>({ seen += it.mark().toInt() }, Duration.ZERO) > 0) {
            // on
        }
        return seen.toList()
    }

    override fun close() = session.close()
}

private fun at(
    number: Long,
    fault: Fault,
) = FaultPlan.seeded(1).at(number, fault)

class NflogFaultsSpec :
    FunSpec({
        test("an overrun appears as drops of the socket and as gaps in the numbers") {
            Logging(at(FIRST_PACKET + 1, Fault.Overrun(2))).use {
                it.log(5) shouldContainExactly listOf(1, 4, 5)
                it.session.statistics().socketDrops() shouldBe 2
                it.session.statistics().sequenceGaps() shouldBe 2
            }
        }

        test("a truncated datagram is counted and not read") {
            Logging(at(FIRST_PACKET, Fault.Truncated(40))).use {
                it.log(2) shouldContainExactly listOf(2)
                it.session.statistics().truncatedDatagrams() shouldBe 1
            }
        }

        test("a delayed acknowledgement delays the opening, and loses nothing") {
            Logging(at(1, Fault.DelayedAcknowledgement(Duration.ofSeconds(2)))).use {
                it.log(1) shouldContainExactly listOf(1)
                it.kernel.clock().nanoTime() shouldBe Duration.ofSeconds(2).toNanos()
            }
        }

        test("a refused acknowledgement fails the opening with its errno and text") {
            val logging = Logging(at(1, Fault.RefusedAcknowledgement(Errno.EOPNOTSUPP, "no such flag")))
            val problem = shouldThrow<KernelRefusedException> { logging.session }
            problem.errno() shouldBe Errno.EOPNOTSUPP
            problem.message shouldContain "no such flag"
            logging.kernel.openSockets() shouldBe 0
        }

        test("a missing acknowledgement fails the opening after its timeout") {
            val logging = Logging(at(1, Fault.MissingAcknowledgement()))
            shouldThrow<SystemCallException> { logging.session }.errno() shouldBe Errno.ETIMEDOUT
            logging.kernel
                .nflog()
                .groups()
                .size shouldBe 0
        }

        test("an unbind whose answer is missing is repeated, and the session ends") {
            Logging(at(2, Fault.MissingAcknowledgement())).use {
                it.log(1) shouldContainExactly listOf(1)
                it.session.stop()
                it.session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe -1
                it.kernel.verify()
            }
        }

        test("an unbind whose answers are all missing is sent four times at most, and the session ends") {
            val plan = (2L..40L).fold(FaultPlan.seeded(1)) { plan, n -> plan.at(n, Fault.MissingAcknowledgement()) }
            Logging(plan).use {
                it.session.stop()
                it.session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe -1
                it.transport.injected().size shouldBe 4
                it.kernel.verify()
            }
        }

        test("a foreign sender is counted") {
            Logging(at(FIRST_PACKET, Fault.ForeignSender())).use {
                it.log(1) shouldContainExactly listOf(1)
                it.session.statistics().foreign() shouldBe 1
            }
        }

        test("a duplicated datagram is delivered twice, and does not count as a gap") {
            Logging(at(FIRST_PACKET, Fault.Duplicated())).use {
                it.log(3) shouldContainExactly listOf(1, 1, 2, 3)
                it.session.statistics().sequenceGaps() shouldBe 0
            }
        }

        test("a reordered datagram is delivered in the order of arrival") {
            Logging(at(FIRST_PACKET, Fault.Reordered(1)), numbered = false).use {
                it.log(3) shouldContainExactly listOf(2, 1, 3)
            }
        }

        test("a flipped bit in a length makes one datagram malformed") {
            Logging(at(FIRST_PACKET, Fault.FlippedBit(31))).use {
                it.log(2) shouldContainExactly listOf(2)
                it.session.statistics().malformed() shouldBe 1
            }
        }

        test("in a silence polls return on their timeout, and a stop ends") {
            Logging(at(FIRST_PACKET, Fault.Silence())).use {
                it.log(3) shouldContainExactly listOf()
                it.session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe 0
                it.session.stop()
                it.session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe -1
            }
        }

        test("a socket that is closed in the middle ends the session") {
            Logging(at(FIRST_PACKET + 1, Fault.Closed())).use {
                it.log(3) shouldContainExactly listOf(1)
                it.session.ended() shouldBe true
            }
        }

        test("a failed send fails the opening and leaves no socket") {
            val logging = Logging(at(1, Fault.FailedSend(Errno.ENOBUFS)))
            shouldThrow<SystemCallException> { logging.session }.errno() shouldBe Errno.ENOBUFS
            logging.kernel.openSockets() shouldBe 0
        }

        test("a failed open fails the opening") {
            val logging = Logging(at(1, Fault.FailedOpen(Errno.EMFILE)))
            shouldThrow<SystemCallException> { logging.session }.errno() shouldBe Errno.EMFILE
        }

        test("a failed receive fails the poll and loses nothing") {
            Logging(at(FIRST_PACKET + 1, Fault.FailedReceive(Errno.ENOMEM))).use {
                shouldThrow<SystemCallException> { it.log(3) }.errno() shouldBe Errno.ENOMEM
                it.poll() shouldContainExactly listOf(2, 3)
                it.session.statistics().delivered() shouldBe 3
            }
        }
    })
