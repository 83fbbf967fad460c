// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay

import dev.nfkit.Bytes
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.samples.cli.conntrack.print.nest
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.replayed
import dev.nfkit.samples.cli.run.Failure
import dev.nfkit.samples.cli.traceNames
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import java.io.ByteArrayOutputStream
import java.nio.ByteOrder

private fun printed(
    trace: Trace,
    json: Boolean = true,
): List<String> {
    val out = ByteArrayOutputStream()
    ReplayCommand.replay(trace, "recording", json, TextOutput(out)) shouldBe 0
    return out.toString(Charsets.UTF_8).lines().filter { it.isNotEmpty() }
}

private fun verdicts(trace: Trace): List<Map<*, *>?> = printed(trace).map { parseJson(it)["verdict"] as Map<*, *>? }

/** A recording under construction, of a host of either byte order. */
private class Recording(
    private val order: ByteOrder,
) {
    private val entries = mutableListOf<TraceEntry>()

    private fun add(
        kind: TraceKind,
        datagram: ByteArray,
    ) = apply { entries += TraceEntry(kind, 5, Netlink.NETLINK_NETFILTER, Bytes.of(*datagram), false, null) }

    fun from(datagram: ByteArray) = add(TraceKind.FROM_KERNEL, datagram)

    fun packet(
        id: Long,
        queue: Int = 0,
    ) = from(
        SampleNfqueue
            .of(SamplePackets.udp4(1))
            .queue(queue)
            .id(id)
            .toDatagram(order),
    )

    private fun bytes(write: MessageWriter.() -> Unit): ByteArray {
        val datagram = MessageWriter(4096, order).apply(write).datagram()
        return ByteArray(datagram.remaining()).also { datagram.get(it) }
    }

    private fun header(
        number: Long,
        id: Long,
    ) = Bytes.of(*ByteArray(8)).toArray().also {
        java.nio.ByteBuffer
            .wrap(it)
            .putInt(number.toInt())
            .putInt(id.toInt())
    }

    private fun message(
        id: Long,
        number: Int,
        batch: Boolean,
        sequence: Long,
        queue: Int,
        more: MessageWriter.() -> Unit,
    ) = bytes {
        val type = if (batch) NfqueueConfig.NFQNL_MSG_VERDICT_BATCH else NfqueueConfig.NFQNL_MSG_VERDICT
        begin(type, Netlink.NLM_F_REQUEST, sequence).nfgenmsg(0, queue)
        bytes(NfqueueAttribute.VERDICT_HDR.code(), *header(number.toLong(), id))
        more()
        end()
    }

    fun verdict(
        id: Long,
        number: Int = NfqueueConfig.NF_ACCEPT,
        batch: Boolean = false,
        sequence: Long = 0,
        queue: Int = 0,
        more: MessageWriter.() -> Unit = {},
    ) = add(TraceKind.TO_KERNEL, message(id, number, batch, sequence, queue, more))

    /** The kernel's answer, which quotes the complete verdict or only its header. */
    fun error(
        errno: Int,
        id: Long,
        sequence: Long = 0,
        capped: Boolean = false,
        batch: Boolean = false,
    ) = from(
        bytes {
            begin(Netlink.NLMSG_ERROR, if (capped) Netlink.NLM_F_CAPPED else 0, sequence)
            rawHost32(-errno)
            val quoted = message(id, NfqueueConfig.NF_ACCEPT, batch, sequence, 0) {}
            raw(*if (capped) quoted.copyOf(Netlink.NLMSG_HDRLEN) else quoted)
            end()
        },
    )

    fun trace() = Trace(entries, order)
}

class ReplayQueueSpec :
    FunSpec({
        val accepted = mapOf("verdict" to "NF_ACCEPT")

        context("every recorded packet is one JSON object with the schema's names and the verdict") {
            val keys =
                (
                    "kind time time_source family family_name queue packet_id hw_protocol hw_protocol_name hook mark " +
                        "timestamp ifindex_indev ifname_indev ifindex_outdev ifname_outdev ifindex_physindev " +
                        "ifname_physindev ifindex_physoutdev ifname_physoutdev hwaddr uid gid cap_len skb_info " +
                        "skb_info_names secctx vlan l2hdr ct ct_info ct_state ct_direction priority cgroup_classid " +
                        "payload truncated original_length protocol protocol_name src dst sport dport verdict"
                ).split(" ")
            for (attribute in NfqueueAttribute.entries) {
                val written = setOf(NfqueueAttribute.PACKET_HDR, NfqueueAttribute.VERDICT_HDR, NfqueueAttribute.EXP)
                if (attribute !in written) {
                    keys shouldContain attribute.key()
                }
            }
            withData(traceNames("nfqueue").also { it.shouldNotBeEmpty() }) { name ->
                val packets = printed(replayed(name)).map(::parseJson).filter { "queue" in it }
                packets.shouldNotBeEmpty()
                for (packet in packets) {
                    packet.keys.toList() shouldBe packet.keys.sortedBy(keys::indexOf)
                    (packet.keys - keys.toSet()) shouldBe emptySet()
                    packet.keys.containsAll(listOf("family", "queue", "packet_id", "truncated", "verdict")) shouldBe
                        true
                }
            }
        }

        test("drops and accepts are printed with their packets") {
            verdicts(replayed("nfqueue-accept-drop")).map { it?.get("verdict") } shouldContainExactly
                List(9) { if (it % 3 == 2) "NF_DROP" else "NF_ACCEPT" }
        }

        test("a batch verdict is printed with all packets that it covers") {
            verdicts(replayed("nfqueue-batch-verdict")) shouldContainExactly
                List(8) { mapOf("verdict" to "NF_ACCEPT", "mark" to 0x77L, "batch" to if (it < 4) 4L else 8L) }
        }

        test("a changed payload and a connection's mark are printed") {
            verdicts(replayed("nfqueue-mangle")).first()!!.let {
                it["mark"] shouldBe 0x42L
                (it["payload"] as String).length shouldBe 2 * 62
            }
            verdicts(replayed("nfqueue-conntrack-connmark")).first()!!["ct"] shouldBe mapOf("mark" to 0xbeefL)
        }

        test("a line has the verdict after an arrow") {
            printed(replayed("nfqueue-mangle"), json = false).first() shouldEndWith
                "nfqueue:3 #1  LOCAL_OUT out ifindex 2  UDP 10.9.0.1:45012 > 10.9.0.2:6000, 40 bytes" +
                "  -> NF_ACCEPT, mark 0x42, payload of 62 bytes"
            printed(replayed("nfqueue-batch-verdict"), json = false).first() shouldEndWith
                "-> NF_ACCEPT, mark 0x77, for all up to #4"
        }

        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            context("recorded on a host that is $order") {
                test("a batch excludes decided packets, other queues and later ids, across the wrap") {
                    val trace =
                        Recording(order)
                            .packet(0xffff_fffeL)
                            .packet(0xffff_ffffL)
                            .packet(0)
                            .packet(1)
                            .packet(0, queue = 1)
                            .verdict(0xffff_ffffL, NfqueueConfig.NF_DROP)
                            .verdict(0, batch = true)
                            .trace()
                    val batch = accepted + ("batch" to 0L)
                    verdicts(trace) shouldContainExactly listOf(batch, mapOf("verdict" to "NF_DROP"), batch, null, null)
                }

                test("the kernel's refusal is printed with the verdict that it quotes") {
                    val trace =
                        Recording(order)
                            .packet(1)
                            .packet(2)
                            .packet(3)
                            .verdict(1)
                            .verdict(2)
                            .verdict(3, sequence = 9)
                            .error(2, id = 1)
                            .error(22, id = 0, sequence = 9, capped = true)
                            .trace()
                    verdicts(trace) shouldContainExactly
                        listOf(accepted + ("error" to "ENOENT"), accepted, accepted + ("error" to "EINVAL"))
                    printed(trace, json = false).first() shouldContain "-> NF_ACCEPT, refused: ENOENT"
                }

                test("a verdict after a refusal replaces it, and a verdict after a verdict does not") {
                    val trace =
                        Recording(order)
                            .packet(1)
                            .packet(2)
                            .verdict(1, sequence = 1)
                            .error(22, id = 1, sequence = 1)
                            .verdict(1, NfqueueConfig.NF_DROP, sequence = 2)
                            .verdict(2, sequence = 3)
                            .verdict(2, NfqueueConfig.NF_DROP, sequence = 4)
                            .error(2, id = 2, sequence = 4)
                            .trace()
                    verdicts(trace) shouldContainExactly listOf(mapOf("verdict" to "NF_DROP"), accepted)
                }

                test("ids restart after another binding") {
                    val trace =
                        Recording(
                            order,
                        ).packet(1).verdict(1).packet(1).verdict(1, NfqueueConfig.NF_DROP).trace()
                    verdicts(trace) shouldContainExactly listOf(accepted, mapOf("verdict" to "NF_DROP"))
                }

                test("other queues, priorities and VLAN tags are printed by name") {
                    val trace =
                        Recording(order)
                            .packet(1)
                            .verdict(1, 5 shl 16 or 0x8000 or NfqueueConfig.NF_QUEUE) {
                                be32(NfqueueAttribute.PRIORITY.code(), 0xffff_ffffL)
                                val nest = beginNest(NfqueueAttribute.VLAN.code())
                                be16(1, 0x8100)
                                be16(2, 77)
                                endNest(nest)
                            }.trace()
                    verdicts(trace).single() shouldBe
                        mapOf(
                            "verdict" to "NF_QUEUE",
                            "queue" to 5L,
                            "bypass" to true,
                            "vlan" to mapOf("proto" to 0x8100L, "proto_name" to "802.1q", "tci" to 77L),
                            "priority" to 0xffff_ffffL,
                        )
                }
            }
        }

        test("queued and logged packets of one recording are both printed") {
            val order = ByteOrder.nativeOrder()
            val lines =
                printed(Recording(order).packet(1).from(SampleNflog.of(byteArrayOf(1)).toDatagram(order)).trace())
            lines.map { parseJson(it)["kind"] } shouldContainExactly listOf("queued_packet", "logged_packet")
        }

        test("malformed packets and verdicts are reported in one line with code 1, and the others are printed") {
            val order = ByteOrder.nativeOrder()
            val out = ByteArrayOutputStream()
            val short = SampleNfqueue.of(byteArrayOf(1)).attribute(NfqueueAttribute.MARK.code(), 1).toDatagram(order)
            val trace =
                Recording(order)
                    .packet(1)
                    .from(short)
                    .verdict(1) { bytes(NfqueueAttribute.PRIORITY.code(), 1) }
                    .packet(2)
                    .verdict(2)
                    .trace()
            val failure = shouldThrow<Failure> { ReplayCommand.replay(trace, "recording", true, TextOutput(out)) }
            failure.exitCode() shouldBe 1
            failure.message shouldContain "recording: 2 malformed, the first: "
            out.toString(Charsets.UTF_8).lines().count { it.isNotEmpty() } shouldBe 2
        }
    })
