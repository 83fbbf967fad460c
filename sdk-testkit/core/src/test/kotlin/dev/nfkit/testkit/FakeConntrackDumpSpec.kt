// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.conntrack.ConntrackAttribute.FILTER
import dev.nfkit.conntrack.ConntrackAttribute.LABELS
import dev.nfkit.conntrack.ConntrackAttribute.MARK
import dev.nfkit.conntrack.ConntrackAttribute.MARK_MASK
import dev.nfkit.conntrack.ConntrackAttribute.STATUS
import dev.nfkit.conntrack.ConntrackAttribute.STATUS_MASK
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_ORIG
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_REPLY
import dev.nfkit.conntrack.ConntrackAttribute.ZONE
import dev.nfkit.conntrack.Direction
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

private const val CTRZERO = 3

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53))

private fun udp6(port: Int) = SampleConntrack.of(SampleTuple.udp("fd00::1", port, "fd00::2", 53))

private fun MessageWriter.filter(
    original: Int,
    reply: Int = 0,
) = nest(FILTER.code()) { hostWords(1, original).hostWords(2, reply) }

/** Dumps, as observed on Linux 6.18. */
class FakeConntrackDumpSpec :
    FunSpec({
        test("a dump of an empty table is only its end") {
            with(ConntrackSteps()) {
                val heard = dump().single()
                heard.type shouldBe Netlink.NLMSG_DONE
                heard.flags shouldBe MULTI
                heard.body.toList() shouldBe listOf<Byte>(0, 0, 0, 0)
            }
        }

        test("a dump returns each entry, marked as multipart, to the requester, then the end in a separate datagram") {
            with(ConntrackSteps()) {
                model.add(udp(1))
                model.add(udp6(2))
                val heard = dump()
                heard.map { it.type } shouldBe listOf(0x100, 0x100, Netlink.NLMSG_DONE)
                heard.map { it.flags } shouldBe listOf(MULTI, MULTI, MULTI)
                heard.map { it.datagram } shouldBe listOf(1, 1, 2)
                heard.map { it.sequence }.toSet() shouldBe setOf(1L)
                heard.map { it.portId }.toSet() shouldBe setOf(socket.portId())
                heard.map { it.body[0].toInt() } shouldBe listOf(2, 10, 0)
            }
        }

        test("an entry contains all attributes that were set") {
            with(ConntrackSteps()) {
                val id =
                    model.add(
                        SampleConntrack
                            .of(SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 443))
                            .sourceNat("192.0.2.1", 50000)
                            .tcp(5, 7, 8, 0x23, 0x24)
                            .timeout(99)
                            .mark(0x1234)
                            .labels(0, 33, 127)
                            .zone(9)
                            .counters(3, 180, 2, 120)
                            .started(1_700_000_000_000_000_001)
                            .helper("ftp")
                            .master(SampleTuple.tcp("10.0.0.3", 1, "10.0.0.4", 2))
                            .sequenceAdjustment(true, 100, -3, 4)
                            .synProxy(1, 2, 3)
                            .securityContext("system_u")
                            .use(2),
                    )
                val entry = dump().first().entry
                entry.original().sourcePort() shouldBe 40000
                entry.reply().destinationPort() shouldBe 50000
                entry.reply().destination().hostAddress shouldBe "192.0.2.1"
                entry.status() shouldBe (0x8L or 0x10 or 0x180 or 0x1 or 0x40)
                entry.protocolState() shouldBe 5
                entry.timeout() shouldBe 99
                entry.mark() shouldBe 0x1234
                entry
                    .labels()
                    .stream()
                    .toArray()
                    .toList() shouldBe listOf(0, 33, 127)
                entry.zone() shouldBe 9
                entry.packets(Direction.ORIGINAL) shouldBe 3
                entry.bytes(Direction.REPLY) shouldBe 120
                entry.startNanos() shouldBe 1_700_000_000_000_000_001
                entry.helper() shouldBe "ftp"
                entry.master().sourcePort() shouldBe 1
                entry.sequenceAdjustment(Direction.REPLY).toString().contains("-3") shouldBe true
                entry.securityContext() shouldBe "system_u"
                entry.use() shouldBe 2
                entry.id() shouldBe id
            }
        }

        test("a large table takes many datagrams: a small one first, then as large as a slot, 32448 bytes at most") {
            for ((slot, largest) in listOf(8192 to 8192, 1 shl 18 to 32448)) {
                val steps = ConntrackSteps(slotSize = slot, slots = 64)
                repeat(2000) { steps.model.add(udp(it + 1)) }
                steps.socket.set(dev.nfkit.socket.SocketOption.RECEIVE_BUFFER, 1 shl 22)
                val heard = steps.dump()
                val sizes = heard.groupBy { it.datagram }.values.map { of -> of.sumOf { it.body.size + 16 } }
                sizes.first() shouldBeLessThanOrEqual 3776
                sizes.max() shouldBeLessThanOrEqual largest
                sizes.max() shouldBeGreaterThan largest - 200
                heard.count { it.type == 0x100 } shouldBe 2000
                heard.last().type shouldBe Netlink.NLMSG_DONE
            }
        }

        test("a dump waits while less than half of the receive buffer is free, and loses nothing") {
            with(ConntrackSteps(slots = 1)) {
                repeat(500) { model.add(udp(it + 1)) }
                socket.set(dev.nfkit.socket.SocketOption.RECEIVE_BUFFER, 16384)
                dumped().size shouldBe 500
                socket.drops() shouldBe 0
            }
        }

        test("a second dump is refused with EBUSY until the first has ended") {
            with(ConntrackSteps(slots = 1)) {
                repeat(100) { model.add(udp(it + 1)) }
                send(ConntrackSteps.GET, REQUEST or DUMP)
                send(ConntrackSteps.GET, REQUEST or DUMP)
                val heard = drain()
                heard.single { it.type == Netlink.NLMSG_ERROR }.error shouldBe Errno.EBUSY.number()
                heard.count { it.type == Netlink.NLMSG_DONE } shouldBe 1
                dumped().size shouldBe 100
            }
        }

        test("a dump is not acknowledged, even if that is requested") {
            with(ConntrackSteps()) {
                ask(ConntrackSteps.GET, REQUEST or DUMP or ACK).map { it.type } shouldBe listOf(Netlink.NLMSG_DONE)
            }
        }

        test("an interrupted dump is marked from its second datagram on, including its end; the next one is not") {
            with(ConntrackSteps(slots = 1)) {
                repeat(100) { model.add(udp(it + 1)) }
                model.interruptDumps(1)
                val heard = dump().groupBy { it.datagram }
                heard[1]!!.all { it.flags and INTERRUPTED == 0 } shouldBe true
                heard
                    .filterKeys { it > 1 }
                    .values
                    .flatten()
                    .all { it.flags and INTERRUPTED != 0 } shouldBe true
                heard.values
                    .last()
                    .single()
                    .type shouldBe Netlink.NLMSG_DONE
                dump().none { it.flags and INTERRUPTED != 0 } shouldBe true
            }
        }

        test("an entry that is added or removed meanwhile interrupts, unless the kernel does not report it") {
            for (reports in listOf(true, false)) {
                with(ConntrackSteps(slots = 1)) {
                    model.settings().tellsChanges(reports)
                    val ids = (1..1000).map { model.add(udp(it)) }
                    send(ConntrackSteps.GET, REQUEST or DUMP)
                    val first = receive()
                    model.remove(ids[999])
                    model.add(udp(1001))
                    val rest = drain()
                    rest.any { it.flags and INTERRUPTED != 0 } shouldBe reports
                    (first + rest).filter { it.type == 0x100 }.map { it.entry.original().sourcePort() } shouldBe
                        (1..999) + 1001
                }
            }
        }

        test("filters: family, mark, status, zone; the answers are marked as filtered") {
            with(ConntrackSteps()) {
                model.add(udp(1).mark(0x11).status(8))
                model.add(udp6(2).mark(0x12).status(14).zone(5))
                model.add(udp(3).mark(0x21).status(10))
                dumped(2) shouldContainExactly listOf(1, 3)
                dumped(10) shouldContainExactly listOf(2)
                dumped(7).shouldBeEmpty()
                dumped { be32(MARK.code(), 0x11) } shouldContainExactly listOf(1)
                dumped { be32(MARK.code(), 0x10).be32(MARK_MASK.code(), 0xf0) } shouldContainExactly listOf(1, 2)
                dumped { be32(MARK.code(), 0x11).be32(MARK_MASK.code(), 0xf0) }.shouldBeEmpty()
                dumped { be32(STATUS.code(), 2) } shouldContainExactly listOf(2, 3)
                dumped { be32(STATUS.code(), 0).be32(STATUS_MASK.code(), 2) } shouldContainExactly listOf(1)
                dumped { be16(ZONE.code(), 5) } shouldContainExactly listOf(2)
                dumped { be16(ZONE.code(), 0) } shouldContainExactly listOf(1, 3)
                dump(2).map { it.flags } shouldBe listOf(MULTI or FILTERED, MULTI or FILTERED, MULTI)
            }
        }

        test("filters by tuple: addresses, protocol, ports, ICMP, either direction") {
            with(ConntrackSteps()) {
                model.add(udp(1))
                model.add(SampleConntrack.of(SampleTuple.udp("10.0.0.9", 2, "10.0.0.2", 54)))
                model.add(SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 3, "10.0.0.2", 53)))
                model.add(SampleConntrack.of(SampleTuple.icmp("10.0.0.1", "10.0.0.2", 8, 0, 4)))
                val wanted = SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)
                dumped(2) { tuple(1, wanted).filter(1) } shouldContainExactly listOf(1, 3, 4)
                dumped(2) { tuple(1, wanted).filter(2 or 8) } shouldContainExactly listOf(1, 2)
                dumped(2) { tuple(1, wanted).filter(8 or 32) } shouldContainExactly listOf(1)
                dumped(2) { tuple(2, wanted.inverted()).filter(0, 2) } shouldContainExactly listOf(1, 3, 4)
                dumped(2) { tuple(2, wanted.inverted()).filter(0, 8 or 16) } shouldContainExactly listOf(1)
                val ping = SampleTuple.icmp("10.0.0.1", "10.0.0.2", 8, 0, 4)
                dumped(2) { tuple(1, ping).filter(8 or 64 or 128 or 256) } shouldContainExactly listOf(4)
            }
        }

        test("a filter by an IPv6 address returns all other entries, as Linux does, unless that is corrected") {
            with(ConntrackSteps()) {
                model.add(udp6(1))
                model.add(SampleConntrack.of(SampleTuple.udp("fd00::9", 2, "fd00::2", 53)))
                val wanted = SampleTuple.udp("fd00::1", 1, "fd00::2", 53)
                dumped(10) { tuple(1, wanted).filter(1) } shouldContainExactly listOf(2)
                model.settings().invertedIpv6Filter(false)
                dumped(10) { tuple(1, wanted).filter(1) } shouldContainExactly listOf(1)
            }
        }

        test("filters that contradict themselves are refused") {
            with(ConntrackSteps()) {
                val wanted = SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)

                fun errno(
                    family: Int = 2,
                    attributes: MessageWriter.() -> Unit,
                ) = dump(family, attributes).single().error
                errno { be32(MARK_MASK.code(), 1) } shouldBe Errno.EINVAL.number()
                errno { be32(STATUS_MASK.code(), 1) } shouldBe Errno.EINVAL.number()
                errno { be32(STATUS.code(), 0) } shouldBe Errno.EINVAL.number()
                errno { filter(1) } shouldBe Errno.EINVAL.number()
                errno { tuple(1, wanted).filter(1 shl 12) } shouldBe Errno.EINVAL.number()
                errno { tuple(1, wanted).filter(16) } shouldBe Errno.EINVAL.number()
                errno { tuple(1, wanted).bytes(FILTER.code(), 8, 0, 1, 0, 1, 0, 0, 0) } shouldBe Errno.EINVAL.number()
                errno(0) { tuple(1, wanted).filter(1) } shouldBe Errno.EOPNOTSUPP.number()
            }
        }

        test("an older kernel ignores unknown filters, and sends no attribute of a later version") {
            with(ConntrackSteps()) {
                model.settings().kernelVersion(5, 4)
                model.add(udp(1).mark(1).synProxy(1, 2, 3))
                model.add(udp(2).status(10).zone(5))
                dumped { be32(STATUS.code(), 2) } shouldContainExactly listOf(1, 2)
                dumped { be16(ZONE.code(), 5) } shouldContainExactly listOf(1, 2)
                dumped(2) { tuple(1, SampleTuple.udp("10.0.0.3", 1, "10.0.0.2", 53)).filter(1) } shouldContainExactly
                    listOf(1, 2)
                dumped { be32(MARK.code(), 1) } shouldContainExactly listOf(1)
                dump { be32(MARK.code(), 1) }.first().flags shouldBe MULTI
                model.settings().kernelVersion(3, 1)
                model.change(
                    model
                        .connections()
                        .first()
                        .contents()
                        .attributes()
                        .number(12),
                ) { it.labels(1) }
                dump().first().entry.has(LABELS) shouldBe false
            }
        }

        test("counters are read and reset in one step, for one entry and for all") {
            with(ConntrackSteps()) {
                val first = SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)
                model.add(udp(1).counters(1, 2, 3, 4))
                model.add(udp(2).counters(5, 6, 7, 8))
                model.add(udp(3))
                ask(CTRZERO, REQUEST) { tuple(TUPLE_ORIG.code(), first) }.single().entry.bytes(Direction.REPLY) shouldBe
                    4
                dump().map { it.type to (it.type == 0x100 && it.entry.hasCounters(Direction.REPLY)) } shouldBe
                    listOf(0x100 to true, 0x100 to true, 0x100 to false, Netlink.NLMSG_DONE to false)
                ask(CTRZERO, REQUEST or DUMP, 0)[1].entry.packets(Direction.ORIGINAL) shouldBe 5
                dump().take(2).map { it.entry.packets(Direction.ORIGINAL) } shouldBe listOf(0, 0)
            }
        }

        test("one entry is found by either direction, in its zone, and marked as multipart") {
            with(ConntrackSteps()) {
                val tuple = SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)
                model.add(udp(1).mark(7))
                model.add(udp(1).mark(8).zone(5))
                model.add(
                    SampleConntrack.of(tuple.zone(6)).reply(SampleTuple.udp("10.0.0.2", 53, "10.0.0.1", 9)).mark(9),
                )

                fun mark(attributes: MessageWriter.() -> Unit) =
                    ask(ConntrackSteps.GET, REQUEST, attributes = attributes).single().let {
                        if (it.type == 0x100) it.entry.mark() else -it.error.toLong()
                    }
                mark { tuple(TUPLE_ORIG.code(), tuple) } shouldBe 7
                mark { tuple(TUPLE_REPLY.code(), tuple.inverted()) } shouldBe 7
                mark { tuple(TUPLE_ORIG.code(), tuple).be16(ZONE.code(), 5) } shouldBe 8
                mark { tuple(TUPLE_ORIG.code(), tuple.zone(6)) } shouldBe 9
                mark { tuple(TUPLE_ORIG.code(), tuple).be16(ZONE.code(), 4) } shouldBe -Errno.ENOENT.number()
                mark { tuple(TUPLE_ORIG.code(), tuple.zone(5)).be16(ZONE.code(), 5) } shouldBe -Errno.EINVAL.number()
                mark {} shouldBe -Errno.EINVAL.number()
                val heard = ask(ConntrackSteps.GET, REQUEST or ACK) { tuple(TUPLE_ORIG.code(), tuple) }
                heard.map { it.type } shouldBe listOf(0x100, Netlink.NLMSG_ERROR)
                heard.first().flags shouldBe MULTI
                heard.first().portId shouldNotBe 0
            }
        }

        test("tuples that are incomplete, or of an untracked type, are refused") {
            with(ConntrackSteps()) {
                fun errno(
                    family: Int = 2,
                    content: MessageWriter.() -> Unit,
                ) = ask(ConntrackSteps.GET, REQUEST, family) { nest(1) { content() } }.single().error
                val ping = SampleTuple.icmp("10.0.0.1", "10.0.0.2", 3, 0, 1)
                ask(ConntrackSteps.GET, REQUEST) { tuple(1, ping) }.single().error shouldBe Errno.EINVAL.number()
                errno { nest(2) { u8(1, 17).be16(2, 1).be16(3, 1) } } shouldBe Errno.EINVAL.number()
                errno { nest(1) { be32(1, 1).be32(2, 1) } } shouldBe Errno.EINVAL.number()
                errno { nest(1) { be32(1, 1).be32(2, 1) }.nest(2) { u8(1, 17).be16(2, 1) } } shouldBe
                    Errno.EINVAL.number()
                errno { nest(1) { be16(1, 1).be32(2, 1) }.nest(2) { u8(1, 17) } } shouldBe Errno.ERANGE.number()
                errno(0) { nest(1) { be32(1, 1).be32(2, 1) }.nest(2) { u8(1, 17) } } shouldBe
                    Errno.EOPNOTSUPP.number()
            }
        }

        test("timeouts follow the clock") {
            val steps = ConntrackSteps(FakeNetfilter(TestClock.manual()))
            steps.model.add(udp(1).timeout(10))
            steps.transport.clock().advance(java.time.Duration.ofMillis(3500))
            steps
                .dump()
                .first()
                .entry
                .timeout() shouldBe 6
            steps.transport.clock().advance(java.time.Duration.ofMillis(6600))
            steps.dumped().shouldBeEmpty()
        }
    })
