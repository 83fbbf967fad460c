// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.BatchTooLargeException
import dev.nfkit.Errno
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.OptionalLong

private const val SECOND = 1_000_000_000L
private const val CREATE = Netlink.NLM_F_CREATE

/** The offset of the number in the last attribute of a change of [BatchRig]. */
private const val IN_NEST = 16 + 4 + 4 + 4

/** A batch that is sent and answered over a socket that follows a script. */
private class BatchRig {
    val rig = LoopRig()

    /** The size of the send buffer and the receive buffer, and the limit of the former. */
    val sizes = mutableMapOf(SocketOption.SEND_BUFFER to 1_000_000, SocketOption.RECEIVE_BUFFER to 1_000_000)
    var largest = Int.MAX_VALUE

    /** Whether the receives to come report that datagrams were lost; after the last one none does. */
    val overruns = ArrayDeque<Boolean>()
    val sent = mutableListOf<List<MessageCursor>>()
    val notified = mutableListOf<Pair<Int, Int>>()
    var onNotification: (Int) -> Unit = {}
    private val socket =
        object : NetlinkSocket by rig.socket {
            override fun set(
                option: SocketOption,
                value: Int,
            ) {
                rig.calls += "$option $value"
                sizes[option] =
                    if (option == SocketOption.SEND_BUFFER) minOf(2L * value, largest.toLong()).toInt() else value
            }

            override fun get(option: SocketOption): Int = sizes.getValue(option)

            override fun receive(
                batch: DatagramBatch,
                timeoutNanos: Long,
            ): Int {
                val count = rig.socket.receive(batch, timeoutNanos)
                if (overruns.removeFirstOrNull() == true) batch.markOverrun()
                return count
            }
        }
    val exchange = BatchExchange(rig.clock, socket)

    init {
        rig.onSend = {
            val cursor = MessageCursor().wrap(ByteBuffer.wrap(it), 0, it.size, ByteOrder.LITTLE_ENDIAN)
            val messages = mutableListOf<MessageCursor>()
            while (cursor.next()) {
                messages +=
                    MessageCursor()
                        .wrap(ByteBuffer.wrap(it), cursor.offset(), cursor.length(), ByteOrder.LITTLE_ENDIAN)
                        .also { message -> message.next() }
            }
            sent += messages
        }
    }

    /** Sends a batch of changes, each of a number of messages; their types are 0x100 and up. */
    fun send(
        vararg messages: Int,
        generation: OptionalLong = OptionalLong.empty(),
        echoed: Boolean = false,
        payload: Int = 0,
    ): BatchAnswer =
        exchange.send(
            "change it",
            10,
            generation,
            messages.mapIndexed { index, count ->
                BatchExchange.Change { target ->
                    repeat(count) {
                        target.message(0x100 + index, CREATE) { body ->
                            body.nfgenmsg(2, 0)
                            val nest = body.beginNest(7)
                            body.be32(9, 4711)
                            body.endNest(nest)
                            if (payload > 0) body.bytes(3, *ByteArray(payload))
                        }
                    }
                }
            },
            echoed,
        ) { change, message ->
            notified += change to message.type()
            onNotification(message.type())
        }

    fun fails(vararg messages: Int): SystemCallException = shouldThrow<SystemCallException> { send(*messages) }
}

/** The refusal of a message, with the offset that the kernel objects to. */
private fun refused(
    sequence: Long,
    errno: Errno,
    offset: Int,
): ByteArray {
    val datagram =
        MessageWriter(128, ByteOrder.LITTLE_ENDIAN)
            .begin(Netlink.NLMSG_ERROR, Netlink.NLM_F_CAPPED or Netlink.NLM_F_ACK_TLVS, sequence)
            .rawHost32(-errno.number())
            .raw(*ByteArray(16))
            .hostWords(2, offset)
            .end()
            .datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

class BatchExchangeSpec :
    FunSpec({
        test("a batch is one datagram between its begin and its end, and only its last change is acknowledged") {
            val rig = BatchRig()
            rig.rig.arrive(answer(4))
            rig.send(2, 1) shouldBe BatchAnswer(emptyList(), true)
            val messages = rig.sent.single()
            messages.map { it.type() } shouldContainExactly
                listOf(Netlink.NFNL_MSG_BATCH_BEGIN, 0x100, 0x100, 0x101, Netlink.NFNL_MSG_BATCH_END)
            messages.map { it.sequence() } shouldContainExactly listOf(1L, 2L, 3L, 4L, 5L)
            messages.map { it.flags() } shouldContainExactly
                listOf(Netlink.NLM_F_ECHO, CREATE, CREATE, CREATE or Netlink.NLM_F_ACK, 0)
                    .map { it or Netlink.NLM_F_REQUEST }
            messages.map { it.resId() } shouldContainExactly listOf(10, 0, 0, 0, 10)
            messages.map { it.length() } shouldContainExactly listOf(20, 32, 32, 32, 20)
            rig.rig.calls shouldContainExactly listOf("send")
            rig.rig.waits shouldContainExactly listOf(5 * SECOND)
            rig.exchange.portId() shouldBe 1
        }

        test("a check is a batch without its end, and the answer to its last change ends the wait") {
            val rig = BatchRig()
            rig.rig.arrive(answer(2, 17))
            rig.rig.arrive(answer(3))
            val change = BatchExchange.Change { it.message(0x100, CREATE) { body -> body.nfgenmsg(2, 0) } }
            val answer = rig.exchange.check("check it", 10, OptionalLong.of(7), listOf(change, change))
            answer.refused.map { it.change to it.reason.errno() } shouldContainExactly listOf(0 to Errno.EEXIST)
            rig.sent.single().map { it.type() } shouldContainExactly
                listOf(Netlink.NFNL_MSG_BATCH_BEGIN, 0x100, 0x100)
            rig.sent.single().map { it.flags() and Netlink.NLM_F_ACK } shouldContainExactly
                listOf(0, 0, Netlink.NLM_F_ACK)
            rig.rig.waits.size shouldBe 2
        }

        test("a batch may be for one generation, and the next batch goes on with the next number") {
            val rig = BatchRig()
            rig.rig.arrive(answer(2))
            rig.send(1, generation = OptionalLong.of(0x1_2345_6789 and 0xffff_ffff))
            rig.rig.arrive(answer(5))
            rig.send(1)
            val begin = rig.sent[0][0]
            begin.length() shouldBe 28
            begin.buffer().getInt(begin.bodyOffset() + 8) shouldBe 0x2345_6789
            rig.sent[1].map { it.sequence() } shouldContainExactly listOf(4L, 5L, 6L)
        }

        test("the answer to the last change ends the wait, that to the batch too, and others do not") {
            val rig = BatchRig()
            rig.rig.arrive(answer(9), message(0x21, 9))
            rig.rig.arrive(answer(2, 17), answer(3))
            rig.rig.arrive(answer(4))
            val answer = rig.send(1, 1, 1)
            rig.rig.waits.size shouldBe 3
            answer.complete shouldBe true
            answer.refused.map { Triple(it.change, it.type, it.reason.errno()) } shouldContainExactly
                listOf(Triple(0, 0x100, Errno.EEXIST))
            answer.first() shouldBe answer.refused[0]
            rig.notified.shouldBeEmpty()
            rig.rig.arrive(answer(6, 1))
            val whole = rig.send(1, 1)
            whole.refused.map { Triple(it.change, it.type, it.reason.errno()) } shouldContainExactly
                listOf(Triple(-1, Netlink.NFNL_MSG_BATCH_BEGIN, Errno.EPERM))
            rig.rig.waits.size shouldBe 4
            rig.rig.arrive(answer(12, 1)) // the end of the third batch
            rig.send(1).refused.map { it.change to it.type } shouldContainExactly
                listOf(-1 to Netlink.NFNL_MSG_BATCH_END)
        }

        test("a refusal names the attribute that the kernel objects to, if the kernel names an offset") {
            val rig = BatchRig()
            rig.rig.arrive(refused(2, Errno.EINVAL, IN_NEST), refused(3, Errno.EINVAL, 16), answer(4, 22))
            val answer = rig.send(1, 2)
            answer.refused.map { it.change } shouldContainExactly listOf(0, 1, 1)
            answer.refused.map { it.type } shouldContainExactly listOf(0x100, 0x101, 0x101)
            answer.refused.map { it.place.path } shouldContainExactly listOf(listOf(7, 9), emptyList(), emptyList())
            answer.refused[0]
                .place.value
                .toHex() shouldBe "00001267"
            answer.refused[2].place shouldBe BatchAnswer.Place.UNKNOWN
            answer.refused[0].reason.message shouldContain "change it"
        }

        test("a place at the very first byte of a message is in none of its attributes, but it is a place") {
            val rig = BatchRig()
            rig.rig.arrive(refused(2, Errno.EINVAL, 0))
            rig.rig.arrive(answer(2))
            rig
                .send(1)
                .refused
                .single()
                .place.path
                .shouldBeEmpty()
        }

        test("notifications are passed on with their change, and messages about the answer itself are not") {
            val rig = BatchRig()
            rig.rig.arrive(message(0xa01, 2, 4), message(0xa02, 4, 4), message(0xa03, 1, 4))
            rig.rig.arrive(message(15, 2), message(16, 3), answer(4))
            rig.rig.arrive(message(0xa04, 4, 4))
            rig.send(1, 2).complete shouldBe true
            rig.notified shouldContainExactly listOf(0 to 0xa01, 1 to 0xa02, -1 to 0xa03, 1 to 16)
        }

        test("all answers together may take five seconds, and then no longer") {
            for (late in listOf(0L, 1L)) {
                val rig = BatchRig()
                repeat(2) { rig.rig.during { rig.rig.now += 2 * SECOND } }
                rig.rig.script +=
                    LoopRig.Step { listOf(message(0xa01, 2, 4)).also { rig.rig.now += SECOND + late - 1 } }
                if (late == 0L) rig.rig.arrive(answer(2))
                if (late == 0L) {
                    rig.send(1).complete shouldBe true
                } else {
                    rig.fails(1).let {
                        it.errno() shouldBe Errno.ETIMEDOUT
                        it.message shouldContain "no answer came; the batch may have been applied"
                    }
                }
                rig.rig.waits shouldContainExactly
                    listOf(5 * SECOND, 3 * SECOND, 1 * SECOND) + if (late == 0L) listOf(1L) else emptyList()
            }
        }

        test("a client that is closed ends a batch that waits") {
            val rig = BatchRig()
            rig.rig.during { rig.exchange.close() }
            val closed = rig.fails(1)
            closed.errno() shouldBe Errno.EBADF
            closed.message shouldContain "closed before the kernel's answer came; the batch may have been applied"
            rig.rig.calls shouldContainExactly listOf("send", "close")
        }

        test("after lost answers it reads what there is until the socket is empty twice, and waits no longer") {
            val rig = BatchRig()
            rig.overruns += true
            rig.rig.during { rig.rig.now += 6 * SECOND }
            rig.rig.arrive(answer(2, 17))
            rig.rig.looks(2)
            val answer = rig.send(1, 1)
            answer.complete shouldBe false
            answer.refused.map { it.change } shouldContainExactly listOf(0)
            rig.rig.waits shouldContainExactly listOf(5 * SECOND, 0L, 0L, 0L)
        }

        test("lost answers without a refusal leave open whether the batch was applied") {
            val rig = BatchRig()
            rig.overruns += true
            val lost = rig.fails(1)
            lost.errno() shouldBe Errno.ENOBUFS
            lost.message shouldContain "list the ruleset"
            rig.rig.waits shouldContainExactly listOf(5 * SECOND, 0L)
            rig.rig.arrive(answer(5))
            rig.send(1).complete shouldBe true // the next batch knows nothing of it
        }

        test("an answer that does not fit is a lost one") {
            val rig = BatchRig()
            rig.rig.arrive(message(0xa01, 2, 33_000), answer(2))
            rig.fails(1).errno() shouldBe Errno.ENOBUFS
            rig.notified.shouldBeEmpty()
        }

        test("a damaged answer fails the batch, and so does a notification that cannot be read") {
            val rig = BatchRig()
            rig.rig.arrive(byteArrayOf(1, 2, 3), answer(2))
            shouldThrow<MalformedMessageException> { rig.send(1) }
            val first = MalformedMessageException("first", 0, "more", "less")
            rig.onNotification =
                { if (it == 0xa01) throw first else throw MalformedMessageException("next", 0, "a", "b") }
            rig.rig.arrive(message(0xa01, 4, 4), message(0xa02, 4, 4))
            rig.rig.arrive(answer(5))
            shouldThrow<MalformedMessageException> { rig.send(1) }.path() shouldBe "first"
            rig.rig.script.size shouldBe 1 // it does not wait for the rest
            rig.rig.script.clear()
            rig.onNotification = {}
            rig.rig.arrive(answer(8))
            rig.send(1).complete shouldBe true
        }

        test("a batch that fails lets the next one in") {
            val rig = BatchRig()
            rig.rig.onSend = { throw failure() }
            rig.fails(1)
            rig.rig.onSend = {}
            val next = Thread { rig.rig.arrive(answer(5)).also { rig.send(1) } }
            next.isDaemon = true
            next.start()
            next.join(60_000)
            next.isAlive shouldBe false
        }

        context("buffers") {
            // The batch has a begin, a change and an end: 20 + 32 + 20 bytes, and a payload with its header.
            val size = 72

            test("are left as they are if the batch fits") {
                val rig = BatchRig()
                rig.sizes[SocketOption.SEND_BUFFER] = size + 32
                rig.sizes[SocketOption.RECEIVE_BUFFER] = 4 * size
                rig.rig.arrive(answer(2))
                rig.send(1, echoed = true)
                rig.rig.calls shouldContainExactly listOf("send")
            }

            test("grow with the batch, that for receiving only if the batch asks for notifications") {
                for (echoed in listOf(false, true)) {
                    val rig = BatchRig()
                    rig.sizes[SocketOption.SEND_BUFFER] = size + 31
                    rig.sizes[SocketOption.RECEIVE_BUFFER] = 4 * size - 1
                    rig.rig.arrive(answer(2))
                    rig.send(1, echoed = echoed)
                    rig.rig.calls shouldContainExactly
                        listOf("SEND_BUFFER 52") + (if (echoed) listOf("RECEIVE_BUFFER 288") else listOf()) + "send"
                }
            }

            test("may grow up to the limit") {
                val rig = BatchRig()
                rig.sizes[SocketOption.SEND_BUFFER] = size
                rig.largest = size + 8 + 32
                rig.rig.arrive(answer(2))
                rig.send(1, payload = 4)
                rig.rig.calls shouldContainExactly listOf("SEND_BUFFER 56", "send")
            }

            test("limit the batch: one that is larger is not sent, and names what would help") {
                val rig = BatchRig()
                rig.sizes[SocketOption.SEND_BUFFER] = size
                rig.largest = size + 31
                val refused = shouldThrow<BatchTooLargeException> { rig.send(1) }
                refused.size() shouldBe 72
                refused.limit() shouldBe 71
                refused.message shouldContain "net.core.wmem_max to at least 52"
                rig.rig.calls shouldContainExactly listOf("SEND_BUFFER 52")
                rig.largest = size + 32
                rig.rig.arrive(answer(2))
                rig.send(1).complete shouldBe true // a batch that was not sent has used no number
            }
        }
    })
