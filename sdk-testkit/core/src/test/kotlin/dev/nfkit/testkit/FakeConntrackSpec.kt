// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.conntrack.ConntrackAttribute.HELP
import dev.nfkit.conntrack.ConntrackAttribute.ID
import dev.nfkit.conntrack.ConntrackAttribute.LABELS
import dev.nfkit.conntrack.ConntrackAttribute.LABELS_MASK
import dev.nfkit.conntrack.ConntrackAttribute.MARK
import dev.nfkit.conntrack.ConntrackAttribute.MARK_MASK
import dev.nfkit.conntrack.ConntrackAttribute.NAT_SRC
import dev.nfkit.conntrack.ConntrackAttribute.PROTOINFO
import dev.nfkit.conntrack.ConntrackAttribute.SEQ_ADJ_ORIG
import dev.nfkit.conntrack.ConntrackAttribute.STATUS
import dev.nfkit.conntrack.ConntrackAttribute.TIMEOUT
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_MASTER
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_ORIG
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_REPLY
import dev.nfkit.conntrack.ConntrackAttribute.ZONE
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

private val TUPLE = SampleTuple.udp("10.0.0.1", 1000, "10.0.0.2", 53)
private val TCP = SampleTuple.tcp("10.0.1.1", 4000, "10.0.1.2", 21)

private fun MessageWriter.original(tuple: SampleTuple = TUPLE) = tuple(TUPLE_ORIG.code(), tuple)

private fun MessageWriter.both(tuple: SampleTuple = TUPLE) = original(tuple).tuple(TUPLE_REPLY.code(), tuple.inverted())

private fun MessageWriter.helper(name: String) = nest(HELP.code()) { string(1, name) }

private fun ConntrackSteps.create(
    tuple: SampleTuple = TUPLE,
    more: MessageWriter.() -> Unit = { be32(TIMEOUT.code(), 100) },
) = errno(ConntrackSteps.NEW, CREATE or EXCL) {
    both(tuple)
    more()
}

private fun ConntrackSteps.update(
    tuple: SampleTuple = TUPLE,
    more: MessageWriter.() -> Unit,
) = errno(ConntrackSteps.NEW) {
    original(tuple)
    more()
}

private fun ConntrackSteps.entry(tuple: SampleTuple = TUPLE): ConntrackEntry =
    ask(ConntrackSteps.GET, REQUEST) { original(tuple) }.single().entry

/** Creating, changing and deleting, refused in the order observed on Linux 6.18. */
class FakeConntrackSpec :
    FunSpec({
        test("a connection is created with the requested attributes, and confirmed") {
            with(ConntrackSteps()) {
                create { be32(TIMEOUT.code(), 100).be32(MARK.code(), 9) } shouldBe 0
                val entry = entry()
                entry.status() shouldBe 8
                entry.timeout() shouldBe 100
                entry.mark() shouldBe 9
                entry.reply().sourcePort() shouldBe 53
                entry.hasCounters(Direction.ORIGINAL) shouldBe false
            }
        }

        test("an existing connection is EEXIST if it must be new, by either direction, and changed otherwise") {
            with(ConntrackSteps()) {
                create() shouldBe 0
                create() shouldBe Errno.EEXIST.number()
                errno(ConntrackSteps.NEW, CREATE) { both().be32(MARK.code(), 3) } shouldBe 0
                entry().mark() shouldBe 3
                errno(ConntrackSteps.NEW, CREATE or EXCL) {
                    original(SampleTuple.udp("10.0.0.8", 1000, "10.0.0.2", 53))
                        .tuple(TUPLE_REPLY.code(), TUPLE.inverted())
                        .be32(TIMEOUT.code(), 1)
                } shouldBe Errno.EEXIST.number()
            }
        }

        test("a missing connection is ENOENT without CREATE, and EINVAL if attributes are missing") {
            with(ConntrackSteps()) {
                update { be32(MARK.code(), 3) } shouldBe Errno.ENOENT.number()
                create { } shouldBe Errno.EINVAL.number()
                errno(ConntrackSteps.NEW, CREATE) { original().be32(TIMEOUT.code(), 3) } shouldBe
                    Errno.EINVAL.number()
                errno(ConntrackSteps.NEW, CREATE) { be32(TIMEOUT.code(), 3) } shouldBe Errno.EINVAL.number()
                errno(ConntrackSteps.NEW, CREATE) {
                    original().tuple(TUPLE_REPLY.code(), TCP).be32(TIMEOUT.code(), 3)
                } shouldBe Errno.EINVAL.number()
                create { be32(TIMEOUT.code(), 3).original(TCP).tuple(TUPLE_MASTER.code(), TCP) } shouldBe
                    Errno.EINVAL.number()
            }
        }

        test("a zone applies to both directions, or to one") {
            with(ConntrackSteps()) {
                create { be32(TIMEOUT.code(), 9).be16(ZONE.code(), 5) } shouldBe 0
                create() shouldBe 0
                errno(ConntrackSteps.NEW, CREATE or EXCL) {
                    original(SampleTuple.udp("10.0.0.7", 1, "10.0.0.2", 53).zone(6))
                        .tuple(TUPLE_REPLY.code(), SampleTuple.udp("10.0.0.2", 53, "10.0.0.7", 1))
                        .be32(TIMEOUT.code(), 9)
                } shouldBe 0
                val entries = dump().filter { it.type == 0x100 }.map { it.entry }
                entries.map { it.zone() } shouldBe listOf(5, 0, 0)
                entries[2].original().zone().asInt shouldBe 6
                entries[2].reply().zone().isPresent shouldBe false
            }
        }

        test("a full table is ENOMEM") {
            with(ConntrackSteps()) {
                model.settings().maximum(1)
                create() shouldBe 0
                create(TCP) shouldBe Errno.ENOMEM.number()
            }
        }

        test("accounting and timestamps give a connection counters and a start") {
            with(ConntrackSteps()) {
                model.settings().accounting(true).timestamps(true)
                create() shouldBe 0
                entry().packets(Direction.REPLY) shouldBe 0
                entry().startNanos() shouldBe transport.clock().epochNanos()
            }
        }

        test("a mark's mask keeps the bits outside it, and bits of the mark outside it toggle") {
            with(ConntrackSteps()) {
                model.add(SampleConntrack.of(TUPLE).mark(0xff00))
                update { be32(MARK.code(), 0x21).be32(MARK_MASK.code(), 0xff) } shouldBe 0
                entry().mark() shouldBe 0xff21
                update { be32(MARK.code(), 0x100).be32(MARK_MASK.code(), 0xff) } shouldBe 0
                entry().mark() shouldBe 0xfe00
            }
        }

        test("status bits are only set, and those of the kernel are refused or ignored") {
            with(ConntrackSteps()) {
                create()
                update { be32(STATUS.code(), 2) } shouldBe Errno.EBUSY.number()
                update { be32(STATUS.code(), 8 or 2 or 4) } shouldBe 0
                update { be32(STATUS.code(), 8) } shouldBe Errno.EBUSY.number()
                update { be32(STATUS.code(), 8 or 2 or 4 or 0x200) } shouldBe Errno.EBUSY.number()
                update { be32(STATUS.code(), 8 or 2 or 4 or 0x1010) } shouldBe 0
                entry().status() shouldBe 14
                create(TCP) { be32(TIMEOUT.code(), 9).be32(STATUS.code(), 2) } shouldBe Errno.EBUSY.number()
            }
        }

        test("a timeout is set, unless it is fixed") {
            with(ConntrackSteps()) {
                create()
                update { be32(TIMEOUT.code(), 7) } shouldBe 0
                entry().timeout() shouldBe 7
                update { be32(STATUS.code(), 8 or 0x400) } shouldBe 0
                update { be32(TIMEOUT.code(), 8) } shouldBe Errno.EPERM.number()
            }
        }

        test("labels require space, complete words, and a mask of their length") {
            with(ConntrackSteps()) {
                create()
                update { hostWords(LABELS.code(), 1, 0, 0, 0) } shouldBe Errno.ENOSPC.number()
                update { bytes(LABELS.code(), 1, 1, 1, 1, 1) } shouldBe Errno.EINVAL.number()
                update { hostWords(LABELS.code(), 1).hostWords(LABELS_MASK.code(), 1, 2) } shouldBe
                    Errno.EINVAL.number()
                update { bytes(LABELS.code(), *ByteArray(20)) } shouldBe Errno.ERANGE.number()
                model.settings().labelled(true)
                create(TCP) { be32(TIMEOUT.code(), 9).hostWords(LABELS.code(), 5) } shouldBe 0
                entry(TCP)
                    .labels()
                    .stream()
                    .toArray()
                    .toList() shouldBe listOf(0, 2)
                update(TCP) { hostWords(LABELS.code(), 0, 2).hostWords(LABELS_MASK.code(), 1, 2) } shouldBe 0
                entry(TCP)
                    .labels()
                    .stream()
                    .toArray()
                    .toList() shouldBe listOf(2, 33)
            }
        }

        test("a helper is assigned to a new connection of its protocol, or never") {
            with(ConntrackSteps()) {
                create(TCP) { be32(TIMEOUT.code(), 9).helper("tftp") } shouldBe Errno.EOPNOTSUPP.number()
                create(TCP) { be32(TIMEOUT.code(), 9).helper("ftp") } shouldBe 0
                entry(TCP).helper() shouldBe "ftp"
                update(TCP) { helper("ftp") } shouldBe 0
                update(TCP) { helper("irc") } shouldBe Errno.EBUSY.number()
                update(TCP) { helper("none") } shouldBe Errno.EOPNOTSUPP.number()
                update(TCP) { helper("") } shouldBe 0
                entry(TCP).has(HELP) shouldBe false
                update(TCP) { helper("ftp") } shouldBe Errno.EBUSY.number()
                create()
                update { helper("tftp") } shouldBe Errno.EOPNOTSUPP.number()
                update { nest(HELP.code()) {} } shouldBe Errno.EINVAL.number()
            }
        }

        test("translation and master are only for new connections") {
            with(ConntrackSteps()) {
                create()
                update { nest(NAT_SRC.code()) { bytes(1, 1, 2, 3, 4) } } shouldBe Errno.EOPNOTSUPP.number()
                update { tuple(TUPLE_MASTER.code(), TUPLE) } shouldBe Errno.EOPNOTSUPP.number()
                create(TCP) {
                    be32(TIMEOUT.code(), 9)
                    nest(NAT_SRC.code()) {
                        bytes(1, 192.toByte(), 0, 2, 1)
                        nest(3) { be16(1, 8192) }
                    }
                } shouldBe 0
                entry(TCP).reply().destination().hostAddress shouldBe "192.0.2.1"
                entry(TCP).reply().destinationPort() shouldBe 8192
                entry(TCP).status() shouldBe 0x198
            }
        }

        test("a TCP connection has its state") {
            with(ConntrackSteps()) {
                create(TCP) { be32(TIMEOUT.code(), 9).nest(PROTOINFO.code()) { nest(1) { u8(1, 3) } } } shouldBe 0
                entry(TCP).protocolState() shouldBe 3
                update(TCP) { nest(PROTOINFO.code()) { nest(1) { u8(1, 11) } } } shouldBe Errno.ERANGE.number()
                update(TCP) { nest(PROTOINFO.code()) { nest(1) { u8(1, 4).bytes(4, 3, 1) } } } shouldBe 0
                entry(TCP).protocolState() shouldBe 4
            }
        }

        test("an attribute that is too short inside a nest is ERANGE, when the nest is read") {
            with(ConntrackSteps()) {
                fun info(
                    protocol: Int,
                    member: MessageWriter.() -> Unit,
                ) = update(TCP) { nest(PROTOINFO.code()) { nest(protocol) { member() } } }
                create(TCP) { be32(TIMEOUT.code(), 9).nest(PROTOINFO.code()) { nest(1) { u8(1, 3) } } } shouldBe 0
                info(1) { bytes(4, 3) } shouldBe Errno.ERANGE.number()
                info(1) { bytes(1) } shouldBe Errno.ERANGE.number()
                info(3) { be16(2, 1) } shouldBe 0 // the values of SCTP have no effect on TCP
                update(TCP) { nest(SEQ_ADJ_ORIG.code()) { be16(1, 1) } } shouldBe Errno.ERANGE.number()
                create { be32(TIMEOUT.code(), 9).nest(NAT_SRC.code()) { be16(1, 1) } } shouldBe Errno.ERANGE.number()
                create { be32(TIMEOUT.code(), 9).nest(NAT_SRC.code()) { nest(3) { u8(1, 1) } } } shouldBe
                    Errno.ERANGE.number()
                create { be32(TIMEOUT.code(), 9).nest(NAT_SRC.code()) { be64(1, 0x0a00_0009_0000_0000) } } shouldBe 0
                entry().reply().destination().hostAddress shouldBe "10.0.0.9"
            }
        }

        test("a refusal by policy has a text and a position, if enabled") {
            with(ConntrackSteps()) {
                create()
                socket.set(SocketOption.EXT_ACK, 1)
                socket.set(SocketOption.CAP_ACK, 1)
                val heard = ask(ConntrackSteps.NEW, REQUEST) { original().bytes(MARK.code(), 1, 2) }.single()
                heard.error shouldBe Errno.ERANGE.number()
                String(heard.body) shouldContain "Attribute failed policy validation"
                // The same position as the kernel's: after the headers and a tuple of 52 bytes.
                java.nio.ByteBuffer
                    .wrap(heard.body)
                    .order(socket.order())
                    .getInt(heard.body.size - 4) shouldBe 72
                update { bytes(27, *ByteArray(8)) } shouldBe Errno.EINVAL.number()
            }
        }

        test("a connection is deleted by tuple, and by id if it is given") {
            with(ConntrackSteps()) {
                val id = model.add(SampleConntrack.of(TUPLE))
                errno(ConntrackSteps.DELETE) { original().be32(ID.code(), id + 1) } shouldBe Errno.ENOENT.number()
                errno(ConntrackSteps.DELETE) { original().be32(ID.code(), id) } shouldBe 0
                errno(ConntrackSteps.DELETE) { original() } shouldBe Errno.ENOENT.number()
                model.connections().shouldBeEmpty()
            }
        }

        test("a flush removes all connections, those of a family if the version is 1, or those of a mark") {
            with(ConntrackSteps()) {
                val six = SampleTuple.udp("fd00::1", 1, "fd00::2", 53)

                fun fill() {
                    errno(ConntrackSteps.DELETE) shouldBe 0
                    model.connections().shouldBeEmpty()
                    model.add(SampleConntrack.of(TUPLE).mark(1))
                    model.add(SampleConntrack.of(six).mark(2))
                }
                fill()
                errno(ConntrackSteps.DELETE, family = 10, version = 1) shouldBe 0
                dumped() shouldBe listOf(1000)
                fill()
                errno(ConntrackSteps.DELETE) { be32(MARK.code(), 1) } shouldBe 0
                dumped() shouldBe listOf(1)
                fill()
                model.settings().kernelVersion(5, 2)
                errno(ConntrackSteps.DELETE, family = 10, version = 1) shouldBe 0
                dumped().shouldBeEmpty()
            }
        }

        test("statistics: of each processor in a dump, of the whole table in one message") {
            with(ConntrackSteps()) {
                model.settings().statistic(0, StatisticsAttribute.FOUND, 7).statistic(3, StatisticsAttribute.DROP, 9)
                model.settings().statistic(StatisticsAttribute.Expectations.CREATE, 5).maximum(1000)
                create()
                val processors = ask(4, REQUEST or DUMP, 0)
                processors.map { Triple(it.type, it.resId, it.attributes.length()) } shouldBe
                    listOf(Triple(0x104, 0, 80), Triple(0x104, 3, 80), Triple(3, 0, 0))
                processors[0].attributes.u32(4) shouldBe 7
                errno(4) shouldBe 0
                val global = ask(5, REQUEST or ACK)
                global.map { it.type } shouldBe listOf(0x105, Netlink.NLMSG_ERROR)
                global[0].attributes.let { it.u32(4) to it.u32(12) } shouldBe (1L to 1000L)
                val expected = ask(3, REQUEST or DUMP, 0, subsystem = 2)
                expected.map { it.type } shouldBe listOf(0x103, 0x103, 3)
                expected[0].attributes.let { listOf(it.u32(4), it.u32(12), it.u32(20)) } shouldBe listOf(0L, 5L, 0L)
                model.settings().kernelVersion(5, 8)
                ask(4, REQUEST or DUMP, 0)[0].attributes.length() shouldBe 64
            }
        }

        test("the lists of dying and unconfirmed connections are empty dumps") {
            with(ConntrackSteps()) {
                create()
                ask(6, REQUEST or DUMP, 0).single().type shouldBe Netlink.NLMSG_DONE
                ask(7, REQUEST or DUMP, 0).single().type shouldBe Netlink.NLMSG_DONE
                errno(6) shouldBe Errno.EOPNOTSUPP.number()
                errno(8) shouldBe Errno.EINVAL.number()
            }
        }

        test("without the capability everything is EPERM, without ctnetlink EINVAL") {
            with(ConntrackSteps()) {
                model.settings().available(false)
                create() shouldBe Errno.EINVAL.number()
                ask(ConntrackSteps.GET, REQUEST or DUMP).single().error shouldBe Errno.EINVAL.number()
                transport.kernel().netAdmin(NetAdmin.MISSING)
                create() shouldBe Errno.EPERM.number()
            }
        }

        test("a connection that a test adds is copied, and gets a position of its own") {
            with(ConntrackSteps()) {
                val sample = SampleConntrack.of(TUPLE).mark(1)
                val id = model.add(sample)
                sample.mark(2)
                model
                    .connection(id)
                    .get()
                    .contents()
                    .number(MARK) shouldBe 1
                shouldThrow<IllegalArgumentException> { model.add(sample) }
                shouldThrow<IllegalArgumentException> { model.add(SampleConntrack.of(TCP).id(id)) }
                shouldThrow<IllegalArgumentException> { model.expire(7) }
            }
        }
    })
