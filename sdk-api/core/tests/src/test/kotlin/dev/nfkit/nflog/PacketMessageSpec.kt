// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import dev.nfkit.BytesView
import dev.nfkit.MalformedMessageException
import dev.nfkit.decode.PacketMessage
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder

private fun message(write: MessageWriter.() -> Unit): MessageCursor {
    val writer = MessageWriter(512, ByteOrder.LITTLE_ENDIAN).begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0)
    writer.write()
    writer.end()
    return MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN).also { it.next() }
}

/** A packet of group 0x1234 with a payload and a VLAN tag, which may be damaged. */
private fun packet(
    sequence: Long = 7,
    tag: Boolean = true,
) = message {
    nfgenmsg(10, 0x1234)
    bytes(NflogAttribute.PAYLOAD.code(), 1, 2, 3)
    be32(NflogAttribute.SEQ.code(), sequence)
    val nest = beginNest(NflogAttribute.VLAN.code())
    bytes(1, 0x81.toByte(), 0)
    if (tag) bytes(2, 0x0a, 0x0b) else bytes(2, 0x0a)
    endNest(nest)
}

class PacketMessageSpec :
    FunSpec({
        test("a message without its own header is malformed, and nothing is read of it or of the one before it") {
            val packet = NflogPacket(PrefixCache(), null)
            packet.wrap(packet(), 5)
            val short = message { raw(10, 0) }
            shouldThrow<MalformedMessageException> { packet.wrap(short, 6) }
            packet.message().released() shouldBe true
            packet.wrap(message { nfgenmsg(2, 3) }, 7) // as short as it may be
            packet.message().resId() shouldBe 3
            packet.message().released() shouldBe false
        }

        test("a packet with a damaged tag is not the previous one of the next") {
            val packet = NflogPacket(PrefixCache(), null)
            packet.wrap(packet(), 5) shouldBe false
            packet.wrap(packet(), 5) shouldBe true
            shouldThrow<MalformedMessageException> { packet.wrap(packet(tag = false), 5) }
            shouldThrow<IllegalStateException> { packet.message().receivedAt() }
            packet.wrap(packet(), 5) shouldBe false
            packet.forget()
            packet.wrap(packet(), 5) shouldBe false
        }

        test("nothing is read of a packet that was given back, and views of it have no bytes") {
            val packet = NflogPacket(PrefixCache(), null)
            packet.wrap(packet(), 5)
            val message: PacketMessage<NflogAttribute> = packet.message()
            val payload = message.bytes(NflogAttribute.PAYLOAD)
            payload.toHex() shouldBe "010203"
            message.release()
            payload.length() shouldBe -1
            for (read in listOf<() -> Any?>(
                { message.has(NflogAttribute.SEQ) },
                { message.has(NflogAttribute.UID) },
                { message.require(NflogAttribute.SEQ) },
                { message.u32(NflogAttribute.SEQ) },
                { message.bytes(NflogAttribute.PAYLOAD) },
                { message.family() },
                { message.resId() },
                { message.receivedAt() },
                { message.bodyOffset() },
                { message.copy() },
                { message.alive() },
            )) {
                shouldThrow<IllegalStateException> { read() }.message shouldContain "its callback has returned"
            }
        }

        test("a copy has everything of the packet, and keeps it") {
            val packet = NflogPacket(PrefixCache(), null)
            packet.wrap(packet(), 5)
            val copy = packet.message().copy()
            copy.owned() shouldBe true
            packet.message().owned() shouldBe false
            packet.wrap(packet(9), 6)
            packet.message().release()
            listOf(copy.family(), copy.resId(), copy.vlanProtocol(), copy.vlanTci()) shouldBe
                listOf(10, 0x1234, 0x8100, 0x0a0b)
            copy.receivedAt() shouldBe 5
            copy.u32(NflogAttribute.SEQ) shouldBe 7
            copy.released() shouldBe false
            copy.bodyOffset() shouldBe 16
            copy.bodyLength() shouldBe 4 + 8 + 8 + 4 + 8 + 8
            copy.bytes(NflogAttribute.PAYLOAD).toHex() shouldBe "010203"
            (copy.bytes(NflogAttribute.PAYLOAD) === copy.bytes(NflogAttribute.PAYLOAD)) shouldBe false
        }

        test("an absent attribute has no bytes, and cannot be required; a type that no attribute has is an error") {
            val packet = NflogPacket(PrefixCache(), null)
            packet.wrap(packet(), 5)
            val view = BytesView.of(1)
            packet.message().aim(NflogAttribute.PAYLOAD, view)
            view.toHex() shouldBe "010203"
            packet.message().aim(NflogAttribute.PREFIX, view)
            view.length() shouldBe 0
            shouldThrow<NoSuchElementException> { packet.message().bytes(NflogAttribute.PREFIX) }.message shouldContain
                "NFULA_PREFIX is absent"
            shouldThrow<IllegalArgumentException> { packet.message().require(63) }.message shouldContain "attribute 63"
        }

        test("a tag without fields has none of those of the tag before it") {
            val packet = NflogPacket(PrefixCache(), null)
            packet.wrap(packet(), 5)
            packet.wrap(
                message {
                    nfgenmsg(10, 0x1234)
                    val nest = beginNest(NflogAttribute.VLAN.code())
                    bytes(9, 1, 2)
                    endNest(nest)
                },
                5,
            )
            (packet.message().vlanProtocol() to packet.message().vlanTci()) shouldBe (0 to 0)
        }
    })
