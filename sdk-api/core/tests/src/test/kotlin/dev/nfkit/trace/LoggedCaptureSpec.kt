// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace

import dev.nfkit.Bytes
import dev.nfkit.anonymize.TraceAnonymizer
import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.CaptureWriter
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapFormatException
import dev.nfkit.pcap.PcapWriter
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private val LITTLE = ByteOrder.LITTLE_ENDIAN
private val BIG = ByteOrder.BIG_ENDIAN

/** A logged packet of a group: nfgenmsg, a prefix, and a payload of IPv4. */
private fun record(
    order: ByteOrder,
    group: Int,
): ByteArray {
    val payload = ByteArray(20).also { it[0] = 0x45 }
    val bytes = ByteBuffer.allocate(4 + 8 + 4 + payload.size).order(order)
    bytes
        .put(2)
        .put(0)
        .put((group shr 8).toByte())
        .put(group.toByte())
    bytes.putShort(8).putShort(10).put(byteArrayOf('a'.code.toByte(), 'c'.code.toByte(), 'm'.code.toByte(), 0))
    bytes.putShort((4 + payload.size).toShort()).putShort(9).put(payload)
    return bytes.array()
}

private class Packet(
    val bytes: ByteArray,
    val iface: String = "nflog:30",
    val comment: String? = null,
    val missing: Int = 0,
)

private fun file(
    writer: CaptureWriter,
    packets: List<Packet>,
    linkType: Int = LinkType.NFLOG,
) = writer.use {
    val names = mutableMapOf<String, Int>()
    for ((index, packet) in packets.withIndex()) {
        val id = names.getOrPut(packet.iface) { it.addInterface(CaptureInterface.of(packet.iface, linkType)) }
        val original = packet.bytes.size.toLong() + packet.missing
        val bytes = ByteBuffer.wrap(packet.bytes)
        it.packet(id, index * 1_000L, bytes, 0, packet.bytes.size, original, CaptureWriter.OUTBOUND, packet.comment)
    }
}

private fun capture(
    vararg packets: Packet,
    order: ByteOrder = LITTLE,
): ByteArray {
    val stream = ByteArrayOutputStream()
    file(PcapngWriter(stream, CaptureSection.create().withOrder(order)), packets.toList())
    return stream.toByteArray()
}

private fun read(bytes: ByteArray) = Trace.read(ByteArrayInputStream(bytes), "x.pcapng")

private fun reader(bytes: ByteArray) = TraceReader.of(ByteArrayInputStream(bytes), "x.pcapng")

private fun records(bytes: ByteArray) =
    CaptureReader.of(ByteArrayInputStream(bytes), "x").use { generateSequence(it::next).toList() }

private fun copied(
    bytes: ByteArray,
    edit: ((TraceEntry) -> TraceEntry)? = null,
): ByteArray {
    val stream = ByteArrayOutputStream()
    reader(bytes).use { reader ->
        reader.next()
        TraceWriter(stream, reader.order(), "test").use { writer ->
            edit?.let { writer.editing(it) }
            writer.copy(reader)
        }
    }
    return stream.toByteArray()
}

class LoggedCaptureSpec :
    FunSpec({
        for (order in listOf(LITTLE, BIG)) {
            test("$order: a packet becomes the message that the kernel sent, from pcapng and from a classic file") {
                val classic = ByteArrayOutputStream()
                file(PcapWriter.nanoseconds(classic, order), listOf(Packet(record(order, 30))))
                for (bytes in listOf(capture(Packet(record(order, 30)), order = order), classic.toByteArray())) {
                    val trace = read(bytes)
                    trace.order() shouldBe order
                    val entry = trace.entries().single()
                    entry.kind() shouldBe TraceKind.FROM_KERNEL
                    entry.protocol() shouldBe Netlink.NETLINK_NETFILTER
                    entry.epochNanos() shouldBe 0
                    entry.truncated() shouldBe false
                    val datagram = entry.datagram()
                    val message = MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), order)
                    message.next() shouldBe true
                    message.type() shouldBe 0x400
                    message.flags() shouldBe 0
                    message.sequence() shouldBe 0
                    message.resId() shouldBe 30
                    message.hasNext() shouldBe false
                    datagram.toArray().drop(16) shouldBe record(order, 30).toList()
                }
            }

            test("$order: attributes in the other byte order than the file's are recognised by their length") {
                val other = if (order == LITTLE) BIG else LITTLE
                val trace = read(capture(Packet(record(other, 30)), order = order))
                trace.order() shouldBe other
                ByteBuffer
                    .wrap(
                        trace
                            .entries()
                            .single()
                            .datagram()
                            .toArray(),
                    ).order(other)
                    .getInt(0) shouldBe 52
            }
        }

        test("all groups belong to one socket, and a recording in the same file to another") {
            val packets = listOf("nlmon", "nflog:1", "nflog:2", "nflog:1").map { Packet(record(LITTLE, 1), it) }
            val stream = ByteArrayOutputStream()
            PcapngWriter(stream, CaptureSection.create().withOrder(LITTLE)).use { writer ->
                val nlmon = writer.addInterface(CaptureInterface.of("nlmon", LinkType.NETLINK))
                val cooked = ByteBuffer.allocate(16).putShort(2, 824).putShort(14, 12)
                writer.packet(nlmon, 1, cooked, 0, 16, 16)
                for (packet in packets.drop(1)) {
                    val id = writer.addInterface(CaptureInterface.of(packet.iface, LinkType.NFLOG))
                    writer.packet(id, 1, ByteBuffer.wrap(packet.bytes), 0, packet.bytes.size, 0)
                }
            }
            reader(stream.toByteArray()).use { read ->
                generateSequence {
                    if (read.next()) Triple(read.socket(), read.linkType(), read.socketName().get()) else null
                }.toList() shouldContainExactly
                    listOf(
                        Triple(0, LinkType.NETLINK, "nlmon"),
                        Triple(1, LinkType.NFLOG, "nflog:1"),
                        Triple(1, LinkType.NFLOG, "nflog:2"),
                        Triple(1, LinkType.NFLOG, "nflog:1"),
                    )
            }
        }

        test("a packet that the file cut is a truncated datagram with all bytes that are present") {
            val entry = read(capture(Packet(record(LITTLE, 30).copyOf(20), missing = 16))).entries().single()
            entry.truncated() shouldBe true
            entry.datagram().length() shouldBe 36
        }

        test("a record without nfgenmsg is a message without one, and not an error of the file") {
            for (length in 0..3) {
                val entry = read(capture(Packet(ByteArray(length)))).entries().single()
                val datagram = entry.datagram()
                datagram.length() shouldBe 16 + length
                val message = MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), LITTLE)
                message.next() shouldBe true
                message.hasNfgenmsg() shouldBe false
            }
        }

        test("a packet of a network interface is refused with its link type and the program that reads it") {
            val stream = ByteArrayOutputStream()
            file(PcapWriter.nanoseconds(stream, LITTLE), listOf(Packet(ByteArray(60))), linkType = 1)
            shouldThrow<PcapFormatException> { read(stream.toByteArray()) }.message shouldContain
                "expected link type 253 (NETLINK) or 239 (NFLOG), found link type 1 (ETHERNET); read it with tshark -r"
        }

        test("a long capture takes no memory for its packets") {
            val packet = Packet(record(LITTLE, 30))
            reader(capture(*Array(20_000) { packet })).use { read ->
                read.next()
                val before = allocated()
                var entries = 1
                while (read.next()) {
                    entries++
                }
                entries shouldBe 20_000
                (allocated() - before < 20_000) shouldBe true
            }
        }

        test("a copy is a capture again, with the same interfaces, times, comments and bytes") {
            val original =
                capture(
                    Packet(record(LITTLE, 1), "nflog:1", "ifindex 2 = veth0"),
                    Packet(record(LITTLE, 2), "acme"),
                    Packet(record(LITTLE, 2).copyOf(20), "acme", missing = 1),
                )
            val copy = copied(original)

            fun shown(bytes: ByteArray) =
                records(bytes).map {
                    val name = it.captureInterface().name().get()
                    val lengths = "${it.data().length()}/${it.originalLength()}"
                    "$name ${it.linkType()} ${it.epochNanos()} ${it.comment()} $lengths ${it.data().toHex()}"
                }
            shown(copy) shouldContainExactly shown(original)
        }

        test("an anonymous copy is a capture again, without the prefix, the comments, and the names of interfaces") {
            val original =
                capture(
                    Packet(record(LITTLE, 1), "nflog:1", "ifindex 2 = acm0, original length 1500"),
                    Packet(record(LITTLE, 2), "acme", "original length 100"),
                    Packet(record(LITTLE, 2), "nflog:2", "seen by acme"),
                )
            val copy = copied(original, TraceAnonymizer.withKey(LITTLE, ByteArray(32))::anonymize)
            String(copy, Charsets.ISO_8859_1) shouldNotContain "acm"
            records(copy).map { "${it.captureInterface().name().get()} ${it.comment().get()}" } shouldContainExactly
                listOf(
                    "nflog:1 (a note was removed), original length 1500",
                    "nflog original length 100",
                    "nflog:2 (a note was removed)",
                )
            for ((before, after) in records(original).zip(records(copy))) {
                after.linkType() shouldBe LinkType.NFLOG
                after.data().length() shouldBe before.data().length()
                after.data().slice(0, 8).toHex() shouldBe before.data().slice(0, 8).toHex()
            }
        }

        test("an edit that makes something else of a packet fails the copy") {
            val original = capture(Packet(record(LITTLE, 1)))
            for (bytes in listOf(ByteArray(15), ByteArray(20))) {
                shouldThrow<IOException> {
                    copied(original) {
                        TraceEntry(it.kind(), 0, it.protocol(), Bytes.of(*bytes), false, null)
                    }
                }.message shouldContain "an edit made a logged packet to something else"
            }
        }

        test("a copy of a reader that is at its end has no entries") {
            val stream = ByteArrayOutputStream()
            reader(capture()).use { reader ->
                reader.next() shouldBe false
                TraceWriter(stream, LITTLE, "test").use { it.copy(reader) shouldBe 0 }
            }
            read(stream.toByteArray()).entries().shouldBeEmpty()
        }

        test("flipped bits cause only the format's error") {
            val random = Random(31)
            val whole = capture(Packet(record(LITTLE, 1)), Packet(record(LITTLE, 2), "nflog:2", "original length 9"))
            val anonymizer = TraceAnonymizer.withKey(LITTLE, ByteArray(32))
            repeat(2000) {
                val bytes = whole.copyOf()
                repeat(random.nextInt(1, 5)) {
                    val at = random.nextInt(bytes.size)
                    bytes[at] = (bytes[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                try {
                    read(bytes).entries().forEach { it.toString() }
                    copied(bytes, anonymizer::anonymize)
                } catch (_: PcapFormatException) {
                    // the only error for malformed input
                }
            }
        }
    })
