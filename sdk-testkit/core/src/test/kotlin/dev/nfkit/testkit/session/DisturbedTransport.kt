// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import java.nio.ByteBuffer

/**
 * A transport whose calls can be disturbed: an exception of a hook is thrown in place of the call, or after it. The
 * hooks may be changed while a session is open.
 */
internal class DisturbedTransport(
    private val transport: NetlinkTransport,
) : NetlinkTransport by transport {
    @Volatile
    var beforeSend: () -> Unit = {}

    @Volatile
    var afterSend: () -> Unit = {}

    @Volatile
    var beforeReceive: () -> Unit = {}

    @Volatile
    var afterReceive: (count: Int) -> Unit = {}

    @Volatile
    var onTime: () -> Unit = {}

    @Volatile
    var beforeClose: () -> Unit = {}

    override fun nanoTime(): Long {
        onTime()
        return transport.nanoTime()
    }

    override fun open(protocol: Int): NetlinkSocket {
        val socket = transport.open(protocol)
        return object : NetlinkSocket by socket {
            override fun send(datagram: ByteBuffer) {
                beforeSend()
                socket.send(datagram)
                afterSend()
            }

            override fun receive(
                batch: DatagramBatch,
                timeoutNanos: Long,
            ): Int {
                beforeReceive()
                val count = socket.receive(batch, timeoutNanos)
                afterReceive(count)
                return count
            }

            override fun close() {
                beforeClose()
                socket.close()
            }
        }
    }
}

/** Throws once. */
internal fun once(problem: () -> Throwable): () -> Unit {
    var thrown = false
    return {
        if (!thrown) {
            thrown = true
            throw problem()
        }
    }
}
