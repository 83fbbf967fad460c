// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.QueueState
import java.nio.ByteBuffer

/** The calls of a transport and its sockets that a test may disturb. */
internal enum class Call { KERNEL_VIEW, SEND, RECEIVE, CLOSE }

/**
 * A transport that calls a test before each operation. A close is executed even if the test throws: a descriptor is
 * gone after close(2), whatever that returns.
 */
internal class Tap(
    private val transport: NetlinkTransport,
    private val received: (DatagramBatch) -> Unit = {},
    private val before: (Call) -> Unit,
) : NetlinkTransport by transport {
    override fun open(protocol: Int): NetlinkSocket = TappedSocket(transport.open(protocol))

    override fun kernel(): KernelView = TappedView(transport.kernel())

    private inner class TappedView(
        private val view: KernelView,
    ) : KernelView by view {
        override fun nfqueues(): List<QueueState> {
            before(Call.KERNEL_VIEW)
            return view.nfqueues()
        }

        override fun nflogGroups() = view.nflogGroups().also { before(Call.KERNEL_VIEW) }
    }

    private inner class TappedSocket(
        private val socket: NetlinkSocket,
    ) : NetlinkSocket by socket {
        override fun send(datagram: ByteBuffer) {
            before(Call.SEND)
            socket.send(datagram)
        }

        override fun receive(
            batch: DatagramBatch,
            timeoutNanos: Long,
        ): Int {
            before(Call.RECEIVE)
            return socket.receive(batch, timeoutNanos).also { if (it > 0) received(batch) }
        }

        override fun close() {
            socket.close()
            before(Call.CLOSE)
        }
    }
}
