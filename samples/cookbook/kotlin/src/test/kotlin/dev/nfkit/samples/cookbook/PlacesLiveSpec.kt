// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNamespace
import dev.nfkit.testkit.kotest.testNetwork
import dev.nfkit.testkit.live.TestNetwork
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.net.InetSocketAddress
import java.net.Socket

/** Tries to connect, and gives up. A socket that is not connected has no descriptor yet, so it connects inside. */
private fun TestNetwork.knock(port: Int) {
    client().call {
        Socket().use { socket ->
            try {
                socket.connect(InetSocketAddress(serverAddress(), port), 50)
            } catch (e: IOException) {
                // It is dropped.
            }
        }
    }
}

class PlacesLiveSpec :
    FunSpec({
        extension(NetfilterExtension)

        context("what a rule drops") {
            val page = Page("dropped")

            for ((kind, install) in rules) {
                test("by $kind, the command and the program").config(enabledOrReasonIf = live) {
                    val network = testNetwork()
                    network.server().install(page)
                    network.server().nfkit(page.commands[0], "-c", "1").use { capture ->
                        capture.awaitGroup()
                        network.knock(23)
                        capture.ended().single() shouldContain "telnet: "
                    }
                    network.server().program { DropLog.main(arrayOf()) }.use { program ->
                        program.awaitGroup()
                        network.knock(23)
                        program.awaitLines(1).first() shouldBe "telnet: 192.0.2.1 to port 23"
                    }
                }
            }

            test("by a trace, with the rule").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                network.server().nft(page.nft())
                network.server().nfkit(page.commands[1], "-c", "1").use { capture ->
                    capture.awaitTable()
                    network.knock(23)
                    capture.ended().joinToString() shouldContain "tcp dport 23 log prefix"
                }
            }
        }

        context("a container's traffic from outside") {
            val page = Page("container")

            for ((kind, install) in rules) {
                test("by $kind and the command").config(enabledOrReasonIf = live) {
                    val network = testNetwork()
                    val host = testNamespace()
                    val container = network.client().start(ProcessBuilder("sleep", "1000"))
                    if (kind == "iptables") {
                        host.shell(page.iptables.map { it.replace("\$PID", "${container.pid()}") })
                    } else {
                        network.client().install(page)
                    }
                    val command = page.commands[0].replace("\$PID", "${container.pid()}")
                    host.nfkit(command, "-c", "6").use { capture ->
                        val kernel = network.client().transport().kernel()
                        capture.await("a group") { kernel.nflogGroups().isNotEmpty() }
                        Echo(network.server(), 80).use { network.client().exchange(network.serverAddress(), 80) }
                        capture.ended() shouldHaveSize 6
                    }
                }
            }

            test("by the command's own rule, and the program").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                val host = testNamespace()
                val container = network.client().start(ProcessBuilder("sleep", "1000"))
                val command = page.commands[1].replace("\$PID", "${container.pid()}")
                val tables = network.client().nftables().list()
                host.nfkit(command, "-c", "2").use { capture ->
                    capture.await("a rule") { tables.tables().isNotEmpty() }
                    repeat(2) { network.client().datagram(network.serverAddress(), 9) }
                    capture.ended() shouldHaveSize 2
                }
                eventually("the rule is removed") { tables.tables().isEmpty() }
                host.program { ContainerWatch.main(arrayOf("${container.pid()}")) }.use { program ->
                    program.await("a rule") { tables.tables().isNotEmpty() }
                    network.client().datagram(network.serverAddress(), 9)
                    program.awaitLines(1, "sent to 192.0.2.2, 33 bytes")
                }
            }
        }
    })
