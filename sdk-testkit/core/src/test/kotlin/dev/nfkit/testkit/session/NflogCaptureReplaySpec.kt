// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogCaptureWriter
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.CaptureWriter
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapWriter
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.trace.Trace
import dev.nfkit.wire.MessageCursor
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.Codepoint
import io.kotest.property.arbitrary.az
import io.kotest.property.arbitrary.bind
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.OutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder

private val FORMATS = listOf("pcapng", "pcap")

private fun writer(
    format: String,
    stream: OutputStream,
    order: ByteOrder,
): CaptureWriter {
    if (format == "pcap") {
        return PcapWriter.microseconds(stream, order)
    }
    return PcapngWriter(stream, CaptureSection.create().withOrder(order))
}

private val TRACES =
    mapOf(
        "nflog-batched-qthresh" to 7,
        "nflog-conntrack" to 9,
        "nflog-ipv4-icmp" to 1,
        "nflog-ipv6-tcp" to 6,
        "nflog-prefix-mark-uid" to 2,
        "nflog-seq-flags" to 8,
        "nflog-vlan-bridge" to 11,
    )

/** Writes packets as a program captures them, and reads the file as a recording. */
private fun captured(
    format: String,
    order: ByteOrder,
    write: (NflogCaptureWriter) -> Unit,
): Trace {
    val stream = ByteArrayOutputStream()
    writer(format, stream, order).use { file ->
        write(NflogCaptureWriter(file, order, LinkType.NFLOG, FakeNetfilter().kernel()))
    }
    return Trace.read(ByteArrayInputStream(stream.toByteArray()), "capture.$format")
}

/** All that a packet has; its time of receipt, which a capture does not have, apart. */
private fun contents(packet: NflogPacket) = describeNflog(packet).substringBefore(" received=")

class NflogCaptureReplaySpec :
    FunSpec({
        for (format in FORMATS) {
            for ((name, group) in TRACES) {
                test("$name, captured as $format, replays into the same packets with the kernel's times") {
                    val recording = nflogResource("$name.pcap").use { Trace.read(it, name) }
                    val original = mutableListOf<NflogPacket>()
                    val capture =
                        captured(format, recording.order()) { writer ->
                            replayNflog(recording, group) {
                                writer.write(it) shouldBe true
                                original += it.copy()
                            }
                        }
                    capture.order() shouldBe recording.order()
                    val again = mutableListOf<NflogPacket>()
                    val session = replayNflog(capture, group) { again += it.copy() }
                    session.statistics().malformed() shouldBe 0
                    // A capture is in the order of time.
                    again.map(::contents).sorted() shouldContainExactly original.map(::contents).sorted()
                    val stamped = again.filter { it.has(NflogAttribute.TIMESTAMP) }
                    stamped.map { it.receivedAtNanos() } shouldContainExactly stamped.map { it.timestampNanos() }
                }
            }
        }

        test("packets of any group, prefix, mark, payload and time replay as they were captured") {
            val samples =
                Arb.bind(
                    Arb.int(0..3),
                    Arb.string(0..64, Codepoint.az()),
                    Arb.long(0L..0xffff_ffffL),
                    Arb.byteArray(Arb.int(0..100), Arb.byte()),
                    Arb.long(0L..1_000_000L),
                ) { group, prefix, mark, payload, micros ->
                    val sample = SampleNflog.of(payload).group(group).prefix(prefix)
                    sample.mark(mark) to micros * 1_000
                }
            checkAll(200, Arb.list(samples, 1..20)) { chosen ->
                // A capture is in the order of time.
                val ordered = chosen.sortedBy { it.second }
                for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                    val original = mutableListOf<NflogPacket>()
                    val capture =
                        captured("pcapng", order) { writer ->
                            for ((sample, nanos) in ordered) {
                                val bytes = sample.toDatagram(order)
                                val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order)
                                cursor.next() shouldBe true
                                val packet = NflogPacket.read(cursor, nanos)
                                writer.write(packet) shouldBe true
                                original += packet.copy()
                            }
                        }
                    for (group in 0..3) {
                        val again = mutableListOf<NflogPacket>()
                        replayNflog(capture, group) { if (it.group() == group) again += it.copy() }
                        again.map(::describeNflog) shouldContainExactly
                            original.filter { it.group() == group }.map(::describeNflog)
                    }
                }
            }
        }
    })
