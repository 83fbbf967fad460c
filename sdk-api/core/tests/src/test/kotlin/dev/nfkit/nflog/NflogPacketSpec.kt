// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import dev.nfkit.AddressFamily
import dev.nfkit.Bytes
import dev.nfkit.Hook
import dev.nfkit.MalformedMessageException
import dev.nfkit.socket.Loan
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.ByteOrder
import kotlin.random.Random

private fun message(
    family: Int = 2,
    write: MessageWriter.() -> Unit,
): MessageCursor {
    val writer = MessageWriter(70_000, ByteOrder.LITTLE_ENDIAN)
    writer.begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0).nfgenmsg(family, 30)
    writer.write()
    writer.end()
    val cursor = MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN)
    cursor.next()
    return cursor
}

private fun borrowed(
    cursor: MessageCursor,
    receivedAt: Long = 5,
): NflogPacket = NflogPacket(PrefixCache(), null).aimed(cursor, receivedAt)

private fun NflogPacket.aimed(
    cursor: MessageCursor,
    receivedAt: Long = 0,
) = also { it.wrap(cursor, receivedAt) }

private fun ipv4(
    totalLength: Int,
    size: Int = 20,
) = ByteArray(size).also {
    it[0] = 0x45
    it[2] = (totalLength shr 8).toByte()
    it[3] = totalLength.toByte()
}

class NflogPacketSpec :
    FunSpec({
        test("a packet as text names its group and hook, and both of its numbers are read") {
            val packet =
                borrowed(
                    message {
                        bytes(1, 8, 0, 3, 0)
                        bytes(9, *ipv4(64))
                        be32(NflogAttribute.SEQ.code(), 7).be32(NflogAttribute.SEQ_GLOBAL.code(), 8)
                        be16(NflogAttribute.HWLEN.code(), 14)
                    },
                )
            packet.toString() shouldBe "NFLOG group 30, LOCAL_OUT, 64 bytes (truncated)"
            (packet.sequence() to packet.sequenceGlobal()) shouldBe (7L to 8L)
            packet.hardwareHeaderLength() shouldBe 14
            borrowed(message { bytes(9, *ipv4(20)) }).toString() shouldBe "NFLOG group 30, 20 bytes"
            packet.release()
            packet.toString() shouldBe "NFLOG packet (released)"
        }

        test("an absent attribute throws, with its name and what makes the kernel send it") {
            val packet = borrowed(message { bytes(9, 1, 2) })
            val absent = shouldThrow<NoSuchElementException> { packet.sequence() }
            absent.message shouldContain "NFULA_SEQ is absent: switch it on with sequence(true)"
            shouldThrow<NoSuchElementException> { packet.uid() }.message shouldContain "NFULA_UID"
            shouldThrow<NoSuchElementException> { packet.hook() }.message shouldContain "NFULA_PACKET_HDR"
            shouldThrow<NoSuchElementException> { packet.vlan() }
            shouldThrow<NoSuchElementException> { packet.prefix() }
            shouldThrow<NoSuchElementException> { packet.hardwareAddress() }
            packet.has(NflogAttribute.SEQ) shouldBe false
            packet.mark() shouldBe 0L
        }

        test("numbers are unsigned") {
            val packet =
                borrowed(
                    message { be32(2, 0xffff_fffeL).be32(11, 0x8000_0000L).be32(12, 0xffff_ffffL).be16(15, 0xfffe) },
                )
            packet.mark() shouldBe 4294967294L
            packet.uid() shouldBe 2147483648L
            packet.sequence() shouldBe 4294967295L
            packet.hardwareType() shouldBe 65534
        }

        test("if an attribute occurs twice, the last one counts, and unknown ones are skipped") {
            val packet = borrowed(message { be32(2, 1).be32(63, 9).be32(500, 9).be32(2, 2) })
            packet.mark() shouldBe 2L
        }

        test("a hardware address is truncated to its own length, which is limited to 8") {
            borrowed(message { bytes(8, 0, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8) }).hardwareAddress().toString() shouldBe
                "01:02:03:04:05:06"
            borrowed(message { bytes(8, 127, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8) }).hardwareAddress().length() shouldBe 8
            borrowed(message { bytes(8, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8) }).hardwareAddress().length() shouldBe 0
        }

        test("a known attribute shorter than its type is malformed, with its path and position") {
            for ((code, size) in listOf(1 to 3, 2 to 3, 3 to 15, 4 to 0, 8 to 11, 10 to 0, 11 to 2, 15 to 1, 19 to 3)) {
                val problem =
                    shouldThrow<MalformedMessageException> { borrowed(message { bytes(code, *ByteArray(size)) }) }
                problem.path() shouldBe "NFULNL_MSG_PACKET/" + NflogAttribute.SCHEMA.nameOf(code)
                problem.actual() shouldBe "$size bytes"
            }
        }

        test("a prefix without its NUL is malformed") {
            val problem = shouldThrow<MalformedMessageException> { borrowed(message { bytes(10, 97, 98) }) }
            problem.path() shouldBe "NFULNL_MSG_PACKET/NFULA_PREFIX"
            problem.expected() shouldBe "text ended by NUL"
        }

        test("a VLAN nest with a truncated attribute is malformed") {
            shouldThrow<MalformedMessageException> {
                borrowed(message { endNest(beginNest(20).also { be16(1, 0x8100).u8(2, 1) }) })
            }.path() shouldContain "NFULA_VLAN"
        }

        context("if the kernel sends no protocol, family and version determine it") {
            val six = byteArrayOf(0x60, 0, 0, 0, 0, 12) + ByteArray(34)
            withData(
                nameFn = { (family, payload, protocol) ->
                    "family $family, first byte ${payload.firstOrNull()}: ${protocol.toString(16)}"
                },
                Triple(2, ipv4(28), 0x0800),
                Triple(10, six, 0x86dd),
                Triple(1, ipv4(28), 0x0800),
                Triple(1, six, 0x86dd),
                Triple(0, ipv4(28), 0x0800),
                Triple(0, six, 0x86dd),
                Triple(2, ByteArray(0), 0x0800),
                Triple(10, ByteArray(0), 0x86dd),
                Triple(1, ByteArray(0), 0),
                Triple(2, six, 0),
                Triple(10, ipv4(28), 0),
                Triple(2, byteArrayOf(0, 1, 8, 0), 0),
                Triple(3, ipv4(28), 0),
                Triple(7, ipv4(28), 0),
                Triple(5, six, 0),
            ) { (family, payload, protocol) ->
                for (header in listOf(true, false)) {
                    val packet =
                        borrowed(
                            message(family) {
                                if (header) bytes(1, 0, 0, 3, 0)
                                if (payload.isNotEmpty()) bytes(9, *payload)
                            },
                        )
                    packet.etherType() shouldBe protocol
                    packet.copy().etherType() shouldBe protocol
                    if (header) packet.hwProtocol() shouldBe 0
                    packet.release()
                    shouldThrow<IllegalStateException> { packet.etherType() }
                }
            }
        }

        test("the protocol that the kernel sends counts, whatever the payload starts with") {
            borrowed(message { bytes(1, 8, 6, 3, 0).bytes(9, *ipv4(28)) }).etherType() shouldBe 0x0806
        }

        test("a packet without a protocol has its length from its IP header too") {
            val packet = borrowed(message { bytes(1, 0, 0, 3, 0).bytes(9, *ipv4(1500)) })
            packet.originalLength() shouldBe 1500
            packet.truncated() shouldBe true
        }

        test("a view that is reused for several messages returns for each what a new view does") {
            val random = Random(30)
            val view = NflogPacket(PrefixCache(), null)
            val repeated = mutableListOf<Boolean>()
            var group = 1
            var prefix = "a"
            var six = false
            repeat(5_000) {
                when (random.nextInt(12)) {
                    0 -> {
                        group = random.nextInt(1, 3)
                    }

                    1 -> {
                        prefix =
                            listOf("a", "b", "", "a longer one than eight", "a longer one than eigh!").random(random)
                    }

                    2 -> {
                        six = !six
                    }
                }
                val cut = random.nextInt(20) == 0
                val bytes = ipv4(random.nextInt(20, 60), random.nextInt(20, 40))
                val writer = MessageWriter(512, ByteOrder.LITTLE_ENDIAN)
                writer.begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0).nfgenmsg(if (six) 10 else 2, group)
                writer.bytes(1, if (six) 0x86.toByte() else 8, if (six) 0xdd.toByte() else 0, 3, 0)
                if (prefix.isNotEmpty()) writer.string(10, prefix)
                writer.be32(2, random.nextLong(1, 100))
                if (cut) writer.endNest(writer.beginNest(20).also { writer.be16(1, 0x8100).u8(2, 1) })
                writer.be32(12, it.toLong()).bytes(9, *bytes).end()

                fun cursor() =
                    MessageCursor()
                        .wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN)
                        .also { at -> at.next() }

                if (cut) {
                    shouldThrow<MalformedMessageException> { view.wrap(cursor(), 0) }
                } else {
                    repeated += view.wrap(cursor(), 0)
                    val fresh = borrowed(cursor())
                    view.group() shouldBe group
                    view.has(NflogAttribute.PREFIX) shouldBe prefix.isNotEmpty()
                    if (prefix.isNotEmpty()) view.prefix() shouldBe prefix
                    view.hwProtocol() shouldBe if (six) 0x86dd else 0x0800
                    view.sequence() shouldBe it.toLong()
                    view.mark() shouldBe fresh.mark()
                    view.originalLength() shouldBe fresh.originalLength()
                    view.truncated() shouldBe fresh.truncated()
                    view.payload().toArray() shouldBe bytes
                    view.release()
                }
            }
            repeated.count { it } shouldBeGreaterThan 2_000
            repeated.count { !it } shouldBeGreaterThan 500
        }

        test("equal prefixes are one string, whatever their length") {
            val cache = PrefixCache()
            for (text in listOf("", "a", "1234567", "12345678", "123456789", "a prefix that is rather long: é ")) {
                val first = NflogPacket(cache, null).aimed(message { string(10, text) }).prefix()
                val second = NflogPacket(cache, null).aimed(message { string(10, text) }).prefix()
                first shouldBe text
                second shouldBeSameInstanceAs first
            }
        }

        test("a borrowed packet cannot be read once it was released, and a copy can") {
            val packet =
                borrowed(message { bytes(1, 8, 0, 3, 0).string(10, "p").bytes(9, *ipv4(20)).bytes(16, 1, 2, 3) })
            val payload = packet.payload()
            val header = packet.hardwareHeader()
            val copy = packet.copy()
            packet.owned() shouldBe false
            packet.release()
            payload.length() shouldBe -1
            header.length() shouldBe -1
            val reads =
                listOf<() -> Any>(
                    { packet.mark() },
                    { packet.payload() },
                    { packet.family() },
                    { packet.group() },
                    { packet.hook() },
                    { packet.prefix() },
                    { packet.has(NflogAttribute.MARK) },
                    { packet.copy() },
                    { packet.truncated() },
                    { packet.originalLength() },
                    { packet.receivedAtNanos() },
                    { packet.capturedAtNanos() },
                    { packet.vlan() },
                    { packet.l2Header() },
                )
            reads.forEach { read ->
                shouldThrow<IllegalStateException> { read() }.message shouldContain
                    "copy() it inside the callback"
            }
            packet.toString() shouldBe "NFLOG packet (released)"

            copy.owned() shouldBe true
            copy.copy() shouldBeSameInstanceAs copy
            copy.hook() shouldBeSameInstanceAs Hook.LOCAL_OUT
            copy.family() shouldBeSameInstanceAs AddressFamily.IPV4
            copy.group() shouldBe 30
            copy.prefix() shouldBe "p"
            copy.payload().length() shouldBe 20
            copy.hardwareHeader().toHex() shouldBe "010203"
            copy.receivedAtNanos() shouldBe 5L
        }

        test("a strict view reports where it was handed out") {
            val escapes = mutableListOf<IllegalStateException>()
            val loan = Loan("packet") { _, use -> escapes += use }
            val packet = NflogPacket(PrefixCache(), loan).aimed(message { be32(2, 1).bytes(9, *ipv4(20)) })
            val payload = packet.payload()
            val part = payload.slice(0, 4)
            packet.release()
            val caught = shouldThrow<IllegalStateException> { packet.mark() }
            caught.cause shouldBeSameInstanceAs loan.place()
            shouldThrow<IllegalStateException> { packet.payload() }
            shouldThrow<IllegalStateException> { payload.u8(0) }
            shouldThrow<IllegalStateException> { part.u8(0) }
            payload.length() shouldBe -1
            escapes.size shouldBe 4
            escapes[0] shouldBeSameInstanceAs caught
        }

        test("the original length comes from the IP header, and determines whether the payload was truncated") {
            val cut = borrowed(message { bytes(1, 8, 0, 3, 0).bytes(9, *ipv4(1500, 128)) })
            cut.originalLength() shouldBe 1500
            cut.truncated() shouldBe true
            val ipv6 =
                ByteArray(40).also {
                    it[0] = 0x60
                    it[4] = 1
                }
            val six = borrowed(message(10) { bytes(1, 0x86.toByte(), 0xdd.toByte(), 3, 0).bytes(9, *ipv6) })
            six.originalLength() shouldBe 296
            six.truncated() shouldBe true
            val whole = borrowed(message { bytes(1, 8, 0, 3, 0).bytes(9, *ipv4(20)) })
            whole.truncated() shouldBe false
            val largest = borrowed(message { bytes(1, 8, 0, 3, 0).bytes(9, *ipv4(65535, 65531)) })
            largest.originalLength() shouldBe 65535
            largest.truncated() shouldBe true
            val without = borrowed(message { bytes(1, 8, 0, 3, 0) })
            without.truncated() shouldBe true
            without.payload().length() shouldBe 0
        }

        test("the time is the kernel's if it sent one, otherwise that of receipt") {
            val seconds =
                Bytes.of(
                    0,
                    0,
                    0,
                    0,
                    0x6b,
                    0,
                    0xaf.toByte(),
                    0x80.toByte(),
                    0,
                    0,
                    0,
                    0,
                    0,
                    8,
                    0xc3.toByte(),
                    0x9b.toByte(),
                )
            val packet = borrowed(message { bytes(3, seconds) }, receivedAt = 77)
            packet.timestampNanos() shouldBe 1795207040574363000L
            packet.capturedAtNanos() shouldBe 1795207040574363000L
            packet.receivedAtNanos() shouldBe 77L
            borrowed(message { be32(2, 1) }, receivedAt = 77).capturedAtNanos() shouldBe 77L
        }

        test("JSON names are the kernel's in lower case without their prefix") {
            NflogAttribute.entries.map { it.key() } shouldBe
                listOf(
                    "packet_hdr",
                    "mark",
                    "timestamp",
                    "ifindex_indev",
                    "ifindex_outdev",
                    "ifindex_physindev",
                    "ifindex_physoutdev",
                    "hwaddr",
                    "payload",
                    "prefix",
                    "uid",
                    "seq",
                    "seq_global",
                    "gid",
                    "hwtype",
                    "hwheader",
                    "hwlen",
                    "ct",
                    "ct_info",
                    "vlan",
                    "l2hdr",
                )
            NflogAttribute.Vlan.entries.map { it.key() } shouldBe listOf("proto", "tci")
        }
    })
