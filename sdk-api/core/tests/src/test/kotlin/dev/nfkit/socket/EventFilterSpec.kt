// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket

import dev.nfkit.socket.AttributeCondition.WhenAbsent
import dev.nfkit.socket.EventFilter.Alternative
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private const val CT_NEW = 0x100
private const val INET = 2
private const val INET6 = 10

private val ORDERS = listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)

/** A cursor on a message, as it is received. */
private fun MessageWriter.cursor(order: ByteOrder): MessageCursor {
    val datagram = end().datagram()
    val buffer = ByteBuffer.allocate(datagram.remaining()).put(datagram).flip() as ByteBuffer
    return MessageCursor().wrap(buffer, 0, buffer.remaining(), order).also { it.next() }
}

private fun event(
    order: ByteOrder = ByteOrder.nativeOrder(),
    family: Int = INET,
    type: Int = CT_NEW,
    flags: Int = 0,
    sequence: Long = 0,
    attributes: MessageWriter.() -> Unit = {},
): MessageCursor =
    MessageWriter(1024, order)
        .begin(type, flags, sequence)
        .nfgenmsg(family, 0)
        .apply(attributes)
        .cursor(order)

/** The original tuple of a UDP connection between IPv4 addresses. */
private fun MessageWriter.tuple(
    source: Long,
    port: Int,
    protocol: Int = 17,
) = apply {
    val tuple = beginNest(1)
    val ip = beginNest(1)
    be32(1, source)
    endNest(ip)
    val proto = beginNest(2)
    u8(1, protocol)
    be16(3, port)
    endNest(proto)
    endNest(tuple)
}

private fun filter(vararg tests: EventCondition): EventFilter = EventFilter.builder().require(*tests).build()

class EventFilterSpec :
    FunSpec({
        test("a filter without clauses passes everything") {
            EventFilter.builder().build().matches(event()) shouldBe true
        }

        test("the family is one of a set") {
            val test = filter(FamilyCondition.of(INET, INET6))
            for ((family, passes) in listOf(INET to true, INET6 to true, 7 to false)) {
                test.matches(event(family = family)) shouldBe passes
            }
        }

        test("type and flags distinguish a new connection from a changed one, in both byte orders") {
            val mask = Netlink.NLM_F_CREATE or Netlink.NLM_F_EXCL
            for (order in ORDERS) {
                val created = event(order, flags = mask)
                val changed = event(order)
                filter(MessageCondition(CT_NEW, mask, mask)).let { it.matches(created) to it.matches(changed) } shouldBe
                    (true to false)
                filter(MessageCondition(CT_NEW, mask, 0)).let { it.matches(created) to it.matches(changed) } shouldBe
                    (false to true)
                filter(MessageCondition.of(CT_NEW + 2)).matches(created) shouldBe false
            }
        }

        test("nested attributes are found by their path, and read big-endian on any host") {
            for (order in ORDERS) {
                val message = event(order) { tuple(0xc0000207, 53) }
                filter(AttributeCondition.at(1, 2, 1).`is`(6, 17)).matches(message) shouldBe true
                filter(AttributeCondition.at(1, 2, 1).`is`(6)).matches(message) shouldBe false
                filter(AttributeCondition.at(1, 2, 3).width(2).`is`(53)).matches(message) shouldBe true
                filter(AttributeCondition.at(1, 2, 3).offset(1).`is`(53)).matches(message) shouldBe true
                val inNet = AttributeCondition.at(1, 1, 1).width(4).mask(0xffffff00)
                filter(inNet.`is`(0xc0000200)).matches(message) shouldBe true
                filter(inNet.`is`(0xc0000300)).matches(message) shouldBe false
            }
        }

        test("an absent attribute has the result that the test defines") {
            val message = event { tuple(1, 53) }

            fun answer(
                whenAbsent: WhenAbsent,
                vararg values: Long,
            ) = filter(
                AttributeCondition
                    .at(8)
                    .width(4)
                    .whenAbsent(whenAbsent)
                    .`is`(*values),
            ).matches(message)
            answer(WhenAbsent.PASS, 7) shouldBe true
            answer(WhenAbsent.FAIL, 0) shouldBe false
            answer(WhenAbsent.ZERO, 7) shouldBe false
            answer(WhenAbsent.ZERO, 7, 0) shouldBe true
        }

        test("an attribute too short for its test counts as absent") {
            val message = event { be16(8, 5) }
            filter(AttributeCondition.at(8).width(2).`is`(5)).matches(message) shouldBe true
            filter(AttributeCondition.at(8).width(4).`is`(5)).matches(message) shouldBe false
            filter(
                AttributeCondition
                    .at(8)
                    .offset(1)
                    .width(2)
                    .whenAbsent(WhenAbsent.PASS)
                    .`is`(5),
            ).matches(message) shouldBe true
        }

        test("flag bits of a code do not hide an attribute, and of two the first counts") {
            filter(AttributeCondition.at(8).width(4).`is`(5)).matches(
                event { be32(8 or Netlink.NLA_F_NET_BYTEORDER, 5) },
            ) shouldBe true
            filter(AttributeCondition.at(8).width(4).`is`(5)).matches(
                event {
                    be32(8, 5)
                    be32(8, 6)
                },
            ) shouldBe true
        }

        test("nothing is found after an attribute with an invalid length") {
            for (length in listOf(3, 200)) {
                val order = ByteOrder.nativeOrder()
                val message =
                    event(order) {
                        be32(5, 1)
                        be32(8, 5)
                    }
                filter(AttributeCondition.at(8).width(4).`is`(5)).matches(message) shouldBe true
                message
                    .buffer()
                    .duplicate()
                    .order(order)
                    .putShort(20, length.toShort())
                filter(AttributeCondition.at(8).width(4).`is`(5)).matches(message) shouldBe false
            }
        }

        test("every clause must be satisfied by one of its alternatives, all of whose tests pass") {
            val udp = AttributeCondition.at(1, 2, 1).`is`(17)
            val domain = AttributeCondition.at(1, 2, 3).width(2).`is`(53)
            val local = AttributeCondition.at(1, 1, 1).width(4).`is`(1)
            val filter =
                EventFilter
                    .builder()
                    .require(FamilyCondition.of(INET))
                    .requireAny(Alternative.of(udp, domain), Alternative.of(local))
                    .build()
            filter.matches(event { tuple(9, 53) }) shouldBe true
            filter.matches(event { tuple(9, 54) }) shouldBe false
            filter.matches(event { tuple(9, 53, 6) }) shouldBe false
            filter.matches(event { tuple(1, 54, 6) }) shouldBe true
            filter.matches(event(family = INET6) { tuple(1, 53) }) shouldBe false
            filter.clauses().map { it.alternatives().map(Alternative::conditions) } shouldContainExactly
                listOf(listOf(listOf(FamilyCondition.of(INET))), listOf(listOf(udp, domain), listOf(local)))
        }

        test("a message that is not an event passes every filter") {
            val nothing = filter(FamilyCondition.of(99))
            nothing.matches(event()) shouldBe false
            nothing.matches(event(sequence = 1)) shouldBe true
            nothing.matches(event(sequence = 0x01000000)) shouldBe true
            nothing.matches(event(type = Netlink.NLMSG_DONE)) shouldBe true
            val order = ByteOrder.nativeOrder()
            nothing.matches(MessageWriter(16, order).begin(CT_NEW, 0, 0).cursor(order)) shouldBe true
        }

        test("a filter reads nothing outside the message and throws nothing, whatever the contents") {
            val random = Random(4)
            val deep =
                AttributeCondition
                    .at(1, 1, 1, 1, 1, 1, 1, 1)
                    .width(4)
                    .`is`(1)
            repeat(20_000) {
                val order = ORDERS[it % 2]
                val length = random.nextInt(16, 64)
                // A buffer that ends with the message: nothing outside it can be read.
                val buffer = ByteBuffer.allocate(length)
                buffer.order(order).putInt(0, length).putShort(4, 0x100)
                for (at in 16 until length) {
                    buffer.put(at, (if (random.nextBoolean()) random.nextInt(9) else random.nextInt()).toByte())
                }
                buffer.order(ByteOrder.BIG_ENDIAN)
                val message = MessageCursor().wrap(buffer, 0, length, order)
                message.next() shouldBe true
                for (test in listOf(
                    deep,
                    AttributeCondition.at(1).width(2).`is`(1),
                    AttributeCondition.at(2).offset(30).`is`(1),
                )) {
                    filter(test).matches(message)
                    test.matches(message)
                }
            }
        }

        test("equal filters are equal, and have a readable text") {
            fun make() =
                EventFilter
                    .builder()
                    .require(FamilyCondition.of(INET, INET6), MessageCondition(CT_NEW, 0x600, 0x200))
                    .requireAny(
                        Alternative.of(AttributeCondition.at(1, 2, 1).`is`(17, 6, 17)),
                        Alternative.of(
                            AttributeCondition
                                .at(8)
                                .offset(4)
                                .width(4)
                                .mask(0xff)
                                .whenAbsent(WhenAbsent.ZERO)
                                .`is`(7),
                        ),
                    ).build()
            make() shouldBe make()
            make().hashCode() shouldBe make().hashCode()
            make() shouldNotBe filter(FamilyCondition.of(INET))
            make().toString() shouldBe
                "({family in [2, 10] and type 0x100 with flags & 0x600 = 0x200}) and " +
                "({attribute 1/2/1 u8 in [0x6, 0x11], absent: FAIL} or " +
                "{attribute 8+4 u32 & 0xff in [0x7], absent: ZERO})"
            EventFilter.builder().build().toString() shouldBe "everything"
        }

        test("a test returns the values that it was built with") {
            val test =
                AttributeCondition
                    .at(4, 1, 1)
                    .offset(2)
                    .width(2)
                    .mask(0xfff)
                    .whenAbsent(WhenAbsent.PASS)
                    .`is`(3, 1)
            test.path() shouldContainExactly listOf(4, 1, 1)
            test.offset() shouldBe 2
            test.width() shouldBe 2
            test.mask() shouldBe 0xfff
            test.values() shouldContainExactly listOf(1L, 3L)
            test.whenAbsent() shouldBe WhenAbsent.PASS
            AttributeCondition
                .at(8)
                .width(4)
                .`is`(1)
                .mask() shouldBe 0xffff_ffffL
        }

        test("a test that could never match, or is out of range, is refused by name and range") {
            val refusals =
                mapOf<String, () -> Any>(
                    "path of 0 codes is out of 1 to 8" to { AttributeCondition.at() },
                    "path of 9 codes is out of 1 to 8" to { AttributeCondition.at(1, 1, 1, 1, 1, 1, 1, 1, 1) },
                    "path code 0 is out of 1 to 16383" to { AttributeCondition.at(1, 0) },
                    "path code 16384 is out of 1 to 16383" to { AttributeCondition.at(16_384) },
                    "width 3 is none of 1, 2 and 4" to { AttributeCondition.at(1).width(3).`is`(1) },
                    "offset -1 is out of 0 to 65530" to { AttributeCondition.at(1).offset(-1).`is`(1) },
                    "offset 65528 is out of 0 to 65527" to {
                        AttributeCondition
                            .at(1)
                            .offset(65_528)
                            .width(4)
                            .`is`(1)
                    },
                    "mask 0 is less than 1" to { AttributeCondition.at(1).mask(0) },
                    "mask 0x100 is out of 1 to 0xff" to { AttributeCondition.at(1).mask(0x100).`is`(0) },
                    "values is empty: no message could match" to { AttributeCondition.at(1).`is`() },
                    "value 0x10 has bits that the mask 0xf lacks: it could never match" to {
                        AttributeCondition.at(1).mask(0xf).`is`(1, 0x10)
                    },
                    "value 0xffffffffffffffff has bits that the mask 0xffffffff lacks: it could never match" to {
                        AttributeCondition.at(1).width(4).`is`(-1)
                    },
                    "family 256 is out of 0 to 255" to { FamilyCondition.of(256) },
                    "families is empty: no message could match" to { FamilyCondition(emptySet()) },
                    "type 15 is out of 16 to 65535" to { MessageCondition.of(15) },
                    "flagMask 65536 is out of 0 to 65535" to { MessageCondition(16, 65_536, 0) },
                    "flags 0x3 has bits that flagMask 0x1 lacks: no message could match" to
                        { MessageCondition(16, 1, 3) },
                    "alternatives is empty: no message could match" to { EventFilter.builder().requireAny() },
                    "conditions is empty: every message would match" to { Alternative.of() },
                )
            for ((text, make) in refusals) {
                withClue(text) { shouldThrow<IllegalArgumentException> { make() }.message shouldBe text }
            }
        }
    })
