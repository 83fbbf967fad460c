// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ProtocolInfo
import dev.nfkit.conntrack.ProtocolUpdate
import dev.nfkit.conntrack.TcpFlag
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

private const val NEAR_ADDRESS = "10.7.0.1"
private const val FAR_ADDRESS = "10.7.0.2"
private const val TRANSFER_PORT = 5001
private const val MIB = 1 shl 20
private const val SEGMENT = 1_000

/** Two namespaces with a link between them. The server's namespace drops packets that are INVALID. */
private class Link : AutoCloseable {
    val near = Namespace()
    val far = Namespace()

    init {
        run(
            "ip",
            "link",
            "add",
            "veth0",
            "netns",
            near.name,
            "type",
            "veth",
            "peer",
            "name",
            "veth0",
            "netns",
            far.name,
        )
        for ((end, address) in listOf(near to NEAR_ADDRESS, far to FAR_ADDRESS)) {
            end.exec("ip", "address", "add", "$address/24", "dev", "veth0")
            end.exec("ip", "link", "set", "veth0", "up")
        }
        far.exec("iptables", *"-A INPUT -p tcp -m conntrack --ctstate INVALID -j DROP".split(' ').toTypedArray())
        far.tune("nf_conntrack_tcp_be_liberal", 0)
        // A packet of a connection without an entry is INVALID and does not create one.
        far.tune("nf_conntrack_tcp_loose", 0)
    }

    /** The number of packets that were dropped as INVALID. */
    fun invalid(): Long =
        far
            .exec("iptables", "-nvxL", "INPUT")
            .lines()
            .first { "INVALID" in it }
            .trim()
            .substringBefore(' ')
            .toLong()

    /** Drops each further packet to the server, after it was tracked. The client then gets no acknowledgement. */
    fun dropTracked() {
        far.exec("iptables", *"-A INPUT -p tcp --dport $TRANSFER_PORT -j DROP".split(' ').toTypedArray())
    }

    override fun close() {
        near.close()
        far.close()
    }
}

/** A TCP connection across the link whose windows require window scaling. */
private class Transfer(
    link: Link,
) : AutoCloseable {
    private val listener =
        link.far.inside {
            ServerSocket().apply { bind(InetSocketAddress(address(FAR_ADDRESS), TRANSFER_PORT)) }
        }
    private val client =
        link.near.inside {
            Socket().apply { connect(InetSocketAddress(address(FAR_ADDRESS), TRANSFER_PORT)) }
        }
    private val server =
        listener.accept().apply { soTimeout = TimeUnit.SECONDS.toMillis(BOUND_SECONDS).toInt() }

    val tuple: ConntrackTuple
        get() = ConntrackTuple.tcp(client.localAddress, client.localPort, client.inetAddress, client.port)

    /** Sends megabytes, and receives those that arrive. Returns the number of bytes that arrived. */
    fun move(megabytes: Int): Int {
        val sending =
            CompletableFuture.runAsync {
                repeat(megabytes) { client.getOutputStream().write(ByteArray(MIB)) }
            }
        val arrived = server.getInputStream().readNBytes(megabytes * MIB).size
        sending.get(BOUND_SECONDS, TimeUnit.SECONDS)
        return arrived
    }

    /** Sends segments, each in a packet of its own. */
    fun send(segments: Int) {
        client.tcpNoDelay = true
        repeat(segments) { client.getOutputStream().write(ByteArray(SEGMENT)) }
    }

    override fun close() {
        client.close()
        server.close()
        listener.close()
    }
}

class ConntrackTakeoverSpec :
    FunSpec({
        test("a connection with scaled windows continues after its entry was deleted and created again")
            .config(enabledOrReasonIf = needsNamespaces) {
                Link().use { link ->
                    Conntrack.open(link.far.transport).use { table ->
                        Transfer(link).use { transfer ->
                            transfer.move(2) shouldBe 2 * MIB
                            val before = table.get(transfer.tuple).get()
                            (before.protocolInfo().get() as ProtocolInfo.Tcp).wscaleReply() shouldBeGreaterThan 0
                            table.delete(before) shouldBe true
                            table.create(
                                NewConnection
                                    .of(transfer.tuple, LONG)
                                    .tcpState(TcpState.ESTABLISHED)
                                    .status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED),
                            )
                            val created = table.get(transfer.tuple).get()
                            transfer.move(16) shouldBe 16 * MIB
                            link.invalid() shouldBe 0
                            table.get(transfer.tuple).get().id() shouldBe created.id()
                        }
                    }
                }
            }

        test("if windows are tracked from the next packet on, packets of such a connection are INVALID")
            .config(enabledOrReasonIf = needsNamespaces) {
                Link().use { link ->
                    Conntrack.open(link.far.transport).use { table ->
                        Transfer(link).use { transfer ->
                            transfer.move(2)
                            table.delete(transfer.tuple) shouldBe true
                            val strict = TcpFlag.bits(TcpFlag.BE_LIBERAL, TcpFlag.SACK_PERM)
                            table.create(
                                NewConnection
                                    .of(transfer.tuple, LONG)
                                    .protocol(ProtocolUpdate.tcp(TcpState.ESTABLISHED).flags(0, strict))
                                    .status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED),
                            )
                            // Else each segment may be acknowledged before the next one is sent, and none is outside
                            // the window, however small it is taken to be.
                            link.dropTracked()
                            transfer.send(segments = 8)
                            eventually("a packet is INVALID") { link.invalid() > 0 }
                        }
                    }
                }
            }
    })
