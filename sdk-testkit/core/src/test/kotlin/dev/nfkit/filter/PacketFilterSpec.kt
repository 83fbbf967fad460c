// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter

import dev.nfkit.Bytes
import dev.nfkit.filter.Match.Ports
import dev.nfkit.filter.Match.Side
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.packet.IpPrefix
import dev.nfkit.packet.IpProtocol
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.wire.MessageCursor
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.next
import io.kotest.property.arbitrary.of
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration
import kotlin.random.nextInt
import kotlin.random.nextLong

private val names = mapOf(1L to "lo", 2L to "eth0", 5L to "br-port")

private fun packet(sample: SampleNfqueue): QueuedPacket {
    val bytes = sample.toDatagram(ByteOrder.nativeOrder())
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.nativeOrder())
    cursor.next() shouldBe true
    cursor.type() shouldBe NfqueueConfig.NFQNL_MSG_PACKET
    return QueuedPacket.read(cursor, 0)
}

private fun logged(
    group: Int,
    sample: SampleNflog,
): NflogPacket {
    val kernel = FakeNetfilter()
    NflogSession.open(kernel, NflogOptions.builder().group(group) { it.threshold(1) }.build()).use { session ->
        kernel.nflog().log(group, sample)
        val packets = mutableListOf<NflogPacket>()
        session.poll<RuntimeException>({ packets += it.copy() }, Duration.ZERO)
        return packets.single()
    }
}

private fun subject(sample: SampleNfqueue): FilterView = FilterView { names[it] ?: "?" }.wrap(packet(sample))

private val matches: Arb<PacketFilter> =
    arbitrary { source ->
        val random = source.random
        val side = Arb.element(Side.entries)
        when (random.nextInt(15)) {
            0 -> {
                Combination.Any()
            }

            1 -> {
                Match.Version(if (random.nextBoolean()) 4 else 6)
            }

            2 -> {
                Match.Protocol(random.nextInt(0..255))
            }

            3 -> {
                Match.TcpFlags(random.nextInt(1..255), 0)
            }

            4 -> {
                random.nextInt(1..255).let { Match.TcpFlags(it, it.inv() and random.nextInt(0..255)) }
            }

            5 -> {
                Match.Mark(random.nextLong(0..0xffff_ffffL), 0xffff_ffffL)
            }

            6 -> {
                random.nextLong(0..0xffff_ffffL).let { Match.Mark(it and random.nextLong(0..0xffff_ffffL), it) }
            }

            7 -> {
                if (random.nextBoolean()) {
                    Match.User(random.nextLong(0..9999L))
                } else {
                    Match.GroupId(
                        random.nextLong(0..9999L),
                    )
                }
            }

            8 -> {
                if (random.nextBoolean()) {
                    Match.In("eth0.${random.nextInt(0..99)}")
                } else {
                    Match.Out("br-${random.nextInt(0..99)}")
                }
            }

            9 -> {
                Match.Queue(random.nextInt(0..65535))
            }

            10 -> {
                Match.Length(Arb.element(Comparison.entries).next(source), random.nextInt(0..100_000))
            }

            11 -> {
                Match.Group(random.nextInt(0..65535))
            }

            12, 13 -> {
                val ports = List(2) { random.nextInt(0..65535) }.sorted()
                val protocol = Arb.of(Ports.ANY_PROTOCOL, IpProtocol.TCP, IpProtocol.UDP, IpProtocol.SCTP).next(source)
                Ports(protocol, side.next(source), ports[0], if (random.nextBoolean()) ports[0] else ports[1])
            }

            else -> {
                val address = random.nextBytes(if (random.nextBoolean()) 16 else 4)
                val length = random.nextInt(0..address.size * 8)
                Match.Address(side.next(source), IpPrefix.around(InetAddress.getByAddress(address), length))
            }
        }
    }

private fun filters(depth: Int): Arb<PacketFilter> =
    arbitrary { source ->
        val inner = if (depth == 0) matches else filters(depth - 1)
        val several = { List(source.random.nextInt(2..3)) { inner.next(source) } }
        when (if (depth == 0) 3 else source.random.nextInt(4)) {
            0 -> Combination.All(several())
            1 -> Combination.Either(several())
            2 -> Combination.Not(inner.next(source))
            else -> matches.next(source)
        }
    }

private class Holds(
    val filter: String,
    val expected: Boolean,
    val sample: SampleNfqueue,
) {
    override fun toString() = "$filter is $expected of ${packet(sample)}"
}

class PacketFilterSpec :
    FunSpec({
        test("the text of a filter parses to the same filter") {
            checkAll(2000, filters(3)) { filter ->
                withClue("$filter") { PacketFilter.parse("$filter") shouldBe filter }
            }
        }

        test("any text is parsed or refused with a position") {
            checkAll(3000, Arb.string(0..40), Arb.int(0..3)) { text, _ ->
                try {
                    PacketFilter.parse(text)
                } catch (e: FilterSyntaxException) {
                    (e.position() in 0..text.length) shouldBe true
                }
            }
        }

        test("and binds tighter than or, not tighter than both, and a protocol's ports are one match") {
            val udp = Match.Protocol(IpProtocol.UDP)
            val tcp = Match.Protocol(IpProtocol.TCP)
            PacketFilter.parse("udp or tcp and not ip") shouldBe
                Combination.Either(listOf(udp, Combination.All(listOf(tcp, Combination.Not(Match.Version(4))))))
            PacketFilter.parse("!udp||tcp&&ip6") shouldBe
                Combination.Either(listOf(Combination.Not(udp), Combination.All(listOf(tcp, Match.Version(6)))))
            PacketFilter.parse("not udp dport 53") shouldBe
                Combination.Not(Ports(IpProtocol.UDP, Side.DESTINATION, 53, 53))
            PacketFilter.parse("(udp or tcp) and ip") shouldBe
                Combination.All(listOf(Combination.Either(listOf(udp, tcp)), Match.Version(4)))
            PacketFilter.parse("len>100 and len!=200") shouldBe
                Combination.All(listOf(Match.Length(Comparison.MORE, 100), Match.Length(Comparison.OTHER, 200)))
            PacketFilter.parse("  ") shouldBe Combination.Any()
        }

        context("a syntax error has a description and a position") {
            withData(
                nameFn = { "\"${it.first}\"" },
                Triple("udp dpor 53", 4, "expected \"and\", \"or\" or the end, found \"dpor\""),
                Triple("udp and", 7, "expected a match"),
                Triple("(udp", 4, "expected \"and\", \"or\" or \")\", found the end"),
                Triple("udp)", 3, "found \")\""),
                Triple("frob", 0, "expected a match"),
                Triple("icmp port 5", 5, "icmp has no ports"),
                Triple("dport 65536", 6, "a port, or a range"),
                Triple("dport 20-10", 6, "the range 20-10 is empty"),
                Triple("dport", 5, "expected a port"),
                Triple("src 10.0.0.300", 4, "\"10.0.0.300\" is no IP prefix"),
                Triple("src localhost", 4, "names are not looked up"),
                Triple("src 10.1.2.3/8", 4, "has bits after its prefix; the prefix is 10.0.0.0/8"),
                Triple("dst ::1/129", 4, "the prefix length of \"::1/129\" is out of 0 to 128"),
                Triple("mark 0x10/0x1", 5, "would never match"),
                Triple("mark 0x100000000", 5, "a mark"),
                Triple("tcp flags syn,foo", 14, "a flag of fin, syn"),
                Triple("tcp flags syn,!syn", 15, "is given twice"),
                Triple("len 5", 4, "<, <=, =, !=, >= or >"),
                Triple("in (", 3, "the name of an interface"),
                Triple("uid -1", 4, "a user id of 0 to 4294967295"),
                Triple("proto 256", 6, "a protocol of 0 to 255"),
                Triple("(".repeat(200) + "udp", 100, "nested deeper than 100"),
            ) { (text, position, problem) ->
                val refused = shouldThrow<FilterSyntaxException> { PacketFilter.parse(text) }
                refused.problem() shouldContain problem
                refused.position() shouldBe position
            }
        }

        context("packets are matched by their properties") {
            val query = SampleNfqueue.of(SamplePackets.udp("10.9.0.1", 4000, "192.0.2.7", 53, 1, 2, 3))
            val six = SampleNfqueue.of(SamplePackets.udp("fd09::1", 4000, "fd09::2", 53, 1)).hwProtocol(0x86dd)
            val syn = SampleNfqueue.of(SamplePackets.tcp("10.9.0.1", 4000, "10.9.0.2", 443, 2))
            val ping = SampleNfqueue.of(SamplePackets.ping4(1))
            val arp = SampleNfqueue.of(SamplePackets.udp4(1)).hwProtocol(0x0806)
            val unnamed = SampleNfqueue.of(SamplePackets.udp("10.9.0.1", 4000, "192.0.2.7", 53, 1)).hwProtocol(0)
            val marked =
                SampleNfqueue
                    .of(byteArrayOf(1))
                    .mark(0x17)
                    .uid(1000)
                    .gid(100)
                    .inDevice(1)
                    .outDevice(2)
                    .queue(3)

            withData(
                nameFn = { it.toString() },
                Holds("udp dport 53", true, query),
                Holds("udp sport 53", false, query),
                Holds("tcp dport 53", false, query),
                Holds("port 4000", true, query),
                Holds("dport 1-52", false, query),
                Holds("dport 53-60", true, query),
                Holds("src 10.0.0.0/8 and dst 192.0.2.7", true, query),
                Holds("host 192.0.2.0/24", true, query),
                Holds("src 192.0.2.7", false, query),
                Holds("dst 0.0.0.0/0", true, query),
                Holds("dst ::/0", false, query),
                Holds("ip and not ip6", true, query),
                Holds("len = 31", true, query),
                Holds("len >= 32 or len < 31", false, query),
                Holds("ip6 and src fd09::1 and dst fd09::/64", true, six),
                Holds("src fd09::2", false, six),
                Holds("udp dport 53", true, six),
                Holds("tcp flags syn", true, syn),
                Holds("tcp flags syn,!ack", true, syn),
                Holds("tcp flags syn,ack", false, syn),
                Holds("tcp flags !syn", false, syn),
                Holds("tcp flags syn", false, query),
                Holds("icmp", true, ping),
                Holds("proto 1", true, ping),
                Holds("icmp6", false, ping),
                Holds("port 0-65535", false, ping),
                Holds("any", true, arp),
                Holds("udp or ip or src 0.0.0.0/0", false, arp),
                Holds("ip and udp dport 53 and src 10.9.0.1", true, unnamed),
                Holds("ip6", false, unnamed),
                Holds("mark 0x17 and mark 0x10/0xf0 and not mark 7", true, marked),
                Holds("uid 1000 and gid 100", true, marked),
                Holds("uid 0 or gid 0", false, marked),
                Holds("uid 0", false, query),
                Holds("in lo and out eth0", true, marked),
                Holds("in eth0", false, marked),
                Holds("in br-port", true, SampleNfqueue.of(byteArrayOf(1)).inDevice(2).physicalInDevice(5)),
                Holds("queue 3", true, marked),
                Holds("queue 2", false, marked),
            ) { case ->
                PacketFilter.parse(case.filter).matches(subject(case.sample)) shouldBe case.expected
            }
        }

        test("a logged packet matches its group, its properties, and no queue") {
            val view = FilterView { names[it] ?: "?" }
            val sample =
                SampleNflog
                    .of(SamplePackets.udp("10.9.0.1", 4000, "192.0.2.7", 53, 1))
                    .mark(7)
                    .uid(1000)
                    .outDevice(2)
            view.wrap(logged(30, sample))
            listOf("group 30", "udp dport 53", "mark 7", "uid 1000", "out eth0", "not queue 30", "len = 29").forEach {
                withClue(it) { PacketFilter.parse(it).matches(view) shouldBe true }
            }
            listOf("group 31", "in eth0", "gid 0", "queue 0").forEach {
                withClue(it) { PacketFilter.parse(it).matches(view) shouldBe false }
            }
        }

        test("bare bytes match by their headers, and have no mark, user, interface, queue or group") {
            val view = FilterView { "lo" }
            view.wrap(Bytes.of(*SamplePackets.udp("10.9.0.1", 4000, "192.0.2.7", 53, 1)))
            listOf("udp dport 53", "len = 29", "mark 0", "src 10.0.0.0/8").forEach {
                withClue(it) { PacketFilter.parse(it).matches(view) shouldBe true }
            }
            listOf("uid 0", "gid 0", "in lo", "out lo", "queue 0", "group 0").forEach {
                withClue(it) { PacketFilter.parse(it).matches(view) shouldBe false }
            }
            view.wrap(Bytes.of(1, 2, 3))
            PacketFilter.parse("ip or ip6 or proto 0").matches(view) shouldBe false
            PacketFilter.parse("len = 3").matches(view) shouldBe true
        }

        test("a view without a packet is refused by every match") {
            listOf("any", "udp", "mark 0", "uid 1", "in lo", "queue 1", "group 1", "len = 0", "dport 1").forEach {
                withClue(
                    it,
                ) { shouldThrow<IllegalStateException> { PacketFilter.parse(it).matches(FilterView { "" }) } }
            }
        }

        test("filters are combined in programs as in text") {
            val udp = PacketFilter.parse("udp")
            val dns = udp.and(PacketFilter.parse("port 53")).or(PacketFilter.parse("tcp port 53").negate())
            "$dns" shouldBe "udp and port 53 or not tcp port 53"
            PacketFilter.parse("$dns") shouldBe dns
            PacketFilter.any() shouldBe PacketFilter.parse("")
        }

        test("flags after IPv6 extension headers are found, and not in later fragments") {
            val plain = SamplePackets.tcp("fd09::1", 1, "fd09::2", 2, 2)
            val options = byteArrayOf(6, 0, 1, 4, 0, 0, 0, 0) // destination options, padded
            val extended = plain.copyOf(40) + options + plain.copyOfRange(40, plain.size)
            extended[6] = 60
            extended[5] = (plain[5] + 8).toByte()
            val filter = PacketFilter.parse("tcp flags syn and dport 2")
            filter.matches(subject(SampleNfqueue.of(extended).hwProtocol(0x86dd))) shouldBe true
            val fragment = SamplePackets.tcp("10.9.0.1", 1, "10.9.0.2", 2, 2).also { it[7] = 10 }
            filter.matches(subject(SampleNfqueue.of(fragment))) shouldBe false
        }
    })
