// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.linux.address
import dev.nfkit.linux.withChecksum
import dev.nfkit.socket.NetlinkTransport
import java.net.InetAddress
import java.nio.ByteBuffer
import java.time.Duration

private const val CLIENT_PORT = 7001
private const val SERVER_PORT = 7002

/** SEEN_REPLY, ASSURED and CONFIRMED, as `ct status` reads them. */
internal const val KNOWN_STATUS = 0xe

/** A connection of UDP that the kernel has seen in both directions, and that stays. */
internal class KnownConnection(
    private val from: InetAddress,
    private val to: InetAddress,
    val reply: Boolean,
) {
    /** The tuple of the packets that are sent. */
    private val sent = ConntrackTuple.udp(from, CLIENT_PORT, to, SERVER_PORT)
    val original: ConntrackTuple = if (reply) sent.inverted() else sent
    var mark: Long = 0

    fun packet(data: ByteArray): ByteArray {
        val four = from.address.size == 4
        val udp = 8 + data.size
        val packet = ByteBuffer.allocate((if (four) 20 else 40) + udp)
        if (four) {
            packet
                .putShort(0x4500)
                .putShort((20 + udp).toShort())
                .putShort(1)
                .putShort(0)
            packet.put(64).put(17).putShort(0)
        } else {
            packet
                .putInt(0x60000000)
                .putShort(udp.toShort())
                .put(17)
                .put(64)
        }
        packet.put(from.address).put(to.address)
        packet
            .putShort(CLIENT_PORT.toShort())
            .putShort(SERVER_PORT.toShort())
            .putShort(udp.toShort())
            .putShort(0)
        packet.put(data)
        if (four) packet.putShort(10, sum(packet, 20).toShort())
        return packet.array().withChecksum((if (four) 20 else 40) + 6)
    }

    private fun sum(
        packet: ByteBuffer,
        length: Int,
    ): Int {
        var sum = 0
        for (i in 0 until length step 2) sum += packet.getShort(i).toInt() and 0xffff
        while (sum shr 16 != 0) sum = (sum and 0xffff) + (sum shr 16)
        return sum.inv()
    }
}

/** Connections of each way, in both directions and families. */
internal class KnownConnections(
    transport: NetlinkTransport,
) : AutoCloseable {
    private val client = Conntrack.open(transport)
    private val ways = Way.entries.associateWith(::ofWay)

    private fun ofWay(way: Way): List<KnownConnection> =
        listOf(false, true).flatMap { reply ->
            val host = if (reply) 3 else 2

            fun place(
                network: PacketNetworks,
                four: Boolean,
            ): InetAddress =
                when {
                    four -> address(if (network.fixed) LOCAL4 else "10.${network.four}.0.$host")
                    else -> address(if (network.fixed) LOCAL6 else "fd0${network.six}::$host")
                }
            listOf(true, false).map { KnownConnection(place(way.source, it), place(way.destination, it), reply) }
        }

    /** The connections of a way, with mark 0. */
    fun of(way: Way): List<KnownConnection> {
        for (connection in ways.getValue(way)) {
            connection.mark = 0
            client.createOrUpdate(
                NewConnection
                    .of(connection.original, Duration.ofHours(1))
                    .mark(0)
                    .status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED),
            )
        }
        return ways.getValue(way)
    }

    override fun close() = client.close()
}
