// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.trace.PacketPath
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.PacketPathSink
import dev.nfkit.nftables.trace.PacketPaths
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.TestPacket
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.ByteArrayOutputStream
import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.time.ZoneOffset

private const val RULES = """
    table inet filter {
        chain input {
            type filter hook input priority filter; policy drop;
            udp dport 53 jump dns
            udp dport 54 accept
            udp dport 55 drop comment "no 55"
        }
        chain dns {
            meta mark set 0x00000007
            udp sport 1000 return
        }
    }
"""

/** Traced packets of a kernel in memory. */
private class Traced(
    rules: String = RULES,
) : AutoCloseable {
    private val kernel = FakeNetfilter(TestClock.manual())

    init {
        kernel.kernel().networkInterface(2, "eth0")
    }

    private val client = Nftables.open(kernel).also { it.commit(Batch().add(Ruleset.parse(rules))) }
    val session: PacketPaths = PacketPaths.open(kernel, PacketPathOptions.builder().rule("").build())
    private val bytes = ByteArrayOutputStream()
    val output = TextOutput(bytes)

    fun packet(vararg packet: Byte): PacketPath {
        val found = mutableListOf<PacketPath>()
        kernel
            .packets()
            .of(packet)
            .`in`("eth0")
            .connection(TestPacket.ConnectionState.NEW)
            .toInput()
        session.poll(PacketPathSink<RuntimeException> { found += it }, Duration.ZERO)
        return found.single()
    }

    fun udp(port: Int): PacketPath = packet(*SamplePackets.udp("10.0.0.1", 1000, "10.0.0.2", port))

    fun printer(json: Boolean = false) = PathPrinter(session, kernel.kernel(), json, output)

    fun dropped(json: Boolean = false): DroppedPrinter {
        val clock = Clock.fixed(Instant.ofEpochSecond(3_723, 456_000), ZoneOffset.UTC)
        return DroppedPrinter(session, kernel.kernel(), json, output, clock)
    }

    fun lines(): List<String> {
        output.flush()
        return bytes.toString(Charsets.UTF_8).lines().dropLast(1)
    }

    override fun close() {
        session.close()
        client.close()
    }
}

/** What `explain` and `capture --dropped` print. */
class PathsSpec :
    FunSpec({
        test("a path is printed chain by chain and rule by rule, without the command's own table") {
            Traced().use { traced ->
                traced.printer().path(traced.udp(53)) shouldBe true
                traced.lines().map { it.replace(Regex("handle \\d+"), "handle N") } shouldContainExactly
                    listOf(
                        "packet 1  UDP 10.0.0.1:1000 > 10.0.0.2:53, 28 bytes, in eth0",
                        "  inet filter input (hook input, priority 0)  ct new",
                        "    handle N: udp dport 53 jump dns -> jump dns",
                        "  inet filter dns",
                        "    handle N: meta mark set 0x00000007  mark 0x7",
                        "    handle N: udp sport 1000 return -> return",
                        "  inet filter input",
                        "    policy -> drop",
                        "  dropped",
                    )
            }
        }

        test("a path as JSON has the packet, the passes with their steps, and the outcome") {
            Traced().use { traced ->
                traced.printer(json = true).path(traced.udp(55))
                val line = traced.lines().single()
                Examples.check(line.replace(Regex("\"id\":\\d+"), "\"id\":1846519221"))
                val json = parseJson(line)
                json.keys.toList() shouldContainExactly
                    listOf(
                        "kind",
                        "time",
                        "time_source",
                        "id",
                        "family",
                        "protocol",
                        "protocol_name",
                        "src",
                        "dst",
                        "sport",
                        "dport",
                        "original_length",
                        "network_header",
                        "transport_header",
                        "outcome",
                        "complete",
                        "passes",
                    )
                json["outcome"] shouldBe "dropped"
                line shouldContain "\"src\":\"10.0.0.1\",\"dst\":\"10.0.0.2\",\"sport\":1000,\"dport\":55"
                line shouldContain "\"table\":\"filter\",\"chain\":\"input\",\"hook\":\"input\",\"prio\":0"
                line shouldContain "\"ct_state\":\"new\",\"ct_direction\":\"original\""
                line shouldContain "\"rule\":\"udp dport 55 drop comment \\\"no 55\\\"\",\"verdict\":\"drop\""
                line shouldContain "\"mark\":0}],\"verdict\":\"drop\"}"
                line shouldNotContain "nfkit-"
            }
        }

        test("a jump has its target, a policy and the end of a chain have no rule") {
            Traced().use { traced ->
                traced.printer(json = true).path(traced.udp(53))
                val line = traced.lines().single()
                line shouldContain "\"verdict\":\"jump\",\"target\":\"dns\""
                line shouldContain "{\"type\":\"end\",\"chain\":\"input\",\"verdict\":\"continue\",\"mark\":7}"
                line shouldContain "{\"type\":\"policy\",\"chain\":\"input\",\"verdict\":\"drop\",\"mark\":7}"
            }
        }

        test("a dropped packet is a line with the rule, others are none") {
            Traced().use { traced ->
                val printer = traced.dropped()
                printer.path(traced.udp(54)) shouldBe false
                printer.path(traced.udp(55)) shouldBe true
                printer.path(traced.udp(56)) shouldBe true
                traced.lines().map { it.replace(Regex("handle \\d+"), "handle N") } shouldContainExactly
                    listOf(
                        "01:02:03.000456  UDP 10.0.0.1:1000 > 10.0.0.2:55, 28 bytes, in eth0" +
                            "  dropped by inet filter input handle N: udp dport 55 drop comment \"no 55\"",
                        "01:02:03.000456  UDP 10.0.0.1:1000 > 10.0.0.2:56, 28 bytes, in eth0" +
                            "  dropped by inet filter input: policy drop",
                    )
            }
        }

        test("text from outside cannot control the terminal") {
            val rules = "table inet t { chain c { type filter hook input priority 0; drop comment \"\u001b[2J\" } }"
            Traced(rules).use { traced ->
                traced.dropped().path(traced.udp(1))
                traced.printer().path(traced.udp(1))
                traced.printer(json = true).path(traced.udp(1))
                traced.lines().any { line -> line.any { it.code < 32 } } shouldBe false
            }
        }

        test("headers that the trace has not cut are joined, with the packet's own length") {
            Traced().use { traced ->
                val headers = TracedHeaders().read(traced.packet(*SamplePackets.udp6(*ByteArray(100))))
                headers.isIp shouldBe true
                headers.bytes().length() shouldBe 60
                headers.originalLength() shouldBe 148
                headers.ip().hasPorts() shouldBe true
            }
        }
    })
