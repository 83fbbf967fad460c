// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.samples.dns.network.Wire
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

private val LOOKUPS = Integer.getInteger("nfkit.dns.lookups", 1000)

class NameGateLiveSpec :
    FunSpec({
        test("the first packet after each of $LOOKUPS lookups passes").config(enabledOrReasonIf = Wire.live) {
            Wire().use { wire ->
                wire.startFarHost()
                val servers = arrayOf("--server", Wire.FAR4, "--server", Wire.FAR6)
                val path = System.getProperty("java.class.path")
                val gate = wire.start("-cp", path, "dev.nfkit.samples.dns.NameGateKt", *servers, "*.example")
                val output = gate.inputStream.bufferedReader()
                output.readLine() shouldBe "Allowing *.example"
                val report = wire.nearHost("load", "$LOOKUPS", "8").joinToString("\n")
                println("8 at a time: $report")
                report shouldStartWith "$LOOKUPS lookups, 0 misses"
                wire.rejected("nfkit-dns") shouldBe 0
                gate.toHandle().destroy() // which keeps its output readable
                output.readText() shouldBe ""
                wire.transport
                    .kernel()
                    .nfqueues()
                    .shouldBeEmpty()
            }
        }
    })
