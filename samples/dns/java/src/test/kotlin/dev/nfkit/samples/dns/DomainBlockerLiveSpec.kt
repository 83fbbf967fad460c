// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.samples.dns.network.Wire
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class DomainBlockerLiveSpec :
    FunSpec({
        test("queries for a blocked name get NXDOMAIN, and others get their answer").config(
            enabledOrReasonIf = Wire.live,
        ) {
            Wire().use { wire ->
                wire.startFarHost()
                val blocker = wire.program("DomainBlocker", "ads.example", "tracker.example")
                val output = blocker.inputStream.bufferedReader()
                output.readLine() shouldBe "Blocking ads.example, tracker.example"
                val names = arrayOf("ads.example", "www.ADS.example", "nice.example", "bads.example", "tracker.example")
                wire.nearHost("ask", *names) shouldContainExactly
                    listOf(
                        "ads.example NXDOMAIN 0, NXDOMAIN 0",
                        "www.ADS.example NXDOMAIN 0, NXDOMAIN 0",
                        "nice.example NOERROR 1, NOERROR 1",
                        "bads.example NOERROR 1, NOERROR 1",
                        "tracker.example NXDOMAIN 0, NXDOMAIN 0",
                    )
                blocker.toHandle().destroy() // which keeps its output readable
                output.readText() shouldBe ""
            }
        }

        test("if the queue is in use, the error names its owner").config(enabledOrReasonIf = Wire.live) {
            Wire().use { wire ->
                val first = wire.program("DomainBlocker", "ads.example")
                first.inputStream.bufferedReader().readLine() shouldBe "Blocking ads.example"
                val second = wire.program("DomainBlocker", "ads.example")
                second.inputStream.reader().readText() shouldContain "owns this queue"
                second.waitFor() shouldBe 1
            }
        }
    })
