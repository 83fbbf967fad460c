// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top

import dev.nfkit.samples.cli.BOUND_SECONDS
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import java.util.concurrent.TimeUnit

private const val ENTER = "\u001b[?1049h\u001b[?25l"
private const val LEAVE = "\u001b[?25h\u001b[?1049l"

/** Pings the loopback for the duration of a test. */
private class Pinging(
    netns: Netns,
) : AutoCloseable {
    private val process: Process =
        ProcessBuilder("ip", "netns", "exec", netns.name, "ping", "-i", "0.05", "-s", "1000", "-q", "127.0.0.1")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()

    init {
        await("the connection") { "icmp" in netns.inside("conntrack", "-L") }
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}

class TopLiveSpec :
    FunSpec({
        test("a flow's rates are printed once as JSON, for scripts").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                netns.inside("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1")
                Pinging(netns).use {
                    val args = listOf("top", "--netns", netns.name, "--once", "--json", "-p", "icmp", "-i", "500ms")
                    val ran = run(nfkitCommand + args)
                    ran.code shouldBe 0
                    val objects =
                        ran.out
                            .lines()
                            .filter { it.isNotEmpty() }
                            .map(::parseJson)
                    objects shouldHaveSize 2
                    objects[0]["connections"] shouldBe 1L
                    val flow = objects[1]
                    flow["protocol"] shouldBe 1L
                    flow["src"] shouldBe "127.0.0.1"
                    (flow["packets_per_second"] as Long) shouldBeGreaterThan 5L
                    // An echo of 1000 bytes is a packet of 1028.
                    val sent = flow["orig"] as Map<*, *>
                    sent["bytes"] shouldBe sent["packets"] as Long * 1028
                }
            }
        }

        test(
            "the display has the terminal's width, and SIGINT restores the terminal",
        ).config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                netns.inside("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1")
                val directory = tempdir()
                val typescript = directory.resolve("typescript").apply { createNewFile() }
                val pid = directory.resolve("pid")
                val command = (nfkitCommand + listOf("top", "--netns", netns.name, "-i", "200ms")).joinToString(" ")
                Pinging(netns).use {
                    val script =
                        ProcessBuilder(
                            listOf("script", "-q", "-f", "-c") +
                                "stty cols 45 rows 8; echo $$ > ${pid.path}; exec $command" + typescript.path,
                        ).redirectOutput(ProcessBuilder.Redirect.DISCARD).start()
                    await("rates on the screen") { Regex("\\d k .*icmp").findAll(typescript.readText()).count() > 2 }
                    run("kill", "-INT", pid.readText().trim())
                    script.waitFor(BOUND_SECONDS, TimeUnit.SECONDS) shouldBe true
                }
                val shown = typescript.readText()
                shown shouldContain ENTER
                shown.substringBeforeLast("\nScript done") shouldEndWith LEAVE
                val screen = shown.substringBeforeLast(LEAVE).substringAfterLast("\u001b[H").substringBefore("\u001b[J")
                val lines = screen.split("\u001b[K").map { it.trim('\r', '\n') }
                lines.maxOf { it.length } shouldBeLessThanOrEqual 45
                screen shouldContain "PROTO"
                screen shouldContain "icmp"
            }
        }

        test("if the kernel does not count, it ends with code 2 and advice").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                netns.inside("sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=6000")
                netns.udp(1)
                val ran = run(nfkitCommand + listOf("top", "--netns", netns.name, "--once"))
                ran.code shouldBe 2
                ran.err shouldContain "net.netfilter.nf_conntrack_acct=1"
            }
        }
    })
