// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.nfqueue.QueueFeature
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNamespace
import dev.nfkit.testkit.kotest.testNetwork
import dev.nfkit.testkit.live.TestNamespace
import dev.nfkit.testkit.live.TestNetwork
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.SocketTimeoutException

private val loopback: InetAddress = InetAddress.getByName("127.0.0.1")

private fun TestNamespace.waiting(): Long = transport().kernel().nfqueues().sumOf { it.waiting() }

/** Connects to the server's port 80. */
private fun TestNetwork.connects() = client().call { Socket(serverAddress(), 80) }.close()

/** Finds that the server's port 80 does not answer: what is dropped never does, however long the wait. */
private fun TestNetwork.isDropped() {
    client().call {
        Socket().use { socket ->
            shouldThrow<SocketTimeoutException> { socket.connect(InetSocketAddress(serverAddress(), 80), 200) }
        }
    }
}

class DecisionsLiveSpec :
    FunSpec({
        extension(NetfilterExtension)

        context("several queues") {
            val page = Page("balance")

            /** Datagrams to many addresses of the loopback. */
            fun TestNamespace.spread(count: Int) =
                (1..count).forEach { datagram(InetAddress.getByName("127.0.0.$it"), 5000, "$it".toByteArray()) }

            for ((kind, enabled, install) in queueRules) {
                test(
                    "by $kind: packets pass without a program, and are spread over its queues",
                ).config(enabledOrReasonIf = enabled) {
                    val namespace = testNamespace()
                    namespace.install(page)
                    Arrivals(namespace, 5000).use { arrivals ->
                        namespace.spread(1)
                        arrivals.next() shouldBe "1"
                        namespace.program { Balance.main(arrayOf()) }.use { program ->
                            program.awaitQueues(4)
                            namespace.spread(40)
                            program.awaitLines(40, "queue ").toSet().size shouldBeGreaterThan 1
                        }
                    }
                }
            }

            test("by the command, with iptables and with its own rule").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.nfkit(page.commands[1], "-c", "20").use { command ->
                    command.awaitTable()
                    namespace.spread(20)
                    command.ended().filter { "nfqueue:" in it } shouldHaveSize 20
                }
                namespace.shell(page.iptables)
                namespace.nfkit(page.commands[0], "-c", "20").use { command ->
                    command.awaitQueues(4)
                    namespace.spread(20)
                    command.ended().filter { "nfqueue:" in it } shouldHaveSize 20
                }
            }
        }

        context("deciding a connection once") {
            val page = Page("connection-mark")

            for ((kind, enabled, install) in queueRules) {
                test("by $kind: the program decides the first packet only").config(enabledOrReasonIf = enabled) {
                    val network = testNetwork()
                    network.client().install(page)
                    network.client().program { ConnectionMark.main(arrayOf()) }.use { program ->
                        program.awaitQueues()
                        Echo(network.server(), 80).use {
                            repeat(2) { network.client().exchange(network.serverAddress(), 80) }
                        }
                        program.lines shouldContainExactly List(2) { "decided 192.0.2.1 to port 80" }
                    }
                }
            }

            test("by the command").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                network.client().shell(page.iptables)
                network.client().nfkit(page.commands.single(), "-c", "2", "-v").use { command ->
                    command.awaitQueues()
                    Echo(network.server(), 80).use {
                        repeat(2) { network.client().exchange(network.serverAddress(), 80) }
                    }
                    command.ended().filter { "nfqueue:0" in it } shouldHaveSize 2
                }
            }

            test("a kernel that attaches connections: the verdict marks them") {
                val kernel = FakeNetfilter()
                kernel.kernel().conntrackGlue(true)
                val program = Thread { ConnectionMark.run(kernel) }.apply { start() }
                kernel.nfqueue().awaitBound(0)
                val packet = SamplePackets.tcp("192.0.2.1", 4000, "192.0.2.2", 80, 2)
                kernel.nfqueue().enqueue(0, SampleNfqueue.of(packet).conntrack(byteArrayOf(8, 0, 8, 0, 0, 0, 0, 0)))
                val decided = kernel.nfqueue().awaitDecided(1).single()
                program.interrupt()
                program.join()
                decided.passed() shouldBe true
                decided.mark() shouldBe 0
                decided
                    .conntrack()
                    .get()
                    .toHex()
                    .replace(" ", "") shouldContain "0800080000000001" // CTA_MARK 1
                QueueFeature.CONNTRACK.supportedBy(kernel) shouldBe true
            }

            test("a kernel that attaches connections needs no rule that saves the mark").config(
                enabledOrReasonIf = {
                    val enabled = liveWithNftQueues(it)
                    if (enabled.isEnabled && !attachesConnections) {
                        io.kotest.core.test.Enabled
                            .disabled("this kernel lacks CONFIG_NETFILTER_NETLINK_GLUE_CT")
                    } else {
                        enabled
                    }
                },
            ) {
                val network = testNetwork()
                network.client().nft(page.nft("Where the kernel attaches connections"))
                network.client().program { ConnectionMark.main(arrayOf()) }.use { program ->
                    program.awaitQueues()
                    Echo(network.server(), 80).use { network.client().exchange(network.serverAddress(), 80) }
                    program.lines shouldContainExactly listOf("decided 192.0.2.1 to port 80")
                }
            }
        }

        context("allowing by CIDR") {
            val page = Page("cidr")

            for ((kind, install) in listOf<Pair<String, TestNamespace.() -> Unit>>(
                "iptables" to { shell(page.iptables) },
                "nft" to { nft(page.nft()) },
            )) {
                test("by $kind alone").config(enabledOrReasonIf = live) {
                    val network = testNetwork()
                    network.server().install()
                    network.server().call { ServerSocket(80) }.use {
                        network.connects()
                        network.client().exec("ip", "addr", "del", "192.0.2.1/24", "dev", "eth0")
                        network.client().exec("ip", "addr", "add", "192.0.2.77/24", "dev", "eth0")
                        network.isDropped()
                    }
                }
            }

            test("by the command and by the program").config(enabledOrReasonIf = live) {
                val network = testNetwork()
                network.server().call { ServerSocket(80) }.use {
                    network.server().nfkit(page.commands.single(), "-c", "1").use { command ->
                        command.awaitTable()
                        network.connects()
                        command.ended()
                    }
                    network.server().shell(listOf(page.queueRule))
                    network.server().program { AllowedNetworks.main(arrayOf("192.0.2.0/28")) }.use { program ->
                        program.awaitQueues()
                        network.connects()
                    }
                    eventually("the queue is free") {
                        network
                            .server()
                            .transport()
                            .kernel()
                            .nfqueues()
                            .isEmpty()
                    }
                    val others = arrayOf("198.51.100.0/24", "2001:db8::/32")
                    network.server().program { AllowedNetworks.main(others) }.use { program ->
                        program.awaitQueues()
                        network.isDropped()
                    }
                }
            }
        }

        context("faults") {
            val page = Page("faults")

            for ((kind, enabled, install) in queueRules) {
                test("by $kind and the command").config(enabledOrReasonIf = enabled) {
                    val namespace = testNamespace()
                    namespace.install(page)
                    namespace.nfkit(page.commands[0], "-c", "1").use { command ->
                        command.awaitQueues()
                        namespace.datagram(loopback, 53)
                        command.ended().single() shouldContain "NF_DROP"
                    }
                }
            }

            test("by the command's own rule").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.nfkit(page.commands[1], "-c", "1").use { command ->
                    command.awaitTable()
                    namespace.datagram(loopback, 53)
                    command.ended().single() shouldContain "NF_DROP"
                    namespace.waiting() shouldBe 0
                }
            }
        }
    })
