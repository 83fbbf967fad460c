// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackAttribute
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
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private const val NETFILTER = 12

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
        test("no secret survives, in any place of a datagram, complete, truncated or malformed") {
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
                    if (type !in payloads && type !in linkHeaders && type != ConntrackAttribute.Help.INFO) {
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

        test("no byte of a datagram that is not a message survives") {
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

        test("names of the kernel's own helpers are kept, any other becomes letters") {
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

        test("a wrong checksum reveals nothing of the correct one, and stays wrong") {
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
