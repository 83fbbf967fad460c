// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.available
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.packet.ChecksumState
import dev.nfkit.packet.PacketChecksums
import dev.nfkit.run
import dev.nfkit.trace.FlightRecorder
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.trace.TraceReader
import dev.nfkit.trace.TraceWriter
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.AttributeSchema
import dev.nfkit.wire.AttributeType
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import kotlin.random.Random

private val LITTLE = ByteOrder.LITTLE_ENDIAN
private const val ERROR = 2

/** All recordings of the project. */
private val traces: Map<String, Trace> =
    File(checkNotNull(Trace::class.java.getResource("/traces")).toURI())
        .walk()
        .filter { it.extension == "pcap" }
        .sortedBy { it.name }
        .associate { it.nameWithoutExtension to Trace.read(it.toPath()) }

private val schemas =
    mapOf(
        0x400 to NflogAttribute.SCHEMA,
        0x300 to NfqueueAttribute.SCHEMA,
        0x301 to NfqueueAttribute.SCHEMA,
        0x303 to NfqueueAttribute.SCHEMA,
        0x100 to ConntrackAttribute.SCHEMA,
        0x101 to ConntrackAttribute.SCHEMA,
        0x102 to ConntrackAttribute.SCHEMA,
        0x200 to ExpectationAttribute.SCHEMA,
        0x201 to ExpectationAttribute.SCHEMA,
        0x202 to ExpectationAttribute.SCHEMA,
    )

private data class Found(
    val path: String,
    val value: Bytes,
)

private fun attributes(
    buffer: ByteBuffer,
    from: Int,
    length: Int,
    schema: AttributeSchema?,
    path: String,
    order: ByteOrder,
): List<Found> {
    val cursor = AttributeCursor().wrap(buffer, from, length, order, path)
    val found = mutableListOf<Found>()
    while (cursor.next()) {
        val type = schema?.find(cursor.type())?.orElse(null)
        val name = "$path/${type?.kernelName() ?: cursor.type()}"
        val nested = type?.nested()?.orElse(null)
        if (nested == null) {
            found += Found(name, cursor.bytes(BytesView()).copy())
        } else {
            found += attributes(buffer, cursor.offset(), cursor.length(), nested, name, order)
        }
    }
    return found
}

/** Every attribute of every message that has some, in order. */
private fun TraceEntry.attributes(order: ByteOrder): List<Found> {
    val buffer = ByteBuffer.wrap(datagram().toArray())
    val message = MessageCursor().wrap(buffer, 0, buffer.capacity(), order)
    val found = mutableListOf<Found>()
    while (message.next()) {
        val head = "%x+%d".format(message.type(), message.length())
        val schema = schemas[message.type()]
        found += Found(head, Bytes.of(message.flags().toByte()))
        if (schema != null && protocol() == 12) {
            val at = message.attributesOffset()
            found += attributes(buffer, at, message.end() - at, schema, head, order)
        }
    }
    return found
}

private fun Found.payload() = path.endsWith("_PAYLOAD")

private fun ByteArray.finds(run: ByteArray): Boolean {
    for (at in 0..size - run.size) {
        if (this[at] == run[0] && run.indices.all { this[at + it] == run[it] }) return true
    }
    return false
}

private fun plain(address: ByteArray): Boolean =
    address.all { it == 0.toByte() } ||
        address.all { it == (-1).toByte() } ||
        (address.size == 4 && (address[0].toInt() == 127 || address[0] in -32..-17)) ||
        (address.size == 16 && (address[0] == (-1).toByte() || address.take(15).all { it == 0.toByte() }))

/** The addresses that identify a host or user, and all runs of eight bytes of the packets' data. */
private fun secrets(trace: Trace): Pair<List<ByteArray>, List<ByteArray>> {
    val addresses = mutableListOf<ByteArray>()
    val runs = mutableListOf<ByteArray>()
    trace.entries().flatMap { it.attributes(trace.order()) }.forEach { found ->
        val value = found.value.toArray()
        if (found.path.contains("CTA_IP_") && !found.path.contains("MASK")) addresses += value
        if (found.payload() && value.size >= 20 && value[0].toInt() shr 4 in listOf(4, 6)) {
            val ipv4 = value[0].toInt() shr 4 == 4
            val size = if (ipv4) 4 else 16
            val at = if (ipv4) 12 else 8
            addresses += value.copyOfRange(at, at + size)
            addresses += value.copyOfRange(at + size, at + 2 * size)
            val header = if (ipv4) 20 else 40
            // TCP's header is longest with its options, up to 60 bytes; a packet in an ICMP error keeps a header too.
            val data =
                when (value[if (ipv4) 9 else 6].toInt()) {
                    6 -> header + 60
                    1 -> header + if (value[header] in listOf<Byte>(0, 8)) 8 else 36
                    58 -> header + if (value[header] < 0) 8 else 56
                    else -> header + 8
                }
            (data..value.size - 8).forEach { runs += value.copyOfRange(it, it + 8) }
        }
    }
    return addresses.distinctBy { it.toList() }.filterNot(::plain) to
        runs.distinctBy { it.toList() }.filterNot { run -> run.all { it == run[0] } }
}

private fun checksums(payload: Bytes): List<ChecksumState> =
    PacketChecksums().let { if (it.wrap(payload)) listOf(it.header(), it.transport()) else emptyList() }

private fun anonymizer(
    key: String,
    order: ByteOrder = LITTLE,
) = TraceAnonymizer.withKey(order, key.padEnd(TraceAnonymizer.MIN_KEY).toByteArray())

private fun entry(
    kind: TraceKind,
    bytes: ByteArray,
    comment: String? = null,
    protocol: Int = 12,
    truncated: Boolean = false,
) = TraceEntry(kind, 1, protocol, if (bytes.isEmpty()) BytesView() else Bytes.of(*bytes), truncated, comment)

private fun message(
    type: Int,
    flags: Int = 0,
    body: MessageWriter.() -> Unit,
): ByteArray {
    val buffer =
        MessageWriter(65_536, LITTLE)
            .begin(type, flags, 5)
            .apply(body)
            .end()
            .datagram()
    return ByteArray(buffer.remaining()).also { buffer.duplicate().get(it) }
}

private fun all(schema: AttributeSchema): List<AttributeType> =
    schema.types().flatMap { type ->
        listOf(type) +
            type.nested().map { if (it === schema) emptyList() else all(it) }.orElse(emptyList())
    }

class TraceAnonymizerSpec :
    FunSpec({
        traces.forEach { (name, trace) ->
            test("of $name no identifying byte survives, and its shape does") {
                val result = anonymizer("seed", trace.order()).anonymize(trace)
                val (addresses, runs) = secrets(trace)
                result.entries().zip(trace.entries()).forEach { (now, then) ->
                    val bytes = now.datagram().toArray()
                    withClue("${then.datagram().toHex()}\n${now.datagram().toHex()}") {
                        addresses.forEach { withClue(Bytes.of(*it).toHex()) { bytes.finds(it).shouldBeFalse() } }
                        now.kind() shouldBe then.kind()
                        now.epochNanos() shouldBe then.epochNanos()
                        val before = then.attributes(trace.order())
                        val after = now.attributes(trace.order())
                        // In values: a sequence number may equal the time, as ping's data begins with the time.
                        after.map { it.value.toArray() }.forEach { value ->
                            runs.forEach { withClue(Bytes.of(*it).toHex()) { value.finds(it).shouldBeFalse() } }
                        }
                        after.map { it.path to it.value.length() } shouldContainExactly
                            before.map { it.path to it.value.length() }
                        after.filter { it.payload() }.map { checksums(it.value) } shouldContainExactly
                            before.filter { it.payload() }.map { checksums(it.value) }
                    }
                }
            }
        }

        test("the recordings contain enough to search for") {
            val all = traces.values.map(::secrets)
            all.sumOf { it.first.size } shouldBeGreaterThan 20
            all.sumOf { it.second.size } shouldBeGreaterThan 500
        }

        test("every known attribute has a treatment") {
            listOf(
                NflogAttribute.SCHEMA,
                NfqueueAttribute.SCHEMA,
                ConntrackAttribute.SCHEMA,
                ExpectationAttribute.SCHEMA,
            ).flatMap(::all)
                .filter { Treatment.of(it).isEmpty }
                .map { it.kernelName() }
                .shouldBeEmpty()
        }

        test("equal values have equal replacements: an address in a packet, its connection and its verdict") {
            val trace = traces.getValue("nfqueue-conntrack-connmark")
            val result = anonymizer("seed", trace.order()).anonymize(trace)
            val found = result.entries().flatMap { it.attributes(trace.order()) }
            val sources =
                found
                    .filter {
                        it.path.endsWith(
                            "TUPLE_ORIG/CTA_TUPLE_IP/CTA_IP_V4_SRC",
                        )
                    }.map { it.value.toHex() }
            val packets = found.filter { it.payload() }.map { it.value.slice(12, 4).toHex() }
            sources.toSet().intersect(packets.toSet()).size shouldNotBe 0
        }

        test("prefixes, users and hardware addresses are replaced consistently; root is kept") {
            val anonymizer = anonymizer("seed")

            fun packet(
                prefix: String,
                uid: Long,
            ) = anonymizer
                .anonymize(
                    entry(
                        TraceKind.FROM_KERNEL,
                        message(0x400) {
                            nfgenmsg(2, 5)
                            string(10, prefix)
                            be32(11, uid)
                            bytes(8, 0, 6, 0, 0, 10, 11, 12, 13, 14, 15, 0, 0)
                            bytes(40, 1, 2, 3)
                        },
                    ),
                ).attributes(LITTLE)
            val first = packet("customer-acme", 1000)
            first.drop(1).map { it.path.substringAfter('/') } shouldContainExactly
                listOf("NFULA_PREFIX", "NFULA_UID", "NFULA_HWADDR", "40")
            val text = String(first[1].value.toArray())
            text shouldNotContain "acme"
            text.matches(Regex("[a-z]{13}\u0000")) shouldBe true
            first[2].value.u32(0) shouldNotBe 1000
            first[3].value.toHex().substring(0, 8) shouldBe "00060000"
            first[3].value.u8(4) and 3 shouldBe 2
            first[3].value.toHex().substring(20) shouldBe "0000"
            first[3].value.toHex() shouldNotContain "0b0c0d"
            first[4].value.toHex() shouldBe "000000"
            packet("customer-acme", 1000).map { it.value.toHex() } shouldContainExactly first.map { it.value.toHex() }
            packet("x", 0)[2].value.u32(0) shouldBe 0
        }

        test("a refusal's echo of the request loses its addresses, and keeps the kernel's text") {
            val tuple =
                message(0x100, 1) {
                    nfgenmsg(2, 0)
                    val orig = beginNest(1)
                    val ip = beginNest(1)
                    bytes(1, -64, 0, 2, 1)
                    endNest(ip)
                    endNest(orig)
                }
            val refusal =
                message(ERROR, 0x200) {
                    rawHost32(-17)
                    raw(*tuple)
                    string(1, "a word")
                    bytes(3, 1, 2, 3, 4)
                }
            val result = anonymizer("s").anonymize(entry(TraceKind.FROM_KERNEL, refusal)).datagram()
            result.length() shouldBe refusal.size
            result.toHex() shouldNotContain "c0000201"
            String(result.toArray(), Charsets.ISO_8859_1) shouldContain "a word"
            result.toHex() shouldNotContain "01020304"
            result.slice(0, 36).toHex() shouldBe Bytes.of(*refusal).slice(0, 36).toHex()
            val capped =
                refusal.copyOf(36).also {
                    ByteBuffer
                        .wrap(it)
                        .order(LITTLE)
                        .putInt(0, 36)
                        .putShort(6, 0x100)
                }
            anonymizer("s").anonymize(entry(TraceKind.FROM_KERNEL, capped)).datagram().toHex() shouldBe
                Bytes.of(*capped).toHex()
        }

        test("unknown or truncated parts become zeros") {
            val anonymizer = anonymizer("s")
            val secret = ByteArray(40) { 7 }

            fun body(entry: TraceEntry) =
                anonymizer
                    .anonymize(entry)
                    .datagram()
                    .let { it.slice(16, it.length() - 16) }
                    .toHex()
            // rtnetlink; an unknown subsystem; a truncated message.
            body(entry(TraceKind.FROM_KERNEL, message(16) { raw(*secret) }, protocol = 0)) shouldBe "00".repeat(40)
            body(entry(TraceKind.FROM_KERNEL, message(0xa00) { raw(*secret) })) shouldBe "07070707" + "00".repeat(36)
            val cut = message(0x400) { nfgenmsg(2, 1).bytes(9, *secret) }.copyOf(40)
            val result = anonymizer.anonymize(entry(TraceKind.FROM_KERNEL, cut, truncated = true))
            result.datagram().toHex() shouldBe "00".repeat(40)
            result.truncated() shouldBe true
        }

        test("notes are removed, except those of the recorder itself") {
            val anonymizer = anonymizer("s")

            fun note(text: String) = anonymizer.anonymize(entry(TraceKind.NOTE, ByteArray(0), text)).comment().get()
            listOf(
                "set ADD_MEMBERSHIP to 1",
                "no filter",
                "overrun, 12 datagrams lost so far",
                "flight recorder of 1048576 bytes: 5 of 9 entries (77 bytes) fell out before this; " +
                    "2 more belong to those and are left out",
            ).forEach { note(it) shouldBe it }
            note("the datagram was not sent: send: EPERM: port 7 (ulogd, pid 7)") shouldBe "the datagram was not sent"
            note("user alice logs in from 192.0.2.1") shouldBe "(a note was removed)"
            note("filter (at 8 is 192.0.2.1)") shouldBe "(a note was removed)"
        }

        test("comments and the names of other interfaces are not copied, the recorder's own names and notes are") {
            val own = "netlink 12 port 4711"
            val foreign = listOf("nlmon-acme", "netlink 12 port 4711 of acme", "netlink 12 port 47110815999")
            val packet = message(0x400) { nfgenmsg(2, 1).be32(2, 7) }
            val file = Files.createTempFile("foreign", ".pcapng")
            val copy = Files.createTempFile("copy", ".pcapng")
            try {
                TraceWriter(Files.newOutputStream(file), LITTLE, "test").use { writer ->
                    (foreign + own).forEach {
                        writer.socket(12, it).write(entry(TraceKind.FROM_KERNEL, packet, "comment of acme"))
                    }
                }
                TraceWriter(Files.newOutputStream(copy), LITTLE, "test").use { writer ->
                    writer.editing(anonymizer("s")::anonymize)
                    TraceReader.open(file).use(writer::copy)
                    FlightRecorder(1 shl 20, LITTLE, "test").dump(writer)
                }
                String(Files.readAllBytes(copy), Charsets.ISO_8859_1) shouldNotContain "acme"
                TraceReader.open(copy).use { reader ->
                    val names = mutableListOf<String>()
                    val comments = mutableListOf<String>()
                    while (reader.next()) {
                        names += reader.socketName().get()
                        comments += reader.comment().get()
                    }
                    names.take(4) shouldContainExactly listOf("netlink", "netlink", "netlink", own)
                    comments.take(4).toSet() shouldBe setOf("(a note was removed)")
                    comments.drop(4) shouldContainExactly
                        listOf("flight recorder of 1048576 bytes: nothing fell out before this")
                }
            } finally {
                Files.delete(file)
                Files.delete(copy)
            }
        }

        test("an empty seed and a short key are refused, and a seed gives the same replacements again") {
            shouldThrow<IllegalArgumentException> { TraceAnonymizer(LITTLE, "") }.message shouldBe "the seed is empty"
            shouldThrow<IllegalArgumentException> { TraceAnonymizer.withKey(LITTLE, ByteArray(15)) }.message shouldBe
                "a key of 15 bytes is shorter than 16 bytes"
            val trace = traces.getValue("nflog-ipv4-icmp")

            fun copy(anonymizer: TraceAnonymizer) = anonymizer.anonymize(trace).entries().map { it.datagram().toHex() }
            val first = copy(TraceAnonymizer(trace.order(), "seed"))
            copy(TraceAnonymizer(trace.order(), "seed")) shouldContainExactly first
            copy(TraceAnonymizer(trace.order(), "Seed")) shouldNotBe first
        }

        test("a recording of the other byte order needs an anonymizer of that order") {
            val trace = Trace(listOf(), ByteOrder.BIG_ENDIAN)
            shouldThrow<IllegalArgumentException> { anonymizer("s").anonymize(trace) }
            anonymizer("s", ByteOrder.BIG_ENDIAN).anonymize(trace).entries().shouldBeEmpty()
        }

        test("each random anonymizer gives other replacements") {
            val trace = traces.getValue("nflog-ipv4-icmp")
            val texts =
                List(
                    2,
                ) {
                    TraceAnonymizer
                        .random(trace.order())
                        .anonymize(trace)
                        .entries()
                        .map { it.datagram().toHex() }
                }
            texts[0] shouldNotBe texts[1]
        }

        test("flipped bits cause no failure") {
            val random = Random(60)
            val entries = traces.values.flatMap { it.entries() }
            val anonymizer = anonymizer("s")
            repeat(5000) {
                val bytes = entries.random(random).datagram().toArray()
                repeat(random.nextInt(1, 6)) {
                    if (bytes.isNotEmpty()) {
                        val at = random.nextInt(bytes.size)
                        bytes[at] = (bytes[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                    }
                }
                anonymizer.anonymize(entry(TraceKind.FROM_KERNEL, bytes)).datagram().length() shouldBe bytes.size
            }
        }

        test(
            "tshark reads anonymized recordings without an error",
        ).config(enabledOrReasonIf = { available("tshark") }) {
            // One file for all of an order: tshark takes longer to start than to read.
            traces.values.groupBy { it.order() }.forEach { (order, recorded) ->
                val file = Files.createTempFile("anonymous", ".pcapng")
                try {
                    TraceWriter(Files.newOutputStream(file), order, "test").use { writer ->
                        recorded.forEach { trace ->
                            writer.editing(anonymizer("seed", order)::anonymize)
                            trace.entries().forEach(writer::write)
                        }
                    }
                    val lines = run("tshark", "-r", file.toString(), "-V")
                    lines.count { it.startsWith("Frame ") } shouldBe recorded.sumOf { it.entries().size }
                    lines.filter { it.contains("[Malformed Packet") }.shouldBeEmpty()
                } finally {
                    Files.delete(file)
                }
            }
        }
    })
