// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.trace.TraceSink
import java.nio.ByteBuffer

/** The calls of a trace sink that may fail. */
internal enum class SinkCall { SOCKET, NOTE, TO_KERNEL, FROM_KERNEL, FLUSH, CLOSED }

/** A sink that stores nothing and calls a test at each operation. */
internal class ThrowingSink(
    private val at: (SinkCall) -> Unit,
) : TraceSink {
    override fun socket(
        protocol: Int,
        portId: Long,
    ): TraceSink.Socket {
        at(SinkCall.SOCKET)
        return SocketSink()
    }

    override fun note(
        epochNanos: Long,
        protocol: Int,
        text: String,
    ) = at(SinkCall.NOTE)

    override fun flush() = at(SinkCall.FLUSH)

    override fun pendingEntries(): Long = 0

    private inner class SocketSink : TraceSink.Socket {
        override fun toKernel(
            epochNanos: Long,
            datagram: ByteBuffer,
        ) = at(SinkCall.TO_KERNEL)

        override fun fromKernel(
            epochNanos: Long,
            source: ByteBuffer,
            offset: Int,
            length: Int,
            truncated: Boolean,
        ) = at(SinkCall.FROM_KERNEL)

        override fun overrun(
            epochNanos: Long,
            drops: Long,
        ) = at(SinkCall.FROM_KERNEL)

        override fun note(
            epochNanos: Long,
            text: String,
        ) = at(SinkCall.NOTE)

        override fun closed() = at(SinkCall.CLOSED)
    }
}
