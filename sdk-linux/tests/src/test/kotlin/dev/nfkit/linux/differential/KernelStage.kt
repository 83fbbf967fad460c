// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.linux.BOUND_SECONDS
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.inside
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.time.Duration
import java.util.concurrent.TimeUnit

/** The source port of packets to which no rule applies. They mark the end of the others. */
private const val MARKER_PORT = 39_999
private const val IP_AND_UDP = 28

/** The tables whose LOCAL_OUT chains a packet traverses one after the other. */
private val TABLES = listOf("raw", "mangle", "filter", "security")

/** The kernel, in a separate network namespace. */
internal class KernelStage : Stage() {
    val namespace = Namespace()
    override val transport: NetlinkTransport = namespace.transport
    private val loopback = InetAddress.getByName("127.0.0.1")
    private val observer: NetlinkSocket
    private val batch = DatagramBatch(16, 1 shl 17)
    private val sender: DatagramSocket
    private val marker: DatagramSocket
    private val receiver: DatagramSocket

    init {
        namespace.exec("ip", "link", "set", "lo", "up")
        sender = namespace.inside { DatagramSocket(InetSocketAddress(loopback, SOURCE_PORT)) }
        marker = namespace.inside { DatagramSocket(InetSocketAddress(loopback, MARKER_PORT)) }
        receiver = namespace.inside { DatagramSocket(InetSocketAddress(loopback, PORT)) }
        receiver.soTimeout = TimeUnit.SECONDS.toMillis(BOUND_SECONDS).toInt()
        observer = transport.open(Netlink.NETLINK_NETFILTER)
        observer.send(
            MessageWriter(256, observer.order())
                .begin(NflogConfig.NFULNL_MSG_CONFIG, REQUEST, 1)
                .nfgenmsg(0, OBSERVER)
                .u8(NflogConfig.NFULA_CFG_CMD, NflogConfig.NFULNL_CFG_CMD_BIND)
                .be32(NflogConfig.NFULA_CFG_QTHRESH, 1)
                .end()
                .datagram(),
        )
    }

    override fun rules(vararg hops: Hop) {
        check(hops.size <= TABLES.size) { "${TABLES.size} hops at most" }
        val match = "-p udp --dport $PORT ! --sport $MARKER_PORT"
        val lines =
            hops.mapIndexed { place, hop -> "*${TABLES[place]}\n-A OUTPUT $match ${target(hop)}\nCOMMIT\n" } +
                "*mangle\n-A POSTROUTING $match -j NFLOG --nflog-group $OBSERVER --nflog-threshold 1\nCOMMIT\n"
        namespace.exec("sh", "-c", "iptables-restore --noflush <<'END'\n${lines.joinToString("")}END")
    }

    private fun target(hop: Hop): String =
        when (hop) {
            is Hop.Log -> {
                "-j NFLOG --nflog-group ${hop.group}" +
                    (if (hop.prefix.isEmpty()) "" else " --nflog-prefix ${hop.prefix}") +
                    (if (hop.threshold == 0) "" else " --nflog-threshold ${hop.threshold}") +
                    (hop.size?.let { " --nflog-size $it" } ?: "")
            }

            is Hop.Queue -> {
                "-j NFQUEUE --queue-num ${hop.number}" + if (hop.bypass) " --queue-bypass" else ""
            }

            is Hop.Mark -> {
                "-j MARK --set-mark ${hop.mark}"
            }
        }

    override fun emit(data: ByteArray) = sender.send(DatagramPacket(data, data.size, loopback, PORT))

    override fun seen(): Pair<List<String>, List<String>> {
        marker.send(DatagramPacket(ByteArray(0), 0, loopback, PORT))
        val arrived = mutableListOf<String>()
        while (true) {
            val packet = DatagramPacket(ByteArray(1 shl 16), 1 shl 16)
            receiver.receive(packet)
            if (packet.port == MARKER_PORT) break
            arrived += logged(packet.data.copyOf(packet.length))
        }
        return wentOut() to arrived
    }

    private fun wentOut(): List<String> {
        val out = mutableListOf<String>()
        while (true) {
            val count = observer.receive(batch, 0)
            if (count <= 0) return out
            for (index in 0 until count) {
                val cursor =
                    MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), observer.order())
                while (cursor.next()) {
                    if (cursor.type() == NflogConfig.NFULNL_MSG_PACKET) {
                        val packet = NflogPacket.read(cursor, 0)
                        out +=
                            logged(
                                packet.payload().toArray().let { it.copyOfRange(IP_AND_UDP, it.size) },
                                packet.mark(),
                            )
                    }
                }
            }
        }
    }

    override fun removeBaseChain() {
        namespace.exec("nft", "add table ip passing")
        namespace.exec("nft", "add chain ip passing output { type filter hook output priority 300; }")
        namespace.exec("nft", "delete table ip passing")
    }

    override fun deprived(block: () -> Unit) = NetAdminCapability.without(block)

    override fun elapse(time: Duration) = Thread.sleep(time.toMillis())

    override fun close() {
        super.close()
        listOf(observer, sender, marker, receiver).forEach { it.close() }
        namespace.close()
    }
}
