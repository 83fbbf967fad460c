// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import com.sun.jna.Memory
import com.sun.jna.Native
import dev.nfkit.linux.AF_INET
import dev.nfkit.linux.AF_INET6
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.inside
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val RAW = 3
private const val EPERM = 1
private const val MAXIMUM = 2048L

/** The way of a packet: its hooks in order, and where it goes. */
internal enum class Way(
    val hooks: List<String>,
    val source: PacketNetworks,
    val destination: PacketNetworks,
) {
    INPUT(listOf("prerouting", "input"), PacketNetworks.NEAR, PacketNetworks.LOCAL),
    FORWARD(listOf("prerouting", "forward", "postrouting"), PacketNetworks.NEAR, PacketNetworks.FAR),
    OUTPUT(listOf("output", "postrouting"), PacketNetworks.LOCAL, PacketNetworks.FAR),
}

/** A namespace that routes: packets arrive at `d0`, and those for networks beyond the gateway leave by `e0`. */
internal class Router(
    namespace: Namespace,
) : AutoCloseable {
    val near: Veth = Veth(namespace)
    val outIndex: Int
    private val buffer = Memory(MAXIMUM)
    private val to = Memory(28)
    private val raw: List<Int>

    init {
        namespace.exec("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1")
        namespace.exec(
            "sysctl",
            "-qw",
            "net.ipv6.conf.e1.disable_ipv6=1",
            "net.ipv6.conf.e0.accept_ra=0",
            "net.ipv4.ip_forward=1",
            "net.ipv4.ip_forward_update_priority=0",
            "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.icmp_ratelimit=0",
        )
        namespace.exec("ip", "link", "set", "e0", "addrgenmode", "none")
        namespace.exec("ip", "addr", "add", "$OUT4/24", "dev", "e0")
        namespace.exec("ip", "addr", "add", "$OUT6/64", "dev", "e0", "nodad")
        for (device in listOf("e0", "e1", "lo")) namespace.exec("ip", "link", "set", device, "up")
        namespace.exec("ip", "route", "add", "10.9.0.0/16", "via", GATEWAY4, "dev", "e0")
        namespace.exec("ip", "-6", "route", "add", "fd09::/16", "via", GATEWAY6, "dev", "e0")
        outIndex = namespace.exec("cat", "/sys/class/net/e0/ifindex").trim().toInt()
        raw =
            namespace.inside {
                listOf(AF_INET, AF_INET6).map { family ->
                    PacketLibC.INSTANCE.socket(family, RAW, 255).also { check(it >= 0) { "no raw socket" } }
                }
            }
    }

    fun send(
        way: Way,
        packet: ByteArray,
    ) {
        if (way != Way.OUTPUT) return near.send(packet)
        val four = packet[0].toInt() shr 4 == 4
        val address = ByteBuffer.allocate(if (four) 16 else 28).order(ByteOrder.nativeOrder())
        address.putShort((if (four) AF_INET else AF_INET6).toShort())
        if (four) address.position(4).put(packet, 16, 4) else address.position(8).put(packet, 24, 16)
        to.write(0, address.array(), 0, address.capacity())
        buffer.write(0, packet, 0, packet.size)
        val fd = raw[if (four) 0 else 1]
        val sent = PacketLibC.INSTANCE.sendto(fd, buffer, packet.size.toLong(), 0, to, address.capacity())
        // A packet that a rule drops is refused.
        check(sent > 0 || Native.getLastError() == EPERM) { "not sent: errno ${Native.getLastError()}" }
    }

    override fun close() {
        raw.forEach { PacketLibC.INSTANCE.close(it) }
        near.close()
        buffer.close()
        to.close()
    }
}

internal const val OUT4 = "10.8.0.1"
internal const val OUT6 = "fd08::1"
internal const val GATEWAY4 = "10.8.0.254"
internal const val GATEWAY6 = "fd08::fe"
