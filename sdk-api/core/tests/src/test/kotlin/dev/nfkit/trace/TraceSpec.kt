// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapFormatException
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.bind
import io.kotest.property.arbitrary.boolean
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.orNull
import io.kotest.property.checkAll
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private val NAMES =
    listOf("batched-qthresh", "conntrack", "ipv4-icmp", "ipv6-tcp", "prefix-mark-uid", "seq-flags", "vlan-bridge")

fun recordingBytes(name: String): ByteArray =
    checkNotNull(Trace::class.java.getResourceAsStream("/traces/nflog/nflog-$name.pcap")) { name }.use {
        it.readBytes()
    }

fun recording(name: String): Trace = Trace.read(ByteArrayInputStream(recordingBytes(name)), name)

fun written(
    order: ByteOrder,
    block: (TraceWriter) -> Unit,
): Trace {
    val stream = ByteArrayOutputStream()
    TraceWriter(stream, order, "nfkit test").use(block)
    return Trace.read(ByteArrayInputStream(stream.toByteArray()), "written")
}

private fun TraceEntry.facts(): List<Any?> =
    listOf(kind(), epochNanos(), protocol(), datagram().toHex(), truncated(), comment().orElse(null))

private val entries =
    Arb.bind(
        Arb.enum<TraceKind>(),
        Arb.long(0L..Long.MAX_VALUE),
        Arb.element(0, 12, 65_535),
        Arb.byteArray(Arb.int(0..200), Arb.byte()),
        Arb.boolean(),
        Arb.element("step 2", "overrun", "ü").orNull(0.5),
    ) { kind, nanos, protocol, bytes, truncated, comment ->
        val directed = kind == TraceKind.TO_KERNEL || kind == TraceKind.FROM_KERNEL
        TraceEntry(
            kind,
            nanos,
            protocol,
            if (directed) Bytes.of(*bytes) else BytesView(),
            directed && truncated,
            comment,
        )
    }

class TraceSpec :
    FunSpec({
        NAMES.forEach { name ->
            test("the recording $name reads: complete messages, requests to the kernel, the rest from it") {
                val trace = recording(name)
                trace.order() shouldBe ByteOrder.LITTLE_ENDIAN
                trace.entries().forEach { entry ->
                    val bytes = entry.datagram()
                    val cursor =
                        MessageCursor().wrap(
                            ByteBuffer.wrap(bytes.toArray()),
                            0,
                            bytes.length(),
                            trace.order(),
                        )
                    var messages = 0
                    while (cursor.next()) {
                        messages++
                        val request = cursor.flags() and Netlink.NLM_F_REQUEST != 0
                        request shouldBe (entry.kind() == TraceKind.TO_KERNEL)
                    }
                    (messages > 0) shouldBe true
                    entry.truncated() shouldBe false
                    entry.comment().isPresent shouldBe false
                }
            }
        }

        test("the recordings have the number of datagrams in each direction that their notes state") {
            NAMES.map { name ->
                val kinds = recording(name).entries().map { it.kind() }
                name to (kinds.size to kinds.count { it == TraceKind.TO_KERNEL })
            } shouldContainExactly
                listOf(
                    "batched-qthresh" to (9 to 3),
                    "conntrack" to (8 to 3),
                    "ipv4-icmp" to (23 to 10),
                    "ipv6-tcp" to (17 to 6),
                    "prefix-mark-uid" to (12 to 5),
                    "seq-flags" to (7 to 3),
                    "vlan-bridge" to (9 to 3),
                )
            recording("ipv6-tcp").entries().map { it.protocol() }.distinct() shouldContainExactly listOf(0, 12)
        }

        test("a recording that is written again is read back unchanged") {
            NAMES.forEach { name ->
                val trace = recording(name)
                val again = written(trace.order()) { writer -> trace.entries().forEach(writer::write) }
                again.entries().map { it.facts() } shouldContainExactly trace.entries().map { it.facts() }
            }
        }

        test("entries of every kind are read back, in either byte order") {
            checkAll(
                200,
                Arb.element(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN),
                Arb.list(entries, 0..10),
            ) { order, list ->
                val trace = written(order) { writer -> list.forEach(writer::write) }
                trace.entries().map { it.facts() } shouldContainExactly
                    list.map { it.facts() }
            }
        }

        test("the byte order of headers is detected if the file's differs") {
            val header =
                ByteBuffer
                    .allocate(16)
                    .order(ByteOrder.BIG_ENDIAN)
                    .putInt(16)
                    .putShort(0x401)
                    .putShort(5)
            val trace =
                written(ByteOrder.LITTLE_ENDIAN) { writer ->
                    writer.toKernel(1, 12, header.duplicate().position(0))
                }
            trace.order() shouldBe ByteOrder.BIG_ENDIAN
        }

        test("a datagram too large for a capture file is truncated and marked") {
            val size = TraceWriter.MAX_DATAGRAM + 1
            val trace =
                written(ByteOrder.nativeOrder()) { it.fromKernel(1, 12, ByteBuffer.allocate(size), 0, size, false) }
            trace.entries()[0].datagram().length() shouldBe TraceWriter.MAX_DATAGRAM
            trace.entries()[0].truncated() shouldBe true
        }

        test("the error for a file that is not a recording has its contents") {
            fun read(bytes: ByteArray) = Trace.read(ByteArrayInputStream(bytes), "x.pcap")
            shouldThrow<PcapFormatException> { read(ByteArray(0)) }.message shouldContain "found an empty file"
            shouldThrow<PcapFormatException> { read("hello, world".toByteArray()) }.message shouldContain "x.pcap"
            val good = recordingBytes("seq-flags")
            shouldThrow<PcapFormatException> { read(good.copyOf(good.size - 1)) }.message shouldContain "it is cut"
            val raw = ByteArrayOutputStream()
            PcapngWriter(raw, CaptureSection.create()).use { writer ->
                val id = writer.addInterface(CaptureInterface.of(LinkType.RAW))
                writer.packet(id, 1, ByteBuffer.allocate(20), 0, 20, 20)
            }
            shouldThrow<PcapFormatException> { read(raw.toByteArray()) }.message shouldContain
                "expected link type 253 (NETLINK) or 239 (NFLOG), found link type 101 (RAW); read it with tshark -r"
            val short = ByteArrayOutputStream()
            PcapngWriter(short, CaptureSection.create()).use { writer ->
                val id = writer.addInterface(CaptureInterface.of(LinkType.NETLINK))
                writer.packet(id, 1, ByteBuffer.allocate(15), 0, 15, 15)
            }
            shouldThrow<PcapFormatException> { read(short.toByteArray()) }.message shouldContain "found 15 bytes"
            val other = good.copyOf().also { it[24 + 16 + 3] = 1 }
            shouldThrow<PcapFormatException> { read(other) }.message shouldContain "hardware type 769"
        }

        test("flipped bits cause only the format's error") {
            val random = Random(30)
            val files = NAMES.map(::recordingBytes)
            repeat(2000) {
                val file = files.random(random).copyOf()
                repeat(random.nextInt(1, 5)) {
                    val at = random.nextInt(file.size)
                    file[at] = (file[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                try {
                    Trace.read(ByteArrayInputStream(file), "fuzz").entries().forEach { it.toString() }
                } catch (_: PcapFormatException) {
                    // the only error for malformed input
                }
            }
        }
    })
