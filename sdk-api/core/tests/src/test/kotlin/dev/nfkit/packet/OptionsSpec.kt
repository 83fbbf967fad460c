// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlin.random.Random

private fun OptionCursor.all(): List<String> {
    val found = mutableListOf<String>()
    while (next()) {
        check(dataOffset() + dataLength() == offset() + length())
        found += "${kind()}+${length()}:${data(BytesView()).toHex()}"
    }
    return found + if (malformed()) listOf("malformed") else emptyList()
}

private fun ipv4Options(text: String): List<String> {
    val header = hex("4%x000014 00000000 40110000 0a090001 0a090002".format(5 + (text.length + 7) / 8) + text)
    return OptionCursor().wrap(Ipv4View().also { it.wrap(hex("ffff") + header, 2) shouldBe true }).all()
}

private fun tcp(
    options: String,
    words: Int = options.filterNot(Char::isWhitespace).length / 8,
): TcpView =
    TcpView().also {
        it.wrap(hex("0000 0050 bec3a824 50545846 %x0 12 fe88 abcd 0000".format(5 + words) + options)) shouldBe true
    }

private fun extensions(bytes: Bytes): List<String> {
    val cursor = ExtensionCursor().wrap(Ipv6View().also { it.wrap(bytes) shouldBe true })
    val found = mutableListOf<String>()
    while (cursor.next()) found += "${cursor.type()} at ${cursor.offset()} of ${cursor.length()}"
    return found + "then ${cursor.nextHeader()}" + if (cursor.incomplete()) listOf("incomplete") else emptyList()
}

class OptionsSpec :
    FunSpec({
        test("a reader of no options has none, and a SACK option has one block at least") {
            val options = TcpOptions()

            fun present() =
                listOf(
                    options.hasMaximumSegmentSize(),
                    options.hasWindowScale(),
                    options.sackPermitted(),
                    options.hasTimestamps(),
                )
            present() shouldBe List(4) { false }
            for ((option, blocks) in listOf("05020101" to 0, "050a00000001000000020101" to 1)) {
                val packet = PacketBuilder(protocol = IpProtocol.TCP, tcpOptions = option).toBytes()
                options.wrap(TcpView().also { it.wrap(packet, 20) shouldBe true })
                present() shouldBe List(4) { false }
                options.sackBlocks() shouldBe blocks
            }
        }

        test("IPv4 options are visited one by one, up to their end") {
            ipv4Options("940400000107040a").dropLast(1) shouldContainExactly listOf("148+4:0000", "1+1:")
            ipv4Options("94040000 01 0703 04".filterNot(Char::isWhitespace)) shouldContainExactly
                listOf("148+4:0000", "1+1:", "7+3:04")
            ipv4Options("0100940400000000") shouldContainExactly listOf("1+1:")
            ipv4Options("") shouldBe emptyList()
        }

        test("an invalid option ends the walk and is reported") {
            ipv4Options("01070000") shouldContainExactly listOf("1+1:", "malformed")
            ipv4Options("01070100") shouldContainExactly listOf("1+1:", "malformed")
            ipv4Options("01070404") shouldContainExactly listOf("1+1:", "malformed")
            ipv4Options("01010107") shouldContainExactly listOf("1+1:", "1+1:", "1+1:", "malformed")
            // Truncated: the header has more options than there are bytes.
            OptionCursor().wrap(tcp("0101", words = 2)).all() shouldContainExactly listOf("1+1:", "1+1:", "malformed")
            OptionCursor().wrap(tcp("0100", words = 2)).all() shouldContainExactly listOf("1+1:")
        }

        test("a timestamp and its echo are distinct numbers") {
            val view = TcpView()
            view.wrap(hex("afcf 1b58 bec3a824 50545846 80 10 fe88 abcd 0000 0101 080a f0000001 e0000002")) shouldBe true
            val options = TcpOptions()
            options.wrap(view) shouldBe true
            (options.timestamp() to options.timestampEcho()) shouldBe (0xf0000001L to 0xe0000002L)
        }

        test("the TCP options of a real SYN are read by name") {
            val options = TcpOptions()
            val view = TcpView()
            val syn = payloads("ipv6-tcp").first()
            view.wrap(syn, 40) shouldBe true
            view.syn() shouldBe true
            options.wrap(view) shouldBe true
            options.hasMaximumSegmentSize() shouldBe true
            options.maximumSegmentSize() shouldBe 1440
            options.sackPermitted() shouldBe true
            options.hasTimestamps() shouldBe true
            options.timestamp() shouldBe syn.u32(40 + 20 + 8)
            options.timestampEcho() shouldBe 0
            options.hasWindowScale() shouldBe true
            (options.windowScale() in 1..14) shouldBe true
            options.sackBlocks() shouldBe 0
        }

        test("SACK blocks are read, an option of a wrong length is skipped, the last of equal ones counts") {
            val options = TcpOptions()
            options.wrap(tcp("0101 0512 00000001 00000002 fffffffe ffffffff")) shouldBe true
            options.sackBlocks() shouldBe 2
            (0..1).map { options.sackFrom(it) to options.sackTo(it) } shouldContainExactly
                listOf(1L to 2L, 0xfffffffeL to 0xffffffffL)
            shouldThrow<IndexOutOfBoundsException> { options.sackFrom(2) }
            options.wrap(tcp("020405b4 02040218 020305 01")) shouldBe true
            options.maximumSegmentSize() shouldBe 536
            options.sackBlocks() shouldBe 0
            listOf(options.hasTimestamps(), options.hasWindowScale(), options.sackPermitted()) shouldBe
                List(3) { false }
            shouldThrow<NoSuchElementException> { options.windowScale() }.message shouldBe
                "the TCP header has no option window scale"
            options.wrap(tcp("020405b4 0800 0000")) shouldBe false
            options.maximumSegmentSize() shouldBe 1460
        }

        test("extension headers are visited one by one, with their options and segments") {
            val packet =
                PacketBuilder(
                    version = 6,
                    extensions =
                        listOf(
                            IpProtocol.HOP_BY_HOP to "00 0502 0000 0100",
                            IpProtocol.ROUTING to PacketBuilder.UNFINISHED_ROUTE,
                            IpProtocol.FRAGMENT to PacketBuilder.ATOMIC_FRAGMENT,
                            IpProtocol.DESTINATION_OPTIONS to PacketBuilder.HOME_ADDRESS,
                        ),
                ).toBytes()
            extensions(packet) shouldContainExactly
                listOf("0 at 40 of 8", "43 at 48 of 24", "44 at 72 of 8", "60 at 80 of 24", "then 17")
            val cursor = ExtensionCursor().wrap(Ipv6View().also { it.wrap(packet) })
            shouldThrow<IllegalArgumentException> { OptionCursor().wrap(cursor) }
            cursor.next() shouldBe true
            OptionCursor().wrap(cursor).all() shouldContainExactly listOf("5+4:0000", "1+2:")
            shouldThrow<IllegalStateException> { cursor.segmentsLeft() }
            cursor.next() shouldBe true
            (cursor.routingType() to cursor.segmentsLeft()) shouldBe (0 to 1)
            shouldThrow<IllegalArgumentException> { OptionCursor().wrap(cursor) }
            cursor.next() shouldBe true
            cursor.next() shouldBe true
            val options = OptionCursor().wrap(cursor)
            options.find(Ipv6Option.HOME_ADDRESS) shouldBe true
            options.data(BytesView()).toHex() shouldBe "fd090000000000000000000000000009"
            options.find(Ipv6Option.HOME_ADDRESS) shouldBe false
            options.malformed() shouldBe false
            cursor.next() shouldBe false
        }

        test("extension headers that are truncated, too many, or after a fragment end the walk") {
            val head = "60000000 0000 %02x 40 $IPV6_ADDRESSES"
            extensions(hex(head.format(60)) + hex("3c00 0000 00000000".repeat(5000))).let {
                it.size shouldBe 32 + 2
                it.last() shouldBe "incomplete"
            }
            extensions(hex(head.format(0)) + hex("1105 0000 00000000")) shouldContainExactly
                listOf("0 at 40 of 48", "then 17", "incomplete")
            extensions(hex(head.format(0)) + hex("1100")) shouldContainExactly listOf("then 0", "incomplete")
            extensions(hex(head.format(44)) + hex("3c00 0bb9 00000001 12345678 00000000")) shouldContainExactly
                listOf("44 at 40 of 8", "then 60")
            extensions(hex(head.format(51)) + hex("3b01 0000 00000000 00000000")) shouldContainExactly
                listOf("51 at 40 of 12", "then 59")
            extensions(hex(head.format(6))) shouldContainExactly listOf("then 6")
        }

        test("an ICMP error contains the packet that caused it") {
            val inner = PacketBuilder(protocol = IpProtocol.TCP).bytes().copyOf(28)
            val error =
                PacketBuilder(protocol = IpProtocol.ICMP, icmp = "0304", payload = inner).toBytes()
            val icmp = IcmpView()
            icmp.wrap(error, 20) shouldBe true
            icmp.carriesPacket() shouldBe true
            icmp.isEcho() shouldBe false
            icmp.rest() shouldBe 0x00e50001L
            val about = IpSummary()
            about.wrap(error, icmp.payloadOffset()) shouldBe true
            (about.protocol() to about.destinationPort()) shouldBe (IpProtocol.TCP to 0x5678)
            icmp.wrap(PacketBuilder(version = 6, protocol = IpProtocol.ICMPV6).toBytes(), 40) shouldBe true
            (icmp.carriesPacket() to icmp.isEcho()) shouldBe (false to true)
        }

        test("random options never loop, and are never read outside the header") {
            val random = Random(50)
            val cursor = OptionCursor()
            val options = TcpOptions()
            val tcp = TcpView()
            val ip = Ipv4View()
            repeat(100_000) {
                val bytes = random.nextBytes(random.nextInt(20, 80))
                bytes[0] = random.nextInt(0x45, 0x50).toByte()
                bytes[12] = random.nextInt(0x50, 0x100).toByte()
                val all = Bytes.of(*bytes)
                ip.wrap(all) shouldBe true
                cursor.wrap(ip)
                var end = 20
                while (cursor.next()) {
                    check(cursor.offset() == end && cursor.length() > 0)
                    end += cursor.length()
                }
                check(end <= minOf(bytes.size, ip.headerLength()))
                tcp.wrap(all) shouldBe true
                options.wrap(tcp)
                if (options.hasMaximumSegmentSize()) options.maximumSegmentSize()
                if (options.hasWindowScale()) options.windowScale()
                if (options.hasTimestamps()) options.timestampEcho()
                if (options.sackBlocks() > 0) options.sackTo(options.sackBlocks() - 1)
            }
        }

        test("reading released bytes is an error of the program") {
            val bytes = PacketBuilder(version = 6, extensions = listOf(0 to PacketBuilder.HOP_BY_HOP)).toBytes()
            val ip = Ipv6View().also { it.wrap(bytes) }
            val cursor = ExtensionCursor().wrap(ip)
            cursor.next() shouldBe true
            val options = OptionCursor().wrap(cursor)
            bytes.release()
            shouldThrow<IllegalStateException> { options.next() }
            shouldThrow<IllegalStateException> { OptionCursor().wrap(cursor) }
            shouldThrow<IllegalStateException> { ExtensionCursor().wrap(ip) }
        }
    })
