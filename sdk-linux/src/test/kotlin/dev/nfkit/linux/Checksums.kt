package dev.nfkit.linux

import java.nio.ByteBuffer

private const val UDP = 17

/** The Internet checksum (RFC 1071), as a test computes it for itself. */
private fun checksum(
    bytes: ByteArray,
    from: Int,
    to: Int,
    start: Long,
): Int {
    var sum = start
    val buffer = ByteBuffer.wrap(bytes)
    var at = from
    while (at + 1 < to) {
        sum += buffer.getShort(at).toLong() and 0xffff
        at += 2
    }
    if (at < to) sum += (bytes[at].toLong() and 0xff) shl 8
    while (sum > 0xffff) sum = (sum and 0xffff) + (sum ushr 16)
    return sum.toInt().inv() and 0xffff
}

private val ByteArray.isIpv4: Boolean get() = (this[0].toInt() ushr 4) == 4

/** Puts an IPv4 packet's checksums right: the header's, and that of UDP or TCP over all of the payload. */
internal fun ByteArray.withChecksums(
    transport: Int = (this[0].toInt() and 0xf) * 4,
    protocol: Int = this[9].toInt(),
): ByteArray {
    val buffer = ByteBuffer.wrap(this)
    val addresses = if (isIpv4) 12..18 else 8..38
    if (isIpv4) {
        buffer.putShort(10, 0)
        buffer.putShort(10, checksum(this, 0, transport, 0).toShort())
    }
    val field = transport + if (protocol == UDP) 6 else 16
    buffer.putShort(field, 0)
    val pseudo = (addresses step 2).sumOf { buffer.getShort(it).toLong() and 0xffff } + protocol + (size - transport)
    val sum = checksum(this, transport, size, pseudo)
    buffer.putShort(field, (if (sum == 0) 0xffff else sum).toShort())
    return this
}

/** The UDP payload of an IPv4 packet. */
internal fun ByteArray.udpPayload(transport: Int = (this[0].toInt() and 0xf) * 4): ByteArray =
    copyOfRange(transport + 8, size)

/** An IPv4 or IPv6 packet with another UDP payload, lengths and checksums put right. */
internal fun ByteArray.withUdpPayload(
    payload: ByteArray,
    transport: Int = (this[0].toInt() and 0xf) * 4,
): ByteArray {
    val packet = copyOf(transport + 8) + payload
    val buffer = ByteBuffer.wrap(packet)
    if (isIpv4) buffer.putShort(2, packet.size.toShort()) else buffer.putShort(4, (packet.size - 40).toShort())
    buffer.putShort(transport + 4, (8 + payload.size).toShort())
    return packet.withChecksums(transport, UDP)
}
