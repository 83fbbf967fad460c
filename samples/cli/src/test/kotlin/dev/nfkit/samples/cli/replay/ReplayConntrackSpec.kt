// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackMessage
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.samples.cli.conntrack.print.address
import dev.nfkit.samples.cli.conntrack.print.datagram
import dev.nfkit.samples.cli.conntrack.print.tuples
import dev.nfkit.samples.cli.conntrack.print.web
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.replayed
import dev.nfkit.samples.cli.run.Failure
import dev.nfkit.samples.cli.trace
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.maps.shouldContainKey
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayOutputStream
import java.nio.ByteOrder

private fun printed(
    trace: Trace,
    json: Boolean,
): List<String> {
    val out = ByteArrayOutputStream()
    ReplayCommand.replay(trace, "recording", json, TextOutput(out)) shouldBe 0
    return out.toString(Charsets.UTF_8).lines().filter { it.isNotEmpty() }
}

private class Conversation(
    private val order: ByteOrder,
) {
    private val entries = mutableListOf<TraceEntry>()

    private fun add(
        kind: TraceKind,
        datagram: ByteArray,
    ) = apply {
        entries +=
            TraceEntry(
                kind,
                7_000_000_000L,
                Netlink.NETLINK_NETFILTER,
                Bytes.of(*datagram),
                false,
                null,
            )
    }

    fun asks(
        message: ConntrackMessage,
        sequence: Long,
        flags: Int = 0,
        attributes: MessageWriter.() -> Unit = {},
    ) = add(TraceKind.TO_KERNEL, datagram(message, flags, sequence, order, attributes = attributes))

    fun answers(
        message: ConntrackMessage,
        sequence: Long = 0,
        flags: Int = 0,
        attributes: MessageWriter.() -> Unit = {},
    ) = add(TraceKind.FROM_KERNEL, datagram(message, flags, sequence, order, attributes = attributes))

    private fun bytes(write: MessageWriter.() -> Unit): ByteArray {
        val datagram = MessageWriter(256, order).apply(write).datagram()
        return ByteArray(datagram.remaining()).also { datagram.get(it) }
    }

    fun done(
        sequence: Long,
        flags: Int = 0,
    ) = add(TraceKind.FROM_KERNEL, bytes { begin(Netlink.NLMSG_DONE, flags, sequence).rawHost32(0).end() })

    fun error(
        errno: Int,
        message: ConntrackMessage,
        sequence: Long,
    ) = add(
        TraceKind.FROM_KERNEL,
        bytes {
            begin(Netlink.NLMSG_ERROR, 0, sequence).rawHost32(-errno)
            raw(*datagram(message, 0, sequence, order) {}.copyOf(Netlink.NLMSG_HDRLEN))
            end()
        },
    )

    fun raw(datagram: ByteArray) = add(TraceKind.FROM_KERNEL, datagram)

    fun trace() = Trace(entries, order)
}

/** The members that every object has. */
private val head = setOf("kind", "time", "time_source")

class ReplayConntrackSpec :
    FunSpec({
        test("recorded events are those that conntrack(8) printed, between requests and answers") {
            val lines = printed(replayed("ctnetlink-events"), false)
            lines shouldHaveSize 43
            // The lines that the peer printed during the recording, without their times.
            lines[0].drop(17) shouldBe
                "    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=10.9.0.1 dst=10.9.0.2 sport=45022 dport=7000 " +
                "[UNREPLIED] src=10.9.0.2 dst=10.9.0.1 sport=7000 dport=45022 mark=102 id=1061612448"
            lines[9].drop(17) shouldBe
                " [UPDATE] ipv6     10 tcp      6 432000 ESTABLISHED src=fd09::1 dst=fd09::2 sport=45023 dport=7000 " +
                "src=fd09::2 dst=fd09::1 sport=7000 dport=45023 [ASSURED] mark=103 id=3879806649"
            lines[24].drop(17) shouldBe
                "[DESTROY] ipv4     2 udp      17 29 src=10.9.0.1 dst=10.9.0.2 sport=45024 dport=6000 packets=1 " +
                "bytes=40 [UNREPLIED] src=10.9.0.2 dst=10.9.0.1 sport=6000 dport=45024 packets=0 bytes=0 mark=102 " +
                "delta-time=1 id=862370011"
            lines[17] shouldContain Regex("^\\d\\d:\\d\\d:56\\.499341  -> IPCTNL_MSG_CT_GET dump$")
            lines[18] shouldContain "  <- ipv6     10 tcp      6 119 TIME_WAIT "
            lines[22] shouldContain "  <- done (IPCTNL_MSG_CT_GET)"
            lines[23] shouldContain "  -> IPCTNL_MSG_CT_DELETE ipv4 {\"tuple_orig\":{"
            lines[25] shouldContain "  <- ack (IPCTNL_MSG_CT_DELETE)"
        }

        test("each message is an object with its kind and time") {
            val objects = printed(replayed("ctnetlink-events"), true).map(::parseJson)
            objects.groupingBy { it["kind"] }.eachCount() shouldBe
                mapOf("conntrack_event" to 21, "conntrack_request" to 7, "conntrack_answer" to 15)
            objects.first() shouldContainKey "tuple_orig"
            objects.first()["time"] shouldBe "2026-11-20T20:39:55.268355Z"
            objects.map { it["kind"] to it["time_source"] }.toSet() shouldBe
                setOf(
                    "conntrack_event" to "received",
                    "conntrack_request" to "sent",
                    "conntrack_answer" to "received",
                    "conntrack_event" to "kernel",
                )
            objects.map { it["event"] }.filterNotNull().toSet() shouldBe setOf("new", "update", "destroy")
            objects.filter { it["request"] == "ct_get" && "dump" in it }.map { it["dump"] } shouldBe
                listOf(true, true, true)
        }

        test("a verdict's change of the connection is nested, and the dump that shows it follows the packets") {
            val objects = printed(replayed("nfqueue-conntrack-connmark"), true).map(::parseJson)
            (objects[0]["verdict"] as Map<*, *>)["ct"] shouldBe mapOf("mark" to 0xbeefL)
            (objects[1]["ct"] as Map<*, *>)["mark"] shouldBe 0xbeefL
            objects.drop(2).map { it["kind"] } shouldContainExactly
                listOf("conntrack_request", "conntrack_answer", "conntrack_answer")
        }

        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            context("recorded on a host of $order") {
                val udp = ConntrackTuple.udp(address("192.0.2.1"), 5, address("192.0.2.2"), 53)
                val text = "udp      17 src=192.0.2.1 dst=192.0.2.2 sport=5 dport=53"

                test("a requested entry is not an event, although it looks like one") {
                    val trace =
                        Conversation(order)
                            .answers(ConntrackMessage.CT_NEW, 4) { udp.writeTo(this, 1) }
                            .asks(ConntrackMessage.CT_GET, 5) { udp.writeTo(this, 1) }
                            .answers(ConntrackMessage.CT_NEW, 5) { udp.writeTo(this, 1) }
                            .asks(ConntrackMessage.CT_GET, 6)
                            .error(2, ConntrackMessage.CT_GET, 6)
                            .asks(ConntrackMessage.CT_NEW, 7, Netlink.NLM_F_CREATE or Netlink.NLM_F_EXCL)
                            .answers(ConntrackMessage.CT_NEW, 7, Netlink.NLM_F_CREATE or Netlink.NLM_F_EXCL) {
                                udp.writeTo(this, 1)
                            }.error(0, ConntrackMessage.CT_NEW, 7)
                            .trace()
                    val lines = printed(trace, false).map { it.substring(17) }
                    lines[0] shouldBe " [UPDATE] ipv4     2 $text"
                    lines[2] shouldBe "<- ipv4     2 $text"
                    lines.drop(3) shouldContainExactly
                        listOf(
                            "-> IPCTNL_MSG_CT_GET ipv4",
                            "<- ENOENT (IPCTNL_MSG_CT_GET)",
                            "-> IPCTNL_MSG_CT_NEW create ipv4",
                            "    [NEW] ipv4     2 $text",
                            "<- ack (IPCTNL_MSG_CT_NEW)",
                        )
                    val objects = printed(trace, true).map(::parseJson)
                    objects[4].toString() shouldBe
                        "{kind=conntrack_answer, time=1970-01-01T00:00:07.000000Z, time_source=received, " +
                        "answer=ENOENT, request=ct_get}"
                    objects[5].toString() shouldBe
                        "{kind=conntrack_request, time=1970-01-01T00:00:07.000000Z, time_source=sent, " +
                        "request=ct_new, create=true, excl=true, family=2, family_name=ipv4}"
                }

                test("expectations, counters and an interrupted dump are printed") {
                    val trace =
                        Conversation(order)
                            .asks(ConntrackMessage.EXP_GET, 1, Netlink.NLM_F_DUMP)
                            .answers(ConntrackMessage.EXP_NEW, 1, Netlink.NLM_F_MULTI) {
                                udp.writeTo(this, ExpectationAttribute.TUPLE.code())
                            }.done(1, Netlink.NLM_F_DUMP_INTR)
                            .answers(ConntrackMessage.EXP_NEW, 0, Netlink.NLM_F_CREATE)
                            .answers(ConntrackMessage.EXP_DELETE)
                            .answers(ConntrackMessage.CT_GET_STATS_CPU, 3, Netlink.NLM_F_MULTI) {
                                be32(StatisticsAttribute.FOUND.code(), 3)
                            }.done(99)
                            .trace()
                    printed(
                        trace,
                        true,
                    ).map(::parseJson).map { it - head - "family_name" - "tuple" } shouldContainExactly
                        listOf(
                            mapOf("request" to "exp_get", "dump" to true, "family" to 2L),
                            mapOf("answer" to "exp_new", "family" to 2L),
                            mapOf("answer" to "done", "request" to "exp_get", "interrupted" to true),
                            mapOf("event" to "expectation_new", "family" to 2L),
                            mapOf("event" to "expectation_destroy", "family" to 2L),
                            mapOf("answer" to "ct_get_stats_cpu", "cpu" to 0L, "found" to 3L),
                        )
                    printed(trace, false).map { it.substring(17) }.drop(1).dropLast(3) shouldContainExactly
                        listOf(
                            "<- proto=17 src=192.0.2.1 dst=192.0.2.2 sport=5 dport=53",
                            "<- interrupted (IPCTNL_MSG_EXP_GET)",
                        )
                }
            }
        }

        test("malformed messages are reported in one line with code 1, and the others are printed") {
            val order = ByteOrder.nativeOrder()
            val short = datagram(ConntrackMessage.CT_NEW) { bytes(ConntrackAttribute.STATUS.code(), 1) }
            val cut = datagram(ConntrackMessage.CT_NEW) { tuples(web) }.let { it.copyOf(it.size - 8) }
            val trace =
                Conversation(order)
                    .answers(ConntrackMessage.CT_NEW) { tuples(web) }
                    .raw(short)
                    .raw(cut)
                    .answers(ConntrackMessage.CT_DELETE) { tuples(web) }
                    .trace()
            for (json in listOf(true, false)) {
                val out = ByteArrayOutputStream()
                val failure = shouldThrow<Failure> { ReplayCommand.replay(trace, "recording", json, TextOutput(out)) }
                failure.exitCode() shouldBe 1
                failure.message shouldContain "recording: 2 malformed, the first: "
                out.toString(Charsets.UTF_8).lines().filter { it.isNotEmpty() } shouldHaveSize 2
            }
        }
    })
