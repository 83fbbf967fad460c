// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNetwork
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import kotlin.concurrent.thread

class LossyQuerySpec :
    FunSpec({
        extension(NetfilterExtension)

        test("a lost query is repeated") {
            val network = testNetwork()
            val queries = network.client().inject("udp dport 53") { it.dropFirst(1) }
            val server = network.server().call { DatagramSocket(53) }
            val client = network.client().call { RepeatingClient(network.serverAddress(), 53) }
            val echo =
                thread {
                    val query = DatagramPacket(ByteArray(512), 512)
                    server.receive(query)
                    server.send(DatagramPacket(query.data, query.length, query.socketAddress))
                }
            client.use { it.ask(byteArrayOf(1, 2, 3)) shouldBe byteArrayOf(1, 2, 3) }
            echo.join()
            server.close()
            queries.dropped() shouldBe 1
        }
    })
