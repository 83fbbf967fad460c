// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live

import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.Socket
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.TimeUnit

private fun own(): String = Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString()

private val loopback: java.net.InetAddress = java.net.InetAddress.getByName("127.0.0.1")

class TestNamespaceSpec :
    FunSpec({
        test("the loopback is enabled, for sockets that an action opens").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                val server = namespace.call { DatagramSocket(InetSocketAddress("127.0.0.1", 53)) }
                val client = namespace.call { DatagramSocket() }
                server.use {
                    client.use {
                        client.send(DatagramPacket("hello".toByteArray(), 5, loopback, 53))
                        val received = DatagramPacket(ByteArray(9), 9)
                        server.soTimeout = BOUND_MILLIS
                        server.receive(received)
                        String(received.data, 0, received.length) shouldBe "hello"
                    }
                }
                namespace.call { ServerSocket(0, 1, java.net.InetAddress.getByName("::1")) }.close()
            }
        }

        test("rules are those of the namespace, and sessions get its packets").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                namespace.rules(
                    "table inet t { chain in { type filter hook input priority filter; udp dport 9 counter log group 5; }; }",
                )
                val options = NflogOptions.builder().group(5).build()
                NflogSession.open(namespace.transport(), options).use { session ->
                    namespace.call { DatagramSocket() }.use { it.send(DatagramPacket(ByteArray(3), 3, loopback, 9)) }
                    var length = 0
                    session.poll<RuntimeException>(
                        { length = it.payload().length() },
                        Duration.ofMillis(BOUND_MILLIS.toLong()),
                    )
                    length shouldBe 31
                }
                val text =
                    namespace
                        .nftables()
                        .list()
                        .ruleset(TableId.inet("t"))
                        .toText()
                text shouldContain "counter packets 1 bytes 31 log group 5"
                shouldThrow<RuleSyntaxException> { namespace.rules("table inet t { chain }") }
            }
        }

        test("commands run inside, and their failures have their output").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                namespace.exec("readlink", "/proc/self/ns/net").trim() shouldBe namespace.call { own() }
                namespace.call { own() } shouldNotBe own()
                val failure = shouldThrow<IllegalStateException> { namespace.exec("ls", "/nowhere") }
                failure.message!! shouldContain "ls /nowhere exits with 2: ls: cannot access"
            }
        }

        test("closing kills the processes and their children, and closing twice is harmless")
            .config(enabledOrReasonIf = live) {
                val namespace = TestNamespace.open()
                val process = namespace.start(ProcessBuilder("sh", "-c", "sleep 1000 & echo \$!; wait"))
                val child = process.inputReader().readLine().toLong()
                namespace.close()
                namespace.close()
                process.waitFor(BOUND_MILLIS.toLong(), TimeUnit.MILLISECONDS) shouldBe true
                eventually("the child ends") { ProcessHandle.of(child).map { it.isAlive }.orElse(false) == false }
                shouldThrow<Exception> { namespace.exec("true") }
                shouldThrow<IllegalStateException> { namespace.inject("") {} }
            }

        test("an action that leaves a socket open does not keep the test's namespace for the next one")
            .config(enabledOrReasonIf = live) {
                val leaked =
                    TestNamespace.open().use { namespace ->
                        namespace.call { ServerSocket(8080) }.apply { localPort shouldBe 8080 }
                    }
                TestNamespace.open().use { namespace -> namespace.call { ServerSocket(8080) }.close() }
                leaked.close()
            }

        test("client and server of a network reach each other by IPv4 and IPv6").config(enabledOrReasonIf = live) {
            TestNetwork.open().use { network ->
                for (address in listOf(network.serverAddress(), network.serverAddress6())) {
                    network.server().call { ServerSocket(8080, 1, address) }.use { server ->
                        network.client().call { Socket(address, 8080) }.use { client ->
                            server.accept().use { accepted ->
                                accepted.inetAddress shouldBe
                                    if (address == network.serverAddress()) {
                                        network.clientAddress()
                                    } else {
                                        network.clientAddress6()
                                    }
                                client.getOutputStream().write(7)
                                accepted.getInputStream().read() shouldBe 7
                            }
                        }
                    }
                }
                network.close()
            }
        }

        test("making namespaces leaves no descriptors").config(enabledOrReasonIf = live) {
            fun descriptors() = Files.list(Path.of("/proc/self/fd")).use { it.count().toInt() }
            TestNetwork.open().close()
            val before = descriptors()
            repeat(5) {
                TestNetwork.open().use { network ->
                    network.client().rules("table inet t { }")
                    network.server().inject("udp dport 9") { it.drop(1.0).delay(Duration.ofMillis(1)) }
                    network.server().exec("true")
                }
            }
            descriptors() shouldBe before
            before shouldBeGreaterThan 0
        }
    })
