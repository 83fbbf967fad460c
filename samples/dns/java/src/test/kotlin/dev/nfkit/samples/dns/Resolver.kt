package dev.nfkit.samples.dns

import java.io.ByteArrayOutputStream
import java.io.DataOutputStream
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.SocketTimeoutException
import kotlin.concurrent.thread

private const val DNS = 53
private const val HEADER = 12
private val answerRecord = byteArrayOf(0xc0.toByte(), 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192.toByte(), 0, 2, 1)

/**
 * A program that runs within the namespace: a name server with one address for every name, and a client that queries
 * the names on the command line, over IPv4 and IPv6. It prints each answer: rcode and number of answers, or nothing.
 */
internal object Resolver {
    @JvmStatic
    fun main(names: Array<String>) {
        for (address in listOf("127.0.0.1", "::1").map(InetAddress::getByName)) {
            DatagramSocket(DNS, address).use { server ->
                thread(isDaemon = true) { runCatching { while (true) server.answerOne() } }
                for (name in names) {
                    println("${if (address.address.size == 4) 4 else 6} $name ${ask(address, name)}")
                }
            }
        }
    }

    private fun DatagramSocket.answerOne() {
        val query = DatagramPacket(ByteArray(512), 512).also(::receive)
        val answer = query.data.copyOf(query.length) + answerRecord
        answer[2] = 0x81.toByte() // an answer
        answer[3] = 0x80.toByte()
        answer[7] = 1 // with one record
        send(DatagramPacket(answer, answer.size, query.socketAddress))
    }

    private fun ask(
        server: InetAddress,
        name: String,
    ): String {
        val question = ByteArrayOutputStream()
        DataOutputStream(question).apply {
            writeInt(0x12340100)
            writeLong(0x0001_0000_0000_0000)
            name.split('.').forEach {
                writeByte(it.length)
                writeBytes(it)
            }
            writeByte(0)
            writeInt(0x00010001)
        }
        DatagramSocket(0, server).use { client ->
            client.soTimeout = 10_000
            client.send(DatagramPacket(question.toByteArray(), question.size(), server, DNS))
            val answer = DatagramPacket(ByteArray(512), 512)
            return try {
                client.receive(answer)
                check(
                    answer.data
                        .copyOfRange(
                            HEADER,
                            question.size(),
                        ).contentEquals(question.toByteArray().drop(HEADER).toByteArray()),
                ) {
                    "the answer has another question"
                }
                "rcode ${answer.data[3].toInt() and 15}, ${answer.data[7]} answers, ${answer.length - question.size()} bytes more"
            } catch (e: SocketTimeoutException) {
                "nothing"
            }
        }
    }
}
