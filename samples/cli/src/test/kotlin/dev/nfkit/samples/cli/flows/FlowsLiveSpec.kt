// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Running
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.parseJson
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.DatagramSocket
import java.net.InetAddress

private fun Netns.metered(counted: Boolean = true) {
    track()
    val value = if (counted) 1 else 0
    inside("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=$value", "net.netfilter.nf_conntrack_timestamp=$value")
}

/** Ends three connections of one packet, to port 7777. */
private fun Netns.connections() {
    udp(3, port = 7777)
    inside("conntrack", "-D", "-p", "udp", "--dport", "7777")
}

private fun flows(
    netns: Netns,
    vararg args: String,
) = Running("Metering connections", "flows", "--netns", netns.name, "--host", "test", "-p", "udp", *args)

private fun lines(text: String) = text.lines().filter { it.isNotEmpty() }

private fun freePort() = DatagramSocket(0, InetAddress.getLoopbackAddress()).use { it.localPort }

class FlowsLiveSpec :
    FunSpec({
        test("each connection is a line when it ends").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.metered()
                val ran =
                    flows(netns, "--dport", "7777", "-c", "3").use { nfkit ->
                        netns.udp(1, port = 7000)
                        netns.connections()
                        nfkit.ended()
                    }
                ran.code shouldBe 0
                lines(ran.out).size shouldBe 3
                for (line in lines(ran.out)) {
                    line shouldContain Regex("udp 127.0.0.1:\\d+ > 127.0.0.1:7777, 1 packet 33 bytes out, ")
                    line shouldContain ", deleted"
                }
                ran.err shouldContain Regex("nfkit flows: 3 records; .* 0 events lost in 0 losses")
                ran.err.contains("sysctl") shouldBe false
            }
        }

        for (transport in listOf("UDP", "TCP")) {
            test("what is exported over $transport is what is collected").config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    netns.metered()
                    val port = freePort()
                    val args = arrayOf("flows", "--collect", "127.0.0.1:$port", "--json")
                    Running("Receiving IPFIX on port $port", *args).use { collector ->
                        val tcp = if (transport == "TCP") arrayOf("--ipfix-tcp") else arrayOf()
                        val metered =
                            flows(netns, "--json", "--process", "--ipfix", "127.0.0.1:$port", *tcp).use { nfkit ->
                                netns.connections()
                                await("the records") { lines(nfkit.printed()).size >= 3 }
                                nfkit.signal("INT")
                            }
                        metered.code shouldBe 0
                        metered.err shouldContain ", 0 records not sent"
                        val sent = lines(metered.out).map(::parseJson)
                        await("the options of the end") { lines(collector.printed()).size >= sent.size + 2 }
                        val ran = collector.signal("TERM")
                        ran.code shouldBe 0
                        ran.err shouldContain " 0 records lost."
                        val (received, options) = lines(ran.out).map(::parseJson).partition { it["kind"] == "flow" }
                        received shouldContainExactlyInAnyOrder sent
                        options.map { it["options"] } shouldBe listOf(true, true)
                    }
                }
            }
        }

        test("a kernel that neither counts nor keeps times is reported once").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.metered(counted = false)
                val ran =
                    flows(netns, "-c", "3").use { nfkit ->
                        netns.connections()
                        nfkit.ended()
                    }
                for (sysctl in listOf("nf_conntrack_acct=1", "nf_conntrack_timestamp=1")) {
                    ran.err.lines().count { "sysctl -w net.netfilter.$sysctl" in it } shouldBe 1
                }
                lines(ran.out).forEach { it shouldContain ", not counted" }
            }
        }
    })
