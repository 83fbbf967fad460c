// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeNetlinkSocket
import dev.nfkit.testkit.Traces
import dev.nfkit.testkit.contract.acknowledged
import dev.nfkit.testkit.contract.message
import dev.nfkit.testkit.contract.sequences
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.io.IOException
import java.nio.ByteOrder
import java.time.Duration

/** A socket of a fake kernel with a plan of faults. */
private class Rig(
    plan: FaultPlan,
    slots: Int = 16,
) {
    val kernel = FakeNetfilter()
    val transport = FaultyTransport(kernel, plan)
    val socket: NetlinkSocket = transport.open(Netlink.NETLINK_NETFILTER)
    val fake: FakeNetlinkSocket = kernel.socket()
    val batch = DatagramBatch(slots, 1024)

    fun deliver(vararg sequences: Long) = apply { sequences.forEach { fake.deliver(*message(socket.order(), it, 64)) } }

    fun ask(sequence: Long) = apply { socket.send(acknowledged(sequence, socket.order())) }

    fun receive(timeout: Duration = Duration.ZERO): List<Long> {
        socket.receive(batch, timeout.toNanos())
        return batch.sequences(socket.order())
    }

    /** Receives and ignores what arrived. */
    fun take() {
        socket.receive(batch, 0)
    }

    fun injected() = transport.injected().map { it.toString().substringBefore(" of port") }

    /** The error number of the answer in a slot. */
    fun errno(index: Int = 0): Int =
        -batch
            .buffer()
            .duplicate()
            .order(socket.order())
            .getInt(batch.offset(index) + Netlink.NLMSG_HDRLEN)
}

private fun at(
    number: Long,
    fault: Fault,
) = FaultPlan.seeded(1).at(number, fault)

class FaultyTransportSpec :
    FunSpec({
        test("without faults everything passes") {
            val rig = Rig(FaultPlan.none()).deliver(1, 2).ask(3)
            rig.receive() shouldContainExactly listOf(1, 2, 3)
            rig.injected().shouldBeEmpty()
        }

        test("an overrun loses datagrams, counts them and marks the batch after its position") {
            val rig = Rig(at(2, Fault.Overrun(2))).deliver(1, 2, 3, 4)
            rig.receive() shouldContainExactly listOf(1)
            rig.batch.overrun() shouldBe false
            rig.receive() shouldContainExactly listOf(4)
            rig.batch.overrun() shouldBe true
            rig.socket.drops() shouldBe 2
            rig.injected() shouldContainExactly listOf("DATAGRAM 2")
        }

        test("an overrun is only counted if NO_ENOBUFS is on") {
            val rig = Rig(at(1, Fault.Overrun(1)))
            rig.socket.set(SocketOption.NO_ENOBUFS, 1)
            rig.deliver(1, 2).receive() shouldContainExactly listOf(2)
            rig.batch.overrun() shouldBe false
            rig.socket.drops() shouldBe 1
        }

        test("an overrun continues over receives") {
            val rig = Rig(at(1, Fault.Overrun(3)))
            rig.deliver(1).receive().shouldBeEmpty()
            rig.batch.overrun() shouldBe true
            rig.deliver(2, 3, 4).receive() shouldContainExactly listOf(4)
        }

        test("a truncated datagram is marked, and its end is missing") {
            val rig = Rig(at(1, Fault.Truncated(20))).deliver(1, 2)
            rig.receive() shouldContainExactly listOf(2)
            rig.batch.truncated(0) shouldBe true
            rig.batch.length(0) shouldBe 20
        }

        test("a truncated datagram lacks at least a byte") {
            val rig = Rig(at(1, Fault.Truncated(4000))).deliver(1)
            rig.receive()
            rig.batch.truncated(0) shouldBe true
            rig.batch.length(0) shouldBe 63
        }

        test("a delayed acknowledgement arrives at its time, after datagrams that were sent later") {
            val rig = Rig(at(1, Fault.DelayedAcknowledgement(Duration.ofMillis(10))))
            rig.ask(1).deliver(2)
            rig.receive() shouldContainExactly listOf(2)
            rig.receive(Duration.ofMillis(9)).shouldBeEmpty()
            rig.transport.nanoTime() shouldBe 9_000_000
            rig.receive(Duration.ofSeconds(1)) shouldContainExactly listOf(1)
            rig.transport.nanoTime() shouldBe 10_000_000
        }

        test("a receive without a timeout waits for a delayed acknowledgement too") {
            val rig = Rig(at(1, Fault.DelayedAcknowledgement(Duration.ofMillis(10)))).ask(1)
            rig.receive(Duration.ofNanos(-1)) shouldContainExactly listOf(1)
        }

        test("a refused acknowledgement has its error, and its text if enabled") {
            val plan = FaultPlan.seeded(1).withProbability(1.0, Fault.RefusedAcknowledgement(Errno.EBUSY, "in use"))
            val rig = Rig(plan).ask(5)
            rig.receive() shouldContainExactly listOf(5)
            rig.errno() shouldBe Errno.EBUSY.number()
            rig.batch.length(0) shouldBe 36
            rig.socket.set(SocketOption.EXT_ACK, 1)
            rig.ask(6).receive() shouldContainExactly listOf(6)
            val words =
                AttributeCursor().wrap(
                    rig.batch.buffer(),
                    rig.batch.offset(0) + 36,
                    12,
                    rig.socket.order(),
                    "words",
                )
            words.next() shouldBe true
            words.string() shouldBe "in use"
        }

        test("a missing acknowledgement does not count as a drop") {
            val rig = Rig(at(1, Fault.MissingAcknowledgement())).ask(1).ask(2)
            rig.receive() shouldContainExactly listOf(2)
            rig.socket.drops() shouldBe 0
        }

        test("acknowledgements are counted separately, and as datagrams") {
            val plan =
                FaultPlan
                    .seeded(1)
                    .at(2, Fault.MissingAcknowledgement())
                    .at(4, Fault.Duplicated())
            val rig =
                Rig(plan)
                    .ask(1)
                    .deliver(2)
                    .ask(3)
                    .deliver(4)
            rig.receive() shouldContainExactly listOf(1, 2, 4, 4)
            rig.injected() shouldContainExactly listOf("ACKNOWLEDGEMENT 2", "DATAGRAM 4")
        }

        test("a foreign sender's datagram is counted, and nothing is lost") {
            val rig = Rig(at(1, Fault.ForeignSender())).deliver(1)
            rig.receive() shouldContainExactly listOf(1)
            rig.socket.foreign() shouldBe 1
        }

        test("a duplicated datagram that does not fit the batch arrives with the next receive") {
            val rig = Rig(FaultPlan.seeded(1).withProbability(1.0, Fault.Duplicated()), slots = 3).deliver(1, 2)
            rig.receive() shouldContainExactly listOf(1, 1, 2)
            rig.receive() shouldContainExactly listOf(2)
            rig.receive().shouldBeEmpty()
        }

        test("a reordered datagram is overtaken by the given number of datagrams") {
            Rig(at(1, Fault.Reordered(2))).deliver(1, 2, 3, 4).receive() shouldContainExactly listOf(2, 3, 1, 4)
        }

        test("a reordered datagram does not wait for more datagrams than there are") {
            Rig(at(2, Fault.Reordered(2))).deliver(1, 2).let {
                it.receive() shouldContainExactly listOf(1)
                it.receive() shouldContainExactly listOf(2)
            }
        }

        test("a flipped bit is the given one, or one that the seed chooses and the report names") {
            Rig(at(1, Fault.FlippedBit(8 * 8))).deliver(6).receive() shouldContainExactly listOf(7)
            val any = Rig(at(1, Fault.FlippedBit())).deliver(6)
            any.receive()
            val chosen =
                any.transport
                    .injected()
                    .single()
                    .fault() as Fault.FlippedBit
            val before = message(any.socket.order(), 6, 64)
            val after = ByteArray(64).also { any.batch.buffer().get(any.batch.offset(0), it) }
            before.indices.filter { before[it] != after[it] } shouldContainExactly listOf(chosen.bit() / 8)
        }

        test("an interrupted dump has the mark in each message of the part") {
            val rig = Rig(at(2, Fault.InterruptedDump()))
            repeat(3) {
                val writer = MessageWriter(256, rig.socket.order())
                repeat(2) { writer.begin(0x100, Netlink.NLM_F_MULTI, 7).nfgenmsg(2, 0).end() }
                rig.fake.deliver(writer)
            }
            rig.receive()
            (0..2).map { rig.batch.message(it, rig.socket.order()).flags() } shouldContainExactly listOf(2, 0x12, 2)
            rig.injected() shouldContainExactly listOf("DUMP_PART 2")
        }

        test("a batch of NFLOG does not count as a part of a dump") {
            val rig = Rig(FaultPlan.seeded(1).withProbability(1.0, Fault.InterruptedDump()))
            rig.fake.deliver(
                MessageWriter(64, rig.socket.order()).begin(0x400, Netlink.NLM_F_MULTI, 0).nfgenmsg(2, 0).end(),
            )
            rig.receive()
            rig.injected().shouldBeEmpty()
        }

        test("in a silence nothing arrives, timeouts pass and wakeups work") {
            val rig = Rig(at(2, Fault.Silence())).deliver(1, 2, 3)
            rig.receive() shouldContainExactly listOf(1)
            rig.deliver(4).receive(Duration.ofSeconds(1)).shouldBeEmpty()
            rig.transport.nanoTime() shouldBe 1_000_000_000
            rig.socket.wakeup()
            rig.receive(Duration.ofNanos(-1)).shouldBeEmpty()
            rig.socket.close()
            rig.socket.receive(rig.batch, -1) shouldBe -1
        }

        test("a socket that is closed in the middle delivers what came before, then its end, and sends nothing") {
            val rig = Rig(at(2, Fault.Closed())).deliver(1, 2, 3)
            rig.receive() shouldContainExactly listOf(1)
            rig.socket.receive(rig.batch, 0) shouldBe -1
            shouldThrow<SystemCallException> { rig.ask(1) }.errno() shouldBe Errno.EBADF
            rig.kernel.openSockets() shouldBe 0
        }

        test("a failed send does not reach the kernel") {
            val rig = Rig(at(1, Fault.FailedSend(Errno.ENOBUFS)))
            shouldThrow<SystemCallException> { rig.ask(1) }.errno() shouldBe Errno.ENOBUFS
            rig.kernel.sent().shouldBeEmpty()
            rig.ask(2).receive() shouldContainExactly listOf(2)
        }

        test("a failed open opens nothing") {
            val kernel = FakeNetfilter()
            val transport = FaultyTransport(kernel, at(1, Fault.FailedOpen(Errno.EMFILE)))
            shouldThrow<SystemCallException> { transport.open(12) }.errno() shouldBe Errno.EMFILE
            kernel.sockets().shouldBeEmpty()
            transport.open(12).close()
            transport.injected().single().portId() shouldBe 0
        }

        test("a failed receive loses nothing") {
            val rig = Rig(at(2, Fault.FailedReceive(Errno.ENOMEM))).deliver(1, 2, 3)
            rig.receive() shouldContainExactly listOf(1)
            shouldThrow<SystemCallException> { rig.receive() }.errno() shouldBe Errno.ENOMEM
            rig.receive() shouldContainExactly listOf(2, 3)
        }

        test("what is in transit is delivered before the end of a stream, but not after the user's close") {
            val plan = FaultPlan.seeded(1).withProbability(1.0, Fault.Duplicated())
            val ended = Rig(plan, slots = 1).deliver(1)
            ended.receive() shouldContainExactly listOf(1)
            ended.fake.close()
            ended.receive() shouldContainExactly listOf(1)
            ended.socket.receive(ended.batch, 0) shouldBe -1
            val closed = Rig(plan, slots = 1).deliver(1)
            closed.receive() shouldContainExactly listOf(1)
            closed.socket.close()
            closed.socket.receive(closed.batch, 0) shouldBe -1
        }

        test("the same seed injects the same faults, another one different ones") {
            fun run(seed: Long): List<String> {
                val rig = Rig(FaultPlan.seeded(seed).withProbability(0.2, Fault.FlippedBit()))
                repeat(50) { rig.deliver(it.toLong()).take() }
                return rig.transport.injected().map { it.toString() }
            }
            run(1) shouldBe run(1)
            (run(1) == run(2)) shouldBe false
        }

        test("no more faults are injected than the limit") {
            val plan = FaultPlan.seeded(1).withProbability(1.0, Fault.MissingAcknowledgement()).limit(2)
            val rig = Rig(plan)
            (1L..4).forEach(rig::ask)
            rig.receive() shouldContainExactly listOf(3, 4)
        }

        test("datagrams without a fault keep their time of receipt") {
            val order = ByteOrder.nativeOrder()
            val entries =
                listOf(1_000L, 2_000L).map { time ->
                    val datagram = Bytes.of(*message(order, 0, 64))
                    TraceEntry(TraceKind.FROM_KERNEL, time, Netlink.NETLINK_NETFILTER, datagram, false, null)
                }
            Traces.replay(Trace(entries, order)).use { replay ->
                FaultyTransport(replay, at(2, Fault.Duplicated())).open(Netlink.NETLINK_NETFILTER).use { socket ->
                    val batch = DatagramBatch(16, 1024)
                    socket.receive(batch, 0) shouldBe 3
                    (0..2).map(batch::datagramReceivedAt) shouldContainExactly listOf(1_000, 2_000, 2_000)
                }
            }
        }

        test("a send throws as planned, once, and nothing of it reaches the kernel") {
            val error = OutOfMemoryError("by plan")
            with(Rig(FaultPlan.none().at(1, Fault.ThrowingSend { error }))) {
                shouldThrow<OutOfMemoryError> { ask(1) } shouldBeSameInstanceAs error
                kernel.sent().shouldBeEmpty()
                ask(2).receive() shouldContainExactly listOf(2L)
            }
        }

        test("a receive throws as planned at its position, undeclared exceptions too, and loses nothing") {
            val undeclared = IOException("by plan")
            with(Rig(FaultPlan.none().at(2, Fault.ThrowingReceive { undeclared }))) {
                deliver(1, 2, 3).receive() shouldContainExactly listOf(1L)
                shouldThrow<IOException> { take() } shouldBeSameInstanceAs undeclared
                receive() shouldContainExactly listOf(2L, 3L)
                injected() shouldHaveSize 1
            }
        }
    })
