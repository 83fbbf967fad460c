// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.explain

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Running
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.capinfos
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

private fun Netns.nft(vararg words: String): String = run("ip", "netns", "exec", name, "nft", *words).out

private fun Netns.firewall() {
    nft("add table inet filter")
    nft("add chain inet filter input { type filter hook input priority 0; policy accept; }")
    nft("add rule inet filter input udp dport 7777 drop comment \"no 7777\"")
}

/** `explain` and `capture --dropped` on the running kernel. */
class ExplainLiveSpec :
    FunSpec({
        test("explain prints the rule that drops a packet, and leaves no rule").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.firewall()
                val command = arrayOf("explain", "--netns", netns.name, "udp", "dport", "7777")
                Running("Explaining udp dport 7777", *command).use { nfkit ->
                    netns.nft("list", "tables") shouldContain "nfkit-"
                    netns.udp(1, port = 7777)
                    netns.udp(1, port = 7778)
                    val result = nfkit.signal("INT")
                    result.out shouldContain "udp dport 7777 drop comment \"no 7777\" -> drop"
                    result.out shouldContain "  dropped\n"
                    result.out shouldNotContain "7778"
                    result.err shouldContain "0 messages lost"
                }
                netns.nft("list", "tables") shouldBe "table inet filter\n"
            }
        }

        test("the table of a killed explain disappears").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                Running("Explaining all packets", "explain", "--netns", netns.name).use { nfkit ->
                    netns.nft("list", "tables") shouldContain "nfkit-"
                    nfkit.process.destroyForcibly().waitFor()
                    await("the table to disappear") { netns.nft("list", "tables").isEmpty() }
                }
            }
        }

        test("dropped packets are captured into a file, with their rule").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.firewall()
                val file = tempdir().resolve("dropped.pcapng")
                val command = arrayOf("capture", "--netns", netns.name, "--dropped", "-w", file.path)
                Running("Capturing packets that rules drop", *command).use { nfkit ->
                    netns.udp(3, port = 7777)
                    netns.udp(2, port = 7778)
                    nfkit.signal("INT").err shouldContain "3 packets captured"
                }
                capinfos(file) shouldBe 3
                String(file.readBytes(), Charsets.ISO_8859_1) shouldContain "udp dport 7777 drop comment \"no 7777\""
                netns.nft("list", "tables") shouldBe "table inet filter\n"
            }
        }
    })
