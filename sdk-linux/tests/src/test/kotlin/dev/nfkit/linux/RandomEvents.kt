// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.AttributeCondition
import dev.nfkit.socket.EventCondition
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.EventFilter.Alternative
import dev.nfkit.socket.FamilyCondition
import dev.nfkit.socket.MessageCondition
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

/** Filters and messages of few codes and values, so that they often match; messages are often malformed. */
internal class RandomEvents(
    seed: Int,
) {
    private val random = Random(seed)

    fun filter(): EventFilter {
        val builder = EventFilter.builder()
        repeat(random.nextInt(4)) { builder.requireAny(List(random.nextInt(1, 4)) { alternative() }) }
        return builder.build()
    }

    private fun alternative() = Alternative(List(random.nextInt(1, 4)) { test() })

    private fun test(): EventCondition =
        when (random.nextInt(6)) {
            0 -> {
                FamilyCondition.of(random.nextInt(3), random.nextInt(3))
            }

            1 -> {
                val mask = random.nextInt(0x10000)
                MessageCondition(TYPES.random(random), mask, FLAGS.random(random) and mask)
            }

            else -> {
                attributeTest()
            }
        }

    private fun attributeTest(): AttributeCondition {
        val width = listOf(1, 2, 4).random(random)
        val greatest = (1L shl 8 * width) - 1
        val mask = if (random.nextBoolean()) greatest else random.nextLong(1, greatest + 1)
        val values = LongArray(random.nextInt(1, 5)) { value() and mask }
        return AttributeCondition
            .at(*IntArray(random.nextInt(1, 4)) { random.nextInt(1, 4) })
            .offset(if (random.nextInt(8) == 0) 252 + random.nextInt(8) else random.nextInt(5))
            .width(width)
            .mask(mask)
            .whenAbsent(AttributeCondition.WhenAbsent.entries.random(random))
            .`is`(*values)
    }

    private fun value(): Long =
        listOf(0L, 1L, 2L, 0x100L, 0x01000000L, 0xffffffffL, random.nextLong() and 0xffffffffL).random(random)

    /** One message; its nlmsg_len is its length. */
    fun message(order: ByteOrder): ByteArray {
        val buffer = ByteBuffer.allocate(2048).order(order)
        buffer.putInt(0).putShort(TYPES.random(random).toShort()).putShort(FLAGS.random(random).toShort())
        buffer.putInt(if (random.nextInt(8) == 0) SEQUENCES.random(random) else 0).putInt(random.nextInt())
        if (random.nextInt(16) == 0) buffer.putShort(4, random.nextInt(20).toShort())
        if (random.nextInt(20) > 0) {
            buffer.put(random.nextInt(3).toByte()).put(0).putShort(0)
            repeat(random.nextInt(5)) { attribute(buffer, 3) }
            repeat(random.nextInt(4) / 3 * random.nextInt(4)) { buffer.put(random.nextInt(8).toByte()) }
        }
        buffer.putInt(0, buffer.position())
        return buffer.array().copyOf(buffer.position())
    }

    private fun attribute(
        buffer: ByteBuffer,
        deeper: Int,
    ) {
        val start = buffer.position()
        val flags = listOf(0, 0, 0x8000, 0x4000).random(random)
        buffer.putShort(0).putShort((random.nextInt(1, 4) or flags).toShort())
        if (deeper > 0 && random.nextInt(3) > 0) {
            repeat(random.nextInt(1, 4)) { attribute(buffer, deeper - 1) }
        } else {
            when (random.nextInt(4)) {
                0 -> buffer.putShort(value().toShort()).put(value().toByte())
                1 -> buffer.position(buffer.position() + if (deeper > 1) random.nextInt(248, 268) else 0)
                else -> repeat(random.nextInt(3)) { buffer.putInt(value().toInt()) }
            }
        }
        val length = buffer.position() - start
        buffer.putShort(start, (if (random.nextInt(24) == 0) random.nextInt(length + 12) else length).toShort())
        while (buffer.position() % 4 != 0) buffer.put(random.nextInt().toByte())
    }

    private companion object {
        val TYPES = listOf(0x100, 0x102, 0x201, 0x301)
        val FLAGS = listOf(0, 0x600, 0x200, 0x601)
        val SEQUENCES = listOf(1, 0x01000000, -1)
    }
}
