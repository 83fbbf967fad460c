// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.Refusal
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.packet.IpProtocol
import dev.nfkit.process.DestroyResult
import dev.nfkit.process.LocalEnd
import dev.nfkit.process.SockDiag
import dev.nfkit.process.SocketInfo
import dev.nfkit.process.SocketState
import dev.nfkit.process.Sockets
import dev.nfkit.socket.NetAdmin
import dev.nfkit.testkit.session.record
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.nio.ByteOrder
import java.util.Optional

private fun ip(text: String) = InetAddress.getByName(text)

private val web = ConntrackTuple.tcp(ip("10.0.0.1"), 40000, ip("198.51.100.9"), 443)
private val six = ConntrackTuple.tcp(ip("fd00::1"), 40000, ip("2001:db8::9"), 443)
private val query = ConntrackTuple.udp(ip("10.0.0.1"), 5353, ip("198.51.100.9"), 53)

private val nothing = LocalEnd(false, Optional.empty())

private fun LocalEnd.inode() = socket().map { it.inode() }.orElse(null)

/** Runs with a kernel that has 10.0.0.1 and fd00::1. */
private fun withSockets(
    order: ByteOrder = ByteOrder.nativeOrder(),
    body: (FakeNetfilter, Sockets) -> Unit,
) {
    val kernel = FakeNetfilter().order(order)
    kernel.processSockets().address("10.0.0.1").address("fd00::1")
    Sockets.open(kernel).use { body(kernel, it) }
    kernel.verify()
}

/** A socket as it is after its state or interface has changed. */
private fun SocketInfo.with(
    state: SocketState = this.state().get(),
    device: Long = 0,
    inode: Long = inode(),
    cookie: Long = cookie(),
) = SocketInfo(
    protocol(),
    Optional.of(state),
    localAddress(),
    localPort(),
    remoteAddress(),
    remotePort(),
    uid(),
    inode,
    device,
    cookie,
)

class FakeSocketsSpec :
    FunSpec({
        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            test("a connected socket is found by its tuple, of IPv4 and IPv6, $order") {
                withSockets(order) { kernel, sockets ->
                    val four = kernel.processSockets().connect(web, 1000)
                    val other = kernel.processSockets().connect(six, 4_000_000_000)
                    sockets.find(web) shouldBe LocalEnd(true, Optional.of(four))
                    sockets.find(six) shouldBe LocalEnd(true, Optional.of(other))
                    sockets.findEither(six.inverted()).socket().get() shouldBe other
                    sockets.find(web.inverted()) shouldBe nothing
                }
            }
        }

        test("the socket that listens is found if there is none of the connection, the most exact one") {
            withSockets { kernel, sockets ->
                val inbound = ConntrackTuple.tcp(ip("10.0.0.1"), 22, ip("198.51.100.9"), 4000)
                sockets.find(inbound) shouldBe LocalEnd(true, Optional.empty())
                val all = kernel.processSockets().listen(IpProtocol.TCP, "0.0.0.0", 22, 0)
                sockets.find(inbound).inode() shouldBe all.inode()
                val one = kernel.processSockets().listen(IpProtocol.TCP, "10.0.0.1", 22, 0)
                sockets.find(inbound).inode() shouldBe one.inode()
                val accepted = kernel.processSockets().connect(inbound, 0)
                sockets.find(inbound).inode() shouldBe accepted.inode()
                sockets.findListener(accepted).get().inode() shouldBe one.inode()
            }
        }

        test("a socket that listens on all addresses is not taken for a host's own") {
            withSockets { kernel, sockets ->
                kernel.processSockets().listen(IpProtocol.TCP, "0.0.0.0", 443, 0)
                kernel.processSockets().listen(IpProtocol.UDP, "0.0.0.0", 53, 0)
                sockets.find(web.inverted()) shouldBe nothing
                sockets.find(query.inverted()) shouldBe nothing
            }
        }

        test("a socket of UDP is found that is connected, bound to an address, or to all, in this order") {
            withSockets { kernel, sockets ->
                val all = kernel.processSockets().listen(IpProtocol.UDP, "0.0.0.0", 5353, 5)
                sockets.find(query).inode() shouldBe all.inode()
                val one = kernel.processSockets().listen(IpProtocol.UDP, "10.0.0.1", 5353, 5)
                sockets.find(query).inode() shouldBe one.inode()
                val connected = kernel.processSockets().connect(query, 5)
                sockets.find(query).inode() shouldBe connected.inode()
                kernel.processSockets().close(connected)
                sockets.find(query).inode() shouldBe one.inode()
            }
        }

        test("a socket that is bound to an interface is found by the route to its other end") {
            withSockets { kernel, sockets ->
                val bound = kernel.processSockets().connect(web, 7).also { kernel.processSockets().close(it) }
                kernel.processSockets().add(bound.with(device = 3))
                sockets.find(web) shouldBe LocalEnd(true, Optional.empty())
                kernel.processSockets().device("198.51.100.9", 3)
                sockets.find(web).inode() shouldBe bound.inode()
            }
        }

        test("a connected socket is ended, and no other") {
            withSockets { kernel, sockets ->
                val socket = kernel.processSockets().connect(web, 1000)
                val datagrams = kernel.processSockets().connect(query, 1000)
                sockets.destroy(web.inverted()) shouldBe DestroyResult.DESTROYED
                sockets.destroy(web) shouldBe DestroyResult.NO_SOCKET
                sockets.destroy(query) shouldBe DestroyResult.DESTROYED
                kernel.processSockets().destroyed() shouldContainExactly listOf(socket, datagrams)
            }
        }

        test("sockets that serve other connections, and those that are closed, are not ended") {
            withSockets { kernel, sockets ->
                kernel.processSockets().listen(IpProtocol.TCP, "0.0.0.0", 40000, 0)
                kernel.processSockets().listen(IpProtocol.UDP, "0.0.0.0", 5353, 0)
                sockets.destroy(web) shouldBe DestroyResult.SHARED
                sockets.destroy(query) shouldBe DestroyResult.SHARED
                val closed = kernel.processSockets().connect(six, 0).also { kernel.processSockets().close(it) }
                kernel.processSockets().add(closed.with(SocketState.TIME_WAIT))
                sockets.destroy(six) shouldBe DestroyResult.NO_SOCKET
                kernel.processSockets().destroyed().shouldBeEmpty()
            }
        }

        test("another socket with the same ends is not ended in its place") {
            val kernel = FakeNetfilter()
            kernel.processSockets().address("10.0.0.1")
            val socket = kernel.processSockets().connect(web, 0)
            kernel.onRequest {
                if (it.type() == SockDiag.SOCK_DESTROY) {
                    kernel.processSockets().close(socket)
                    kernel.processSockets().add(socket.with(cookie = socket.cookie() + 1000))
                }
                false
            }
            Sockets.open(kernel).use { it.destroy(web) } shouldBe DestroyResult.NO_SOCKET
            kernel.processSockets().destroyed().shouldBeEmpty()
        }

        test("a kernel that does not show sockets, or does not end them, is named with the cure") {
            val kernel = FakeNetfilter()
            kernel.processSockets().shown(false)
            shouldThrow<KernelRefusedException> { Sockets.open(kernel) }.let {
                it.refusal() shouldBe Refusal.NOT_SUPPORTED
                it.message shouldContain "CONFIG_INET_TCP_DIAG"
            }
            kernel.openSockets() shouldBe 0
            withSockets { other, sockets ->
                other.processSockets().connect(web, 0)
                other.processSockets().destroys(false)
                shouldThrow<KernelRefusedException> { sockets.destroy(web) }.let {
                    it.refusal() shouldBe Refusal.NOT_SUPPORTED
                    it.message shouldContain "CONFIG_INET_DIAG_DESTROY"
                }
            }
        }

        test("finding needs no capability, and ending names the one that is missing") {
            withSockets { kernel, sockets ->
                kernel.processSockets().connect(web, 0)
                kernel.kernel().netAdmin(NetAdmin.MISSING)
                sockets.find(web).local() shouldBe true
                shouldThrow<KernelRefusedException> { sockets.destroy(web) }.refusal() shouldBe Refusal.NO_CAPABILITY
                kernel.kernel().netAdmin(NetAdmin.HELD)
            }
        }

        test("a malformed answer is an error, and the next question is answered") {
            withSockets { kernel, sockets ->
                val socket = kernel.processSockets().connect(web, 0)
                kernel
                    .onRequest { it.type() == SockDiag.SOCK_DIAG_BY_FAMILY }
                    .reply { request, writer ->
                        writer.begin(SockDiag.SOCK_DIAG_BY_FAMILY, 0, request.sequence()).raw(2, 1).end()
                    }.times(1)
                shouldThrow<MalformedMessageException> { sockets.find(web) }
                sockets.find(web).inode() shouldBe socket.inode()
            }
        }

        test("recorded questions are answered again by a replay") {
            val kernel = FakeNetfilter()
            kernel.processSockets().address("10.0.0.1")
            val socket = kernel.processSockets().connect(web, 1000)
            val answers = mutableListOf<LocalEnd>()
            val trace =
                record(kernel) { transport ->
                    Sockets.open(transport).use { answers += listOf(it.find(web), it.find(web.inverted())) }
                }
            answers shouldBe listOf(LocalEnd(true, Optional.of(socket)), nothing)
            val replay = ReplayTransport.strict(trace)
            Sockets.open(replay).use { listOf(it.find(web), it.find(web.inverted())) } shouldBe answers
            replay.verify()
        }

        test("tuples without ports and of other protocols are refused, and a closed client fails") {
            withSockets { _, sockets ->
                shouldThrow<IllegalArgumentException> {
                    sockets.find(ConntrackTuple.icmp(ip("10.0.0.1"), ip("10.0.0.2"), 1, 8, 0))
                }.message shouldContain "neither of TCP nor of UDP"
                shouldThrow<IllegalArgumentException> {
                    sockets.find(ConntrackTuple.of(IpProtocol.TCP, ip("10.0.0.1"), ip("10.0.0.2")))
                }.message shouldContain "no ports"
                sockets.close()
                shouldThrow<SystemCallException> { sockets.find(web) }.errno() shouldBe Errno.EBADF
            }
        }
    })
