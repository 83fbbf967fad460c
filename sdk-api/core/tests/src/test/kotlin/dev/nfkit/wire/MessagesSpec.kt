// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire

import dev.nfkit.BytesView
import dev.nfkit.MalformedMessageException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.pair
import io.kotest.property.checkAll
import java.nio.BufferOverflowException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.HexFormat

private val LITTLE = ByteOrder.LITTLE_ENDIAN

private fun hex(text: String): ByteBuffer = ByteBuffer.wrap(HexFormat.of().parseHex(text.replace(" ", "")))

private fun ByteBuffer.messages(order: ByteOrder = LITTLE) = MessageCursor().wrap(this, 0, limit(), order)

class MessagesSpec :
    FunSpec({
        // The kernel's acknowledgement of a BIND, as recorded in nflog-seq-flags.
        val acknowledgement = "24000000 0200 0001 7daf006b 64010000 00000000 1c000000 0104 0500 7daf006b 00000000"

        test("a recorded acknowledgement is read field by field") {
            val message = hex(acknowledgement).messages()
            message.next() shouldBe true
            message.type() shouldBe Netlink.NLMSG_ERROR
            message.flags() shouldBe Netlink.NLM_F_CAPPED
            message.sequence() shouldBe 1795207037L
            message.portId() shouldBe 356L
            message.length() shouldBe 36
            message.bodyOffset() shouldBe 16
            message.next() shouldBe false
        }

        test("the writer's bytes are those of the recorded request") {
            val writer = MessageWriter(64, LITTLE)
            writer
                .begin(0x401, 5, 1795207037L)
                .nfgenmsg(0, 8)
                .u8(1, 1)
                .end()
            BytesView().wrap(writer.datagram(), 0, writer.length()).toHex() shouldBe
                "1c000000010405007daf006b00000000000000080500010001000000"
        }

        test("headers of a big-endian host are read in its order") {
            val writer = MessageWriter(64, ByteOrder.BIG_ENDIAN)
            writer
                .begin(0x400, 0x300, 7, 99)
                .nfgenmsg(2, 30)
                .be32(2, 0x1234abcd)
                .end()
            val message = writer.datagram().messages(ByteOrder.BIG_ENDIAN)
            message.next() shouldBe true
            message.type() shouldBe 0x400
            message.flags() shouldBe 0x300
            message.sequence() shouldBe 7L
            message.portId() shouldBe 99L
            message.family() shouldBe 2
            message.resId() shouldBe 30
            val attribute = AttributeCursor().wrap(message, "test")
            attribute.next() shouldBe true
            attribute.type() shouldBe 2
            attribute.be32() shouldBe 0x1234abcdL
        }

        test("the last message and the last attribute may lack their padding") {
            val message = hex("15000000 0004 0000 00000000 00000000 02000007 05").messages()
            shouldThrow<MalformedMessageException> {
                message.next()
                AttributeCursor().wrap(message, "test").next()
            }
            val whole = hex("19000000 0004 0000 00000000 00000000 02000007 05000b00 ff").messages()
            whole.next() shouldBe true
            val attribute = AttributeCursor().wrap(whole, "test")
            attribute.next() shouldBe true
            attribute.u8() shouldBe 255
            attribute.next() shouldBe false
            whole.next() shouldBe false
        }

        context("malformed framing is reported with position and reason") {
            listOf(
                "a truncated header" to "10000000 0004",
                "a length less than a header" to "0f000000 0004 0000 00000000 00000000",
                "a length of nothing" to "00000000 0004 0000 00000000 00000000",
                "a length after the end" to "11000000 0004 0000 00000000 00000000",
                "a length of four billion" to "ffffffff 0004 0000 00000000 00000000",
            ).forEach { (name, bytes) ->
                test(name) {
                    val message = hex(bytes).messages()
                    val problem = shouldThrow<MalformedMessageException> { message.next() }
                    problem.message shouldContain "malformed nlmsghdr at byte 0"
                    message.next() shouldBe false
                }
            }
        }

        context("a malformed attribute is reported with position and reason") {
            listOf(
                "a length less than its header" to "03000100",
                "a length after the end" to "09000100 00000000",
                "a truncated header" to "0400",
            ).forEach { (name, bytes) ->
                test(name) {
                    val buffer = hex(bytes)
                    val attribute = AttributeCursor().wrap(buffer, 0, buffer.capacity(), LITTLE, "NFULNL_MSG_PACKET")
                    shouldThrow<MalformedMessageException> { attribute.next() }.path() shouldBe "NFULNL_MSG_PACKET"
                    attribute.next() shouldBe false
                }
            }
        }

        test("written messages are read back, in either byte order") {
            val attributes = Arb.list(Arb.pair(Arb.int(1..0x3fff), Arb.byteArray(Arb.int(0..40), Arb.byte())), 0..12)
            checkAll(attributes, Arb.element(LITTLE, ByteOrder.BIG_ENDIAN)) { list, order ->
                val writer = MessageWriter(2000, order)
                writer.begin(0x400, 0, 1).nfgenmsg(2, 9)
                list.forEach { (type, value) -> writer.bytes(type, *value) }
                writer.end()
                val message = writer.datagram().messages(order)
                message.next() shouldBe true
                val attribute = AttributeCursor().wrap(message, "test")
                list.forEach { (type, value) ->
                    attribute.next() shouldBe true
                    attribute.type() shouldBe type
                    attribute.bytes(BytesView()).toArray() shouldBe value
                }
                attribute.next() shouldBe false
                message.next() shouldBe false
            }
        }

        test("nests have their flag and are read as attributes") {
            val writer = MessageWriter(100, LITTLE)
            writer.begin(0x400, 0, 1).nfgenmsg(2, 9)
            val mark = writer.beginNest(20)
            writer.be16(1, 0x8100).be16(2, 5)
            writer.endNest(mark).end()
            val message = writer.datagram().messages()
            message.next()
            val outer = AttributeCursor().wrap(message, "packet")
            outer.next() shouldBe true
            outer.nested() shouldBe true
            outer.type() shouldBe 20
            val inner = outer.nest(AttributeCursor(), "NFULA_VLAN")
            inner.next() shouldBe true
            inner.be16() shouldBe 0x8100
            inner.next() shouldBe true
            inner.be16() shouldBe 5
            shouldThrow<MalformedMessageException> { inner.be32() }.path() shouldBe "packet/NFULA_VLAN/attribute 2"
        }

        test("a full writer overflows, and the unfinished message can be removed") {
            val writer = MessageWriter(60, LITTLE)
            writer.begin(1, 0, 1).raw(1, 2, 3, 4).end()
            writer.begin(2, 0, 2).nfgenmsg(0, 0)
            shouldThrow<BufferOverflowException> { writer.bytes(1, *ByteArray(60)) }
            writer.abandon()
            writer.length() shouldBe 20
            shouldThrow<IllegalArgumentException> { MessageWriter(70000, LITTLE).bytes(1, *ByteArray(65532)) }
        }

        test("text ends at its NUL, and without one is malformed") {
            val buffer = hex("09000a00 6374006e00 000000")
            val attribute = AttributeCursor().wrap(buffer, 0, 12, LITTLE, "test")
            attribute.next()
            attribute.string() shouldBe "ct"
            val bare = AttributeCursor().wrap(hex("06000a00 6374"), 0, 6, LITTLE, "test")
            bare.next()
            shouldThrow<MalformedMessageException> { bare.string() }.expected() shouldBe "text ended by NUL"
        }
    })
