// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val ID = 0xfedc_ba98.toInt()
private val header = byteArrayOf(0xfe.toByte(), 0xdc.toByte(), 0xba.toByte(), 0x98.toByte(), 8, 0, 3)

/** A message of queue 65534 in a buffer of its own, some bytes after the buffer's start. */
private fun packetMessage(
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    type: Int = NfqueueConfig.NFQNL_MSG_PACKET,
    write: MessageWriter.() -> Unit,
): ByteBuffer {
    val writer = MessageWriter(256, order)
    writer.begin(type, 0, 0).nfgenmsg(2, 65534)
    writer.write()
    writer.end()
    return ByteBuffer.allocate(OFFSET + writer.length()).put(OFFSET, writer.datagram(), 0, writer.length())
}

private const val OFFSET = 12

private fun find(
    buffer: ByteBuffer,
    length: Int = buffer.capacity() - OFFSET,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
) = PacketId.find(buffer, OFFSET, length, order)

class PacketIdSpec :
    FunSpec({
        test("queue and id are found in either byte order, at any position of the packet's header") {
            for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                val first = find(packetMessage(order) { bytes(1, *header) }, order = order)
                PacketId.queue(first) shouldBe 65534
                PacketId.id(first) shouldBe ID
                val third =
                    packetMessage(order) {
                        be32(3, 7)
                        bytes(10, 1, 2, 3, 4, 5)
                        bytes(1, *header)
                    }
                find(third, order = order) shouldBe first
            }
        }

        test("an id is found even if the rest of the message is truncated or malformed") {
            val whole = find(packetMessage { bytes(1, *header) })
            val cut =
                packetMessage {
                    bytes(1, *header)
                    bytes(10, *ByteArray(100))
                }
            val id = Int.SIZE_BYTES
            find(cut, length = 16 + 4 + 4 + id) shouldBe whole
            find(cut, length = 16 + 4 + 4 + id - 1) shouldBe PacketId.NONE
            val wrong = packetMessage { bytes(1, *header) }
            wrong.put(OFFSET + 16 + 4 + 3, 0x80.toByte()) // the flag of a nest
            find(wrong) shouldBe whole
        }

        test("a message that names no packet has no id") {
            find(packetMessage { be32(3, 7) }) shouldBe PacketId.NONE
            find(packetMessage(type = NfqueueConfig.NFQNL_MSG_VERDICT) { bytes(1, *header) }) shouldBe PacketId.NONE
            find(packetMessage { bytes(1, 1, 2, 3) }) shouldBe PacketId.NONE // shorter than an id
            find(packetMessage { bytes(10, *ByteArray(8)) }, length = 0) shouldBe PacketId.NONE
            val endless = packetMessage { bytes(3, *ByteArray(8)) }
            endless.put(OFFSET + 16 + 4, 0)
            find(endless) shouldBe PacketId.NONE
            val empty =
                packetMessage {
                    bytes(3)
                    bytes(1, *header)
                }
            PacketId.id(find(empty)) shouldBe ID
        }
    })
