// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.BytesView
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueAttribute.CAP_LEN
import dev.nfkit.nfqueue.NfqueueAttribute.CGROUP_CLASSID
import dev.nfkit.nfqueue.NfqueueAttribute.CT
import dev.nfkit.nfqueue.NfqueueAttribute.CT_INFO
import dev.nfkit.nfqueue.NfqueueAttribute.EXP
import dev.nfkit.nfqueue.NfqueueAttribute.GID
import dev.nfkit.nfqueue.NfqueueAttribute.HWADDR
import dev.nfkit.nfqueue.NfqueueAttribute.IFINDEX_INDEV
import dev.nfkit.nfqueue.NfqueueAttribute.IFINDEX_OUTDEV
import dev.nfkit.nfqueue.NfqueueAttribute.IFINDEX_PHYSINDEV
import dev.nfkit.nfqueue.NfqueueAttribute.IFINDEX_PHYSOUTDEV
import dev.nfkit.nfqueue.NfqueueAttribute.L2HDR
import dev.nfkit.nfqueue.NfqueueAttribute.MARK
import dev.nfkit.nfqueue.NfqueueAttribute.PACKET_HDR
import dev.nfkit.nfqueue.NfqueueAttribute.PAYLOAD
import dev.nfkit.nfqueue.NfqueueAttribute.PRIORITY
import dev.nfkit.nfqueue.NfqueueAttribute.SECCTX
import dev.nfkit.nfqueue.NfqueueAttribute.SKB_INFO
import dev.nfkit.nfqueue.NfqueueAttribute.TIMESTAMP
import dev.nfkit.nfqueue.NfqueueAttribute.UID
import dev.nfkit.nfqueue.NfqueueAttribute.VERDICT_HDR
import dev.nfkit.nfqueue.NfqueueAttribute.VLAN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

/** Formats each field of a packet as text; absent fields are omitted. */
private val FIELDS: List<Triple<NfqueueAttribute, String, (QueuedPacket) -> Any>> =
    listOf(
        Triple(PACKET_HDR, "id") { it.id() },
        Triple(PACKET_HDR, "hw_protocol") { it.hwProtocol() },
        Triple(PACKET_HDR, "hook") { it.hook().name() },
        Triple(MARK, "mark") { it.mark() },
        Triple(TIMESTAMP, "timestamp") { seconds(it.timestampNanos()) },
        Triple(IFINDEX_INDEV, "ifindex_indev") { it.inInterface() },
        Triple(IFINDEX_OUTDEV, "ifindex_outdev") { it.outInterface() },
        Triple(IFINDEX_PHYSINDEV, "ifindex_physindev") { it.physInInterface() },
        Triple(IFINDEX_PHYSOUTDEV, "ifindex_physoutdev") { it.physOutInterface() },
        Triple(HWADDR, "hwaddr") { it.hardwareAddress().toString().replace(":", "") },
        Triple(CT, "ct") { it.bytes(CT).toHex() },
        Triple(CT_INFO, "ct_info") { it.conntrackInfo().number() },
        Triple(CAP_LEN, "cap_len") { it.originalLength() },
        Triple(SKB_INFO, "skb_info") { it.skbInfo() },
        Triple(UID, "uid") { it.uid() },
        Triple(GID, "gid") { it.gid() },
        Triple(SECCTX, "secctx") { it.securityContext() },
        Triple(VLAN, "vlan") { "${it.vlan().protocol()}/${it.vlan().tci()}" },
        Triple(L2HDR, "l2hdr") { it.l2Header().toHex() },
        Triple(PRIORITY, "priority") { it.priority() },
        Triple(CGROUP_CLASSID, "cgroup_classid") { it.cgroupClassId() },
        Triple(PAYLOAD, "payload") { it.payload().toHex() },
    )

private fun describe(packet: QueuedPacket): String =
    listOf("packet", "family=${packet.family().number()}", "queue=${packet.queue()}")
        .plus(FIELDS.filter { packet.has(it.first) }.map { (_, name, read) -> "$name=${read(packet)}" })
        .plus("received=${seconds(packet.receivedAtNanos())}")
        .joinToString(" ")

private fun resource(name: String) =
    checkNotNull(NfqueueTracesSpec::class.java.getResourceAsStream("/traces/nfqueue/$name")) { "no resource $name" }

/** The fields that an independent decoder, which only knows the protocol's tables, found in a recording. */
private fun expected(name: String) = resource("$name.expected").bufferedReader().readLines()

private fun trace(name: String) = resource("$name.pcap").use { Trace.read(it, name) }

private fun replay(
    name: String,
    queue: Int,
    decide: (QueuedPacket) -> Verdict,
): NfqueueSession {
    val options = NfqueueOptions.builder().queue(queue).build()
    val session = NfqueueSession.open(ReplayTransport.lenient(trace(name)), options)
    session.use {
        while (it.poll(Decider<RuntimeException>(decide), Duration.ofSeconds(10)) >= 0) {
            // until the recording ends
        }
    }
    return session
}

/** The verdicts of a recording, by the schema. */
private fun verdicts(trace: Trace): List<String> {
    val found = mutableListOf<String>()
    for (entry in trace.entries().filter { it.kind() == TraceKind.TO_KERNEL }) {
        val datagram = entry.datagram()
        val message = MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), trace.order())
        while (message.next()) {
            when (message.type()) {
                NFQNL_MSG_VERDICT -> found += verdict("verdict", message)
                NFQNL_MSG_VERDICT_BATCH -> found += verdict("batch", message)
            }
        }
    }
    return found
}

private fun verdict(
    kind: String,
    message: MessageCursor,
): String {
    val values = mutableMapOf<NfqueueAttribute, String>()
    val cursor = AttributeCursor().wrap(message, kind)
    while (cursor.next()) {
        val attribute = NfqueueAttribute.SCHEMA.find(cursor.type()).orElseThrow() as NfqueueAttribute
        values[attribute] =
            when (attribute) {
                VERDICT_HDR -> cursor.bytes(BytesView()).let { "verdict=${it.u32(0)} id=${it.u32(4)}" }
                MARK, PRIORITY -> "${attribute.key()}=${cursor.be32()}"
                else -> "${attribute.key()}=${cursor.bytes(BytesView()).toHex()}"
            }
    }
    val order = listOf(VERDICT_HDR) + FIELDS.map { it.first }.distinct()
    return (listOf(kind, "queue=${message.resId()}") + order.mapNotNull { values[it] }).joinToString(" ")
}

private class Recorded(
    val name: String,
    val queue: Int,
    val packets: Int,
    val verdicts: Int,
)

class NfqueueTracesSpec :
    FunSpec({
        val traces =
            listOf(
                Recorded("nfqueue-accept-drop", 1, 9, 9),
                Recorded("nfqueue-batch-verdict", 2, 8, 2),
                Recorded("nfqueue-conntrack-connmark", 4, 2, 2),
                Recorded("nfqueue-mangle", 3, 3, 3),
                Recorded("nfqueue-nogso", 6, 46, 46),
                Recorded("nfqueue-overflow", 7, 5, 5),
            )

        test("every field that the kernel sends is compared") {
            FIELDS.map { it.first }.toSet() shouldBe NfqueueAttribute.entries.toSet() - setOf(VERDICT_HDR, EXP)
        }

        for (recorded in traces) {
            val name = recorded.name

            test("$name replays into typed packets, field by field, while the session answers each") {
                val seen = mutableListOf<String>()
                val session =
                    replay(name, recorded.queue) {
                        seen += describe(it)
                        if (it.id() % 3 == 0L) Verdict.DROP else it.accept().mark(it.id())
                    }
                seen shouldContainExactly expected(name).filter { it.startsWith("packet ") }
                with(session.statistics()) {
                    received().delivered() shouldBe recorded.packets
                    received().malformed() shouldBe 0
                    received().truncatedDatagrams() shouldBe 0
                    decided() shouldBe recorded.packets
                    refused() shouldBe 0
                }
            }

            test("$name gives the same from owned copies, after the session has ended") {
                val copies = mutableListOf<QueuedPacket>()
                replay(name, recorded.queue) {
                    copies += it.copy()
                    Verdict.ACCEPT
                }
                copies.map(::describe) shouldContainExactly expected(name).filter { it.startsWith("packet ") }
            }

            test("$name contains the recorded verdicts, attribute by attribute") {
                val found = verdicts(trace(name))
                found shouldContainExactly expected(name).filterNot { it.startsWith("packet ") }
                found.size shouldBe recorded.verdicts
            }
        }

        test("a recording's packets may be held and answered in reverse while it replays") {
            val held = mutableListOf<QueuedPacket>()
            val options = NfqueueOptions.builder().queue(7).build()
            NfqueueSession.open(ReplayTransport.lenient(trace("nfqueue-overflow")), options).use { session ->
                while (held.size < 5) {
                    session.poll(
                        Decider<RuntimeException> {
                            held += it.hold()
                            Verdict.HELD
                        },
                        Duration.ofSeconds(10),
                    ) shouldBe 1
                }
                held.reversed().forEach { it.answer(Verdict.ACCEPT) shouldBe true }
                session.statistics().answered() shouldBe 5
                session.poll(Decider<RuntimeException> { Verdict.DROP }, Duration.ZERO) shouldBe -1
            }
        }

        test("a truncated payload is marked, with its original length") {
            replay("nfqueue-nogso", 6) {
                it.truncated() shouldBe it.has(CAP_LEN)
                it.originalLength() shouldBe it.payload().u16(2)
                Verdict.ACCEPT
            }
        }
    })
