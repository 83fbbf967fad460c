// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

internal fun NetlinkSocketContract.closing() {
    behaviour("10,000 closes from another thread end the receive with -1 and leak no descriptor") {
        val receivers = Executors.newSingleThreadExecutor()
        try {
            val batch = DatagramBatch(1, 64)

            fun round(number: Int) {
                val socket = harness.open()
                val result = receivers.submit(Callable { socket.receive(batch, FOR_EVER) })
                // Sometimes before the receive, sometimes during it.
                repeat(number % 50) { Thread.onSpinWait() }
                if (number % 3 == 0) Thread.yield()
                socket.close()
                result.bounded() shouldBe -1
            }
            repeat(100, ::round)
            val before = harness.openDescriptors()
            repeat(10_000, ::round)
            val leaked = harness.openDescriptors() - before
            withClue("descriptors that are open after 10,000 closes") { leaked shouldBeLessThan FEW_DESCRIPTORS }
        } finally {
            receivers.shutdownNow()
        }
    }

    behaviour("close may be called again, and by several threads at once") {
        repeat(200) {
            onSocket { socket, receiver ->
                val result = receiver.start()
                val closers = List(4) { thread { socket.close() } }
                closers.forEach { it.join(TimeUnit.SECONDS.toMillis(BOUND_SECONDS)) }
                closers.count { it.isAlive } shouldBe 0
                result.bounded() shouldBe -1
                socket.close()
            }
        }
    }

    behaviour("concurrent senders get EBADF or succeed while another thread closes") {
        repeat(100) {
            harness.open().use { socket ->
                val sender =
                    Executors.newSingleThreadExecutor().let { executor ->
                        executor
                            .submit(
                                Callable {
                                    runCatching {
                                        repeat(100) { socket.send(acknowledged(it.toLong(), socket.order())) }
                                    }.exceptionOrNull()
                                },
                            ).also { executor.shutdown() }
                    }
                socket.close()
                val failure = sender.bounded()
                if (failure != null) {
                    (failure as SystemCallException).errno() shouldBe Errno.EBADF
                }
            }
        }
    }

    behaviour("after close, a receive returns -1, and send, options and filter throw EBADF") {
        onSocket(datagrams(64)) { socket, receiver ->
            socket.close()
            receiver.receive() shouldBe -1
            receiver.receive(0) shouldBe -1
            receiver.batch.count() shouldBe 0
            shouldThrow<SystemCallException> { socket.send(acknowledged(1, socket.order())) }
                .errno() shouldBe Errno.EBADF
            shouldThrow<SystemCallException> { socket.get(SocketOption.RECEIVE_BUFFER) }
                .errno() shouldBe Errno.EBADF
            shouldThrow<SystemCallException> { socket.set(SocketOption.EXT_ACK, 1) }.errno() shouldBe Errno.EBADF
            shouldThrow<SystemCallException> { socket.set(SocketOption.ADD_MEMBERSHIP, 1) }
                .errno() shouldBe Errno.EBADF
            shouldThrow<SystemCallException> { socket.filter(onlyFamily(2)) }.errno() shouldBe Errno.EBADF
            shouldThrow<SystemCallException> { socket.filter(null) }.errno() shouldBe Errno.EBADF
            socket.wakeup()
            receiver.receive() shouldBe -1
        }
    }

    behaviour("after close, the counters keep their values", Ability.OVERRUN, Ability.FOREIGN) {
        onSocket { socket, receiver ->
            socket.set(SocketOption.NO_ENOBUFS, 1)
            harness.deliver(socket, listOf(Delivery.Foreign, Delivery.Foreign) + datagrams(64))
            receiver.receive() shouldBe 1
            flood(socket)
            val drops = socket.drops()
            drops shouldBeGreaterThan 0L
            socket.foreign() shouldBe 2
            val port = socket.portId()
            socket.close()
            socket.drops() shouldBe drops
            socket.foreign() shouldBe 2
            socket.portId() shouldBe port
        }
    }
}
