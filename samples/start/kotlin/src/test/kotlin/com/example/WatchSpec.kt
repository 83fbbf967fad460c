package com.example

import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.fakeKernel
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.flow.first

class WatchSpec :
    FunSpec({
        extension(NetfilterExtension)

        test("prints the packets of its rule only") {
            val kernel = fakeKernel()
            kernel.watch("tcp dport 443") { lines ->
                for (port in listOf(80, 443)) {
                    val packet = SamplePackets.tcp("10.9.0.1", 40000, "192.0.2.7", port, 0x02)
                    kernel.packets().of(packet).`in`("eth0").toInput() // through the rules, as a packet from outside
                }
                lines.first() shouldBe "10.9.0.1 > 192.0.2.7 40 bytes"
            }
        }
    })
