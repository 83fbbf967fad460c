// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowDoubt
import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowReport
import dev.nfkit.flows.FlowTime
import dev.nfkit.flows.FlowTraffic
import dev.nfkit.flows.ipfix.DataRecord
import dev.nfkit.flows.ipfix.IpfixReader
import dev.nfkit.flows.ipfix.IpfixReaderOptions
import dev.nfkit.flows.ipfix.IpfixSink
import dev.nfkit.flows.ipfix.IpfixTransport
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessInfo
import dev.nfkit.process.UnknownReason
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain
import java.io.ByteArrayOutputStream
import java.math.BigInteger
import java.net.InetAddress
import java.nio.ByteBuffer
import java.time.Duration
import java.util.HexFormat
import java.util.Optional
import java.util.OptionalLong
import java.util.UUID

private const val START = 1_796_155_953_123_456_789L
private const val SECOND = 1_000_000_000L
private const val HOSTILE = "\u001b[31m\u202e\n"

private fun address(text: String) = InetAddress.getByName(text)

private fun curl(name: String = "curl") =
    Attribution.Known(
        ProcessInfo(
            812,
            Duration.ofSeconds(5),
            name,
            Optional.of("/usr/bin/curl"),
            listOf("curl", "https://192.0.2.9"),
            1000,
            Optional.of("/system.slice/update.service"),
        ),
    )

private fun flow(
    original: ConntrackTuple = ConntrackTuple.tcp(address("10.0.0.1"), 40_000, address("192.0.2.9"), 443),
    reply: ConntrackTuple = ConntrackTuple.tcp(address("192.0.2.9"), 443, address("203.0.113.7"), 41_234),
    state: Int = 7,
    reason: FlowEnd = FlowEnd.CLOSED,
    doubts: Set<FlowDoubt> = setOf(),
    process: Attribution = curl(),
    interfaceName: String? = "lan0",
    host: String = "fw1",
) = FlowRecord(
    host,
    UUID(0x0123456789abcdef, 0x0123456789abcdef),
    1_796_155_900_000_000_000,
    1,
    original,
    reply,
    0,
    7,
    BigInteger.ONE.shiftLeft(100).setBit(0),
    state,
    FlowTraffic(10, 2_000, 4, 800),
    FlowTraffic(8, 90_000, 3, 4_500),
    FlowTime.byKernel(START),
    FlowTime.byKernel(START + 2 * SECOND),
    FlowTime.byKernel(START + 5 * SECOND),
    reason,
    doubts,
    Optional.ofNullable(interfaceName),
    process,
)

private val LOSS =
    FlowLoss(
        "fw1",
        FlowLoss.Place.SOCKET,
        FlowTime.byKernel(START),
        FlowTime.atReceipt(START + 5 * SECOND),
        1_000,
        20,
        30,
        475,
    )

/** A record of another exporter: sourceIPv4Address, octetDeltaCount, an element of an unknown enterprise. */
private fun foreign(): DataRecord {
    val message =
        "000a003a 6a0ecb86 00000000 00000000" +
            "0002 0018 0100 0003 0008 0004 0001 0004 8009 0002 00001234" +
            "0100 0012 c0000201 000005dc abcd 0000 0000"
    val bytes = HexFormat.of().parseHex(message.replace(" ", ""))
    val seconds = (START + 5 * SECOND) / SECOND
    var record: DataRecord? = null
    val sink =
        object : IpfixSink<RuntimeException> {
            override fun report(report: FlowReport) = Unit

            override fun record(found: DataRecord) {
                record = found
            }
        }
    IpfixReader("127.0.0.1:2055", IpfixTransport.UDP, IpfixReaderOptions.defaults(), System::nanoTime)
        .read(ByteBuffer.wrap(bytes).putInt(4, seconds.toInt()), sink)
    return record!!
}

private fun line(print: FlowLines.(StringBuilder) -> Unit) = StringBuilder().also { FlowLines().print(it) }.toString()

private fun json(print: FlowJson.(StringBuilder) -> Unit) = StringBuilder().also { FlowJson().print(it) }.toString()

class FlowOutputSpec :
    FunSpec({
        test("each kind of object is the example") {
            Examples.check(json { flow(flow(), it) })
            Examples.check(json { loss(LOSS, it) })
            Examples.check(json { record(foreign(), it) })
            Examples.check(json { missing("127.0.0.1:2055", 0, 7, it) })
        }

        test("what is not known is left out") {
            val flow =
                flow(
                    original = ConntrackTuple.icmp(address("2001:db8::1"), address("2001:db8::2"), 7, 128, 0),
                    reply = ConntrackTuple.icmp(address("2001:db8::2"), address("2001:db8::1"), 7, 129, 0),
                    state = -1,
                    reason = FlowEnd.ACTIVE,
                    doubts = setOf(FlowDoubt.NOT_COUNTED, FlowDoubt.BEGINNING_UNSEEN),
                    process = Attribution.Unknown(UnknownReason.FORWARDED, OptionalLong.empty()),
                    interfaceName = null,
                )
            val parsed = parseJson(json { flow(flow, it) })
            parsed["source"] shouldBe mapOf("ip" to "2001:db8::1")
            parsed["network"] shouldBe mapOf("type" to "ipv6", "transport" to "icmpv6", "iana_number" to "58")
            parsed.keys.intersect(setOf("observer", "process", "user", "container")) shouldBe setOf()
            val own = parsed["nfkit"] as Map<*, *>
            own["process_unknown"] shouldBe "forwarded"
            own["icmp_type"] shouldBe 128L
            own["doubts"] shouldBe listOf("beginning unseen", "not counted")
            (parsed["event"] as Map<*, *>)["type"] shouldBe listOf("connection", "info")
        }

        test("a flow is a line") {
            line { flow(flow(), it) } shouldMatch
                Regex(
                    "\\d\\d:12:38\\.123 tcp 10\\.0\\.0\\.1:40000 > 192\\.0\\.2\\.9:443 nat 203\\.0\\.113\\.7:41234 > " +
                        "192\\.0\\.2\\.9:443, 4 packets 800 bytes out, 3 packets 4500 bytes back, 5\\.000 s, closed, " +
                        "TIME_WAIT, mark 0x7, lan0, curl \\(pid 812, uid 1000\\)",
                )
            val plain = ConntrackTuple.udp(address("::1"), 1, address("::2"), 53)
            val text =
                line {
                    flow(flow(plain, plain.inverted(), -1, FlowEnd.TIMED_OUT, setOf(FlowDoubt.NOT_COUNTED)), it)
                }
            text shouldContain " udp [::1]:1 > [::2]:53, 5.000 s, timed out, mark"
            text shouldEndWith "curl (pid 812, uid 1000), not counted"
            text shouldNotContain "nat"
        }

        test("a loss, a record of another exporter, and missing records are lines") {
            line { loss(LOSS, it) } shouldEndWith
                " LOST 1000 events (socket): 20 beginnings, 30 ends, 475 connections unseen"
            line { record(foreign(), it) } shouldEndWith
                " 127.0.0.1:2055 sourceIPv4Address=192.0.2.1 octetDeltaCount=1500 4660:9=abcd"
            line { missing("127.0.0.1:2055", 5, 7, it) } shouldBe
                "LOST 7 records of IPFIX from 127.0.0.1:2055, observation domain 5"
        }

        test("names from outside cannot change the terminal") {
            val flow = flow(process = curl(HOSTILE), interfaceName = HOSTILE, host = HOSTILE)
            for (text in listOf(line { flow(flow, it) }, json { flow(flow, it) })) {
                text.any { it < ' ' || it == '\u202e' } shouldBe false
            }
        }

        test("an output counts up to its limit; a quiet one prints losses only") {
            val bytes = ByteArrayOutputStream()
            val output = FlowOutput(TextOutput(bytes), FlowLines(), true, 2)
            output.report(flow())
            output.record(foreign())
            output.isFull shouldBe true
            output.report(flow())
            output.report(LOSS)
            output.lost("x", 0, 7)
            output.flush()
            output.records() shouldBe 2
            output.losses() shouldBe 2
            bytes
                .toString()
                .trim()
                .lines()
                .size shouldBe 2
        }
    })
