// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import dev.nfkit.linux.withChecksum
import java.nio.ByteBuffer
import java.util.Random

/** A packet, and what connection tracking makes of it. */
internal class RandomPacket(
    val bytes: ByteArray,
    val valid: Boolean,
    val fragment: Boolean,
)

internal const val LOCAL4 = "10.0.0.1"
internal const val LOCAL6 = "fd00::1"

private const val TCP = 6
private const val UDP = 17
private const val ICMP = 1
private const val ICMPV6 = 58

/** Where addresses of packets are: on the network of the test's device, its own, or beyond the gateway. */
internal enum class PacketNetworks(
    val four: Int,
    val six: Int,
    val fixed: Boolean,
) {
    NEAR(0, 0, false),
    LOCAL(0, 0, true),
    FAR(9, 9, false),
}

/** Packets with few different values, so that rules match often. */
internal class RandomPackets(
    private val random: Random,
    private val from: PacketNetworks = PacketNetworks.NEAR,
    private val to: PacketNetworks = PacketNetworks.LOCAL,
) {
    private fun address4(network: PacketNetworks): ByteArray =
        if (network.fixed) {
            byteArrayOf(10, 0, 0, 1)
        } else {
            byteArrayOf(10, network.four.toByte(), random.nextInt(3).toByte(), (2 + random.nextInt(6)).toByte())
        }

    private fun address6(network: PacketNetworks): ByteArray {
        val address = ByteArray(16)
        address[0] = 0xfd.toByte()
        address[1] = network.six.toByte()
        if (!network.fixed) address[7] = random.nextInt(3).toByte()
        address[15] = (if (network.fixed) 1 else 2 + random.nextInt(6)).toByte()
        return address
    }

    fun next(fragments: Boolean): RandomPacket {
        val four = random.nextBoolean()
        val fragment = four && fragments && random.nextInt(10) == 0
        val protocol =
            when (random.nextInt(5)) {
                0, 1 -> TCP
                2, 3 -> UDP
                else -> if (four) ICMP else ICMPV6
            }
        val data = ByteArray(random.nextInt(300)) { random.nextInt(4).toByte() }
        val (transport, valid) =
            when (protocol) {
                TCP -> tcp(data)
                UDP -> udp(data) to true
                else -> icmp(four, data) to true
            }
        val checksum =
            when (protocol) {
                TCP -> 16
                UDP -> 6
                else -> 2
            }
        val (packet, offset) = if (four) ip4(protocol, transport, fragment) else ip6(protocol, transport)
        if (!fragment) packet.withChecksum(offset + checksum)
        return RandomPacket(packet, valid, fragment)
    }

    fun port(): Int = intArrayOf(22, 53, 80, 443, 1000, 1001, 5000, 65535)[random.nextInt(8)]

    private fun tcp(data: ByteArray): Pair<ByteArray, Boolean> {
        val options =
            when (random.nextInt(4)) {
                0 -> byteArrayOf()
                1 -> byteArrayOf(2, 4, 5, (random.nextInt(3) * 40).toByte())
                2 -> byteArrayOf(1, 1, 4, 2, 2, 4, 2, 0)
                else -> byteArrayOf(3, 3, 7, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0)
            }
        // Flags with which connection tracking begins a connection, and others.
        val begins = intArrayOf(0x02, 0x10, 0x18)
        val others = intArrayOf(0x12, 0x11, 0x04, 0x14)
        val valid = random.nextInt(3) != 0
        val flags = if (valid) begins[random.nextInt(3)] else others[random.nextInt(4)]
        val header = ByteBuffer.allocate(20 + options.size + data.size)
        header.putShort(port().toShort()).putShort(port().toShort())
        header.putInt(random.nextInt(4)).putInt(random.nextInt(4))
        header.put(((20 + options.size) / 4 shl 4).toByte()).put(flags.toByte())
        header
            .putShort(random.nextInt(1000).toShort())
            .putInt(0)
            .put(options)
            .put(data)
        return header.array() to valid
    }

    private fun udp(data: ByteArray): ByteArray {
        val header = ByteBuffer.allocate(8 + data.size)
        header.putShort(port().toShort()).putShort(port().toShort())
        return header
            .putShort((8 + data.size).toShort())
            .putShort(0)
            .put(data)
            .array()
    }

    private fun icmp(
        four: Boolean,
        data: ByteArray,
    ): ByteArray {
        val header = ByteBuffer.allocate(8 + data.size)
        header.put((if (four) 8 else 128).toByte()).put(0).putShort(0)
        return header
            .putShort(random.nextInt(4).toShort())
            .putShort(random.nextInt(4).toShort())
            .put(data)
            .array()
    }

    private fun ip4(
        protocol: Int,
        transport: ByteArray,
        fragment: Boolean,
    ): Pair<ByteArray, Int> {
        val packet = ByteBuffer.allocate(20 + transport.size)
        packet.put(0x45).put((random.nextInt(4) shl 4).toByte()).putShort((20 + transport.size).toShort())
        packet.putShort((1 + random.nextInt(8)).toShort()) // the kernel replaces 0
        packet.putShort(
            (
                if (fragment) {
                    0x0010
                } else if (random.nextBoolean()) {
                    0x4000
                } else {
                    0
                }
            ).toShort(),
        )
        packet.put(intArrayOf(1, 63, 64, 128, 255)[random.nextInt(5)].toByte()).put(protocol.toByte()).putShort(0)
        packet.put(address4(from)).put(address4(to)).put(transport)
        var sum = 0
        for (i in 0 until 20 step 2) sum += packet.getShort(i).toInt() and 0xffff
        while (sum shr 16 != 0) sum = (sum and 0xffff) + (sum shr 16)
        packet.putShort(10, sum.inv().toShort())
        return packet.array() to 20
    }

    private fun ip6(
        protocol: Int,
        transport: ByteArray,
    ): Pair<ByteArray, Int> {
        val headers = mutableListOf<Int>()
        if (random.nextInt(4) == 0) headers += 0
        if (random.nextInt(4) == 0) headers += 60
        val extensions = ByteBuffer.allocate(8 * headers.size)
        headers.forEachIndexed { i, _ ->
            extensions.put((headers.getOrNull(i + 1) ?: protocol).toByte())
            extensions.put(byteArrayOf(0, 1, 4, 0, 0, 0, 0))
        }
        val packet = ByteBuffer.allocate(40 + extensions.capacity() + transport.size)
        packet.putInt(0x60000000 or (random.nextInt(3) shl 20) or random.nextInt(4))
        packet.putShort((extensions.capacity() + transport.size).toShort())
        packet.put((headers.firstOrNull() ?: protocol).toByte()).put((63 + random.nextInt(3)).toByte())
        packet.put(address6(from)).put(address6(to))
        packet.put(extensions.array()).put(transport)
        return packet.array() to 40 + extensions.capacity()
    }
}
