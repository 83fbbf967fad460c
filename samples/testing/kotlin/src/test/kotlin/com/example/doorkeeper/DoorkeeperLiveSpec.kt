package com.example.doorkeeper

import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNetwork
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import java.net.ServerSocket
import java.net.Socket

class DoorkeeperLiveSpec :
    FunSpec({
        extension(NetfilterExtension)

        test("an invited client connects, although its first packet is lost") {
            val network = testNetwork()
            val server = network.server().call { ServerSocket(22) }
            val client = network.clientAddress().hostAddress
            var asked = 0
            val keeper =
                launch(Dispatchers.IO) {
                    network.server().transport().keepDoor {
                        asked++
                        it == client
                    }
                }
            while (network.server().transport().kernel().nfqueues().isEmpty()) Thread.sleep(1)
            val faults = network.server().inject("tcp dport 22") { it.dropFirst(1) }
            network.client().call { Socket(network.serverAddress(), 22) }.close()
            keeper.cancelAndJoin()
            server.close()
            asked shouldBe 1
            faults.dropped() shouldBe 1
        }
    })
