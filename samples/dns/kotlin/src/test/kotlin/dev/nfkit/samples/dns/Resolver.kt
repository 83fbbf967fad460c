package dev.nfkit.samples.dns

import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.SocketTimeoutException
import java.nio.ByteBuffer
import kotlin.concurrent.thread

private const val HEADER = 12
private const val ANSWER = 0x8180
private const val TYPE_AND_CLASS = 0x0001_0001 // A, IN
private const val PATIENCE_MILLIS = 10_000

/**
 * A DNS server that answers every question with 192.0.2.1, and a client that queries each argument and prints the name,
 * the response code and the number of answers, or `nothing`.
 */
internal object Resolver {
    @JvmStatic
    fun main(args: Array<String>) {
        val server = DatagramSocket(InetSocketAddress(InetAddress.getLoopbackAddress(), 53))
        thread(isDaemon = true) { while (true) answer(server) }
        DatagramSocket().use { client ->
            client.soTimeout = PATIENCE_MILLIS
            args.forEach { name -> println("$name ${ask(client, name, server.localSocketAddress)}") }
        }
    }

    private fun answer(server: DatagramSocket) {
        val question = DatagramPacket(ByteArray(512), 512).also(server::receive)
        val record = ByteBuffer.allocate(16)
        record
            .putShort(0xc000.or(HEADER).toShort())
            .putInt(TYPE_AND_CLASS)
            .putInt(60)
            .putShort(4)
        record.put(byteArrayOf(192.toByte(), 0, 2, 1))
        val message = ByteBuffer.wrap(question.data.copyOf(question.length) + record.array())
        message.putShort(2, ANSWER.toShort()).putShort(6, 1)
        server.send(DatagramPacket(message.array(), message.capacity(), question.socketAddress))
    }

    private fun ask(
        client: DatagramSocket,
        name: String,
        server: java.net.SocketAddress,
    ): String {
        val question = ByteBuffer.allocate(512)
        question
            .putShort(1)
            .putShort(0x0100)
            .putShort(1)
            .putShort(0)
            .putInt(0)
        name.split('.').forEach { question.put(it.length.toByte()).put(it.toByteArray()) }
        question.put(0).putInt(TYPE_AND_CLASS)
        client.send(DatagramPacket(question.array(), question.position(), server))
        val answer = DatagramPacket(ByteArray(512), 512)
        return try {
            client.receive(answer)
            val message = ByteBuffer.wrap(answer.data)
            "${message.getShort(2).toInt() and 0xf} ${message.getShort(6)}"
        } catch (_: SocketTimeoutException) {
            "nothing"
        }
    }
}
