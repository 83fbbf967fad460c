// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.linux.process.ProcTree
import dev.nfkit.packet.IpProtocol
import dev.nfkit.process.Attribution
import dev.nfkit.process.SockDiag
import dev.nfkit.process.SocketInfo
import dev.nfkit.process.SocketState
import dev.nfkit.process.UnknownReason
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.contract.ProcessResolverContract
import dev.nfkit.testkit.contract.ProcessWorld
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.time.Duration
import java.util.Optional
import java.util.OptionalLong

private val loopback = InetAddress.getByName("127.0.0.1")
private val host = InetAddress.getByName("198.51.100.7")
private const val CLIENT = 812
private const val SERVER = 400

/** A kernel in memory, and a directory in place of `/proc`. */
private class FakeWorld : ProcessWorld {
    val kernel = FakeNetfilter()
    val tree = ProcTree().process(CLIENT, "curl").process(SERVER, "nginx", uid = 33)
    override val resolver = LinuxProcesses.open(kernel, tree.root)
    override val client = CLIENT.toLong()
    override val server = SERVER.toLong()
    var verified = true
    private val sockets = mutableListOf<SocketInfo>()

    override fun connect(): ConntrackTuple {
        val tuple = ConntrackTuple.tcp(loopback, 40000, loopback, 443)
        sockets += kernel.processSockets().connect(tuple, 1000).also { tree.socket(CLIENT, 3, it.inode()) }
        kernel.processSockets().connect(tuple.inverted(), 33).also { tree.socket(SERVER, 7, it.inode()) }
        return tuple
    }

    override fun send(): ConntrackTuple {
        val tuple = ConntrackTuple.udp(loopback, 40000, loopback, 53)
        sockets += kernel.processSockets().connect(tuple, 1000).also { tree.socket(CLIENT, 4, it.inode()) }
        kernel
            .processSockets()
            .listen(IpProtocol.UDP, "0.0.0.0", 53, 33)
            .also { tree.socket(SERVER, 8, it.inode()) }
        return tuple
    }

    override fun endClient() {
        sockets.forEach(kernel.processSockets()::close)
        tree.end(CLIENT)
    }

    override fun close() {
        resolver.close()
        tree.close()
        if (verified) kernel.verify()
    }
}

class FakeLinuxProcessesContractSpec : ProcessResolverContract(null, ::FakeWorld)

private fun withWorld(body: FakeWorld.() -> Unit) = FakeWorld().use(body)

private fun FakeWorld.name(tuple: ConntrackTuple) =
    resolver
        .resolve(tuple)
        .known()
        .map { it.name() }
        .orElse(null)

private fun unknown(
    reason: UnknownReason,
    uid: Long? = null,
) = Attribution.Unknown(reason, if (uid == null) OptionalLong.empty() else OptionalLong.of(uid))

/** A connection from another host to this one. */
private val inbound = ConntrackTuple.tcp(host, 50000, loopback, 443)

class LinuxProcessesSpec :
    FunSpec({
        test("the process that listens is found for a connection that has no socket yet, or was not accepted") {
            withWorld {
                resolver.resolve(inbound) shouldBe unknown(UnknownReason.ENDED)
                val listener = kernel.processSockets().listen(IpProtocol.TCP, "0.0.0.0", 443, 33)
                tree.socket(SERVER, 6, listener.inode())
                name(inbound) shouldBe "nginx"
                for (state in listOf(SocketState.SYN_RECV, SocketState.ESTABLISHED, SocketState.CLOSE_WAIT)) {
                    val waiting = kernel.processSockets().add(inbound.inverted().socket(state, inode = 0))
                    name(inbound) shouldBe "nginx"
                    kernel.processSockets().close(waiting)
                }
            }
        }

        test("a socket that no process has any more is one that ended") {
            withWorld {
                kernel.processSockets().listen(IpProtocol.TCP, "0.0.0.0", 443, 33)
                for (state in listOf(SocketState.TIME_WAIT, SocketState.FIN_WAIT2, SocketState.LAST_ACK)) {
                    val closed = kernel.processSockets().add(inbound.inverted().socket(state, inode = 0))
                    resolver.resolve(inbound) shouldBe unknown(UnknownReason.ENDED)
                    kernel.processSockets().close(closed)
                }
            }
        }

        test("the reason is not that the socket ended as long as the kernel has it, and its user is known") {
            withWorld {
                kernel.processSockets().connect(inbound.inverted(), 105)
                resolver.resolve(inbound) shouldBe unknown(UnknownReason.KERNEL, 105)
                tree.ownPid("pid:[4026532201]")
                kernel.clock().advance(Duration.ofSeconds(1))
                resolver.resolve(inbound) shouldBe unknown(UnknownReason.OTHER_PID_NAMESPACE, 105)
            }
        }

        test("a socket that is closed during the search is one that ended") {
            withWorld {
                val socket = kernel.processSockets().connect(inbound.inverted(), 105)
                var questions = 0
                kernel.onRequest {
                    if (it.type() == SockDiag.SOCK_DIAG_BY_FAMILY && ++questions == 3) {
                        kernel.processSockets().close(socket)
                    }
                    false
                }
                resolver.resolve(inbound) shouldBe unknown(UnknownReason.ENDED)
                verified = false // the rule never applies
            }
        }

        test("the destination's process is found after a translation by the tuple of the reply") {
            withWorld {
                val translated = ConntrackTuple.tcp(host, 50000, loopback, 8443)
                kernel.processSockets().connect(translated.inverted(), 33).also { tree.socket(SERVER, 9, it.inode()) }
                val original = ConntrackTuple.tcp(host, 50000, InetAddress.getByName("203.0.113.1"), 443)
                resolver.resolve(original) shouldBe unknown(UnknownReason.FORWARDED)
                resolver
                    .resolve(original, translated.inverted())
                    .known()
                    .get()
                    .name() shouldBe "nginx"
            }
        }

        test("a refused question is a failure and not an absence, and the next one is answered") {
            withWorld {
                val tuple = connect()
                kernel.onRequest { it.type() == SockDiag.SOCK_DIAG_BY_FAMILY }.refuse(Errno.ENOMEM).times(1)
                resolver.resolve(tuple) shouldBe unknown(UnknownReason.FAILED)
                name(tuple) shouldBe "curl"
            }
        }
    })

private fun ConntrackTuple.socket(
    state: SocketState,
    inode: Long,
) = SocketInfo(6, Optional.of(state), source(), sourcePort(), destination(), destinationPort(), 0, inode, 0, 9)
