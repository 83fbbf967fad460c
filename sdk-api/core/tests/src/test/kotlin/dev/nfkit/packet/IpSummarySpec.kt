// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import kotlin.random.Random

private fun IpSummary.line(): String =
    "${version()} ${protocol()} ${source()} ${destination()} ${originalLength()}" +
        if (hasPorts()) " ${sourcePort()} ${destinationPort()}" else ""

private fun line(bytes: Bytes): String = IpSummary().let { if (it.wrap(bytes)) it.line() else "none" }

/** The payload of a packet that starts after some other bytes, or null. */
private fun payload(
    packet: ByteArray,
    before: Int = 0,
): String? {
    val summary = IpSummary()
    summary.wrap(Bytes.of(*ByteArray(before) + packet), before)
    val view = BytesView()
    return if (summary.payload(view)) view.toHex() else null
}

class IpSummarySpec :
    FunSpec({
        test("the payload starts after the transport's header, and ends with the packet, as far as it is present") {
            for ((builder, at) in listOf(
                PacketBuilder(options = "01010101") to 32,
                PacketBuilder(6) to 48,
                PacketBuilder(protocol = IpProtocol.TCP) to 40,
                PacketBuilder(6, IpProtocol.TCP, tcpOptions = "0101010101010101") to 68,
                PacketBuilder(protocol = IpProtocol.ICMP) to 28,
                PacketBuilder(6, IpProtocol.ICMPV6) to 48,
            )) {
                val packet = builder.bytes()
                val hex = Bytes.of(*packet).toHex()
                for (before in listOf(0, 3)) {
                    for (length in 20..packet.size) {
                        payload(packet.copyOf(length), before) shouldBe
                            if (length < at) null else hex.substring(2 * at, 2 * length)
                    }
                    payload(packet + ByteArray(3), before) shouldBe hex.substring(2 * at)
                }
            }
        }

        test("a UDP datagram may end before its packet; a length below that of the header is none") {
            val udp = PacketBuilder(payload = byteArrayOf(1, 2, 3))
            val all = "010203"
            for ((length, found) in mapOf(0 to all, 7 to all, 8 to "", 10 to "0102", 11 to all, 12 to all)) {
                payload(udp.bytes().put16(24, length)) shouldBe found
            }
        }

        test("other protocols, later fragments, contradictory headers and no packet have no payload") {
            payload(PacketBuilder(protocol = IpProtocol.SCTP).bytes()) shouldBe null
            payload(PacketBuilder(fragment = 1).bytes()) shouldBe null
            payload(PacketBuilder(fragment = 0x2000, payload = byteArrayOf(7)).bytes()) shouldBe "07"
            payload(PacketBuilder(protocol = IpProtocol.TCP).bytes().put16(32, 0x4018)) shouldBe null
            payload(ByteArray(0)) shouldBe null
            IpSummary().transportOffset() shouldBe -1
            IpSummary().hasPorts() shouldBe false
            val optional = PacketBuilder(options = "01010101").bytes()
            for (length in 20..25) {
                val summary = IpSummary().also { it.wrap(Bytes.of(*optional.copyOf(length))) }
                summary.transportOffset() shouldBe if (length < 24) -1 else 24
            }
        }

        test("recorded packets are summarized in one line") {
            payloads("ipv4-icmp").map(::line) shouldContainExactly List(3) { "4 1 10.9.0.2 10.9.0.1 84" }
            payloads("ipv6-tcp").map(::line) shouldContainExactly
                listOf(80, 72, 2928, 216, 72, 72, 72).map { "6 6 fd09::1 fd09::2 $it 45001 7000" }
            payloads("seq-flags").map(::line) shouldContainExactly
                List(5) { "4 17 10.9.0.1 10.9.0.2 58 45006 6000" }
            payloads("conntrack").map(::line).distinctBy {
                it.substringBefore(" 10.9") + it.substringAfterLast(' ')
            } shouldContainExactly
                listOf("4 6 10.9.0.1 10.9.0.2 60 45007 7000", "4 6 10.9.0.2 10.9.0.1 60 7000 45007")
            payloads("vlan-bridge").count { line(it) == "none" } shouldBe 2
        }

        test("a packet truncated at its copy range keeps its length, and its ports while they are present") {
            val whole = payloads("seq-flags").first()
            for (length in 0..whole.length()) {
                line(whole.slice(0, length)) shouldBe
                    when {
                        length < 20 -> "none"
                        length < 24 -> "4 17 10.9.0.1 10.9.0.2 58"
                        else -> "4 17 10.9.0.1 10.9.0.2 58 45006 6000"
                    }
            }
        }

        test("a fragment that is not the first has no ports, in either version") {
            line(hex("45000020 00002001 40110000 0a090001 0a090002 12345678 00000000")) shouldBe
                "4 17 10.9.0.1 10.9.0.2 32"
            line(hex("45000020 00002000 40110000 0a090001 0a090002 12345678 00000000")) shouldBe
                "4 17 10.9.0.1 10.9.0.2 32 4660 22136"
            line(hex("60000000 0010 2c 40 $IPV6_ADDRESSES 1100 0009 00000001 1234567800000000")) shouldBe
                "6 17 fd09::1 fd09::2 56"
        }

        test("values missing from the header are not guessed") {
            // BIG TCP of IPv4, a length shorter than the header, a jumbogram, and an empty IPv6 packet.
            line(hex("45000000 00000000 40060000 0a090001 0a090002 12345678")) shouldBe
                "4 6 10.9.0.1 10.9.0.2 -1 4660 22136"
            line(hex("45000013 00000000 40060000 0a090001 0a090002")) shouldBe "4 6 10.9.0.1 10.9.0.2 -1"
            line(hex("60000000 0000 06 40 $IPV6_ADDRESSES 12345678")) shouldBe "6 6 fd09::1 fd09::2 -1 4660 22136"
            line(hex("60000000 0000 3b 40 $IPV6_ADDRESSES")) shouldBe "6 59 fd09::1 fd09::2 40"
            // Bytes after the packet's end are padding, not ports.
            line(hex("45000014 00000000 40110000 0a090001 0a090002 00000000")) shouldBe "4 17 10.9.0.1 10.9.0.2 20"
        }

        test("a summary can be reused, and reports when it has no packet") {
            val summary = IpSummary()
            shouldThrow<IllegalStateException> { summary.source() }
            shouldThrow<IllegalStateException> { summary.sourcePort() }
            (summary.version() to summary.hasPorts()) shouldBe (0 to false)
            val packets = listOf("ipv4-icmp", "ipv6-tcp", "conntrack").flatMap(::payloads)
            packets.shouldNotBeEmpty()
            packets.forEach {
                summary.wrap(Bytes.of(1, 2, 3) + it, 3) shouldBe true
                summary.line() shouldBe line(it)
            }
        }

        test("random bytes and flipped bits never make a view throw") {
            val random = Random(40)
            val packets = listOf("ipv4-icmp", "ipv6-tcp", "vlan-bridge").flatMap(::payloads)
            val views = Views()
            repeat(100_000) {
                val bytes = packets.random(random).toArray()
                val cut = bytes.copyOf(random.nextInt(minOf(bytes.size, 120) + 1))
                repeat(random.nextInt(6)) {
                    if (cut.isNotEmpty()) {
                        cut[random.nextInt(cut.size)] =
                            random.nextInt().toByte()
                    }
                }
                views.readAll(Bytes.of(*cut))
            }
            repeat(100_000) {
                val bytes = random.nextBytes(random.nextInt(120))
                if (bytes.isNotEmpty()) bytes[0] = listOf(0x45, 0x60, 0x4f, bytes[0].toInt()).random(random).toByte()
                if (bytes.size > 6) bytes[6] = listOf(0, 43, 44, 51, 60, bytes[6].toInt()).random(random).toByte()
                views.readAll(Bytes.of(*bytes))
            }
        }
    })

/** Reads everything that a packet seems to contain. */
private class Views {
    private val summary = IpSummary()
    private val ipv4 = Ipv4View()
    private val ipv6 = Ipv6View()
    private val tcp = TcpView()
    private val udp = UdpView()
    private val icmp = IcmpView()

    fun readAll(bytes: Bytes) {
        if (summary.wrap(bytes)) summary.line()
        if (ipv4.wrap(bytes)) transport(bytes, ipv4.payloadOffset())
        if (ipv6.wrap(bytes)) {
            check(ipv6.transportOffset() <= bytes.length())
            ipv6.fragmentId() + ipv6.fragmentOffset()
            if (ipv6.transportOffset() >= 0) transport(bytes, ipv6.transportOffset())
        }
    }

    private fun transport(
        bytes: Bytes,
        offset: Int,
    ) {
        if (tcp.wrap(bytes, offset)) tcp.urgentPointer() + tcp.payloadOffset()
        if (udp.wrap(bytes, offset)) udp.checksum()
        if (icmp.wrap(bytes, offset)) icmp.sequence()
    }
}
