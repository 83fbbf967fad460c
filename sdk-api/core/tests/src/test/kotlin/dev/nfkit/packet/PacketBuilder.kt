// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.BytesView

/** A valid packet for a test: [bytes] has its lengths and checksums. */
data class PacketBuilder(
    val version: Int = 4,
    val protocol: Int = IpProtocol.UDP,
    val source: String = if (version == 4) "0a090001" else "fd090000000000000000000000000001",
    val destination: String = if (version == 4) "0a090002" else "fd090000000000000000000000000002",
    /** IPv4: the options; their length a multiple of 4. */
    val options: String = "",
    /** IPv6: extension headers with their numbers; the first byte of each, the next header, is filled in. */
    val extensions: List<Pair<Int, String>> = emptyList(),
    val fragment: Int = 0,
    val ports: String = "12345678",
    val tcpOptions: String = "",
    /** ICMP: type and code. */
    val icmp: String = if (version == 4) "0800" else "8000",
    val payload: ByteArray = "hello".toByteArray(),
    val checksum: ChecksumState = ChecksumState.RIGHT,
) {
    fun bytes(): ByteArray {
        val transport = transport() + payload
        if (protocol == IpProtocol.UDP) transport.put16(4, transport.size)
        val packet = if (version == 4) ipv4(transport) else ipv6(transport)
        if (protocol in KNOWN && extensions.none { it.first !in WALKED }) seal(packet)
        return packet
    }

    fun toBytes(): BytesView = BytesView.of(*bytes())

    private fun transport(): ByteArray =
        when (protocol) {
            IpProtocol.TCP -> {
                hex(
                    ports + "bec3a824 50545846 %x0 18 fe88 0000 0000 ".format(5 + tcpOptions.length / 8) + tcpOptions,
                )
            }

            IpProtocol.UDP -> {
                hex(ports + "0000 0000")
            }

            IpProtocol.ICMP, IpProtocol.ICMPV6 -> {
                hex(icmp + "0000 00e5 0001")
            }

            else -> {
                hex(ports)
            }
        }.toArray()

    private fun ipv4(transport: ByteArray): ByteArray {
        val head = hex("4%x".format(5 + options.length / 8) + "b9 0000 1234 0000 40 %02x 0000".format(protocol))
        val packet = head.toArray() + hex(source + destination + options).toArray() + transport
        packet.put16(2, packet.size).put16(6, fragment)
        return packet.put16(10, slowSum(packet, 0, 20 + options.length / 2) xor 0xffff)
    }

    private fun ipv6(transport: ByteArray): ByteArray {
        val numbers = extensions.map { it.first } + protocol
        val between = extensions.mapIndexed { index, it -> "%02x".format(numbers[index + 1]) + it.second }
        val body = hex(between.joinToString("")).toArray() + transport
        val head = hex("66e12345 0000 %02x 40".format(numbers[0]) + source + destination).toArray()
        return (head + body).put16(4, body.size)
    }

    private fun seal(packet: ByteArray) {
        val found = Found(packet)
        packet.put16(
            found.checksumAt,
            when (checksum) {
                ChecksumState.RIGHT, ChecksumState.UNKNOWN -> found.right
                ChecksumState.WRONG -> (found.right + 4711) % 0xfffe + 1
                ChecksumState.NOT_READY -> found.pseudo
                ChecksumState.NONE -> 0
            },
        )
    }

    companion object {
        const val HOP_BY_HOP = "00 0104 00000000"
        const val DESTINATION = "01 010c 00000000 00000000 00000000"
        const val FINISHED_ROUTE = "02 0400 00000000 fd090000000000000000000000000009"
        const val UNFINISHED_ROUTE = "02 0001 00000000 fd090000000000000000000000000009"
        const val ATOMIC_FRAGMENT = "00 0000 deadbeef"
        const val HOME_ADDRESS = "02 0102 0000 c910 fd090000000000000000000000000009"

        private val KNOWN = listOf(IpProtocol.TCP, IpProtocol.UDP, IpProtocol.ICMP, IpProtocol.ICMPV6)
        private val WALKED = listOf(0, 43, 44, 60)
    }
}
