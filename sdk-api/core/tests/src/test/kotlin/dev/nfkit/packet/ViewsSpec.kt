// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.HexFormat

fun hex(text: String): BytesView = BytesView.of(*HexFormat.of().parseHex(text.filterNot(Char::isWhitespace)))

const val IPV6_ADDRESSES = "fd09000000000000000000000000 0001 fd09000000000000000000000000 0002"

class ViewsSpec :
    FunSpec({
        test("an IPv4 header is read field by field") {
            val bytes = hex("ffff 46b9 0020 1234 6003 40 11 abcd 0a090001 0a090002 01020304 beef")
            val ip = Ipv4View()
            ip.wrap(bytes, 2) shouldBe true
            ip.headerLength() shouldBe 24
            ip.dscp() shouldBe 46
            ip.ecn() shouldBe 1
            ip.totalLength() shouldBe 32
            ip.id() shouldBe 0x1234
            ip.dontFragment() shouldBe true
            ip.moreFragments() shouldBe true
            ip.fragmentOffset() shouldBe 24
            ip.ttl() shouldBe 64
            ip.protocol() shouldBe IpProtocol.UDP
            ip.checksum() shouldBe 0xabcd
            ip.sourceBits() shouldBe 0x0a090001
            ip.destinationBits() shouldBe 0x0a090002
            ip.source().toHex() shouldBe "0a090001"
            ip.destination().toHex() shouldBe "0a090002"
            ip.sourceAddress().hostAddress shouldBe "10.9.0.1"
            ip.destinationAddress().hostAddress shouldBe "10.9.0.2"
            bytes.u16(ip.payloadOffset()) shouldBe 0xbeef
        }

        test("an IPv6 header is read field by field, and its extensions are walked") {
            val bytes =
                hex("66e12345 0028 00 3f $IPV6_ADDRESSES") +
                    // hop-by-hop, routing of 16 bytes, first fragment, AH of 12 bytes, then UDP
                    hex("2b00 0104 00000000  2c01 0000 00000000 0000000000000000  3300 0001 deadbeef") +
                    hex("1101 0000 00000001 00000002  1234 5678 0008 0000")
            val ip = Ipv6View()
            ip.wrap(bytes) shouldBe true
            ip.dscp() shouldBe 27
            ip.ecn() shouldBe 2
            ip.flowLabel() shouldBe 0x12345
            ip.payloadLength() shouldBe 40
            ip.nextHeader() shouldBe 0
            ip.hopLimit() shouldBe 63
            ip.isFragment() shouldBe true
            ip.fragmentOffset() shouldBe 0
            ip.moreFragments() shouldBe true
            ip.fragmentId() shouldBe 0xdeadbeefL
            ip.upperProtocol() shouldBe IpProtocol.UDP
            ip.source().toHex() shouldBe "fd090000000000000000000000000001"
            ip.destinationAddress().hostAddress shouldBe "fd09:0:0:0:0:0:0:2"
            val udp = UdpView()
            udp.wrap(bytes, ip.transportOffset()) shouldBe true
            udp.sourcePort() shouldBe 0x1234
            udp.destinationPort() shouldBe 0x5678
            udp.length() shouldBe 8
            udp.checksum() shouldBe 0
            udp.payloadOffset() shouldBe bytes.length()
            val after = hex("000102")
            ip.wrap(after + bytes, 3) shouldBe true
            listOf(ip.dscp(), ip.ecn(), ip.flowLabel(), ip.payloadLength(), ip.nextHeader(), ip.hopLimit()) shouldBe
                listOf(27, 2, 0x12345, 40, 0, 63)
            ip.sourceAddress().hostAddress shouldBe "fd09:0:0:0:0:0:0:1"
            ip.destinationAddress().hostAddress shouldBe "fd09:0:0:0:0:0:0:2"
            ip.destination().toHex() shouldBe "fd090000000000000000000000000002"
            ip.transportOffset() shouldBe 3 + bytes.length() - 8
            ip.fragmentId() shouldBe 0xdeadbeefL
            ip.wrap(hex("60000000 0008 11 40 $IPV6_ADDRESSES 1234 5678 0008 0000")) shouldBe true
            listOf(ip.isFragment(), ip.moreFragments(), ip.fragmentOffset(), ip.fragmentId()) shouldBe
                listOf(false, false, 0, 0L)
        }

        test("a UDP header at the start of the bytes is read completely") {
            val udp = UdpView()
            udp.wrap(hex("1234 5678 0008 beef")) shouldBe true
            udp.sourcePort() shouldBe 0x1234
            udp.destinationPort() shouldBe 0x5678
            udp.length() shouldBe 8
            udp.checksum() shouldBe 0xbeef
            udp.payloadOffset() shouldBe 8
        }

        test("an extension header that is truncated, loops on itself, or ends the packet leaves no transport") {
            val ip = Ipv6View()
            val head = "60000000 0000 %02x 40 $IPV6_ADDRESSES"
            ip.wrap(hex(head.format(0)) + hex("11 05 0000 00000000")) shouldBe true
            (ip.upperProtocol() to ip.transportOffset()) shouldBe (IpProtocol.UDP to -1)
            ip.wrap(hex(head.format(0)) + hex("11 00 0000")) shouldBe true
            (ip.upperProtocol() to ip.transportOffset()) shouldBe (IpProtocol.HOP_BY_HOP to -1)
            ip.wrap(hex(head.format(60)) + hex("3c00 0000 00000000".repeat(5000))) shouldBe true
            (ip.upperProtocol() to ip.transportOffset()) shouldBe (IpProtocol.DESTINATION_OPTIONS to -1)
            ip.wrap(hex(head.format(59))) shouldBe true
            (ip.upperProtocol() to ip.transportOffset()) shouldBe (IpProtocol.NO_NEXT_HEADER to -1)
            ip.wrap(hex(head.format(44)) + hex("1100 0bb9 00000001 12345678")) shouldBe true
            (ip.upperProtocol() to ip.transportOffset()) shouldBe (IpProtocol.UDP to -1)
            ip.fragmentOffset() shouldBe 3000
            ip.wrap(hex(head.format(6))) shouldBe true
            (ip.upperProtocol() to ip.transportOffset()) shouldBe (IpProtocol.TCP to 40)
            ip.isFragment() shouldBe false
        }

        test("TCP and ICMP headers are read field by field") {
            val tcp = TcpView()
            val bytes = hex("00 afcf 1b58 bec3a824 50545846 60 12 fe88 abcd 0007 0000 0000 ff")
            tcp.wrap(bytes, 1) shouldBe true
            tcp.sourcePort() shouldBe 45_007
            tcp.destinationPort() shouldBe 7000
            tcp.sequence() shouldBe 0xbec3a824L
            tcp.acknowledgement() shouldBe 0x50545846L
            tcp.headerLength() shouldBe 24
            tcp.flags() shouldBe 0x12
            listOf(tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg()) shouldBe
                listOf(false, true, false, false, true, false)
            tcp.window() shouldBe 0xfe88
            tcp.checksum() shouldBe 0xabcd
            tcp.urgentPointer() shouldBe 7
            bytes.u8(tcp.payloadOffset()) shouldBe 0xff
            val icmp = IcmpView()
            icmp.wrap(hex("0800 61b6 00e5 0001 5a")) shouldBe true
            listOf(icmp.type(), icmp.code(), icmp.checksum(), icmp.id(), icmp.sequence(), icmp.payloadOffset()) shouldBe
                listOf(8, 0, 0x61b6, 229, 1, 8)
        }

        test("flags that are not set are false, each without the others") {
            val ip = Ipv4View()
            val fragments =
                listOf("0000", "4000", "2000", "9fff").map { flags ->
                    ip.wrap(hex("45000014 0000 $flags 40110000 0a090001 0a090002")) shouldBe true
                    ip.dontFragment() to ip.moreFragments()
                }
            fragments shouldBe listOf(false to false, true to false, false to true, false to false)
            val tcp = TcpView()
            for (bit in 0..7) {
                tcp.wrap(hex("afcf 1b58 bec3a824 50545846 50 %02x fe88 abcd 0000".format(1 shl bit))) shouldBe true
                listOf(tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg()) shouldBe List(6) { it == bit }
            }
        }

        test("the type and the code of an ICMP header are distinct bytes") {
            val icmp = IcmpView()
            icmp.wrap(hex("03 04 abcd 00000000")) shouldBe true
            (icmp.type() to icmp.code()) shouldBe (3 to 4)
        }

        test("bad and truncated headers are refused, and the view keeps its previous values") {
            val ip = Ipv4View()
            ip.wrap(hex("45000014 00000000 40110000 0a090001 0a090002")) shouldBe true
            ip.wrap(hex("44000014 00000000 40110000 0a090001 0a090002")) shouldBe false
            ip.wrap(hex("65000014 00000000 40110000 0a090001 0a090002")) shouldBe false
            ip.wrap(hex("45000014 00000000 40110000 0a090001 0a0900")) shouldBe false
            ip.wrap(BytesView(), 5) shouldBe false
            ip.sourceBits() shouldBe 0x0a090001
            Ipv6View().wrap(hex("45".repeat(60))) shouldBe false
            Ipv6View().wrap(hex("60".repeat(39))) shouldBe false
            TcpView().wrap(hex("00".repeat(20))) shouldBe false
            UdpView().wrap(hex("00".repeat(7))) shouldBe false
            IcmpView().wrap(hex("00".repeat(7))) shouldBe false
            shouldThrow<IllegalArgumentException> { ip.wrap(BytesView(), -1) }
        }

        test("reading released bytes is an error of the program, not a bad header") {
            val released = hex("45".repeat(20)).also(BytesView::release)
            shouldThrow<IllegalStateException> { Ipv4View().wrap(released) }
            shouldThrow<IllegalStateException> { IpSummary().wrap(released) }
            val bytes = hex("45000014 00000000 40110000 0a090001 0a090002")
            val ip = Ipv4View().also { it.wrap(bytes) }
            bytes.release()
            shouldThrow<IllegalStateException> { ip.ttl() }
        }
    })

operator fun Bytes.plus(other: Bytes): Bytes = Bytes.of(*(toArray() + other.toArray()))
