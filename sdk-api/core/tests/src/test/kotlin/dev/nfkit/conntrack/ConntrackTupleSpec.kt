// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.Bytes
import dev.nfkit.packet.IpSummary
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.arbitrary.boolean
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.net.Inet6Address
import java.net.InetAddress
import java.nio.ByteBuffer
import java.util.HexFormat
import java.util.OptionalInt

private fun address(bytes: ByteArray): InetAddress =
    if (bytes.size == 16) Inet6Address.getByAddress(null, bytes, -1) else InetAddress.getByAddress(bytes)

internal val anyTuple: Arb<ConntrackTuple> =
    arbitrary {
        val length = Arb.int(if (Arb.boolean().bind()) 4..4 else 16..16)
        val source = address(Arb.byteArray(length, Arb.byte()).bind())
        val destination = address(ByteArray(source.address.size) { Arb.byte().bind() })
        val tuple =
            when (Arb.int(0..2).bind()) {
                0 -> ConntrackTuple.of(Arb.int(0..255).bind(), source, destination)
                1 -> ConntrackTuple.icmp(source, destination, Arb.int(0..0xffff).bind(), Arb.int(0..255).bind(), 3)
                else -> ConntrackTuple.udp(source, Arb.int(0..0xffff).bind(), destination, Arb.int(0..0xffff).bind())
            }
        if (Arb.boolean().bind()) tuple.inZone(Arb.int(0..0xffff).bind()) else tuple
    }

class ConntrackTupleSpec :
    FunSpec({
        test("a written tuple is read unchanged, for all families and protocols") {
            checkAll(anyTuple) { tuple ->
                val read = entryOf { tuple.writeTo(this, 1) }.original()
                read shouldBe tuple
                read.hashCode() shouldBe tuple.hashCode()
                read.toString() shouldBe tuple.toString()
                read.source() shouldBe tuple.source()
                read.destination() shouldBe tuple.destination()
            }
        }

        test("addresses are written as a packet has them") {
            checkAll(anyTuple) { tuple ->
                val bytes = ByteBuffer.allocate(32)
                tuple.putSource(bytes)
                tuple.putDestination(bytes)
                tuple.hasAddresses() shouldBe true
                bytes.array().copyOf(bytes.position()) shouldBe tuple.source().address + tuple.destination().address
            }
            val none = entryOf { nest(1) {} }.original()
            none.hasAddresses() shouldBe false
            shouldThrow<NoSuchElementException> { none.putSource(ByteBuffer.allocate(16)) }
            shouldThrow<NoSuchElementException> { none.putDestination(ByteBuffer.allocate(16)) }
        }

        test("the tuple of a packet has its addresses, and its ports if there are any") {
            fun tuple(hex: String) =
                ConntrackTuple.of(IpSummary().also { it.wrap(Bytes.of(*HexFormat.of().parseHex(hex))) shouldBe true })
            val header = "4500001c00000000401100000a0000010a000002"
            tuple(header + "0fa0003500080000") shouldBe
                ConntrackTuple.udp(InetAddress.getByName("10.0.0.1"), 4000, InetAddress.getByName("10.0.0.2"), 53)
            tuple("4500001400000000402f00000a0000010a000002") shouldBe
                ConntrackTuple.of(47, InetAddress.getByName("10.0.0.1"), InetAddress.getByName("10.0.0.2"))
        }

        test("a tuple that is inverted twice is unchanged") {
            WEB.inverted() shouldBe ConntrackTuple.tcp(SERVER, 443, CLIENT, 40000)
            WEB.inverted().inverted() shouldBe WEB
            val ping = ConntrackTuple.icmp(CLIENT, SERVER, 7, 8, 0)
            ping.inverted() shouldBe ConntrackTuple.icmp(SERVER, CLIENT, 7, 0, 0)
            ConntrackTuple.icmp(CLIENT6, SERVER6, 7, 128, 0).inverted().icmpType() shouldBe 129
            shouldThrow<IllegalArgumentException> { ConntrackTuple.icmp(CLIENT, SERVER, 7, 3, 0).inverted() }
                .message shouldContain "icmp type 3 has no reply"
        }

        test("every member distinguishes tuples") {
            val others =
                listOf(
                    ConntrackTuple.tcp(SERVER, 40000, SERVER, 443),
                    ConntrackTuple.tcp(CLIENT, 40001, SERVER, 443),
                    ConntrackTuple.tcp(CLIENT, 40000, CLIENT, 443),
                    ConntrackTuple.tcp(CLIENT, 40000, SERVER, 444),
                    ConntrackTuple.udp(CLIENT, 40000, SERVER, 443),
                    ConntrackTuple.of(6, CLIENT, SERVER),
                    WEB.inZone(0),
                    ConntrackTuple.tcp(CLIENT6, 40000, SERVER6, 443),
                )
            others.forEach { it shouldNotBe WEB }
            WEB shouldBe ConntrackTuple.of(6, CLIENT, 40000, SERVER, 443)
            WEB.zone() shouldBe OptionalInt.empty()
            WEB.inZone(5).zone() shouldBe OptionalInt.of(5)
            WEB.hasPorts() shouldBe true
            WEB.hasIcmp() shouldBe false
        }

        test("a tuple is printed in the usual notation") {
            WEB.toString() shouldBe "tcp src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=443"
            ConntrackTuple.icmp(CLIENT6, SERVER6, 7, 128, 0).inZone(2).toString() shouldBe
                "icmpv6 src=fd00::1 dst=fd00::2 type=128 code=0 id=7 zone=2"
            ConntrackTuple.of(99, CLIENT, SERVER).toString() shouldBe "proto-99 src=10.0.0.1 dst=10.0.0.2"
        }

        test("an invalid tuple is refused by name and range") {
            shouldThrow<IllegalArgumentException> { ConntrackTuple.tcp(CLIENT, 65536, SERVER, 1) }.message shouldBe
                "sourcePort 65536 is out of 0 to 65535"
            shouldThrow<IllegalArgumentException> { ConntrackTuple.tcp(CLIENT, 1, SERVER, -1) }.message shouldBe
                "destinationPort -1 is out of 0 to 65535"
            shouldThrow<IllegalArgumentException> { ConntrackTuple.of(256, CLIENT, SERVER) }.message shouldBe
                "protocol 256 is out of 0 to 255"
            shouldThrow<IllegalArgumentException> { ConntrackTuple.of(6, CLIENT, SERVER6) }.message shouldContain
                "two families"
            shouldThrow<IllegalArgumentException> { WEB.inZone(65536) }
        }
    })
