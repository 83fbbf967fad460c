// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The position of the message in its datagram. */
private const val BEFORE = 20

/** Two attributes in a nest at 20, an empty one at 40, and a last one at 44 to 50. */
private fun sent(): MessageCursor {
    val writer = MessageWriter(128, ByteOrder.LITTLE_ENDIAN).begin(1, 0, 1).nfgenmsg(2, 0)
    val nest = writer.beginNest(7)
    writer.u8(8, 0xab).be32(9, 0x1234)
    val datagram =
        writer
            .endNest(nest)
            .bytes(5)
            .be16(6, 0x77)
            .end()
            .datagram()
    val bytes = ByteBuffer.allocate(BEFORE + datagram.remaining()).put(ByteArray(BEFORE)).put(datagram)
    return MessageCursor().wrap(bytes, BEFORE, bytes.limit() - BEFORE, ByteOrder.LITTLE_ENDIAN).also { it.next() }
}

class AttributePathSpec :
    FunSpec({
        val nest = "05000800ab000000" + "0800090000001234"

        test("an offset is in the attributes whose header or value contains it") {
            val expected =
                mapOf(
                    0..19 to Triple(emptyList<Int>(), emptyList<Int>(), ""),
                    20..23 to Triple(listOf(7), listOf(0), nest),
                    24..28 to Triple(listOf(7, 8), listOf(0, 0), "ab"),
                    29..31 to Triple(listOf(7), listOf(0), nest), // what pads the value before
                    32..39 to Triple(listOf(7, 9), listOf(0, 1), "00001234"),
                    40..43 to Triple(listOf(5), listOf(1), ""),
                    44..49 to Triple(listOf(6), listOf(2), "0077"),
                    50..60 to Triple(emptyList(), emptyList(), ""),
                )
            val message = sent()
            for ((offsets, place) in expected) {
                for (offset in offsets) {
                    withClue(offset) {
                        val found = AttributePath.at(message, offset)
                        Triple(found.path, found.indexes, found.value.toHex()) shouldBe place
                    }
                }
            }
        }
    })
