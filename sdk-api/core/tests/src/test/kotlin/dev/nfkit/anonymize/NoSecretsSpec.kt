package dev.nfkit.anonymize

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.packet.ChecksumState
import dev.nfkit.packet.IpProtocol
import dev.nfkit.packet.PacketBuilder
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.AttributeSchema
import dev.nfkit.wire.AttributeShape
import dev.nfkit.wire.AttributeType
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private const val NETFILTER = 12
private const val ERROR = 2
private const val DONE = 3

private val families =
    mapOf(
        0x400 to NflogAttribute.SCHEMA,
        0x300 to NfqueueAttribute.SCHEMA,
        0x301 to NfqueueAttribute.SCHEMA,
        0x303 to NfqueueAttribute.SCHEMA,
        0x100 to ConntrackAttribute.SCHEMA,
        0x102 to ConntrackAttribute.SCHEMA,
        0x201 to ExpectationAttribute.SCHEMA,
    )

/** The number of bytes of a value that may stay, as [TraceAnonymizer] documents it. What follows them is secret. */
private val visible: Map<AttributeType, Int> =
    mapOf(
        NflogAttribute.PACKET_HDR to 4,
        NflogAttribute.TIMESTAMP to 16,
        NfqueueAttribute.PACKET_HDR to 7,
        NfqueueAttribute.VERDICT_HDR to 8,
        NfqueueAttribute.TIMESTAMP to 16,
        ConntrackAttribute.LABELS to 16,
        ConntrackAttribute.LABELS_MASK to 16,
        ConntrackAttribute.Tcp.FLAGS_ORIGINAL to 2,
        ConntrackAttribute.Tcp.FLAGS_REPLY to 2,
    )

private val users = listOf(NflogAttribute.UID, NflogAttribute.GID, NfqueueAttribute.UID, NfqueueAttribute.GID)
private val names = listOf(ConntrackAttribute.Help.NAME, ExpectationAttribute.HELP_NAME, ExpectationAttribute.FN)
private val labels = listOf(ConntrackAttribute.LABELS, ConntrackAttribute.LABELS_MASK)
private val payloads = listOf(NflogAttribute.PAYLOAD, NfqueueAttribute.PAYLOAD)
private val headers = listOf(NflogAttribute.HWHEADER, NflogAttribute.L2HDR, NfqueueAttribute.L2HDR)

/** Bytes of a datagram, most of which are secret: every run of them is remembered. */
private class Planted(
    val random: Random,
    val order: ByteOrder,
) {
    private val out = ByteArrayOutputStream()
    val secrets = mutableListOf<ByteArray>()

    fun bytes(): ByteArray = out.toByteArray()

    fun open(vararg bytes: Byte): Planted = apply { out.write(bytes) }

    fun open16(value: Int) =
        open(
            *ByteBuffer
                .allocate(2)
                .order(order)
                .putShort(value.toShort())
                .array(),
        )

    fun open32(value: Int) =
        open(
            *ByteBuffer
                .allocate(4)
                .order(order)
                .putInt(value)
                .array(),
        )

    /** Bytes that must not survive. None is 0, so that zeros are never taken for them. */
    fun newSecret(length: Int): ByteArray = ByteArray(length) { random.nextInt(1, 256).toByte() }.also { secrets += it }

    fun secret(length: Int): Planted = open(*newSecret(length))

    /** A value behind its header, its padding secret. */
    fun attribute(
        type: Int,
        value: Planted.() -> Unit,
    ): Planted =
        apply {
            val inner = Planted(random, order).apply(value)
            val body = inner.bytes()
            secrets += inner.secrets
            open16(body.size + 4).open16(type).open(*body)
            secret(-body.size and 3)
        }

    fun message(
        type: Int,
        flags: Int = 0,
        body: Planted.() -> Unit,
    ): Planted =
        apply {
            val inner = Planted(random, order).apply(body)
            val bytes = inner.bytes()
            secrets += inner.secrets
            open32(bytes.size + 16)
                .open16(type)
                .open16(flags)
                .open32(5)
                .open32(4711)
                .open(*bytes)
            secret(-bytes.size and 3)
        }
}

/** A value of a known attribute, of its own length or of any other. */
private fun Planted.value(
    type: AttributeType,
    depth: Int,
) {
    val nested = type.nested().orElse(null)
    val size = visible[type] ?: type.minimumLength()
    val surplus = if (random.nextBoolean()) 0 else random.nextInt(1, 40)
    when {
        nested != null -> {
            attributes(nested, depth + 1)
        }

        type in payloads -> {
            packet()
        }

        type in headers -> {
            header()
        }

        type == NflogAttribute.HWADDR || type == NfqueueAttribute.HWADDR -> {
            open(0, 6).secret(10 + surplus)
        }

        type !in labels && random.nextInt(10) == 0 -> {
            secret(random.nextInt(maxOf(1, size)))
        }

        type in names && random.nextBoolean() -> {
            open(*"ftp\u0000".toByteArray()).secret(surplus)
        }

        type in users -> {
            secret(4 + surplus)
        }

        type in visible || type.shape() !in listOf(AttributeShape.BYTES, AttributeShape.STRING) -> {
            open(*random.nextBytes(size)).secret(surplus)
        }

        // The first bits of addresses close to special ones stay: here they are of 144 to 151 or 3000 to 3fff.
        size == 4 -> {
            secretAfter(byteArrayOf((0x90 + random.nextInt(8)).toByte()), 3 + surplus)
        }

        size == 16 -> {
            secretAfter(byteArrayOf((0x30 + random.nextInt(16)).toByte()), 15 + surplus)
        }

        else -> {
            secret(random.nextInt(20) + surplus)
        }
    }
}

private fun Planted.secretAfter(
    begin: ByteArray,
    length: Int,
) {
    val rest = newSecret(length)
    secrets += begin + rest
    open(*begin).open(*rest)
}

private fun Planted.header() {
    when (random.nextInt(3)) {
        0 -> secret(12).open(8, 0)
        1 -> secret(12).open(-127, 0, 0, 7, 8, 0)
        else -> secret(random.nextInt(40))
    }
}

private val protocols =
    listOf(
        IpProtocol.TCP,
        IpProtocol.UDP,
        IpProtocol.ICMP,
        IpProtocol.ICMPV6,
        IpProtocol.SCTP,
        IpProtocol.GRE,
        IpProtocol.ESP,
        IpProtocol.IPIP,
        IpProtocol.IPV6,
        253,
    )

private fun ByteArray.hex() = Bytes.of(*this).toHex()

private fun Planted.secretAddress(version: Int): String {
    val size = if (version == 4) 4 else 16
    val begin = if (version == 4) 0x90 + random.nextInt(8) else 0x30 + random.nextInt(16)
    return (byteArrayOf(begin.toByte()) + random.nextBytes(size - 1)).also { secrets += it }.hex()
}

/** A packet with secrets in every place that a header, an option or data can have one. */
private fun Planted.packet() {
    if (random.nextInt(8) == 0) {
        // Not of version 4 or 6.
        open(0x1f).secret(random.nextInt(100))
        return
    }
    if (random.nextInt(8) == 0) {
        open(0, 1, 8, 0, 6, 4, 0, 1)
            .secret(6)
            .secret(4)
            .secret(6)
            .secret(4)
            .secret(random.nextInt(20))
        return
    }
    val version = if (random.nextBoolean()) 4 else 6

    fun some(length: Int) = newSecret(length).hex()
    // Record route with a rest, router alerts of a wrong length, unknown options, bytes after the end.
    val options =
        listOf("", "070704${some(4)}00", "070a04${some(7)}0000", "9408${some(6)}", "8808${some(6)}", "00${some(7)}")
    val tcp =
        listOf("", "0209${some(7)}000000", "040a${some(8)}0000", "fd08${some(6)}", "00${some(7)}", "130a${some(8)}0000")
    val extensions =
        listOf(
            0 to "00 0504 ${some(4)}",
            0 to "01 0505 ${some(5)} 0105 0000000000",
            60 to "01 3c0c ${some(12)}",
            43 to "02 0401 ${some(4)} ${some(16)}",
            43 to "00 0900 ${some(4)}",
            51 to "04 0000 00000001 00000002 ${some(12)}",
        )
    val quoted =
        PacketBuilder(source = secretAddress(4), destination = secretAddress(4), payload = newSecret(20)).bytes()
    val icmp = listOf("0800", "0303", "0b00", "0501", "0c00", "0d00", "2a00")
    val icmpv6 = listOf("8000", "0100", "0200", "0300", "8500", "8600", "8700", "8800", "8900", "8f00", "c800")
    val protocol = protocols.random(random)
    val type = (if (version == 4) icmp else icmpv6).random(random)
    val data =
        when (random.nextInt(4)) {
            0 -> quoted

            // Options of neighbour discovery, some of a length that they must not have.
            1 -> newSecret(16) + byteArrayOf(1, 1) + newSecret(6) + byteArrayOf(5, 2) + newSecret(14)

            2 -> newSecret(8) + byteArrayOf(3, 2) + newSecret(14) + byteArrayOf(4, 1) + newSecret(6)

            else -> newSecret(random.nextInt(80))
        }
    // The numbers of a router advertisement stay.
    val payload = ByteArray(if (type == "8600") 8 else 0) + data
    // The verification tag of SCTP stays, as ports do.
    val ports = if (protocol == IpProtocol.SCTP) "1234567800000007" else "12345678"
    val bytes =
        PacketBuilder(
            version = version,
            protocol = protocol,
            ports = ports,
            source = secretAddress(version),
            destination = secretAddress(version),
            options = if (version == 4) options.random(random) else "",
            extensions = if (version == 6) List(random.nextInt(3)) { extensions.random(random) } else emptyList(),
            fragment = if (version == 4) listOf(0, 0, 0, 0x2000, 0x0010).random(random) else 0,
            tcpOptions = tcp.random(random),
            icmp = type,
            payload = payload,
            checksum = ChecksumState.values().filter { it != ChecksumState.UNKNOWN }.random(random),
        ).bytes()
    if (version == 6) {
        // The flow label; with the byte after it a run of four.
        secrets += bytes.copyOfRange(0, 4)
    }
    open(*bytes)
    secret(random.nextInt(2) * 12)
}

private fun Planted.attributes(
    schema: AttributeSchema,
    depth: Int = 0,
) {
    val types = schema.types().toList()
    repeat(if (depth == 0) 4 else 2) {
        val type = types.random(random)
        attribute(type.code()) { value(type, depth) }
    }
    if (random.nextInt(4) == 0) {
        attribute(random.nextInt(64, 16384)) { secret(random.nextInt(30)) }
    }
    if (random.nextInt(8) == 0) {
        // Malformed: longer than what is left, or shorter than its header.
        open16(if (random.nextBoolean()) 0x7fff else 3).secret(random.nextInt(20))
    }
}

private fun Planted.nfgenmsg() = open(2, 0, 0, 30)

private fun Planted.anyMessage() {
    when (random.nextInt(10)) {
        0 -> {
            message(listOf(0xa00, 0x110, 0x305, 0x17, 0x5).random(random)) { nfgenmsg().secret(random.nextInt(60)) }
        }

        1 -> {
            message(listOf(0x104, 0x105, 0x203).random(random)) {
                nfgenmsg().attribute(3) { open(0, 0, 0, 1).secret(12) }
            }
        }

        2 -> {
            message(listOf(0x302, 0x401).random(random)) {
                nfgenmsg()
                (1..9).forEach { attribute(it) { open(*ByteArray(5)).secret(random.nextInt(12)) } }
            }
        }

        3 -> {
            message(ERROR, 0x200) {
                open32(-17)
                message(0x100, 1) { nfgenmsg().attributes(ConntrackAttribute.SCHEMA) }
                attribute(1) { open(*"Invalid argument\u0000".toByteArray()).secret(9) }
                (2..9).forEach { attribute(it) { open(0, 0, 0, 0).secret(random.nextInt(12)) } }
            }
        }

        4 -> {
            message(ERROR, listOf(0, 0x100, 0x200, 0x300).random(random)) { open32(-1).secret(random.nextInt(70)) }
        }

        5 -> {
            message(DONE, listOf(0, 0x200).random(random)) { open32(0).secret(random.nextInt(30)) }
        }

        else -> {
            val (type, schema) = families.entries.random(random).toPair()
            message(type) { nfgenmsg().attributes(schema) }
        }
    }
}

private fun ByteArray.startsAt(
    at: Int,
    run: ByteArray,
    from: Int,
    count: Int,
): Boolean = (0 until count).all { this[at + it] == run[from + it] }

/** Each place of a secret from which four bytes are still there, or eight are anywhere. */
private fun leaks(
    before: ByteArray,
    after: ByteArray,
    secrets: List<ByteArray>,
): List<String> {
    val runs = (0..after.size - 8).mapTo(HashSet()) { ByteBuffer.wrap(after).getLong(it) }
    return secrets.filter { it.size >= 4 }.flatMap { secret ->
        val places = (0..before.size - secret.size).filter { before.startsAt(it, secret, 0, secret.size) }
        val there = places.filter { at -> (0..secret.size - 4).any { after.startsAt(at + it, secret, it, 4) } }
        val anywhere = (0..secret.size - 8).filter { ByteBuffer.wrap(secret).getLong(it) in runs }
        there.map { "at $it of ${secret.hex()}" } + anywhere.map { "from $it of ${secret.hex()}" }
    }
}

private fun TraceAnonymizer.bytes(
    bytes: ByteArray,
    protocol: Int = NETFILTER,
    truncated: Boolean = false,
): ByteArray =
    anonymize(TraceEntry(TraceKind.FROM_KERNEL, 1, protocol, Bytes.of(*bytes), truncated, null))
        .datagram()
        .toArray()

private fun key(number: Int) = ByteArray(16) { number.toByte() }

class NoSecretsSpec :
    FunSpec({
        test("no secret survives, wherever a datagram can have one, whole, cut or malformed") {
            val random = Random(80)
            listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN).forEach { order ->
                val anonymizer = TraceAnonymizer.withKey(order, key(1))
                var planted = 0
                repeat(3000) { number ->
                    val datagram = Planted(random, order)
                    repeat(random.nextInt(1, 3)) { datagram.anyMessage() }
                    if (random.nextInt(6) == 0) datagram.secret(random.nextInt(60))
                    val whole = datagram.bytes()
                    val cut = random.nextInt(6) == 0
                    val bytes = if (cut) whole.copyOf(random.nextInt(1, whole.size + 1)) else whole
                    val protocol = if (random.nextInt(20) == 0) 0 else NETFILTER
                    val result = anonymizer.bytes(bytes, protocol, cut)
                    result.size shouldBe bytes.size
                    planted += datagram.secrets.count { it.size >= 4 }
                    val leaks = leaks(bytes, result, datagram.secrets)
                    if (leaks.isNotEmpty()) {
                        withClue("datagram $number\n${bytes.hex()}\n${result.hex()}") { leaks.shouldBeEmpty() }
                    }
                }
                planted shouldBeGreaterThan 20_000
            }
        }

        test("bytes after the end of an attribute's type become zeros, for every attribute of every family") {
            val anonymizer = TraceAnonymizer.withKey(ByteOrder.LITTLE_ENDIAN, key(2))
            val random = Random(81)

            fun paths(schema: AttributeSchema): List<List<AttributeType>> =
                schema.types().flatMap { type ->
                    val inner = type.nested().map(::paths).orElse(emptyList())
                    if (inner.isEmpty()) listOf(listOf(type)) else inner.map { listOf(type) + it }
                }
            var tried = 0
            families.forEach { (message, schema) ->
                paths(schema).filter { it.last().shape() != AttributeShape.STRING }.forEach { path ->
                    val type = path.last()
                    val size = visible[type] ?: type.minimumLength()
                    if (type !in payloads && type !in headers && type != ConntrackAttribute.Help.INFO) {
                        val datagram = Planted(random, ByteOrder.LITTLE_ENDIAN)

                        fun Planted.nest(depth: Int) {
                            attribute(path[depth].code()) {
                                if (depth == path.size - 1) open(*ByteArray(size)).secret(24) else nest(depth + 1)
                            }
                        }
                        datagram.message(message) { nfgenmsg().nest(0) }
                        val result = anonymizer.bytes(datagram.bytes())
                        val from = 20 + 4 * path.size + size
                        withClue("$message ${path.map { it.kernelName() }} ${result.hex()}") {
                            result.drop(from).all { it == 0.toByte() } shouldBe true
                        }
                        tried++
                    }
                }
            }
            tried shouldBeGreaterThan 200
        }

        test("of bytes that are no message nothing stays") {
            val anonymizer = TraceAnonymizer.withKey(ByteOrder.LITTLE_ENDIAN, key(3))
            val random = Random(82)
            repeat(1000) {
                val bytes = ByteArray(random.nextInt(1, 100)) { random.nextInt(1, 256).toByte() }
                val length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
                if (bytes.size < 4 || length.getInt(0).toLong() and 0xffffffffL !in 16..bytes.size) {
                    anonymizer.bytes(bytes, truncated = it % 2 == 0).all { byte -> byte == 0.toByte() } shouldBe true
                }
            }
        }

        test("a packet of another protocol becomes noise, even if it looks like IP") {
            val anonymizer = TraceAnonymizer.withKey(ByteOrder.LITTLE_ENDIAN, key(7))
            val bytes = PacketBuilder(protocol = IpProtocol.TCP, payload = ByteArray(0)).bytes()

            fun header(
                message: Int,
                vararg protocol: Byte,
            ): String {
                val datagram = Planted(Random(86), ByteOrder.LITTLE_ENDIAN)
                datagram.message(message) {
                    nfgenmsg()
                    attribute(1) { if (message == 0x400) open(*protocol, 0, 0) else open(0, 0, 0, 1, *protocol, 0) }
                    attribute(if (message == 0x400) 9 else 10) { open(*bytes) }
                }
                val result = anonymizer.bytes(datagram.bytes())
                return result.copyOfRange(result.size - bytes.size, result.size).hex()
            }
            listOf(0x400, 0x300).forEach {
                header(it, 8, 0).substring(40, 56) shouldBe bytes.hex().substring(40, 56)
                val other = header(it, 0x88.toByte(), 0x64)
                other.substring(40, 56) shouldNotBe bytes.hex().substring(40, 56)
                other.substring(0, 8) shouldNotBe bytes.hex().substring(0, 8)
                other[0] shouldBe '0'
            }
        }

        test("the mask of an expectation keeps masks and no address") {
            val anonymizer = TraceAnonymizer.withKey(ByteOrder.LITTLE_ENDIAN, key(4))

            fun mask(vararg address: Byte): String {
                val datagram = Planted(Random(83), ByteOrder.LITTLE_ENDIAN)
                datagram.message(0x200) {
                    nfgenmsg().attribute(3) {
                        attribute(1) { attribute(if (address.size == 4) 1 else 3) { open(*address) } }
                    }
                }
                return anonymizer.bytes(datagram.bytes()).let { it.copyOfRange(32, it.size) }.hex()
            }
            mask(-1, -1, -1, -1) shouldBe "ffffffff"
            mask(-1, -1, -16, 0) shouldBe "fffff000"
            mask(0, 0, 0, 0) shouldBe "00000000"
            mask(-58, 51, 100, 7) shouldBe "00000000"
            mask(-1, -1, 0, 1) shouldBe "00000000"
            mask(*ByteArray(16) { if (it < 8) -1 else 0 }) shouldBe "ff".repeat(8) + "00".repeat(8)
            mask(*ByteArray(16) { 7 }) shouldBe "00".repeat(16)
        }

        test("names of the kernel's own helpers stay, any other becomes letters") {
            val anonymizer = TraceAnonymizer.withKey(ByteOrder.LITTLE_ENDIAN, key(5))

            fun name(text: String): String {
                val datagram = Planted(Random(84), ByteOrder.LITTLE_ENDIAN)
                datagram.message(0x200) { nfgenmsg().attribute(6) { open(*text.toByteArray()).secret(8) } }
                val result = anonymizer.bytes(datagram.bytes())
                return String(result, 24, text.length, Charsets.ISO_8859_1).trimEnd('\u0000')
            }
            listOf("ftp", "sip-5061", "Q.931", "netbios-ns").forEach { name("$it\u0000") shouldBe it }
            listOf("acme", "ftp-acme", "ftp-123456").forEach {
                name("$it\u0000").matches(Regex("[a-z]{${it.length}}")) shouldBe true
                (name("$it\u0000") == it) shouldBe false
            }
        }

        test("a wrong checksum reveals nothing of the right one, and stays wrong") {
            val anonymizer = TraceAnonymizer.withKey(ByteOrder.LITTLE_ENDIAN, key(6))

            fun packet(bytes: ByteArray): String {
                val datagram = Planted(Random(85), ByteOrder.LITTLE_ENDIAN)
                datagram.message(0x400) { nfgenmsg().attribute(9) { open(*bytes) } }
                return anonymizer.bytes(datagram.bytes()).copyOfRange(24, 24 + bytes.size).hex()
            }
            listOf(
                4 to IpProtocol.UDP,
                4 to IpProtocol.TCP,
                6 to IpProtocol.UDP,
                6 to IpProtocol.ICMPV6,
            ).forEach { (version, protocol) ->
                val right = PacketBuilder(version = version, protocol = protocol).bytes()
                val at =
                    (if (version == 4) 20 else 40) +
                        when (protocol) {
                            IpProtocol.TCP -> 16
                            IpProtocol.UDP -> 6
                            else -> 2
                        }

                fun off(
                    place: Int,
                    by: Int,
                ) = right.copyOf().also {
                    val sum = ByteBuffer.wrap(it).getShort(place) + by
                    ByteBuffer.wrap(it).putShort(place, sum.toShort())
                }
                val transports = listOf(1, 2, 4711, 0x4000, 30000).map { packet(off(at, it)) }
                transports.distinct().size shouldBe 1
                transports[0].substring(2 * at, 2 * at + 4) shouldBe "bad0"
                if (version == 4) {
                    val headers = listOf(1, 2, 4711, 0x4000, 30000).map { packet(off(10, it)) }
                    headers.distinct().size shouldBe 1
                    headers[0].substring(20, 24) shouldBe "bad0"
                }
            }
        }
    })
