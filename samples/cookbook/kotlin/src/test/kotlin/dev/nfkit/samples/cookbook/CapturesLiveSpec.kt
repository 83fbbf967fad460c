// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNamespace
import dev.nfkit.testkit.kotest.testNetwork
import dev.nfkit.testkit.live.TestNamespace
import dev.nfkit.testkit.live.TestNetwork
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import kotlin.concurrent.thread

private val asUser = arrayOf("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups")
private val loopback: InetAddress = InetAddress.getByName("127.0.0.1")

/** A connection of this user to port 8080 of the server, and one of user 1000 to port 80. */
private fun TestNetwork.visits() {
    Echo(server(), 80).use {
        Echo(server(), 8080).use {
            client().exchange(serverAddress(), 8080)
            val client = "exec 3<>/dev/tcp/192.0.2.2/80; echo hello >&3; read -r line <&3"
            client().exec(*asUser, "bash", "-c", client)
        }
    }
}

private fun TestNetwork.browse(port: Int) {
    Echo(server(), port).use { client().exchange(serverAddress(), port) }
}

/** Sends bytes over the loopback by TCP, fast enough for large segments. */
private fun TestNamespace.bulk(bytes: Int) {
    call { ServerSocket(0, 1, loopback) }.use { server ->
        val reader =
            thread {
                server.accept().use { peer ->
                    val buffer = ByteArray(1 shl 20)
                    var read = 0
                    while (read < bytes) read += peer.getInputStream().read(buffer)
                }
            }
        call { Socket(loopback, server.localPort) }.use { it.getOutputStream().write(ByteArray(bytes)) }
        reader.join()
    }
}

/** Sends a datagram over the loopback to a port that is open. */
private fun TestNamespace.deliver(port: Int) = call { DatagramSocket(port, loopback) }.use { datagram(loopback, port) }

class CapturesLiveSpec :
    FunSpec({
        extension(NetfilterExtension)

        context("the packets of one user") {
            val page = Page("user")

            for ((kind, install) in rules) {
                test("by $kind and the command").config(enabledOrReasonIf = live) {
                    val network = testNetwork()
                    network.client().install(page)
                    network.client().nfkit(page.commands.single(), "-c", "6").use { capture ->
                        capture.awaitGroup()
                        network.visits()
                        val lines = capture.ended()
                        lines shouldHaveSize 6
                        lines.filter { "192.0.2.1:" in it && "192.0.2.2:80" in it && "8080" !in it } shouldHaveSize 6
                    }
                }
            }

            test("by the program").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                network.client().program { UserTraffic.main(arrayOf("1000")) }.use { program ->
                    program.awaitTable().awaitTable("user-traffic")
                    network.visits()
                    program.awaitLines(3, "1000 -> 192.0.2.2, ")
                    program.awaitLines(3, "1000 <- 192.0.2.2, ")
                }
            }
        }

        context("one TCP port") {
            val page = Page("port")

            for ((kind, install) in rules) {
                test("by $kind and the command").config(enabledOrReasonIf = live) {
                    inDirectory { directory ->
                        val network = testNetwork()
                        network.client().install(page)
                        val command = page.commands[0].replace("https.pcapng", "$directory/https.pcapng")
                        network.client().nfkit(command, "-c", "6").use { capture ->
                            capture.awaitGroup()
                            network.browse(80)
                            network.browse(443)
                            capture.ended()
                        }
                        ports(directory.resolve("https.pcapng")) shouldContainExactly List(6) { 443 }
                    }
                }
            }

            test("by the command's own rule").config(enabledOrReasonIf = live) {
                inDirectory { directory ->
                    val network = testNetwork()
                    val command = page.commands[1].replace("https.pcapng", "$directory/https.pcapng")
                    network.client().nfkit(command, "-c", "6").use { capture ->
                        capture.awaitTable()
                        network.browse(80)
                        network.browse(443)
                        capture.ended()
                    }
                    ports(directory.resolve("https.pcapng")) shouldContainExactly List(6) { 443 }
                }
            }

            test("by the program").config(enabledOrReasonIf = live) {
                inDirectory { directory ->
                    val network = testNetwork()
                    val file = directory.resolve("https.pcapng")
                    network.client().program { TcpPort.main(arrayOf("443", "$file")) }.use { program ->
                        program.awaitTable()
                        network.browse(80)
                        network.browse(443)
                        program.await("six packets in the file") { ports(file).size >= 6 }
                        ports(file).toSet() shouldBe setOf(443)
                    }
                }
            }
        }

        context("DNS watching") {
            val page = Page("dns")

            for ((kind, install) in rules) {
                test("by $kind").config(enabledOrReasonIf = live) {
                    val network = testNetwork()
                    network.client().install(page)
                    network.client().nfkit("samples/nfkit capture -i nflog:30", "-c", "1").use { capture ->
                        capture.awaitGroup()
                        network.client().resolve(network, "www.example.org.")
                        capture.ended().single() shouldContain "192.0.2.2:53"
                    }
                }
            }

            test("by the command's own rule, and Wireshark's dissector").config(enabledOrReasonIf = live) {
                inDirectory { directory ->
                    val network = testNetwork()
                    val file = "$directory/dns.pcapng"
                    network.client().nfkit(page.commands[0].replace("dns.pcapng", file), "-c", "1").use { capture ->
                        capture.awaitTable()
                        network.client().resolve(network, "www.example.org.")
                        capture.ended()
                    }
                    val shown = network.client().exec("sh", "-c", page.tools.single().replace("dns.pcapng", file))
                    shown.lines().single { "www.example.org" in it } shouldBe "www.example.org\t198.51.100.7"
                }
            }

            test("by the program").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                network.client().program { DnsWatch.main(arrayOf()) }.use { program ->
                    program.awaitTable()
                    network.client().resolve(network, "www.example.org.")
                    program.awaitLines(1).first() shouldBe "www.example.org.: 198.51.100.7"
                }
            }

            test("by the program in Kotlin").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                val names = Channel<String>(Channel.UNLIMITED)
                val transport = network.client().transport()
                val watch = launch(Dispatchers.IO) { transport.resolvedNames().collect { names.send(it) } }
                eventually("a rule") {
                    network
                        .client()
                        .nftables()
                        .list()
                        .tables()
                        .isNotEmpty()
                }
                network.client().resolve(network, "www.example.org.")
                names.receive() shouldBe "www.example.org.: 198.51.100.7"
                watch.cancelAndJoin()
            }
        }

        context("everything on the loopback") {
            val page = Page("loopback")

            for ((kind, install) in rules) {
                test("by $kind and the command").config(enabledOrReasonIf = live) {
                    inDirectory { directory ->
                        val namespace = testNamespace()
                        namespace.install(page)
                        val command = page.commands[0].replace("loopback.pcapng", "$directory/loopback.pcapng")
                        namespace.nfkit(command, "-c", "2").use { capture ->
                            capture.awaitGroup()
                            namespace.deliver(1000)
                            namespace.deliver(2000)
                            capture.ended()
                        }
                        ports(directory.resolve("loopback.pcapng")) shouldContainExactly listOf(1000, 2000)
                    }
                }
            }

            test("by the command's own rule").config(enabledOrReasonIf = live) {
                inDirectory { directory ->
                    val namespace = testNamespace()
                    val command = page.commands[1].replace("loopback.pcapng", "$directory/loopback.pcapng")
                    namespace.nfkit(command, "-c", "1").use { capture ->
                        capture.awaitTable()
                        namespace.deliver(1000)
                        capture.ended()
                    }
                    ports(directory.resolve("loopback.pcapng")) shouldContainExactly listOf(1000)
                }
            }

            test("by the program; an MTU lets TCP fit").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.program { LoopbackWatch.main(arrayOf()) }.use { program ->
                    program.awaitTable()
                    namespace.bulk(8_000_000)
                    namespace.datagram(loopback, 9, ByteArray(65_504)) // the last one so far
                    program.await("the datagram") { "65531 of 65532 bytes were copied" in program.lines }
                    program.lines.filter { it == "65531 of 65535 bytes were copied" }.shouldNotBeEmpty()
                    val before = program.lines.size
                    namespace.shell(page.tools)
                    namespace.bulk(8_000_000)
                    namespace.datagram(loopback, 9, ByteArray(65_505))
                    program.await("the datagram") { "65531 of 65533 bytes were copied" in program.lines }
                    program.lines.drop(before) shouldHaveSize 1
                }
            }
        }
    })
