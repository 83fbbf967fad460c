// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogAttribute.CT
import dev.nfkit.nflog.NflogAttribute.CT_INFO
import dev.nfkit.nflog.NflogAttribute.GID
import dev.nfkit.nflog.NflogAttribute.HWADDR
import dev.nfkit.nflog.NflogAttribute.HWHEADER
import dev.nfkit.nflog.NflogAttribute.HWLEN
import dev.nfkit.nflog.NflogAttribute.HWTYPE
import dev.nfkit.nflog.NflogAttribute.IFINDEX_INDEV
import dev.nfkit.nflog.NflogAttribute.IFINDEX_OUTDEV
import dev.nfkit.nflog.NflogAttribute.IFINDEX_PHYSINDEV
import dev.nfkit.nflog.NflogAttribute.IFINDEX_PHYSOUTDEV
import dev.nfkit.nflog.NflogAttribute.L2HDR
import dev.nfkit.nflog.NflogAttribute.MARK
import dev.nfkit.nflog.NflogAttribute.PACKET_HDR
import dev.nfkit.nflog.NflogAttribute.PAYLOAD
import dev.nfkit.nflog.NflogAttribute.PREFIX
import dev.nfkit.nflog.NflogAttribute.SEQ
import dev.nfkit.nflog.NflogAttribute.SEQ_GLOBAL
import dev.nfkit.nflog.NflogAttribute.TIMESTAMP
import dev.nfkit.nflog.NflogAttribute.UID
import dev.nfkit.nflog.NflogAttribute.VLAN
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.trace.Trace
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

/** Formats each field of a packet as text; absent fields are omitted. */
private val FIELDS: List<Triple<NflogAttribute, String, (NflogPacket) -> Any>> =
    listOf(
        Triple(PACKET_HDR, "hw_protocol") { it.hwProtocol() },
        Triple(PACKET_HDR, "hook") { it.hook().name() },
        Triple(MARK, "mark") { it.mark() },
        Triple(TIMESTAMP, "timestamp") { seconds(it.timestampNanos()) },
        Triple(IFINDEX_INDEV, "ifindex_indev") { it.inInterface() },
        Triple(IFINDEX_OUTDEV, "ifindex_outdev") { it.outInterface() },
        Triple(IFINDEX_PHYSINDEV, "ifindex_physindev") { it.physInInterface() },
        Triple(IFINDEX_PHYSOUTDEV, "ifindex_physoutdev") { it.physOutInterface() },
        Triple(HWADDR, "hwaddr") { it.hardwareAddress().toString().replace(":", "") },
        Triple(HWTYPE, "hwtype") { it.hardwareType() },
        Triple(HWLEN, "hwlen") { it.hardwareHeaderLength() },
        Triple(HWHEADER, "hwheader") { it.hardwareHeader().toHex() },
        Triple(UID, "uid") { it.uid() },
        Triple(GID, "gid") { it.gid() },
        Triple(PREFIX, "prefix") { "\"${it.prefix()}\"" },
        Triple(SEQ, "seq") { it.sequence() },
        Triple(SEQ_GLOBAL, "seq_global") { it.sequenceGlobal() },
        Triple(VLAN, "vlan") { "${it.vlan().protocol()}/${it.vlan().tci()}" },
        Triple(L2HDR, "l2hdr") { it.l2Header().toHex() },
        Triple(CT, "ct") { it.bytes(CT).toHex() },
        Triple(CT_INFO, "ct_info") { it.conntrackInfo().number() },
        Triple(PAYLOAD, "payload") { it.payload().toHex() },
    )

internal fun seconds(nanos: Long) = "%d.%06d".format(nanos / 1_000_000_000, nanos / 1000 % 1_000_000)

internal fun describeNflog(packet: NflogPacket): String =
    listOf("family=${packet.family().number()}", "group=${packet.group()}")
        .plus(FIELDS.filter { packet.has(it.first) }.map { (_, name, read) -> "$name=${read(packet)}" })
        .plus("received=${seconds(packet.receivedAtNanos())}")
        .joinToString(" ")

internal fun nflogResource(name: String) =
    checkNotNull(NflogTracesSpec::class.java.getResourceAsStream("/traces/nflog/$name")) { "no resource $name" }

/** The fields that an independent decoder, which only knows the protocol's tables, found in a recording. */
private fun expected(name: String) = nflogResource("$name.expected").bufferedReader().readLines()

private fun replay(
    name: String,
    group: Int,
    sink: (NflogPacket) -> Unit,
): NflogSession {
    val trace = nflogResource("$name.pcap").use { Trace.read(it, name) }
    return replayNflog(trace, group, sink)
}

/** Reads the packets of a group from a recording or a capture, to its end. */
internal fun replayNflog(
    trace: Trace,
    group: Int,
    sink: (NflogPacket) -> Unit,
): NflogSession {
    val options = NflogOptions.builder().group(group) { it.sequence(false) }.build()
    val session = NflogSession.open(ReplayTransport.lenient(trace), options)
    session.use {
        while (it.poll<RuntimeException>(sink, Duration.ofSeconds(10)) >= 0) {
            // until the recording ends
        }
    }
    return session
}

class NflogTracesSpec :
    FunSpec({
        val traces =
            listOf(
                Triple("nflog-batched-qthresh", 7, 20),
                Triple("nflog-conntrack", 9, 10),
                Triple("nflog-ipv4-icmp", 1, 3),
                Triple("nflog-ipv6-tcp", 6, 7),
                Triple("nflog-prefix-mark-uid", 2, 2),
                Triple("nflog-seq-flags", 8, 5),
                Triple("nflog-vlan-bridge", 11, 14),
            )

        test("every field is compared") {
            FIELDS.map { it.first }.toSet() shouldBe NflogAttribute.entries.toSet()
        }

        for ((name, group, packets) in traces) {
            test("$name replays into typed packets, field by field") {
                val seen = mutableListOf<String>()
                val session = replay(name, group) { seen += describeNflog(it) }
                seen shouldContainExactly expected(name)
                session.statistics().delivered() shouldBe packets
                session.statistics().malformed() shouldBe 0
                session.statistics().truncatedDatagrams() shouldBe 0
            }

            test("$name gives the same from owned copies, after the session has ended") {
                val copies = mutableListOf<NflogPacket>()
                replay(name, group) { copies += it.copy() }
                copies.map(::describeNflog) shouldContainExactly expected(name)
            }
        }

        test("payloads of the recordings are complete, except with a short copy range") {
            replay("nflog-ipv6-tcp", 6) {
                it.truncated() shouldBe false
                it.originalLength() shouldBe it.payload().length()
            }
        }
    })
