// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns.network

import org.xbill.DNS.AAAARecord
import org.xbill.DNS.ARecord
import org.xbill.DNS.Address
import org.xbill.DNS.DClass
import org.xbill.DNS.Flags
import org.xbill.DNS.Message
import org.xbill.DNS.Record
import org.xbill.DNS.Section
import org.xbill.DNS.Type
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import kotlin.concurrent.thread

private const val LARGEST_MESSAGE = 4096
private const val BACKLOG = 4096
private const val TTL = 600L

/**
 * A program on the other side of the network: a DNS server that gives each name `hNUMBER…` an address of its own, and
 * all these hosts, which accept connections. It answers on two ports, of which only 53 is queued.
 */
object FarHost {
    const val SELF: String = "self"
    const val WEB: Int = 80
    const val DNS: Int = 53
    const val OTHER_DNS: Int = 5353

    @JvmStatic
    fun main(arguments: Array<String>) {
        listOf(DNS, OTHER_DNS).map(::DatagramSocket).forEach { socket ->
            thread { while (true) socket.answerOne() }
        }
        val web = ServerSocket(WEB, BACKLOG)
        thread { while (true) web.accept().close() }
        println("ready")
    }

    private fun DatagramSocket.answerOne() {
        val query = DatagramPacket(ByteArray(LARGEST_MESSAGE), LARGEST_MESSAGE).also(::receive)
        val message = Message(query.data.copyOf(query.length))
        message.header.setFlag(Flags.QR.toInt())
        message.addRecord(addressOf(message.question), Section.ANSWER)
        val answer = message.toWire()
        send(DatagramPacket(answer, answer.size, query.socketAddress))
    }

    private fun addressOf(question: Record): Record {
        val label = question.name.getLabelString(0)
        val number = label.drop(1).toIntOrNull() ?: 0
        val tail = ByteArray(3) { (number shr 16 - 8 * it).toByte() }
        return if (question.type == Type.A) {
            val address = if (label == SELF) Address.getByAddress(Wire.FAR4).address else byteArrayOf(Wire.NET4, *tail)
            ARecord(question.name, DClass.IN, TTL, InetAddress.getByAddress(address))
        } else {
            val net = byteArrayOf(0xfd.toByte(), Wire.NET6, *ByteArray(11))
            val address = if (label == SELF) Address.getByAddress(Wire.FAR6).address else net + tail
            AAAARecord(question.name, DClass.IN, TTL, InetAddress.getByAddress(address))
        }
    }
}
