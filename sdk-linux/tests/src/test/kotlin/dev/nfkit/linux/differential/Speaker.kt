// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer
import java.nio.ByteOrder

internal const val REQUEST = Netlink.NLM_F_REQUEST
internal const val ACK = Netlink.NLM_F_ACK

/** A netlink socket that exchanges raw messages and logs what it sends and receives. */
internal class Speaker(
    private val stage: Stage,
    val name: String,
    val socket: NetlinkSocket,
) {
    private val batch = DatagramBatch(16, 1 shl 18)
    private val writer = MessageWriter(1 shl 18, socket.order())
    private val output = mutableListOf<String>()
    private var sequence = 0L

    /** Adds one message to the current datagram. */
    fun message(
        what: String,
        type: Int,
        resId: Int,
        flags: Int = REQUEST or ACK,
        family: Int = 0,
        version: Int = 0,
        attributes: MessageWriter.() -> Unit = {},
    ) {
        output += what
        writer
            .begin(type, flags, ++sequence)
            .nfgenmsg(family, version, resId)
            .apply(attributes)
            .end()
    }

    /** Sends the current datagram, and receives the answer. */
    fun send() {
        stage.log += "$name> ${output.joinToString("; ")}"
        socket.send(writer.datagram())
        output.clear()
        writer.clear()
        receive()
    }

    /** Sends bytes unchanged. */
    fun sendRaw(
        what: String,
        bytes: ByteArray,
    ) {
        stage.log += "$name> $what"
        socket.send(ByteBuffer.wrap(bytes).order(socket.order()))
        receive()
    }

    /** Logs everything that can be received, in a line for each datagram; [brief] omits packets' attributes. */
    fun receive(brief: Boolean = false) {
        while (true) {
            val count = socket.receive(batch, 0)
            if (batch.overrun()) stage.log += "$name< overrun"
            for (index in 0 until count) {
                val messages = mutableListOf<String>()
                val cursor =
                    MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order())
                while (cursor.next()) messages += words(cursor, brief)
                stage.log += "$name< ${messages.joinToString("\n     ")}"
            }
            if (count <= 0 && !batch.overrun()) return
        }
    }

    /** Logs the number of datagrams that were lost here. */
    fun drops() {
        stage.log += "$name: ${socket.drops()} datagrams lost"
    }

    fun receiveBuffer(bytes: Int) {
        socket.set(SocketOption.RECEIVE_BUFFER, bytes)
        stage.log += "$name: a receive buffer of ${socket.get(SocketOption.RECEIVE_BUFFER)} bytes"
    }

    fun group(
        what: String,
        option: SocketOption,
        group: Int,
    ) {
        stage.log += "$name: $what group $group: " +
            try {
                "done".also { socket.set(option, group) }
            } catch (e: SystemCallException) {
                e.errno().name()
            }
    }

    fun close() {
        stage.log += "$name closes"
        socket.close()
    }
}

/** A number as in attributes. */
internal fun be32(value: Long): ByteArray = ByteBuffer.allocate(4).putInt(value.toInt()).array()

/** A datagram with one header, with any length in it, and the bytes after it. */
internal fun header(
    length: Int,
    type: Int,
    vararg body: Byte,
): ByteArray =
    ByteBuffer
        .allocate(Netlink.NLMSG_HDRLEN + body.size)
        .order(ByteOrder.nativeOrder())
        .putInt(length)
        .putShort(type.toShort())
        .putShort((REQUEST or ACK).toShort())
        .putInt(99)
        .putInt(0)
        .put(body)
        .array()
