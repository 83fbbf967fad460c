// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** A socket that only records what is sent, as text: one list for each datagram. */
class SentVerdicts : NetlinkSocket {
    val datagrams = mutableListOf<List<String>>()

    /** The number of datagrams that are sent before sending fails. */
    var failAfter = Int.MAX_VALUE

    /** How sending fails. */
    var failWith: Errno = Errno.ENOBUFS

    override fun send(datagram: ByteBuffer) {
        if (datagrams.size >= failAfter) throw SystemCallException("send", failWith, null)
        val texts = mutableListOf<String>()
        val message = MessageCursor().wrap(datagram, datagram.position(), datagram.remaining(), order())
        while (message.next()) texts += text(message)
        datagrams += texts
    }

    private fun text(message: MessageCursor): String {
        val kind = if (message.type() == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH) "up to " else ""
        var text = ""
        val attributes = AttributeCursor().wrap(message, "verdict")
        while (attributes.next()) {
            when (attributes.type()) {
                NfqueueAttribute.VERDICT_HDR.code() -> {
                    val header = attributes.be64()
                    text =
                        "${message.resId()}: $kind${header.toInt().toUInt()} ${Verdict.name((header ushr 32).toInt())}"
                }

                NfqueueAttribute.MARK.code() -> {
                    text += " mark ${attributes.be32()}"
                }

                NfqueueAttribute.PAYLOAD.code() -> {
                    text += " payload ${attributes.length()}"
                }

                else -> {
                    text += " ${NfqueueAttribute.SCHEMA.nameOf(attributes.type())}"
                }
            }
        }
        return text
    }

    override fun portId(): Long = 1

    override fun order(): ByteOrder = ByteOrder.LITTLE_ENDIAN

    override fun receive(
        batch: DatagramBatch,
        timeoutNanos: Long,
    ): Int = 0

    override fun set(
        option: SocketOption,
        value: Int,
    ) = Unit

    override fun get(option: SocketOption): Int = 0

    override fun filter(filter: EventFilter?) = Unit

    override fun drops(): Long = 0

    override fun foreign(): Long = 0

    override fun wakeup() = Unit

    override fun close() = Unit
}
