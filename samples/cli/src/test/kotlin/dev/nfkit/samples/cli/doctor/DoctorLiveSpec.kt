// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor

import dev.nfkit.samples.cli.Capturing
import dev.nfkit.samples.cli.Deciding
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch

/** `doctor` and `list` on the running kernel. */
class DoctorLiveSpec :
    FunSpec({
        test("a queue that only a rule uses is a problem, until a program binds it").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                nfkit("doctor", "--netns", netns.name).code shouldBe 0
                netns.queue("iptables", 5, "-p", "udp")
                val without = nfkit("doctor", "--netns", netns.name, "queue:5")
                without.code shouldBe 1
                without.out shouldContain Regex("problem +queue:5 +no process has bound it: the kernel drops")
                without.out shouldContain "xt target \"NFQUEUE\""
                Deciding(netns, "5").use {
                    val with = nfkit("doctor", "--netns", netns.name, "queue:5", "--json")
                    with.code shouldBe 0
                    with.out shouldContain "\"check\":\"queue:5\",\"text\":\"bound by java (pid ${it.process.pid()});"
                }
            }
        }

        test("list names groups and queues with their processes").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                nfkit("list", "--netns", netns.name).out shouldBe "no group and no queue is in use\n"
                Capturing(netns, 30).use {
                    val pid = it.process.pid()
                    nfkit("list", "--netns", netns.name).out.lines()[1] shouldMatch
                        "nflog:30 +java \\(pid $pid\\) +packet +\\d+ +0"
                    nfkit("list", "--netns", netns.name, "--json").out shouldContain
                        Regex(
                            "\\{\"kind\":\"bound_group\",.*\"group\":30,\"port_id\":\\d+,\"pid\":$pid," +
                                "\"progname\":\"java\",\"copy_mode\":\"packet\"",
                        )
                }
            }
        }
    })
