// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.testkit.live.TestNamespace
import dev.nfkit.testkit.live.TestNetwork
import org.xbill.DNS.ARecord
import org.xbill.DNS.DClass
import org.xbill.DNS.Flags
import org.xbill.DNS.Message
import org.xbill.DNS.Name
import org.xbill.DNS.Record
import org.xbill.DNS.Section
import org.xbill.DNS.Type
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress

/** Asks the server of a network for the address of a name, and gets 198.51.100.7. */
internal fun TestNamespace.resolve(
    network: TestNetwork,
    name: String,
) {
    network.server().call { DatagramSocket(53) }.use { server ->
        call { DatagramSocket() }.use { client ->
            val asked = Record.newRecord(Name.fromString(name), Type.A, DClass.IN)
            val query = Message.newQuery(asked).toWire()
            client.send(DatagramPacket(query, query.size, network.serverAddress(), 53))
            val received = DatagramPacket(ByteArray(512), 512)
            server.soTimeout = (BOUND_SECONDS * 1000).toInt()
            server.receive(received)
            val answer = Message(received.data.copyOf(received.length))
            answer.header.setFlag(Flags.QR.toInt())
            answer.addRecord(ARecord(asked.name, DClass.IN, 60, InetAddress.getByName("198.51.100.7")), Section.ANSWER)
            val bytes = answer.toWire()
            server.send(DatagramPacket(bytes, bytes.size, received.socketAddress))
            client.soTimeout = (BOUND_SECONDS * 1000).toInt()
            client.receive(DatagramPacket(ByteArray(512), 512))
        }
    }
}
