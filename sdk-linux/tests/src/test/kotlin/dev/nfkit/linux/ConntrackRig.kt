// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.packet.IpProtocol
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.wire.MessageCursor
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.time.Duration
import java.util.concurrent.TimeUnit

/** The timeout of entries that tests create, unless the test is about timeouts: longer than any test takes. */
internal val LONG: Duration = Duration.ofHours(1)

internal fun address(text: String): InetAddress = InetAddress.getByName(text)

internal fun udp(
    sourcePort: Int,
    destinationPort: Int = 53,
    source: String = "10.1.0.1",
    destination: String = "10.1.0.2",
): ConntrackTuple = ConntrackTuple.udp(address(source), sourcePort, address(destination), destinationPort)

internal fun tcp(
    sourcePort: Int,
    destinationPort: Int = 443,
    source: String = "10.1.0.1",
    destination: String = "10.1.0.2",
): ConntrackTuple = ConntrackTuple.tcp(address(source), sourcePort, address(destination), destinationPort)

internal fun udp6(
    sourcePort: Int,
    destinationPort: Int = 53,
): ConntrackTuple = udp(sourcePort, destinationPort, "fd00::1", "fd00::2")

internal fun connection(tuple: ConntrackTuple): NewConnection = NewConnection.of(tuple, LONG)

/** A namespace whose kernel tracks connections, with its loopback enabled and a client of its table. */
internal fun <T> withTable(block: Namespace.(Conntrack) -> T): T =
    withLoopback {
        track()
        Conntrack.open(transport).use { block(it) }
    }

/** Makes the kernel track connections, for both families. */
internal fun Namespace.track() {
    for (command in listOf("iptables", "ip6tables")) {
        exec(command, *"-A OUTPUT -m conntrack --ctstate NEW".split(' ').toTypedArray())
    }
}

/** Sets a value of connection tracking, such as `nf_conntrack_acct`. */
internal fun Namespace.tune(
    name: String,
    value: Int,
) = exec("sh", "-c", "echo $value > /proc/sys/net/netfilter/$name")

/** Reads a value of connection tracking from the kernel. */
internal fun Namespace.tuned(name: String): Long = exec("cat", "/proc/sys/net/netfilter/$name").trim().toLong()

/** All entries, owned. */
internal fun Conntrack.all(): List<ConntrackEntry> = list(ConntrackFilter.all())

/** Sends one UDP datagram from a port to a port of this host. */
internal fun Namespace.sendUdp(
    sourcePort: Int,
    destinationPort: Int,
    destination: String = "127.0.0.1",
) = inside { DatagramSocket(sourcePort) }.use {
    it.send(DatagramPacket(ByteArray(10), 10, address(destination), destinationPort))
}

/** A TCP connection of this host with itself. */
internal class TcpPair(
    namespace: Namespace,
    port: Int,
    host: String = "127.0.0.1",
    to: Int = port,
) : AutoCloseable {
    private val listener = namespace.inside { ServerSocket(port, 1, address(host)) }
    val client: Socket = namespace.inside { Socket(address(host), to) }
    val server: Socket = listener.accept()

    init {
        for (end in listOf(client, server)) {
            end.tcpNoDelay = true
            end.soTimeout = TimeUnit.SECONDS.toMillis(BOUND_SECONDS).toInt()
        }
    }

    /** The client's side of the connection, as the original tuple has it. */
    val tuple: ConntrackTuple
        get() =
            ConntrackTuple.of(
                IpProtocol.TCP,
                client.localAddress,
                client.localPort,
                client.inetAddress,
                client.port,
            )

    /** Sends bytes to the server, which has received them when this returns. */
    fun send(text: String) {
        client.getOutputStream().write(text.toByteArray())
        check(server.getInputStream().readNBytes(text.length).size == text.length)
    }

    override fun close() {
        client.close()
        server.close()
        listener.close()
    }
}

/** A kernel's version, to compare with that of the running kernel. */
internal data class KernelVersion(
    val major: Int,
    val minor: Int,
) : Comparable<KernelVersion> {
    override fun compareTo(other: KernelVersion): Int = compareValuesBy(this, other, { it.major }, { it.minor })

    companion object {
        val running: KernelVersion by lazy { of(System.getProperty("os.version")) }

        fun of(text: String): KernelVersion {
            val (major, minor) = text.split('.', '-').take(2).map { it.toInt() }
            return KernelVersion(major, minor)
        }
    }
}

/** Counts what its sockets receive. */
internal class CountingTransport(
    private val real: NetlinkTransport,
) : NetlinkTransport by real {
    /** The number of received messages of connections. */
    var entries = 0

    /** The number of received datagrams, and the largest number in one receive. */
    var datagrams = 0
    var receives = 0

    override fun open(protocol: Int): NetlinkSocket {
        val socket = real.open(protocol)
        return object : NetlinkSocket by socket {
            override fun receive(
                batch: DatagramBatch,
                timeoutNanos: Long,
            ): Int {
                val count = socket.receive(batch, timeoutNanos)
                receives++
                for (index in 0 until count) {
                    datagrams++
                    val message =
                        MessageCursor().wrap(
                            batch.buffer(),
                            batch.offset(index),
                            batch.length(index),
                            order(),
                        )
                    while (message.next()) {
                        entries += if (message.type() == CT_NEW) 1 else 0
                    }
                }
                return count
            }
        }
    }

    /** The messages of connections that arrive while a block runs. */
    fun entriesOf(block: () -> Unit): Int {
        val before = entries
        block()
        return entries - before
    }

    private companion object {
        const val CT_NEW = 0x100
    }
}
