// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture

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

private fun Netns.ruleset(): String = run("ip", "netns", "exec", name, "nft", "list", "ruleset").out

class InstalledRuleLiveSpec :
    FunSpec({
        test("--rule captures without a rule of iptables or nft, and leaves none").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val file = tempdir().resolve("rule.pcapng")
                val command = arrayOf("capture", "--netns", netns.name, "--rule", "udp dport 7777", "-w", file.path)
                Running("Capturing on udp dport 7777", *command).use { nfkit ->
                    netns.udp(5, port = 7777)
                    netns.udp(3, port = 7778)
                    nfkit.signal("INT").err shouldContain "5 packets captured, 0 dropped"
                }
                capinfos(file) shouldBe 5
                netns.ruleset() shouldBe ""
            }
        }

        test("the rule of a killed capture disappears").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val command = arrayOf("capture", "--netns", netns.name, "--rule", "", "--hook", "prerouting", "--json")
                Running("Capturing on all packets", *command).use { nfkit ->
                    netns.ruleset() shouldContain "hook prerouting"
                    nfkit.process.destroyForcibly().waitFor()
                    await("the rule to disappear") { netns.ruleset().isEmpty() }
                }
            }
        }

        test("--rule decides without a rule of iptables or nft").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val command = arrayOf("queue", "--netns", netns.name, "--rule", "udp dport 7777", "--drop", "any")
                Running("Deciding on udp dport 7777", *command).use { nfkit ->
                    netns.udp(4, port = 7777)
                    nfkit.signal("INT").err shouldContain "4 packets: 4 dropped; 0 lost"
                }
                netns.ruleset() shouldBe ""
            }
        }
    })
