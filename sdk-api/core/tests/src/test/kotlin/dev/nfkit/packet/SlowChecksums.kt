// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import java.nio.ByteBuffer

/** The Internet checksum as RFC 1071 defines it, word by word, to verify the fast one. */
fun slowSum(
    bytes: ByteArray,
    from: Int = 0,
    to: Int = bytes.size,
): Int {
    var sum = 0
    for (at in from until to) {
        val value = bytes[at].toInt() and 0xff
        sum += if ((at - from) % 2 == 0) value shl 8 else value
        if (sum > 0xffff) sum -= 0xffff
    }
    return sum
}

fun u16(
    bytes: ByteArray,
    at: Int,
): Int = ByteBuffer.wrap(bytes).getShort(at).toInt() and 0xffff

fun ByteArray.put16(
    at: Int,
    value: Int,
): ByteArray = apply { ByteBuffer.wrap(this).putShort(at, value.toShort()) }

/** The position of a test packet's transport, found without the code under test. */
class Found(
    packet: ByteArray,
) {
    val version = packet[0].toInt() shr 4 and 0xf
    var protocol = packet[if (version == 4) 9 else 6].toInt() and 0xff
    var at = if (version == 4) (packet[0].toInt() and 0xf) * 4 else 40

    init {
        while (version == 6 && protocol in listOf(0, 43, 44, 60)) {
            val length = if (protocol == 44) 8 else (packet[at + 1].toInt() and 0xff) * 8 + 8
            protocol = packet[at].toInt() and 0xff
            at += length
        }
    }

    val end = if (protocol == 17) at + u16(packet, at + 4) else packet.size
    val checksumAt = at + mapOf(6 to 16, 17 to 6, 1 to 2, 58 to 2).getValue(protocol)
    val payloadAt = at + if (protocol == 6) (packet[at + 12].toInt() shr 4 and 0xf) * 4 else 8
    val pseudo: Int =
        if (protocol == 1) {
            0
        } else {
            val addresses = if (version == 4) packet.copyOfRange(12, 20) else packet.copyOfRange(8, 40)
            slowSum(addresses + byteArrayOf(0, protocol.toByte()) + ByteArray(2).put16(0, end - at))
        }

    /** The correct checksum. */
    val right: Int =
        (slowSum(packet.copyOf(end).put16(checksumAt, 0), at) + pseudo).let { sum ->
            val checksum = (if (sum > 0xffff) sum - 0xffff else sum) xor 0xffff
            if (protocol == 17 && checksum == 0) 0xffff else checksum
        }

    /** The difference from the correct checksum, from 0 to 65534. */
    val wrongBy: Int = (u16(packet, checksumAt) - right).mod(0xffff)

    /** Whether lengths and the IPv4 header's checksum are correct. */
    val consistent: Boolean =
        if (version == 4) {
            u16(packet, 2) == packet.size && slowSum(packet, 0, (packet[0].toInt() and 0xf) * 4) == 0xffff
        } else {
            u16(packet, 4) == packet.size - 40
        }
}
