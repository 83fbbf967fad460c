// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.packet.PacketEditException.Reason
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.net.Inet6Address
import java.net.InetAddress

private val IPV4 = hex("c0000201")
private val IPV6 = hex("20010db8000000000000000000000001")

private fun refusal(block: () -> Unit): Reason? =
    try {
        block()
        null
    } catch (e: PacketEditException) {
        e.reason()
    }

/** Why each kind of change is refused, or null: address, port, flags, payload; TTL and DSCP are never refused. */
private fun refusals(packet: PacketBuilder): List<Reason?> {
    val editor = PacketEditor()
    val bytes = packet.toBytes()
    val address = if (packet.version == 4) IPV4 else IPV6
    editor
        .edit(bytes)
        .ttl(3)
        .dscp(5)
        .ecn(1)
    val before = editor.result().copy()
    return listOf<PacketEditor.() -> Unit>(
        { source(address) },
        { sourcePort(1) },
        { tcpFlags(1) },
        { payload(ByteArray(3)) },
    ).map { change ->
        editor.edit(before)
        refusal { editor.change() }.also {
            if (it != null) editor.result().toHex() shouldBe before.toHex()
        }
    }
}

private fun all(reason: Reason): List<Reason> = List(4) { reason }

private const val TTL_NEW = 9

class PacketEditorSpec :
    FunSpec({
        val editor = PacketEditor()

        test("every field is replaced in IPv4 and UDP, and the input is unchanged") {
            val packet = PacketBuilder(options = "94040000").toBytes()
            val before = packet.toHex()
            val result =
                editor
                    .edit(packet)
                    .source(InetAddress.getByName("192.0.2.1"))
                    .destinationBits(0x7f000001)
                    .sourcePort(53)
                    .destinationPort(65_535)
                    .ttl(TTL_NEW)
                    .dscp(10)
                    .ecn(3)
                    .payload("longer than before".toByteArray())
                    .result()
            packet.toHex() shouldBe before
            val ip = Ipv4View()
            ip.wrap(result) shouldBe true
            ip.sourceAddress().hostAddress shouldBe "192.0.2.1"
            ip.destinationAddress().hostAddress shouldBe "127.0.0.1"
            listOf(ip.ttl(), ip.dscp(), ip.ecn(), ip.id(), ip.headerLength()) shouldBe listOf(9, 10, 3, 0x1234, 24)
            val summary = IpSummary()
            summary.wrap(result) shouldBe true
            (summary.sourcePort() to summary.destinationPort()) shouldBe (53 to 65_535)
            val payload = BytesView()
            summary.payload(payload) shouldBe true
            String(payload.toArray()) shouldBe "longer than before"
            result.length() shouldBe 24 + 8 + 18
            Found(result.toArray()).let {
                it.wrongBy shouldBe 0
                it.consistent shouldBe true
            }
        }

        test("every field is replaced in IPv6 and TCP after extension headers") {
            val packet =
                PacketBuilder(
                    version = 6,
                    protocol = IpProtocol.TCP,
                    tcpOptions = "0101080a0000000100000002",
                    extensions =
                        listOf(
                            IpProtocol.HOP_BY_HOP to PacketBuilder.HOP_BY_HOP,
                            IpProtocol.ROUTING to PacketBuilder.FINISHED_ROUTE,
                            IpProtocol.FRAGMENT to PacketBuilder.ATOMIC_FRAGMENT,
                            IpProtocol.DESTINATION_OPTIONS to PacketBuilder.DESTINATION,
                        ),
                ).toBytes()
            val result =
                editor
                    .edit(packet)
                    .source(IPV6)
                    .destination(Inet6Address.getByAddress(null, IPV6.toArray(), -1))
                    .sourcePort(1)
                    .destinationPort(2)
                    .tcpFlags(0x14)
                    .ttl(255)
                    .dscp(63)
                    .ecn(0)
                    .payload(BytesView())
                    .result()
            val ip = Ipv6View()
            ip.wrap(result) shouldBe true
            listOf(ip.source().toHex(), ip.destination().toHex()) shouldBe List(2) { IPV6.toHex() }
            listOf(ip.hopLimit(), ip.dscp(), ip.ecn(), ip.flowLabel(), ip.upperProtocol()) shouldBe
                listOf(255, 63, 0, 0x12345, 6)
            val tcp = TcpView()
            tcp.wrap(result, ip.transportOffset()) shouldBe true
            listOf(tcp.sourcePort(), tcp.destinationPort(), tcp.flags(), tcp.headerLength()) shouldBe
                listOf(1, 2, 0x14, 32)
            result.length() shouldBe tcp.payloadOffset()
            Found(result.toArray()).let {
                it.wrongBy shouldBe 0
                it.consistent shouldBe true
            }
        }

        test("a real datagram and a real echo request take another payload") {
            listOf("seq-flags", "ipv4-icmp").forEach { name ->
                val packet = payloads(name).first()
                val result = editor.edit(packet).payload("nfkit".toByteArray()).result()
                result.length() shouldBe 33
                Found(result.toArray()).let {
                    it.wrongBy shouldBe 0
                    it.consistent shouldBe true
                }
            }
        }

        test("a checksum that is not ready is computed in full, whatever is changed, without being requested") {
            for (name in listOf("ipv6-tcp", "seq-flags")) {
                for (packet in payloads(name)) {
                    for (declared in listOf(true, false)) {
                        Found(editor.edit(packet, declared).result().toArray()).wrongBy shouldBe 0
                        Found(
                            editor
                                .edit(packet, declared)
                                .ttl(1)
                                .result()
                                .toArray(),
                        ).wrongBy shouldBe 0
                        val result = editor.edit(packet, declared).destinationPort(1).payload(ByteArray(1000) { 7 })
                        Found(result.result().toArray()).wrongBy shouldBe 0
                    }
                }
            }
        }

        test("a checksum that was wrong stays wrong, unless it is declared not to be ready") {
            val damaged = PacketBuilder(checksum = ChecksumState.WRONG).bytes()
            val wrongBy = Found(damaged).wrongBy
            val result =
                editor
                    .edit(Bytes.of(*damaged))
                    .source(IPV4)
                    .sourcePort(7)
                    .payload(ByteArray(9))
                    .result()
            Found(result.toArray()).wrongBy shouldBe wrongBy
            Found(editor.edit(Bytes.of(*damaged), true).result().toArray()).wrongBy shouldBe 0
            val header = damaged.copyOf().put16(10, 1)
            Found(
                editor
                    .edit(Bytes.of(*header))
                    .ttl(1)
                    .result()
                    .toArray(),
            ).consistent shouldBe false
            Found(editor.edit(Bytes.of(*header), true).result().toArray()).consistent shouldBe true
        }

        test("a checksum of 65535 does not become the equal 0 if nothing that it covers changes") {
            val packet = PacketBuilder(protocol = IpProtocol.TCP).bytes().put16(10, 0xffff).put16(36, 0xffff)
            editor.edit(Bytes.of(*packet)).result().toHex() shouldBe Bytes.of(*packet).toHex()
            val result = editor.edit(Bytes.of(*packet)).ttl(TTL_NEW).result()
            (result.u16(10) to result.u16(36)) shouldBe (0x3700 to 0xffff)
        }

        test("UDP without a checksum has none afterwards") {
            for (version in listOf(4, 6)) {
                val packet = PacketBuilder(version, checksum = ChecksumState.NONE).toBytes()
                val address = if (version == 4) IPV4 else IPV6
                val result =
                    editor
                        .edit(packet)
                        .source(address)
                        .sourcePort(7)
                        .payload(ByteArray(9))
                        .result()
                result.u16((if (version == 4) 20 else 40) + 6) shouldBe 0
                // A checksum that is not ready can then only be that of a tunnel's content.
                refusal { editor.edit(packet, true) } shouldBe Reason.UNKNOWN_TRANSPORT
            }
        }

        test("a UDP checksum of 0 is sent as 65535") {
            for (payload in 0..0xffff) {
                val bytes = ByteArray(2).put16(0, payload)
                val result = editor.edit(PACKET).payload(Bytes.of(*bytes)).result()
                if (result.u16(26) == 0xffff) {
                    Found(result.toArray()).right shouldBe 0xffff
                    // Vice versa, too.
                    Found(
                        editor
                            .edit(result.copy())
                            .sourcePort(1)
                            .result()
                            .toArray(),
                    ).wrongBy shouldBe 0
                    return@test
                }
                check(result.u16(26) != 0)
            }
            error("no payload had the checksum 0")
        }

        test("an echo reply whose bytes all become zero gets the checksum 65535") {
            val packet = PacketBuilder(protocol = IpProtocol.ICMP, icmp = "0000", payload = byteArrayOf(1, 2)).bytes()
            packet.fill(0, 24, 28)
            val found = Found(packet)
            packet.put16(22, found.right)
            val result = editor.edit(Bytes.of(*packet)).payload(ByteArray(6)).result()
            result.u16(22) shouldBe 0xffff
        }

        test("an incomplete IP packet is refused at once, without a result") {
            val udp = PacketBuilder().bytes()
            val refused =
                mapOf(
                    "" to Reason.NOT_IP,
                    "0806" + "00".repeat(40) to Reason.NOT_IP,
                    "45" to Reason.CUT,
                    "60".repeat(39) to Reason.CUT,
                    "44000014 00000000 40110000 0a090001 0a090002" to Reason.MALFORMED,
                    "46000014 00000000 40110000 0a090001 0a090002" to Reason.MALFORMED,
                    "45000013 00000000 40110000 0a090001 0a090002" to Reason.MALFORMED,
                    "45000015 00000000 40110000 0a090001 0a090002" to Reason.CUT,
                    "45000000 00000000 40060000 0a090001 0a090002" to Reason.TOO_LONG,
                    "60000000 0000 00 40 $IPV6_ADDRESSES 06 00 c204 00011170" to Reason.TOO_LONG,
                    "60000000 0001 3b 40 $IPV6_ADDRESSES" to Reason.CUT,
                    "60000000 00" to Reason.CUT,
                )
            refused.forEach { (packet, reason) ->
                withClue(packet) {
                    editor.edit(Bytes.of(*udp))
                    refusal { editor.edit(hex(packet)) } shouldBe reason
                    shouldThrow<IllegalStateException> { editor.result() }
                    shouldThrow<IllegalStateException> { editor.ttl(1) }
                }
            }
            refusal { editor.edit(Bytes.of(*udp.copyOf(udp.size - 1))) } shouldBe Reason.CUT
            editor
                .edit(hex("60000000 0000 3b 40 $IPV6_ADDRESSES"))
                .source(IPV6)
                .result()
                .length() shouldBe 40
        }

        test("bytes after the packet's end are omitted, also after the UDP datagram once its payload is replaced") {
            val udp = PacketBuilder().bytes()
            editor.edit(Bytes.of(*udp + ByteArray(20))).result().toHex() shouldBe Bytes.of(*udp).toHex()
            val surplus = PacketBuilder(payload = ByteArray(12)).bytes()
            surplus.put16(24, 16)
            surplus.put16(26, Found(surplus).right)
            editor.edit(Bytes.of(*surplus)).sourcePort(9)
            Found(editor.result().toArray()).let {
                it.wrongBy shouldBe 0
                it.consistent shouldBe true
            }
            editor.payload(ByteArray(5)).result().length() shouldBe 33
            Found(editor.result().toArray()).wrongBy shouldBe 0
        }

        test("changes that the transport's checksum cannot follow are refused; TTL, DSCP and ECN never are") {
            val icmp = PacketBuilder(protocol = IpProtocol.ICMP)
            refusals(PacketBuilder()) shouldContainExactly listOf(null, null, Reason.NO_SUCH_FIELD, null)
            refusals(PacketBuilder(protocol = IpProtocol.TCP)) shouldContainExactly List(4) { null }
            refusals(icmp) shouldContainExactly listOf(null, Reason.NO_SUCH_FIELD, Reason.NO_SUCH_FIELD, null)
            refusals(icmp.copy(icmp = "0301")) shouldContainExactly
                listOf(null, Reason.NO_SUCH_FIELD, Reason.NO_SUCH_FIELD, Reason.NO_SUCH_FIELD)
            // An echo of one version is a different message in the other.
            refusals(icmp.copy(icmp = "8000"))[3] shouldBe Reason.NO_SUCH_FIELD
            refusals(PacketBuilder(6, IpProtocol.ICMPV6, icmp = "0800"))[3] shouldBe Reason.NO_SUCH_FIELD
            refusals(PacketBuilder(fragment = 0x2000)) shouldContainExactly all(Reason.FRAGMENT)
            refusals(PacketBuilder(fragment = 0x0001)) shouldContainExactly all(Reason.FRAGMENT)
            refusals(icmp.copy(fragment = 0x2001)) shouldContainExactly all(Reason.FRAGMENT)
            refusals(PacketBuilder(protocol = IpProtocol.AH)) shouldContainExactly all(Reason.AUTHENTICATED)
            refusals(PacketBuilder(protocol = IpProtocol.ESP)) shouldContainExactly all(Reason.ENCRYPTED)
            refusals(PacketBuilder(6, IpProtocol.ESP)) shouldContainExactly all(Reason.ENCRYPTED)
            refusals(PacketBuilder(protocol = IpProtocol.UDPLITE)) shouldContainExactly all(Reason.UNKNOWN_TRANSPORT)
            refusals(PacketBuilder(protocol = IpProtocol.ICMPV6)) shouldContainExactly all(Reason.UNKNOWN_TRANSPORT)
            refusals(PacketBuilder(6, IpProtocol.ICMP)) shouldContainExactly all(Reason.UNKNOWN_TRANSPORT)
            refusals(PacketBuilder(protocol = IpProtocol.SCTP)) shouldContainExactly
                listOf(null, Reason.UNKNOWN_TRANSPORT, Reason.NO_SUCH_FIELD, Reason.UNKNOWN_TRANSPORT)
            refusals(PacketBuilder(6, IpProtocol.GRE)) shouldContainExactly
                listOf(null, Reason.NO_SUCH_FIELD, Reason.NO_SUCH_FIELD, Reason.UNKNOWN_TRANSPORT)
            // TCP-MD5 (kind 19) and TCP-AO (kind 29).
            for (signed in listOf("1312".padEnd(40, '0'), "1d100101".padEnd(32, '0'))) {
                refusals(
                    PacketBuilder(protocol = IpProtocol.TCP, tcpOptions = signed),
                ) shouldContainExactly all(Reason.AUTHENTICATED)
            }
        }

        test("source routes and extension headers that move the final address are refused, finished ones are not") {
            refusals(PacketBuilder(options = "830704c000020100")) shouldContainExactly all(Reason.SOURCE_ROUTE)
            refusals(PacketBuilder(options = "890704c000020100")) shouldContainExactly all(Reason.SOURCE_ROUTE)
            refusals(PacketBuilder(options = "830708c000020100"))[0] shouldBe null
            // A pointer to the route's last byte is within it; a route without a pointer is none.
            refusals(PacketBuilder(options = "83040400")) shouldContainExactly all(Reason.SOURCE_ROUTE)
            refusals(PacketBuilder(options = "83020100"))[0] shouldBe null

            fun withHeader(
                type: Int,
                header: String,
            ) = refusals(PacketBuilder(6, extensions = listOf(type to header)))
            withHeader(43, PacketBuilder.UNFINISHED_ROUTE) shouldContainExactly all(Reason.SOURCE_ROUTE)
            withHeader(43, PacketBuilder.FINISHED_ROUTE)[0] shouldBe null
            withHeader(60, PacketBuilder.HOME_ADDRESS) shouldContainExactly all(Reason.SOURCE_ROUTE)
            withHeader(60, PacketBuilder.DESTINATION)[0] shouldBe null
            withHeader(44, PacketBuilder.ATOMIC_FRAGMENT)[0] shouldBe null
            withHeader(44, "00 0001 deadbeef") shouldContainExactly all(Reason.FRAGMENT)
            withHeader(44, "00 0008 deadbeef") shouldContainExactly all(Reason.FRAGMENT)
            withHeader(51, "02 0000 00000000 00000000 00000000") shouldContainExactly all(Reason.AUTHENTICATED)
            withHeader(139, "00 0000 00000000") shouldContainExactly all(Reason.UNKNOWN_TRANSPORT)
            val leaving = PacketBuilder(6, extensions = listOf(60 to PacketBuilder.DESTINATION)).bytes()
            leaving[41] = 0xff.toByte()
            refusal { editor.edit(Bytes.of(*leaving)).sourcePort(1) } shouldBe Reason.MALFORMED
            refusal { editor.edit(Bytes.of(*leaving)).ttl(1).result() } shouldBe null
            withHeader(51, "ff 0000 00000000 00000000 00000000") shouldContainExactly all(Reason.AUTHENTICATED)
            val cut = hex("60000000 000c 00 40 $IPV6_ADDRESSES 3c00 0104 00000000 0600 0104")
            refusal { editor.edit(cut).source(IPV6) } shouldBe Reason.MALFORMED
        }

        test("transport headers that contradict themselves are refused") {
            fun spoilt(
                packet: PacketBuilder,
                at: Int,
                value: Int,
            ): Reason? = refusal { editor.edit(Bytes.of(*packet.bytes().put16(at, value))).sourcePort(1) }
            val tcp = PacketBuilder(protocol = IpProtocol.TCP)
            spoilt(PacketBuilder(), 24, 7) shouldBe Reason.MALFORMED
            spoilt(PacketBuilder(), 24, 14) shouldBe Reason.MALFORMED
            spoilt(tcp, 32, 0x4018) shouldBe Reason.MALFORMED
            spoilt(tcp, 32, 0x7018) shouldBe Reason.MALFORMED
            spoilt(tcp, 2, 39) shouldBe Reason.MALFORMED
            spoilt(PacketBuilder(), 2, 27) shouldBe Reason.MALFORMED
            spoilt(PacketBuilder(), 2, 25) shouldBe Reason.MALFORMED
            spoilt(PacketBuilder(), 2, 20) shouldBe Reason.MALFORMED
            spoilt(PacketBuilder(protocol = IpProtocol.ICMP), 2, 27) shouldBe Reason.MALFORMED
        }

        test("if the checksum is not ready and cannot be completed, the packet is refused at once") {
            refusal { editor.edit(PacketBuilder(fragment = 0x2000).toBytes(), true) } shouldBe Reason.FRAGMENT
            refusal { editor.edit(PacketBuilder(protocol = 132).toBytes(), true) } shouldBe Reason.UNKNOWN_TRANSPORT
            refusal { editor.edit(PacketBuilder(protocol = 47).toBytes(), true) } shouldBe Reason.UNKNOWN_TRANSPORT
        }

        test("an address of the other family is refused, one of no family is the program's error") {
            val other = refusal { editor.edit(PACKET).source(Inet6Address.getByName("::1")) }
            other shouldBe Reason.ADDRESS_FAMILY
            refusal { editor.edit(PacketBuilder(6).toBytes()).destinationBits(1) } shouldBe Reason.ADDRESS_FAMILY
            val mapped = Inet6Address.getByAddress(null, hex("00000000000000000000ffff0a090001").toArray(), -1)
            refusal { editor.edit(PACKET).source(mapped) } shouldBe Reason.ADDRESS_FAMILY
            shouldThrow<IllegalArgumentException> { editor.edit(PACKET).source(hex("0a0900")) }
        }

        test("the longest packet is built, a longer one is refused and leaves the previous one") {
            for ((packet, most) in listOf(
                PacketBuilder() to 65_535 - 28,
                PacketBuilder(6) to 65_535 - 8,
                PacketBuilder(6, 6, extensions = listOf(0 to PacketBuilder.HOP_BY_HOP)) to 65_535 - 28,
            )) {
                val small = PacketEditor(0)
                small.edit(packet.toBytes())
                small.payload(ByteArray(most) { it.toByte() })
                Found(small.result().toArray()).let {
                    it.wrongBy shouldBe 0
                    it.consistent shouldBe true
                }
                val before = small.result().toHex()
                refusal { small.payload(ByteArray(most + 1)) } shouldBe Reason.TOO_LONG
                small.result().toHex() shouldBe before
            }
        }

        test("headers without anything after them are whole") {
            editor
                .edit(hex("45000014 00000000 403b0000 0a090001 0a090002"))
                .ttl(3)
                .result()
                .length() shouldBe 20
            for (protocol in listOf(IpProtocol.UDP, IpProtocol.ICMP)) {
                val empty = PacketBuilder(protocol = protocol, payload = ByteArray(0)).toBytes()
                val result = editor.edit(empty).payload(ByteArray(3)).result()
                result.length() shouldBe 31
                Found(result.toArray()).wrongBy shouldBe 0
                editor
                    .edit(result.copy())
                    .payload(ByteArray(0))
                    .result()
                    .length() shouldBe 28
            }
        }

        test("the checksum of ICMPv6 follows the addresses, that of ICMP does not") {
            for ((version, protocol) in listOf(4 to IpProtocol.ICMP, 6 to IpProtocol.ICMPV6)) {
                val address = if (version == 4) IPV4 else IPV6
                val packet = PacketBuilder(version, protocol).toBytes()
                val result =
                    editor
                        .edit(packet)
                        .source(address)
                        .payload(ByteArray(9) { 3 })
                        .result()
                Found(result.toArray()).wrongBy shouldBe 0
            }
        }

        test("every change ends the result that was handed out, and takes a packet") {
            for (version in listOf(4, 6)) {
                val packet = PacketBuilder(version, IpProtocol.TCP).toBytes()
                val address = if (version == 4) IPV4 else IPV6
                listOf<PacketEditor.() -> Unit>(
                    { source(address) },
                    { destination(address) },
                    { sourcePort(1) },
                    { destinationPort(1) },
                    { ttl(1) },
                    { dscp(1) },
                    { ecn(1) },
                    { tcpFlags(1) },
                    { payload(ByteArray(5)) },
                    { payload(ByteArray(50)) },
                ).forEachIndexed { index, change ->
                    withClue("change $index of IPv$version") {
                        val result = editor.edit(packet).result()
                        editor.change()
                        result.length() shouldBe -1
                        shouldThrow<IllegalStateException> { PacketEditor().change() }
                    }
                }
                val result = editor.edit(packet).result()
                editor.edit(packet)
                result.length() shouldBe -1
                val last = editor.result()
                refusal { editor.edit(hex("45")) } shouldBe Reason.CUT
                last.length() shouldBe -1
            }
        }

        test("a result is borrowed, and may be edited again or provide its own payload") {
            val result = editor.edit(PACKET).result()
            val first = result.toHex()
            editor.ttl(1)
            result.length() shouldBe -1
            shouldThrow<IllegalStateException> { result.u8(0) }
            editor.edit(editor.result()).ttl(64)
            editor.result().toHex() shouldBe first
            editor.payload(editor.result()).payload(editor.result().slice(28, 20))
            Found(editor.result().toArray()).wrongBy shouldBe 0
            editor.result().slice(28, 2).toHex() shouldBe "45b9"
        }

        test("values out of range and released bytes are the program's errors") {
            editor.edit(PACKET)
            shouldThrow<IllegalArgumentException> { editor.sourcePort(65_536) }.message shouldBe
                "port 65536 is out of 0 to 65535"
            shouldThrow<IllegalArgumentException> { editor.destinationPort(-1) }
            shouldThrow<IllegalArgumentException> { editor.ttl(256) }
            shouldThrow<IllegalArgumentException> { editor.dscp(64) }
            shouldThrow<IllegalArgumentException> { editor.ecn(4) }
            shouldThrow<IllegalArgumentException> { editor.tcpFlags(-1) }
            shouldThrow<IllegalArgumentException> { PacketEditor(-1) }
            val released = PacketBuilder().toBytes().also(BytesView::release)
            shouldThrow<IllegalStateException> { editor.payload(released) }
            shouldThrow<IllegalStateException> { editor.source(released) }
            shouldThrow<IllegalStateException> { editor.edit(released) }
            editor.result().toHex() shouldBe PACKET.toHex() // it has its packet still
            shouldThrow<IllegalStateException> { PacketEditor().result() }
        }

        test("a refusal has the intended change and the reason") {
            shouldThrow<PacketEditException> {
                editor.edit(PacketBuilder(fragment = 0x2000).toBytes()).sourcePort(1)
            }.message shouldBe "cannot replace the source port: the packet is a fragment; " +
                "connection tracking would make the kernel reassemble it before the rule"
        }
    })

private val PACKET = PacketBuilder().toBytes()
