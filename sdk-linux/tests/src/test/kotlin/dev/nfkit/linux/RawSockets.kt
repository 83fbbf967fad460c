// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import dev.nfkit.Bytes
import dev.nfkit.packet.PacketChecksums
import java.nio.ByteBuffer

/** Sends bytes unchanged through a raw socket inside a namespace. */
internal fun Namespace.sendRaw(
    domain: Int,
    protocol: Int,
    address: ByteArray,
    bytes: ByteArray,
) = inside {
    val fd = RawLibC.INSTANCE.socket(domain, SOCK_RAW, protocol)
    check(fd >= 0) { "no raw socket: errno ${Native.getLastError()}" }
    Memory(address.size.toLong()).use { to ->
        to.write(0, address, 0, address.size)
        Memory(bytes.size.toLong()).use { packet ->
            packet.write(0, bytes, 0, bytes.size)
            val sent = RawLibC.INSTANCE.sendto(fd, packet, bytes.size.toLong(), 0, to, address.size)
            check(sent == bytes.size.toLong()) { "not sent: errno ${Native.getLastError()}" }
        }
    }
    LibC.close(fd)
}

/** A packet that starts with an IP header, with the checksum of its transport at an offset. */
internal fun ByteArray.withChecksum(offset: Int): ByteArray {
    val checksums = PacketChecksums()
    check(checksums.wrap(Bytes.of(*this))) { "not an IP packet" }
    ByteBuffer.wrap(this).putShort(offset, checksums.computeTransport().toShort())
    return this
}

internal const val AF_INET = 2
internal const val AF_INET6 = 10
internal const val AF_PACKET = 17
private const val SOCK_RAW = 3

private interface RawLibC : com.sun.jna.Library {
    fun socket(
        domain: Int,
        type: Int,
        protocol: Int,
    ): Int

    fun sendto(
        fd: Int,
        bytes: Pointer,
        length: Long,
        flags: Int,
        address: Pointer,
        addressLength: Int,
    ): Long

    companion object {
        val INSTANCE: RawLibC = Native.load("c", RawLibC::class.java)
    }
}
