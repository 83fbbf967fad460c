// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire

import dev.nfkit.BytesView
import dev.nfkit.MalformedMessageException
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogPacket
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

/** Reads everything that a datagram seems to contain. Only the malformed-message error may be thrown. */
private fun readAll(
    buffer: ByteBuffer,
    offset: Int,
    length: Int,
    order: ByteOrder,
): Int {
    var steps = 0
    val message = MessageCursor().wrap(buffer, offset, length, order)
    while (true) {
        try {
            if (!message.next()) break
            steps++
            check(message.offset() >= offset && message.end() <= offset + length) { "read outside the datagram" }
            val attribute = AttributeCursor().wrap(message, "fuzz")
            while (attribute.next()) {
                steps++
                check(attribute.offset() + attribute.length() <= message.end()) { "read outside the message" }
                attribute.bytes(BytesView()).toArray()
            }
        } catch (_: MalformedMessageException) {
            // the only error for malformed input
        }
        try {
            val packet = NflogPacket.read(message, 0)
            packet.toString()
            packet.payload().toArray()
            packet.originalLength()
            NflogAttribute.entries.filter(packet::has).forEach { readAttribute(packet, it) }
        } catch (_: MalformedMessageException) {
            // the same
        }
        check(steps <= length) { "more steps than bytes" }
    }
    return steps
}

private fun readAttribute(
    packet: NflogPacket,
    attribute: NflogAttribute,
) {
    when (attribute) {
        NflogAttribute.PACKET_HDR -> packet.hook().name() + packet.hwProtocol()
        NflogAttribute.HWADDR -> packet.hardwareAddress().toString()
        NflogAttribute.PREFIX -> packet.prefix()
        NflogAttribute.VLAN -> packet.vlan()
        NflogAttribute.CT -> packet.bytes(NflogAttribute.CT).toArray()
        NflogAttribute.HWHEADER -> packet.hardwareHeader().toArray()
        NflogAttribute.L2HDR -> packet.l2Header().toArray()
        NflogAttribute.TIMESTAMP -> packet.timestampNanos()
        NflogAttribute.UID -> packet.uid()
        NflogAttribute.SEQ -> packet.sequence()
        else -> packet.mark()
    }
}

class WireFuzzSpec :
    FunSpec({
        val orders = listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)

        test("random bytes cause only the malformed-message error, and never an endless loop") {
            val random = Random(20261120)
            repeat(20_000) {
                val bytes = random.nextBytes(random.nextInt(0, 300))
                if (bytes.size >= 4 && random.nextBoolean()) {
                    bytes[0] = bytes.size.toByte()
                    bytes[1] = (bytes.size shr 8).toByte()
                    bytes[2] = 0
                    bytes[3] = 0
                }
                readAll(ByteBuffer.wrap(bytes), 0, bytes.size, orders[it % 2]) shouldBeLessThan 301
            }
        }

        test("a valid datagram with flipped bits or a truncated end causes only the malformed-message error") {
            val random = Random(7)
            val writer = MessageWriter(1000, ByteOrder.LITTLE_ENDIAN)
            repeat(3) {
                writer
                    .begin(0x400, 0, 0)
                    .nfgenmsg(2, 30)
                    .bytes(1, 8, 0, 3, 0)
                    .string(10, "prefix")
                    .be32(2, 7)
                writer.bytes(8, 0, 6, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0).bytes(3, *ByteArray(16))
                val vlan = writer.beginNest(20)
                writer.be16(1, 0x8100).be16(2, 5).endNest(vlan)
                writer.bytes(9, *ByteArray(33) { at -> at.toByte() }).end()
            }
            val valid = ByteArray(writer.length()).also { writer.datagram().get(it) }
            repeat(20_000) {
                val bytes = valid.copyOf()
                repeat(random.nextInt(1, 4)) {
                    val at = random.nextInt(bytes.size)
                    bytes[at] = (bytes[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                val cut = random.nextInt(bytes.size + 1)
                // bytes after the datagram's end belong to another one: they must never be read
                readAll(ByteBuffer.wrap(bytes), 0, cut, ByteOrder.LITTLE_ENDIAN)
            }
        }
    })
