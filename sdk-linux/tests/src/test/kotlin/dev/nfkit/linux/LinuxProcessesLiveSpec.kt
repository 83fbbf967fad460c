// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.process.DestroyResult
import dev.nfkit.process.LocalEnd
import dev.nfkit.process.Sockets
import dev.nfkit.testkit.contract.ProcessResolverContract
import dev.nfkit.testkit.contract.ProcessWorld
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.SocketException
import java.util.Optional

private val loopback = InetAddress.getByName("127.0.0.1")
private val loopback6 = InetAddress.getByName("::1")

/** A server in this process, and a shell that connects to it, in a network namespace. */
private class LiveWorld : ProcessWorld {
    val namespace = Namespace().apply { exec("ip", "link", "set", "lo", "up") }
    override val resolver = LinuxProcesses.open(namespace.transport)
    override val server = ProcessHandle.current().pid()
    override val client get() = shell.pid()
    private lateinit var shell: Process
    private val listener = inside { ServerSocket(0, 50, InetAddress.getByName("::")) }
    private val datagrams = inside { DatagramSocket(0, InetAddress.getByName("0.0.0.0")) }
    lateinit var accepted: Socket

    private fun <T : Any> inside(action: () -> T): T =
        NamespaceEntry.Other(NetworkNamespace.named(namespace.name)).call(action)

    private fun start(command: String) {
        shell = ProcessBuilder("ip", "netns", "exec", namespace.name, "bash", "-c", "$command; read").start()
    }

    override fun connect() = connect(loopback)

    fun connect(to: InetAddress): ConntrackTuple {
        start("exec 3<>/dev/tcp/${to.hostAddress}/${listener.localPort}")
        accepted = listener.accept()
        return ConntrackTuple.tcp(to, accepted.port, to, listener.localPort)
    }

    /** A connection that no process accepts. */
    fun connectOnly(): ConntrackTuple {
        val socket = inside { Socket(loopback, listener.localPort) }
        return ConntrackTuple.tcp(loopback, socket.localPort, loopback, listener.localPort)
    }

    fun inbound() = ConntrackTuple.tcp(InetAddress.getByName("198.51.100.7"), 9, loopback, listener.localPort)

    override fun send(): ConntrackTuple {
        start("exec 3<>/dev/udp/127.0.0.1/${datagrams.localPort}; echo >&3")
        val packet = DatagramPacket(ByteArray(1), 1)
        datagrams.receive(packet)
        return ConntrackTuple.udp(loopback, packet.port, loopback, datagrams.localPort)
    }

    override fun endClient() {
        shell.destroyForcibly().waitFor()
    }

    override fun close() {
        resolver.close()
        if (::shell.isInitialized) endClient()
        listener.close()
        datagrams.close()
        namespace.close()
    }
}

class LiveProcessesContractSpec : ProcessResolverContract(Live.noNamespaces, ::LiveWorld)

class LinuxProcessesLiveSpec :
    FunSpec({
        fun live(
            property: String,
            body: LiveWorld.() -> Unit,
        ) = test(property).config(enabledOrReasonIf = needsNamespaces) { LiveWorld().use(body) }

        live("all about a process is as the process itself has it") {
            val process = resolver.resolve(connect()).known().get()
            val handle = ProcessHandle.of(client).get()
            process.name() shouldBe "bash"
            process.executable() shouldBe handle.info().command()
            process.commandLine().take(2) shouldBe listOf("bash", "-c")
            process.uid() shouldBe 0
            process.startedAfterBoot().toMillis() shouldBeGreaterThan 0
        }

        live("sockets of IPv6 are found, and those of IPv6 that are connected by IPv4") {
            val tuple = connect(loopback6)
            resolver
                .resolve(tuple)
                .known()
                .get()
                .pid() shouldBe client
            resolver
                .resolve(tuple.inverted())
                .known()
                .get()
                .pid() shouldBe server
            Sockets.open(namespace.transport).use { sockets ->
                val mapped = connect()
                sockets
                    .find(mapped.inverted())
                    .socket()
                    .get()
                    .localAddress() shouldBe loopback
            }
        }

        live("the process that listens is found for a connection that was not accepted, or has no socket yet") {
            resolver
                .resolve(connectOnly().inverted())
                .known()
                .get()
                .pid() shouldBe server
            resolver
                .resolve(inbound())
                .known()
                .get()
                .pid() shouldBe server
        }

        live("the socket of a connection is ended, and the one that listens goes on") {
            val tuple = connect()
            Sockets.open(namespace.transport).use { sockets ->
                sockets.destroy(inbound()) shouldBe DestroyResult.SHARED
                sockets.destroy(tuple) shouldBe DestroyResult.DESTROYED
                runCatching { accepted.getInputStream().read() }.exceptionOrNull()!!::class shouldBe
                    SocketException::class
                sockets.find(tuple) shouldBe LocalEnd(true, Optional.empty())
                sockets.destroy(tuple) shouldBe DestroyResult.NO_SOCKET
            }
            resolver
                .resolve(connect())
                .known()
                .get()
                .pid() shouldBe client
        }

        live("a connected socket of UDP is ended, and others are left alone") {
            val tuple = send()
            Sockets.open(namespace.transport).use { sockets ->
                sockets.destroy(tuple.inverted()) shouldBe DestroyResult.SHARED
                sockets.destroy(tuple) shouldBe DestroyResult.DESTROYED
            }
        }

        test("without permission the user of the socket is known, and the reason is not that it is the kernel's")
            .config(enabledOrReasonIf = needsUserNamespaces) {
                ServerSocket(0, 50, loopback).use { listener ->
                    Socket(loopback, listener.localPort).use { client ->
                        val ports = arrayOf("${client.localPort}", "${listener.localPort}")
                        probed(listOf("unshare", "-Ur"), "process", *ports) shouldBe "unknown: no-permission (uid 0)"
                    }
                }
            }
    })
