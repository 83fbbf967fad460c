// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import dev.nfkit.linux.AF_PACKET
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.inside
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val LINK = 14

/** A pair of devices in a namespace: what is sent by one arrives on the other. */
internal class Veth(
    namespace: Namespace,
) : AutoCloseable {
    val index: Int
    private val fd: Int
    private val buffer = Memory(2048)
    private val address = Memory(20)
    private val macs: ByteArray

    init {
        namespace.exec("ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1")
        namespace.exec("sysctl", "-qw", "net.ipv6.conf.d1.disable_ipv6=1", "net.ipv4.conf.all.rp_filter=0")
        namespace.exec("ip", "addr", "add", "$LOCAL4/16", "dev", "d0")
        namespace.exec("ip", "addr", "add", "$LOCAL6/32", "dev", "d0", "nodad")
        namespace.exec("sysctl", "-qw", "net.ipv6.conf.d0.accept_ra=0", "net.ipv6.conf.d0.router_solicitations=0")
        namespace.exec("ip", "link", "set", "d0", "addrgenmode", "none")
        namespace.exec("ip", "link", "set", "d0", "up")
        namespace.exec("ip", "link", "set", "d1", "up")

        fun read(
            device: String,
            what: String,
        ) = namespace.exec("cat", "/sys/class/net/$device/$what").trim()
        index = read("d0", "ifindex").toInt()
        macs =
            (read("d0", "address") + ":" + read("d1", "address"))
                .split(':')
                .map { it.toInt(16).toByte() }
                .toByteArray()
        fd =
            namespace.inside {
                PacketLibC.INSTANCE.socket(AF_PACKET, 3, 0).also { check(it >= 0) { "no packet socket" } }
            }
        val to = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder())
        to.putShort(0, AF_PACKET.toShort()).putInt(4, read("d1", "ifindex").toInt())
        address.write(0, to.array(), 0, 20)
    }

    fun header(packet: ByteArray): ByteArray =
        macs + if (packet[0].toInt() shr 4 == 4) byteArrayOf(8, 0) else byteArrayOf(0x86.toByte(), 0xdd.toByte())

    fun send(packet: ByteArray) {
        buffer.write(0, header(packet), 0, LINK)
        buffer.write(LINK.toLong(), packet, 0, packet.size)
        val length = (LINK + packet.size).toLong()
        val sent = PacketLibC.INSTANCE.sendto(fd, buffer, length, 0, address, 20)
        check(sent == length) { "not sent: errno ${Native.getLastError()}" }
    }

    override fun close() {
        PacketLibC.INSTANCE.close(fd)
        buffer.close()
        address.close()
    }
}

internal interface PacketLibC : com.sun.jna.Library {
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

    fun close(fd: Int): Int

    companion object {
        val INSTANCE: PacketLibC = Native.load("c", PacketLibC::class.java)
    }
}
