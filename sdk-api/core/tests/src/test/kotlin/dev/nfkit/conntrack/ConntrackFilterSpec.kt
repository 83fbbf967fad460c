// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.AddressFamily
import dev.nfkit.conntrack.ConntrackAttribute.FILTER
import dev.nfkit.conntrack.codec.MessageTypes
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.socketFilter
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.constant
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.net.InetAddress
import java.nio.ByteOrder

private val web =
    entryOf {
        WEB.writeTo(this, 1)
        WEB.inverted().writeTo(this, 2)
        be32(3, ConntrackStatus.bits(ConntrackStatus.ASSURED, ConntrackStatus.CONFIRMED))
        nest(4) { nest(1) { u8(1, TcpState.ESTABLISHED.number()) } }
        be32(8, 0x17)
        be16(18, 3)
    }

private val matching =
    listOf(
        ConntrackFilter.all(),
        ConntrackFilter.all().family(AddressFamily.IPV4),
        ConntrackFilter.all().mark(0x17),
        ConntrackFilter.all().mark(0x7, 0xf),
        ConntrackFilter.all().mark(0, 0),
        ConntrackFilter.all().status(ConntrackStatus.ASSURED),
        ConntrackFilter.all().status(0, ConntrackStatus.DYING.bit()),
        ConntrackFilter.all().zone(3),
        ConntrackFilter.all().tcpState(TcpState.ESTABLISHED),
        ConntrackFilter.all().original(TuplePattern.of(WEB)),
        ConntrackFilter.all().original(TuplePattern.any().source(CLIENT, 24).destination(SERVER, 0)),
        ConntrackFilter.all().original(TuplePattern.any().sourcePort(40000)),
        ConntrackFilter.all().original(
            TuplePattern.any().source(InetAddress.getByName("10.9.0.1"), InetAddress.getByName("255.0.255.255")),
        ),
        ConntrackFilter.all().reply(
            TuplePattern
                .any()
                .source(SERVER)
                .protocol(6)
                .sourcePort(443),
        ),
    )

private val others =
    listOf(
        ConntrackFilter.all().family(AddressFamily.IPV6),
        ConntrackFilter.all().mark(0x7),
        ConntrackFilter.all().mark(0),
        ConntrackFilter.all().status(ConntrackStatus.DYING),
        ConntrackFilter.all().zone(0),
        ConntrackFilter.all().tcpState(TcpState.NONE),
        ConntrackFilter.all().original(TuplePattern.any().source(CLIENT6, 0)),
        ConntrackFilter.all().original(TuplePattern.any().source(SERVER)),
        ConntrackFilter.all().original(
            TuplePattern.any().source(InetAddress.getByName("10.9.0.2"), InetAddress.getByName("255.0.255.255")),
        ),
        ConntrackFilter.all().original(TuplePattern.any().destination(CLIENT, 31)),
        ConntrackFilter.all().original(TuplePattern.any().protocol(17)),
        ConntrackFilter.all().original(TuplePattern.any().icmpId(0)),
        ConntrackFilter.all().original(TuplePattern.any().zone(3)),
        ConntrackFilter.all().reply(TuplePattern.any().destinationPort(443)),
    )

private fun event(write: MessageWriter.() -> Unit): MessageCursor {
    val writer = MessageWriter(2000, ByteOrder.LITTLE_ENDIAN)
    writer.begin(MessageTypes.CT_NEW, 0, 0).nfgenmsg(2, 0)
    writer.write()
    writer.end()
    return MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN).also { it.next() }
}

private fun options(filter: ConntrackFilter) = ConntrackEventOptions.builder().filter(filter).build()

private fun request(filter: ConntrackFilter) =
    attributes { filter.conditions().writeTo(this) }.joinToString("") { "%02x".format(it) }

class ConntrackFilterSpec :
    FunSpec({
        test("a filter matches the entries that satisfy all its settings") {
            matching.forEach { check(it.matches(web)) { "$it should match" } }
            others.forEach { check(!it.matches(web)) { "$it should not match" } }
        }

        test("the kernel's comparison of an event gives the same answer as the comparison on receipt") {
            val reported =
                event {
                    WEB.writeTo(this, 1)
                    WEB.inverted().writeTo(this, 2)
                    be32(3, web.status())
                    nest(4) { nest(1) { u8(1, TcpState.ESTABLISHED.number()) } }
                    be32(8, web.mark())
                    be16(18, 3)
                }
            (matching + others).forEach { filter ->
                options(filter).socketFilter().matches(reported) shouldBe filter.matches(web)
            }
        }

        test("prefixes of every length agree with the comparison in the kernel") {
            checkAll(anyTuple, Arb.int(0..128), Arb.element(true, false)) { tuple, length, near ->
                val most = if (tuple.family() == AddressFamily.IPV6) 128 else 32
                val bytes = tuple.source().address
                if (!near) bytes[length % bytes.size] = (bytes[length % bytes.size].toInt() xor 0x10).toByte()
                val pattern = TuplePattern.any().source(java.net.InetAddress.getByAddress(bytes), minOf(length, most))
                val filter = ConntrackFilter.all().original(pattern)
                if (tuple.family() == AddressFamily.IPV4) {
                    val message = event { tuple.writeTo(this, 1) }
                    options(filter).socketFilter().matches(message) shouldBe
                        filter.matches(entryOf { tuple.writeTo(this, 1) })
                }
            }
        }

        test("one of several filters is enough, and expectations pass") {
            val both =
                ConntrackEventOptions
                    .builder()
                    .filter(ConntrackFilter.all().mark(1))
                    .filter(ConntrackFilter.all().mark(2))
                    .build()
                    .socketFilter()
            both.matches(event { be32(8, 2) }) shouldBe true
            both.matches(event { be32(8, 3) }) shouldBe false
            val writer = MessageWriter(100, ByteOrder.LITTLE_ENDIAN)
            writer.begin(MessageTypes.EXP_NEW, 0, 0).nfgenmsg(2, 0).end()
            val expectation =
                MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN)
            expectation.next()
            both.matches(expectation) shouldBe true
            options(ConntrackFilter.all()).socketFilter().clauses().size shouldBe 0
        }

        test("zone 0 is that of connections without a zone, as in the kernel") {
            val none = ConntrackFilter.all().zone(0)
            none.matches(entryOf { WEB.writeTo(this, 1) }) shouldBe true
            none.matches(entryOf { WEB.inZone(7).writeTo(this, 1) }) shouldBe false
            none.matches(entryOf { WEB.inverted().inZone(7).writeTo(this, 2) }) shouldBe false
            none.matches(entryOf { be16(ConntrackAttribute.ZONE.code(), 7) }) shouldBe false
            none.matches(entryOf { be16(ConntrackAttribute.ZONE.code(), 0) }) shouldBe true
        }

        test("a dump asks the kernel to compare what it can, and no more") {
            request(ConntrackFilter.all()) shouldBe ""
            request(ConntrackFilter.all().mark(0x7, 0xff)) shouldBe "08000800" + "00000007" + "08001500" + "000000ff"
            // Ports need the protocol, and tuples a family.
            request(ConntrackFilter.all().original(TuplePattern.any().destinationPort(443))) shouldBe ""
            request(ConntrackFilter.all().original(TuplePattern.any().source(CLIENT, 24))) shouldBe ""
            // Linux compares IPv6 addresses the wrong way round.
            request(ConntrackFilter.all().original(TuplePattern.any().source(CLIENT6).destination(CLIENT6))) shouldBe ""
            // Nor both zones at once; the zone of both directions is 0x0003 here.
            request(ConntrackFilter.all().zone(3).original(TuplePattern.any().protocol(17).zone(3))) shouldBe
                "06001200" + "00030000"
            request(
                ConntrackFilter.all().zone(3).original(TuplePattern.any().source(CLIENT).zone(3)),
            ) shouldBe request(ConntrackFilter.all().zone(3).original(TuplePattern.any().source(CLIENT)))
            // The kernel refuses a tuple of another family than the dump's; nothing matches both.
            request(ConntrackFilter.all().family(AddressFamily.IPV6).original(TuplePattern.of(WEB))) shouldBe ""
            val asked =
                entryOf {
                    ConntrackFilter
                        .all()
                        .original(TuplePattern.of(WEB))
                        .conditions()
                        .writeTo(this)
                }
            asked.original() shouldBe WEB
            asked.has(FILTER) shouldBe true
            request(ConntrackFilter.all().original(TuplePattern.any().source(CLIENT))) shouldContain
                "08000100" + "01000000" + "08000200" + "00000000"
        }

        test("a dump asks for status bits by their mask, and for none if the mask is empty") {
            request(ConntrackFilter.all().status(8, 0xff)) shouldBe "08000300" + "00000008" + "08001a00" + "000000ff"
            request(ConntrackFilter.all().status(0, 0)) shouldBe ""
        }

        test("a dump asks for only the reply tuple if no other is set") {
            val filter = ConntrackFilter.all().reply(TuplePattern.any().source(CLIENT))
            val asked = entryOf { filter.conditions().writeTo(this) }
            asked.has(ConntrackAttribute.TUPLE_ORIG) shouldBe false
            asked.has(ConntrackAttribute.TUPLE_REPLY) shouldBe true
            request(filter) shouldContain "08000100" + "00000000" + "08000200" + "01000000"
        }

        test("a request has the family that is set, or that a pattern implies") {
            ConntrackFilter.all().conditions().requestFamily() shouldBe AddressFamily.UNSPEC
            val original = ConntrackFilter.all().original(TuplePattern.any().source(CLIENT6))
            original.conditions().requestFamily() shouldBe AddressFamily.IPV6
            ConntrackFilter
                .all()
                .reply(TuplePattern.any().source(CLIENT6))
                .conditions()
                .requestFamily() shouldBe
                AddressFamily.IPV6
            original.reply(TuplePattern.any().source(CLIENT)).conditions().requestFamily() shouldBe AddressFamily.IPV6
            original.family(AddressFamily.IPV4).conditions().requestFamily() shouldBe AddressFamily.IPV4
        }

        test("an absent attribute of an entry does not match, but an absent mark or zone is 0") {
            val entry = entryOf { WEB.writeTo(this, 1) }
            val dying = ConntrackStatus.DYING.bit()
            ConntrackFilter.all().mark(0).matches(entry) shouldBe true
            ConntrackFilter.all().zone(0).matches(entry) shouldBe true
            ConntrackFilter.all().status(0, dying).matches(entry) shouldBe false
            ConntrackFilter.all().reply(TuplePattern.any().source(SERVER)).matches(entry) shouldBe false
            ConntrackFilter.all().tcpState(TcpState.NONE).matches(entry) shouldBe false
            val sctp = entryOf { nest(4) { nest(3) { u8(1, TcpState.ESTABLISHED.number()) } } }
            val tcp = entryOf { nest(4) { nest(1) { u8(1, TcpState.ESTABLISHED.number()) } } }
            listOf(sctp, tcp).map { ConntrackFilter.all().tcpState(TcpState.ESTABLISHED).matches(it) } shouldBe
                listOf(false, true)
            val reported = event { WEB.writeTo(this, 1) }
            options(ConntrackFilter.all().mark(0)).socketFilter().matches(reported) shouldBe true
            options(ConntrackFilter.all().zone(0)).socketFilter().matches(reported) shouldBe true
            options(ConntrackFilter.all().status(0, dying)).socketFilter().matches(reported) shouldBe false
        }

        test("events of families other than IPv4 and IPv6 are not events of connections") {
            listOf(2 to true, 10 to true, 3 to false).forEach { (family, passes) ->
                val writer = MessageWriter(100, ByteOrder.LITTLE_ENDIAN)
                writer
                    .begin(MessageTypes.CT_NEW, 0, 0)
                    .nfgenmsg(family, 0)
                    .be32(8, 7)
                    .end()
                val message = MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN)
                message.next()
                options(ConntrackFilter.all().mark(7)).socketFilter().matches(message) shouldBe passes
            }
        }

        test("a filter knows whether it matches everything, and its text names all its settings") {
            ConntrackFilter.all().isAll shouldBe true
            ConntrackFilter.all().mark(0xffff_ffffL).toString() shouldBe "mark 0xffffffff"
            ConntrackFilter.all().mark(0, 0).isAll shouldBe false
            ConntrackFilter
                .all()
                .mark(7)
                .status(2, 0xe)
                .tcpState(TcpState.ESTABLISHED)
                .reply(TuplePattern.any().protocol(17))
                .toString() shouldBe "mark 0x7, status 0x2/0xe, TCP ${TcpState.ESTABLISHED}, reply udp"
        }

        test("filters of the same settings are equal, others are not") {
            val again = matching.map { it }
            matching shouldBe again
            (matching + others).toSet().size shouldBe matching.size + others.size
            checkAll(Arb.choice(Arb.constant(1), Arb.constant(2))) { mark ->
                ConntrackFilter.all().mark(mark.toLong()) shouldBe ConntrackFilter.all().mark(mark.toLong())
                ConntrackFilter.all().mark(mark.toLong()).hashCode() shouldBe
                    ConntrackFilter.all().mark(mark.toLong()).hashCode()
            }
            ConntrackFilter
                .all()
                .family(AddressFamily.IPV4)
                .mark(7, 0xff)
                .zone(1)
                .original(TuplePattern.any().protocol(6).source(CLIENT, 8))
                .toString() shouldBe "IPv4, mark 0x7/0xff, zone 1, original tcp src=10.0.0.0/8"
            ConntrackFilter.all().toString() shouldBe "all"
        }

        test("the lasting part of a filter lacks what changes during a connection, and matches at least as much") {
            val lasting =
                ConntrackFilter
                    .all()
                    .family(AddressFamily.IPV4)
                    .zone(3)
                    .original(TuplePattern.of(WEB))
                    .reply(TuplePattern.any().source(SERVER))
            lasting
                .mark(7, 0xff)
                .status(ConntrackStatus.ASSURED)
                .tcpState(TcpState.ESTABLISHED)
                .lasting() shouldBe lasting
            for (filter in matching) {
                filter.lasting().matches(web) shouldBe true
            }
        }

        test("a filter that could not match anything is refused by name and range") {
            shouldThrow<IllegalArgumentException> { ConntrackFilter.all().mark(0x10, 0xf) }.message shouldContain
                "mark 0x10 has bits outside of the mask 0xf"
            shouldThrow<IllegalArgumentException> { ConntrackFilter.all().mark(-1) }
            shouldThrow<IllegalArgumentException> { ConntrackFilter.all().zone(65536) }.message shouldBe
                "zone 65536 is out of 0 to 65535"
            shouldThrow<IllegalArgumentException> { ConntrackFilter.all().family(AddressFamily.ARP) }
            shouldThrow<IllegalArgumentException> { TuplePattern.any().source(CLIENT, 33) }.message shouldBe
                "prefix length 33 of 10.0.0.1 is out of 0 to 32"
            shouldThrow<IllegalArgumentException> { TuplePattern.any().protocol(256) }
        }
    })
