// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.ExpectationAttribute.FN
import dev.nfkit.conntrack.ExpectationAttribute.HELP_NAME
import dev.nfkit.conntrack.ExpectationAttribute.ID
import dev.nfkit.conntrack.ExpectationAttribute.MASK
import dev.nfkit.conntrack.ExpectationAttribute.MASTER
import dev.nfkit.conntrack.ExpectationAttribute.TIMEOUT
import dev.nfkit.conntrack.ExpectationAttribute.TUPLE
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe

private val CONTROL = SampleTuple.tcp("10.0.1.1", 4000, "10.0.1.2", 21)
private val OTHER = SampleTuple.udp("10.0.0.1", 1000, "10.0.0.2", 53)
private val MASK_OF_SOURCE = SampleTuple.tcp("255.255.255.255", 0, "255.255.255.255", 65535)

private fun data(port: Int) = SampleTuple.tcp("10.0.1.2", 0, "10.0.1.1", port)

private fun MessageWriter.three(
    port: Int,
    master: SampleTuple = CONTROL,
) = tuple(MASTER.code(), master).tuple(TUPLE.code(), data(port)).tuple(MASK.code(), MASK_OF_SOURCE)

private fun steps() =
    ConntrackSteps().apply {
        model.add(SampleConntrack.of(CONTROL).helper("ftp"))
        model.add(SampleConntrack.of(OTHER))
    }

private fun ConntrackSteps.create(
    port: Int,
    flags: Int = CREATE or EXCL,
    more: MessageWriter.() -> Unit = {},
) = errno(ConntrackSteps.NEW, flags, subsystem = 2) {
    three(port)
    more()
}

private fun ConntrackSteps.expected(
    flags: Int = REQUEST or DUMP,
    attributes: MessageWriter.() -> Unit = {},
) = ask(ConntrackSteps.GET, flags, subsystem = 2, attributes = attributes)

/** Expectations, refused in the order observed on Linux 6.18. */
class FakeExpectationsSpec :
    FunSpec({
        test("an expectation is created with the helper's timeout, whatever was requested") {
            with(steps()) {
                create(6000) { be32(TIMEOUT.code(), 77) } shouldBe 0
                val made = model.expectations().single().contents()
                made.number(TIMEOUT) shouldBe 300
                made.tuple() shouldBe data(6000).tuple()
                made.attributes().text(HELP_NAME) shouldBe "ftp"
                expected().map { it.type to it.flags } shouldBe listOf(0x200 to MULTI, Netlink.NLMSG_DONE to MULTI)
            }
        }

        test("an existing one is EEXIST if it must be new, otherwise it gets the timeout") {
            with(steps()) {
                create(6000)
                create(6000) shouldBe Errno.EEXIST.number()
                create(6000, 0) { be32(TIMEOUT.code(), 33) } shouldBe 0
                model
                    .expectations()
                    .single()
                    .contents()
                    .number(TIMEOUT) shouldBe 33
            }
        }

        test("missing attributes are EINVAL, a missing master ENOENT, a master without helper EOPNOTSUPP") {
            with(steps()) {
                errno(ConntrackSteps.NEW, CREATE, subsystem = 2) shouldBe Errno.EINVAL.number()
                create(6000, 0) shouldBe Errno.ENOENT.number()
                errno(ConntrackSteps.NEW, CREATE, subsystem = 2) {
                    three(6000, SampleTuple.tcp("10.0.1.1", 4009, "10.0.1.2", 21))
                } shouldBe Errno.ENOENT.number()
                errno(ConntrackSteps.NEW, CREATE, subsystem = 2) { three(6000, OTHER) } shouldBe
                    Errno.EOPNOTSUPP.number()
                create(6000) { string(FN.code(), "nope") } shouldBe Errno.EINVAL.number()
                create(6000) { bytes(FN.code(), 65) } shouldBe Errno.EINVAL.number()
            }
        }

        test("a helper expects one connection: a second expectation replaces the first") {
            with(steps()) {
                create(6000)
                create(6001) shouldBe 0
                model.expectations().map { it.contents().tuple() } shouldBe listOf(data(6001).tuple())
            }
        }

        test("one is found by its tuple, under either name, and by its id if given") {
            with(steps()) {
                create(6000)
                val id =
                    model
                        .expectations()
                        .single()
                        .contents()
                        .number(ID)

                fun find(attributes: MessageWriter.() -> Unit) = expected(REQUEST, attributes).single()
                find { tuple(TUPLE.code(), data(6000)) }.let { it.type to it.flags } shouldBe (0x200 to MULTI)
                find { tuple(MASTER.code(), data(6000)) }.type shouldBe 0x200
                find { tuple(TUPLE.code(), data(6000)).be32(ID.code(), id) }.type shouldBe 0x200
                find { tuple(TUPLE.code(), data(6000)).be32(ID.code(), id + 1) }.error shouldBe Errno.ENOENT.number()
                find { tuple(TUPLE.code(), data(6001)) }.error shouldBe Errno.ENOENT.number()
                find { tuple(MASTER.code(), CONTROL) }.error shouldBe Errno.ENOENT.number()
                find {}.error shouldBe Errno.EINVAL.number()
            }
        }

        test("a dump contains all expectations, or those of a family or of one master") {
            with(steps()) {
                create(6000)
                expected().size shouldBe 2
                ask(ConntrackSteps.GET, REQUEST or DUMP, 10, subsystem = 2).size shouldBe 1
                expected { tuple(MASTER.code(), CONTROL) }.size shouldBe 2
                expected { tuple(MASTER.code(), CONTROL.inverted()) }.size shouldBe 2
                expected(REQUEST or DUMP or ACK) { tuple(MASTER.code(), OTHER) }.single().error shouldBe 0
                expected {
                    tuple(
                        MASTER.code(),
                        SampleTuple.tcp("10.0.1.1", 9, "10.0.1.2", 21),
                    )
                }.single().error shouldBe
                    Errno.ENOENT.number()
            }
        }

        test("one is deleted by tuple and id, all of a helper by its name, and all") {
            with(steps()) {
                fun delete(attributes: MessageWriter.() -> Unit) =
                    errno(ConntrackSteps.DELETE, subsystem = 2, attributes = attributes)
                create(6000)
                delete { tuple(TUPLE.code(), data(6000)).be32(ID.code(), 1) } shouldBe Errno.ENOENT.number()
                delete { string(HELP_NAME.code(), "nope") } shouldBe 0
                model.expectations().size shouldBe 1
                delete { tuple(TUPLE.code(), data(6000)) } shouldBe 0
                delete { tuple(TUPLE.code(), data(6000)) } shouldBe Errno.ENOENT.number()
                create(6000)
                delete { string(HELP_NAME.code(), "ftp") } shouldBe 0
                model.expectations().shouldBeEmpty()
                create(6000)
                delete {} shouldBe 0
                model.expectations().shouldBeEmpty()
            }
        }

        test("a sample has all attributes that an expectation can have") {
            val sample =
                SampleExpectation
                    .of(CONTROL, data(6000), MASK_OF_SOURCE)
                    .nat(1, SampleTuple.tcp("192.0.2.1", 6, "0.0.0.0", 0))
                    .helper("ftp")
                    .function("nat-follow-master")
                    .flags(1)
                    .expectationClass(2)
                    .attribute(40, 1)
            val codes = sample.toDatagram(java.nio.ByteOrder.nativeOrder())
            codes.size % 4 shouldBe 0
            ExpectationAttribute.values().filter { it != ExpectationAttribute.ZONE }.all {
                sample.contents().attributes().has(
                    it,
                )
            } shouldBe
                true
        }
    })
