// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** What one receive of the fake returns. */
data class Delivery(
    val datagrams: List<ByteArray> = emptyList(),
    val overrun: Boolean = false,
    val at: Long = 0,
)

/** A transport that follows a script, just enough to be recorded. */
class FakeNetfilter(
    private val script: MutableList<Delivery> = mutableListOf(),
) : NetlinkTransport {
    val sent = mutableListOf<ByteArray>()
    val filters = mutableListOf<EventFilter?>()
    var refuse = false
    var closed = 0
    var woken = 0

    override fun open(protocol: Int): NetlinkSocket = Socket()

    override fun kernel(): KernelView = throw UnsupportedOperationException("no test asks")

    override fun nanoTime(): Long = 42

    private inner class Socket : NetlinkSocket {
        override fun portId(): Long = 4711

        override fun order(): ByteOrder = ByteOrder.LITTLE_ENDIAN

        override fun send(datagram: ByteBuffer) {
            if (refuse) throw SystemCallException("send", Errno.of(90), null)
            sent += ByteArray(datagram.remaining()).also { datagram.duplicate().get(it) }
        }

        override fun receive(
            batch: DatagramBatch,
            timeoutNanos: Long,
        ): Int {
            batch.clear()
            val delivery = script.removeFirstOrNull() ?: return -1
            if (delivery.overrun) batch.markOverrun()
            delivery.datagrams.forEachIndexed { slot, bytes ->
                val kept = minOf(bytes.size, batch.slotSize())
                batch.buffer().put(batch.slotOffset(slot), bytes, 0, kept)
                batch.add(slot, bytes.size)
            }
            batch.receivedAt(delivery.at)
            return batch.count()
        }

        override fun set(
            option: SocketOption,
            value: Int,
        ) = Unit

        override fun get(option: SocketOption): Int = 99

        override fun filter(filter: EventFilter?) {
            filters += filter
        }

        override fun drops(): Long = 3

        override fun foreign(): Long = 1

        override fun wakeup() {
            woken++
        }

        override fun close() {
            closed++
        }
    }
}
