// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Bytes
import dev.nfkit.packet.ChecksumState
import dev.nfkit.packet.IpProtocol
import dev.nfkit.packet.Ipv4View
import dev.nfkit.packet.Ipv6View
import dev.nfkit.packet.PacketChecksums
import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.PcapngWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer
import java.nio.file.Files

private fun states(packet: ByteArray): Pair<ChecksumState, ChecksumState> =
    PacketChecksums().let {
        it.wrap(Bytes.of(*packet))
        it.header() to it.transport()
    }

private fun ByteArray.toHex() = Bytes.of(*this).toHex()

private fun ipv4() = SampleIp.between("192.0.2.1", "192.0.2.2")

private fun ipv6() = SampleIp.between("2001:db8::1", "2001:db8::2")

private fun captured(
    linkType: Int,
    vararg packets: ByteArray,
): List<ByteArray> {
    val file = Files.createTempFile("packets", ".pcapng")
    try {
        PcapngWriter(Files.newOutputStream(file), CaptureSection.create()).use { writer ->
            val id = writer.addInterface(CaptureInterface.of(linkType))
            packets.forEach { writer.packet(id, 1, ByteBuffer.wrap(it), 0, it.size, it.size.toLong()) }
        }
        return SamplePackets.fromCapture(file)
    } finally {
        Files.delete(file)
    }
}

class SamplePacketsSpec :
    FunSpec({
        test("checksums are correct unless requested otherwise, with options and extension headers too") {
            val data = "odd".toByteArray()
            for (state in listOf(ChecksumState.RIGHT, ChecksumState.WRONG, ChecksumState.NOT_READY)) {
                for (ip in listOf(
                    ipv4(),
                    ipv4().options(0x94.toByte(), 4, 0, 0, 1),
                    ipv6(),
                    ipv6().extension(0, 0, 1, 4, 0, 0, 0, 0).extension(60, 0, 1, 4, 0, 0, 0, 0),
                )) {
                    ip.checksum(state)
                    states(ip.udp(1, 2, *data)).second shouldBe state
                    states(ip.tcp(1, 2, 16, byteArrayOf(2, 4, 5, 0), *data)).second shouldBe state
                }
            }
            states(ipv4().icmp(8, 0, 1, *data)) shouldBe (ChecksumState.RIGHT to ChecksumState.RIGHT)
            states(ipv6().checksum(ChecksumState.WRONG).icmp(128, 0, 1, *data)).second shouldBe ChecksumState.WRONG
            states(ipv4().checksum(ChecksumState.NONE).udp(1, 2)).second shouldBe ChecksumState.NONE
            states(ipv4().wrongHeaderChecksum().udp(1, 2)) shouldBe (ChecksumState.WRONG to ChecksumState.RIGHT)
        }

        test("values that were set are in the packet, and values out of range are refused by name") {
            val four =
                Ipv4View().also {
                    it.wrap(
                        Bytes.of(
                            *ipv4()
                                .ttl(3)
                                .id(77)
                                .trafficClass(4)
                                .carrying(47, 1, 2),
                        ),
                    )
                }
            listOf(four.ttl(), four.id(), four.dscp(), four.protocol(), four.totalLength()) shouldContainExactly
                listOf(3, 77, 1, 47, 22)
            val six = Ipv6View().also { it.wrap(Bytes.of(*ipv6().extension(60, 0, 1, 4, 0, 0, 0, 0).udp(1, 2))) }
            listOf(six.nextHeader(), six.upperProtocol(), six.transportOffset()) shouldContainExactly
                listOf(60, IpProtocol.UDP, 48)
            shouldThrow<IllegalArgumentException> { ipv4().ttl(256) }.message shouldBe "ttl 256 is out of 0 to 255"
            shouldThrow<IllegalArgumentException> { ipv4().udp(65_536, 1) }.message shouldContain "port 65536"
            shouldThrow<IllegalArgumentException> { ipv6().options(1) }
            shouldThrow<IllegalArgumentException> { ipv4().extension(0, 0) }
            shouldThrow<IllegalArgumentException> { ipv6().extension(0, 0) }.message shouldContain "not a multiple of 8"
            shouldThrow<IllegalArgumentException> { SampleIp.between("192.0.2.1", "::1") }
            shouldThrow<IllegalArgumentException> { ipv4().udp(1, 2, *ByteArray(65_510)) }.message shouldContain "65515"
        }

        test("fragments carry the packet, each with a correct header") {
            val packet = ipv4().udp(1, 2, *ByteArray(100) { it.toByte() })
            val fragments = SamplePackets.fragments(packet, 40)
            fragments.map { it.size } shouldContainExactly listOf(60, 60, 48)
            fragments.map { states(it).first }.distinct() shouldContainExactly listOf(ChecksumState.RIGHT)
            val views = fragments.map { Ipv4View().also { view -> view.wrap(Bytes.of(*it)) } }
            views.map { it.fragmentOffset() } shouldContainExactly listOf(0, 40, 80)
            views.map { it.moreFragments() } shouldContainExactly listOf(true, true, false)
            fragments.flatMap { it.drop(20) } shouldContainExactly packet.drop(20)
            shouldThrow<IllegalArgumentException> { SamplePackets.fragments(packet, 12) }
            shouldThrow<IllegalArgumentException> { SamplePackets.fragments(SamplePackets.udp6(), 8) }
        }

        test("DNS queries and answers have names and addresses") {
            SampleDns.query(0x1234, "www.example.com", SampleDns.A).toHex() shouldBe
                "12340100000100000000000003777777076578616d706c6503636f6d0000010001"
            SampleDns.answer(1, "a.b.", 60, "2001:db8::7").toHex() shouldBe
                "000181800001000100000000" + "016101620000" + "1c0001" + "c00c001c00010000003c0010" +
                "20010db8000000000000000000000007"
            val packet = SamplePackets.dnsAnswer("192.0.2.53", "192.0.2.1", "example.org", "192.0.2.7", "192.0.2.8")
            states(packet) shouldBe (ChecksumState.RIGHT to ChecksumState.RIGHT)
            shouldThrow<IllegalArgumentException> { SampleDns.query(1, "a..b", 1) }.message shouldContain "0 bytes"
            shouldThrow<IllegalArgumentException> { SampleDns.answer(1, "a", 1, "192.0.2.1", "::1") }
        }

        test("hexadecimal text of common tools is parsed") {
            val bytes = "4500 002a 0001 4000 4011 b6bf c000 0201 c000 0202 9c40".let(SamplePackets::fromHex)
            bytes.toHex() shouldBe "4500002a000140004011b6bfc0000201c00002029c40"
            listOf(
                "45:00:00:2a\n00-01 # the id\n4000,4011 0xb6 0xbf\\xc0 00 0201 c0000202 9C40\n\n",
                "00000000: 4500 002a 0001 4000 4011 b6bf c000 0201  E..*..@.@.......\n" +
                    "00000010: c000 0202 9c40                           .....@",
                "00000000  45 00 00 2a 00 01 40 00  40 11 b6 bf c0 00 02 01  |E..*..@.@.......|\n" +
                    "00000010  c0 00 02 02 9c 40  |.....@|",
                "\t0x0000:  4500 002a 0001 4000 4011 b6bf c000 0201\n\t0x0010:  c000 0202 9c40",
                "0000  45 00 00 2a 00 01 40 00 40 11 b6 bf c0 00 02 01   E..*..@.@.......\n" +
                    "0010  c0 00 02 02 9c 40                                 .....@",
            ).forEach { SamplePackets.fromHex(it).toHex() shouldBe bytes.toHex() }
            SamplePackets.fromHex("") shouldHaveSize 0
            shouldThrow<IllegalArgumentException> { SamplePackets.fromHex("45\n0g") }.message shouldBe
                "line 2 has 'g', which is not a hexadecimal digit: 0g"
            shouldThrow<IllegalArgumentException> { SamplePackets.fromHex("450") }.message shouldContain "an odd number"
        }

        test("packets are read from capture files of any usual link type") {
            val packet = SamplePackets.udp4(1, 2, 3)
            val other = SamplePackets.udp6(4)
            val raw = listOf(packet.toHex(), other.toHex())
            captured(101, packet, other).map { it.toHex() } shouldContainExactly raw
            val macs = ByteArray(12)
            val arp = macs + byteArrayOf(8, 6) + ByteArray(28)
            val tagged = macs + SamplePackets.fromHex("8100 0007 86dd") + other
            captured(1, macs + byteArrayOf(8, 0) + packet, arp, tagged).map { it.toHex() } shouldContainExactly raw
            captured(113, ByteArray(16) + packet, ByteArray(16) + other).map { it.toHex() } shouldContainExactly raw
            captured(276, ByteArray(20) + packet, ByteArray(20) + other).map { it.toHex() } shouldContainExactly raw
            val nflog =
                SampleNflog
                    .of(packet)
                    .prefix("x")
                    .toDatagram()
                    .let { it.copyOfRange(16, it.size) }
            captured(239, nflog).map { it.toHex() } shouldContainExactly listOf(packet.toHex())
            shouldThrow<IllegalArgumentException> { captured(147, packet) }.message shouldContain "link type 147"
            shouldThrow<IllegalArgumentException> {
                SamplePackets.fromCapture(SamplePackets::class.java, "/no/such")
            }.message shouldContain "/no/such"
        }
    })
