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

/** A netlink socket that speaks by raw messages and writes down what it says and hears. */
internal class Speaker(
    private val stage: Stage,
    val name: String,
    val socket: NetlinkSocket,
) {
    private val batch = DatagramBatch(16, 1 shl 18)
    private val writer = MessageWriter(1 shl 18, socket.order())
    private val said = mutableListOf<String>()
    private var sequence = 0L

    /** Puts one message into the datagram in the making. */
    fun message(
        what: String,
        type: Int,
        resId: Int,
        flags: Int = REQUEST or ACK,
        family: Int = 0,
        version: Int = 0,
        attributes: MessageWriter.() -> Unit = {},
    ) {
        said += what
        writer
            .begin(type, flags, ++sequence)
            .nfgenmsg(family, version, resId)
            .apply(attributes)
            .end()
    }

    /** Sends what was put together, and hears the answer. */
    fun send() {
        stage.log += "$name> ${said.joinToString("; ")}"
        socket.send(writer.datagram())
        said.clear()
        writer.clear()
        hear()
    }

    /** Sends bytes as they are. */
    fun sendRaw(
        what: String,
        bytes: ByteArray,
    ) {
        stage.log += "$name> $what"
        socket.send(ByteBuffer.wrap(bytes).order(socket.order()))
        hear()
    }

    /** Writes down all that there is to receive, a line for each datagram; [brief] leaves packets' attributes out. */
    fun hear(brief: Boolean = false) {
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

    /** Writes down how many datagrams were lost here. */
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

/** A number as attributes have it. */
internal fun be32(value: Long): ByteArray = ByteBuffer.allocate(4).putInt(value.toInt()).array()

/** A datagram with one header, whatever length it claims, and what follows. */
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
