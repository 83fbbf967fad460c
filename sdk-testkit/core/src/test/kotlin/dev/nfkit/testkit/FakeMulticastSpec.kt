// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.AttributeCondition
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.time.ModelClock
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private const val GROUP = 1
private const val EVENT = 0x100
private const val MARK = 8

/** Sends an event with a mark to the members of a group. */
private fun FakeNetfilter.event(
    mark: Long,
    group: Int = GROUP,
) {
    clock().model().locked(
        ModelClock.Action<RuntimeException> {
            model().multicast(group, 0) {
                it
                    .begin(EVENT, 0, 0)
                    .nfgenmsg(2, 0)
                    .be32(MARK, mark)
                    .end()
            }
        },
    )
}

private fun FakeNetfilter.listener(): FakeNetlinkSocket = open(12).also { it.set(SocketOption.ADD_MEMBERSHIP, GROUP) }

private class Taken(
    val marks: List<Long>,
    val overruns: Int,
)

/** Receives what has arrived, and checks that nothing follows. */
private fun FakeNetlinkSocket.takeAll(): Taken {
    val batch = DatagramBatch(8, 256)
    val marks = mutableListOf<Long>()
    var overruns = 0
    while (true) {
        val count = receive(batch, 0)
        if (batch.overrun()) overruns++
        if (count == 0 && !batch.overrun()) return Taken(marks, overruns)
        for (index in 0 until count) {
            val message = MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), order())
            message.next() shouldBe true
            message.type() shouldBe EVENT
            message.portId() shouldBe 0
            message.sequence() shouldBe 0
            marks += batch.buffer().getInt(message.attributesOffset() + 4).toLong()
        }
    }
}

private fun marked(vararg marks: Long): EventFilter =
    EventFilter.builder().require(AttributeCondition.at(MARK).width(4).`is`(*marks)).build()

class FakeMulticastSpec :
    FunSpec({
        test("every member of the group receives the message, in its own byte order, and no other socket does") {
            val transport = FakeNetfilter()
            val first = transport.listener()
            val bigEndian = transport.order(ByteOrder.BIG_ENDIAN).listener()
            val other = transport.open(12).also { it.set(SocketOption.ADD_MEMBERSHIP, 2) }
            val none = transport.open(12)
            transport.event(7)
            first.takeAll().marks shouldContainExactly listOf(7L)
            bigEndian.takeAll().marks shouldContainExactly listOf(7L)
            other.pending() shouldBe 0
            none.pending() shouldBe 0
            transport.event(8, group = 2)
            first.pending() shouldBe 0
            other.takeAll().marks shouldContainExactly listOf(8L)
        }

        test("a socket that has left the group, or is closed, receives no more, and keeps what has arrived") {
            val transport = FakeNetfilter()
            val leaver = transport.listener()
            transport.event(1)
            leaver.set(SocketOption.DROP_MEMBERSHIP, GROUP)
            transport.event(2)
            leaver.takeAll().marks shouldContainExactly listOf(1L)
            val closed = transport.listener()
            closed.close()
            transport.event(3)
            closed.pending() shouldBe 0
        }

        test("each socket has its own filter") {
            val transport = FakeNetfilter()
            val choosy = transport.listener().also { it.filter(marked(2, 3)) }
            val open = transport.listener()
            for (mark in 1L..4L) transport.event(mark)
            choosy.takeAll().marks shouldContainExactly listOf(2L, 3L)
            open.takeAll().marks shouldContainExactly listOf(1L, 2L, 3L, 4L)
            choosy.filter(marked(4))
            for (mark in 1L..4L) transport.event(mark)
            choosy.filter(null)
            transport.event(5)
            choosy.takeAll().marks shouldContainExactly listOf(4L, 5L)
            choosy.drops() shouldBe 0
        }

        test("after an overrun the socket stays congested until it is drained, and counts further losses") {
            val transport = FakeNetfilter()
            val socket = transport.listener()
            val large = transport.listener()
            socket.set(SocketOption.RECEIVE_BUFFER, 2_304)
            for (mark in 1L..20L) transport.event(mark)
            val kept = socket.pending()
            kept shouldBeGreaterThan 1
            socket.drops() shouldBe 20L - kept

            val batch = DatagramBatch(kept - 1, 256)
            socket.receive(batch, 0) shouldBe kept - 1
            batch.overrun() shouldBe true
            // There is space again, but something is left.
            transport.event(21)
            socket.drops() shouldBe 21L - kept

            val rest = socket.takeAll()
            rest.marks shouldContainExactly listOf(kept.toLong())
            rest.overruns shouldBe 0
            transport.event(22)
            socket.takeAll().marks shouldContainExactly listOf(22L)
            socket.drops() shouldBe 21L - kept
            large.takeAll().marks shouldContainExactly (1L..22L).toList()
            large.drops() shouldBe 0
        }

        test("with NO_ENOBUFS there is no congestion: a message that fits again is received") {
            val transport = FakeNetfilter()
            val socket = transport.listener()
            socket.set(SocketOption.RECEIVE_BUFFER, 2_304)
            socket.set(SocketOption.NO_ENOBUFS, 1)
            for (mark in 1L..20L) transport.event(mark)
            val kept = socket.pending()
            socket.receive(DatagramBatch(1, 256), 0) shouldBe 1
            transport.event(21)
            val taken = socket.takeAll()
            taken.marks shouldContainExactly (2L..kept).toList() + 21L
            taken.overruns shouldBe 0
            socket.drops() shouldBe 20L - kept
        }

        test("rejected messages cause no congestion") {
            val transport = FakeNetfilter()
            val socket = transport.listener().also { it.filter(marked(1)) }
            socket.set(SocketOption.RECEIVE_BUFFER, 2_304)
            repeat(50) { transport.event(2) }
            transport.event(1)
            val taken = socket.takeAll()
            taken.marks shouldContainExactly listOf(1L)
            taken.overruns shouldBe 0
        }

        test("a datagram that is not a message arrives, whatever the filter") {
            val socket = FakeNetfilter().open(12).also { it.filter(marked(1)) }
            socket.deliver(1, 2, 3) shouldBe true
            socket.deliver(MessageWriter(64, socket.order()).begin(EVENT, 0, 0).nfgenmsg(2, 0).end()) shouldBe true
            socket.pending() shouldBe 1
        }

        test("without CAP_NET_ADMIN no group can be joined") {
            val transport = FakeNetfilter()
            transport.kernel().netAdmin(NetAdmin.MISSING)
            shouldThrow<SystemCallException> { transport.open(12).set(SocketOption.ADD_MEMBERSHIP, GROUP) }
                .errno() shouldBe Errno.EPERM
        }
    })
