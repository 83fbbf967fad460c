// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

internal fun NetlinkSocketContract.sending() {
    behaviour("a send succeeds while a receive is blocked") {
        onSocket { socket, receiver ->
            repeat(500) { round ->
                // An idle recording would end, not block: there the send comes first.
                val early = if (Ability.BLOCK in harness.abilities) receiver.start() else null
                socket.send(acknowledged(round.toLong(), socket.order()))
                (early ?: receiver.start()).bounded() shouldBe 1
                receiver.batch.sequences(socket.order()) shouldContainExactly listOf(round.toLong())
            }
        }
    }

    behaviour("several threads send at once, and each datagram arrives complete") {
        onSocket { socket, receiver ->
            val threads = 4L
            val each = 50L
            val senders =
                (0 until threads).map { number ->
                    thread {
                        (0 until each).forEach { socket.send(acknowledged(number * each + it, socket.order())) }
                    }
                }
            senders.forEach { it.join(TimeUnit.SECONDS.toMillis(BOUND_SECONDS)) }
            val seen = mutableListOf<Long>()
            while (seen.size < threads * each) {
                receiver.receive() shouldBeGreaterThan 0
                seen += receiver.batch.sequences(socket.order())
            }
            seen.sorted() shouldContainExactly (0 until threads * each).toList()
        }
    }

    behaviour("a send leaves the buffer unchanged, direct or not, from its position to its limit") {
        onSocket { socket, receiver ->
            val request = acknowledged(77, socket.order())
            for (buffer in listOf(ByteBuffer.allocate(64), ByteBuffer.allocateDirect(64))) {
                buffer.position(8)
                buffer.put(request.duplicate())
                buffer.limit(buffer.position()).position(8)
                socket.send(buffer)
                buffer.position() shouldBe 8
                buffer.limit() shouldBe 8 + request.remaining()
                receiver.receive() shouldBe 1
                receiver.batch.sequences(socket.order()) shouldContainExactly listOf(77L)
            }
            val readOnly = request.asReadOnlyBuffer()
            socket.send(readOnly)
            receiver.receive() shouldBe 1
        }
    }

    behaviour("a datagram that exceeds the send buffer fails with EMSGSIZE", Ability.OPTIONS) {
        onSocket { socket, _ ->
            socket.set(SocketOption.SEND_BUFFER, 8192)
            val size = socket.get(SocketOption.SEND_BUFFER)
            shouldThrow<SystemCallException> { socket.send(ByteBuffer.allocate(size)) }
                .errno() shouldBe Errno.EMSGSIZE
        }
    }
}

internal fun NetlinkSocketContract.receiving() {
    behaviour("a receive returns waiting datagrams in order, as many as fit, and the rest the next time") {
        val sizes = IntArray(20) { 40 + 4 * it }
        onSocket(datagrams(*sizes), DatagramBatch(8, 256)) { socket, receiver ->
            val seen = mutableListOf<Long>()
            for (expected in listOf(8, 8, 4)) {
                receiver.receive() shouldBe expected
                val batch = receiver.batch
                seen += batch.sequences(socket.order())
                for (index in 0 until batch.count()) {
                    val message = batch.message(index, socket.order())
                    batch.truncated(index) shouldBe false
                    batch.length(index) shouldBe sizes[message.sequence().toInt() - 1]
                    message.length() shouldBe batch.length(index)
                }
            }
            seen shouldContainExactly (1L..20L).toList()
        }
    }

    behaviour("headers are in the socket's byte order, and answers have its port id") {
        onSocket { socket, receiver ->
            socket.send(acknowledged(0x01020304, socket.order()))
            receiver.receive() shouldBe 1
            val message = receiver.batch.message(0, socket.order())
            message.type() shouldBe Netlink.NLMSG_ERROR
            message.sequence() shouldBe 0x01020304
            message.portId() shouldBe socket.portId()
            socket.portId() shouldBeGreaterThan 0L
        }
    }

    behaviour("a receive clears the previous contents of the batch") {
        onSocket(datagrams(64, 64)) { socket, receiver ->
            receiver.batch.markOverrun()
            receiver.receive() shouldBe 2
            receiver.batch.overrun() shouldBe false
            socket.wakeup()
            receiver.receive() shouldBe 0
            receiver.batch.count() shouldBe 0
        }
    }

    behaviour("a batch has a time of receipt") {
        onSocket(datagrams(64)) { _, receiver ->
            receiver.batch.receivedAt(0)
            receiver.receive() shouldBe 1
            receiver.batch.receivedAt() shouldBeGreaterThan 0L
        }
    }

    behaviour("a datagram larger than its slot is marked, and the others are complete") {
        onSocket(datagrams(128, 1000, 256, 260, 64), DatagramBatch(8, 256)) { socket, receiver ->
            receiver.receive() shouldBe 5
            val batch = receiver.batch
            List(5) { batch.truncated(it) } shouldContainExactly listOf(false, true, false, true, false)
            List(5) { batch.length(it) } shouldContainExactly listOf(128, 256, 256, 256, 64)
            batch.sequences(socket.order()) shouldContainExactly listOf(1L, 3L, 5L)
        }
    }

    behaviour("a batch serves several sockets in turn, and a socket several batches") {
        val batches = listOf(DatagramBatch(2, 128), DatagramBatch(4, 512))
        repeat(2) {
            harness.open(datagrams(64, 68, 72, 76)).use { socket ->
                batches.map { batch ->
                    Receiver(socket, batch).use { it.receive() }
                    batch.sequences(socket.order())
                } shouldContainExactly listOf(listOf(1L, 2L), listOf(3L, 4L))
            }
        }
    }

    behaviour("a second thread that receives at the same time gets an IllegalStateException", Ability.BLOCK) {
        onSocket { socket, first ->
            // Either of the two may be the second one.
            val blocked =
                first.run {
                    var result: Int? = null
                    while (result == null) {
                        result = runCatching { socket.receive(first.batch, FOR_EVER) }.getOrNull()
                    }
                    result
                }
            Receiver(socket).use { second ->
                eventually("the second thread has failed") {
                    second
                        .run { runCatching { socket.receive(second.batch, 0) }.exceptionOrNull() }
                        .bounded() is IllegalStateException
                }
            }
            socket.wakeup()
            blocked.bounded() shouldBe 0
        }
    }
}
