// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.AttributeCondition
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.EventFilter.Alternative
import dev.nfkit.socket.FamilyCondition
import dev.nfkit.wire.MessageCursor
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

private fun EventFilter.admits(
    message: ByteArray,
    order: ByteOrder,
): Boolean =
    matches(
        MessageCursor().wrap(ByteBuffer.wrap(message), 0, message.size, order).also { check(it.next()) },
    )

private fun ports(count: Int) = AttributeCondition.at(1, 2, 3).width(2).`is`(*LongArray(count) { it.toLong() })

class FilterProgramSpec :
    FunSpec({
        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            test("the program answers as the filter does, for any message, $order") {
                val events = RandomEvents(7)
                var passed = 0
                var dropped = 0
                repeat(2_000) {
                    val filter = events.filter()
                    val program = ClassicBpf(FilterProgram.compile(filter, order), order)
                    repeat(50) {
                        val message = events.message(order)
                        val admitted = filter.admits(message, order)
                        withClue({ "$filter\n${message.joinToString(" ") { "%02x".format(it) }}" }) {
                            program.run(message) shouldBe if (admitted) 0xffffffffL else 0L
                        }
                        if (admitted) passed++ else dropped++
                    }
                }
                // Otherwise the test would prove nothing.
                passed shouldBeGreaterThan 10_000
                dropped shouldBeGreaterThan 10_000
            }

            test("jumps beyond 255 instructions reach their target, $order") {
                val filter =
                    EventFilter
                        .builder()
                        .requireAny(List(3) { Alternative.of(FamilyCondition.of(2 + it), ports(300)) })
                        .requireAny(Alternative.of(FamilyCondition.of(4)), Alternative.of(ports(300)))
                        .build()
                val program = ClassicBpf(FilterProgram.compile(filter, order), order)
                for (family in 1..5) {
                    for (port in listOf(0, 44, 299, 300, 70)) {
                        val message = portMessage(family, port, order)
                        val admitted = filter.admits(message, order)
                        admitted shouldBe (family in 2..4 && port < 300)
                        program.run(message) shouldBe if (admitted) 0xffffffffL else 0L
                    }
                }
            }
        }

        test("a filter larger than the kernel's limit is refused, with both sizes") {
            val order = ByteOrder.nativeOrder()

            fun compile(
                ports: Int,
                times: Int,
            ) = FilterProgram.compile(
                EventFilter.builder().apply { repeat(times) { require(ports(ports)) } }.build(),
                order,
            )
            val fits = compile(2_000, 1)
            ClassicBpf(fits, order).run(portMessage(2, 1_999, order)) shouldBe 0xffffffffL
            val words = shouldThrow<IllegalArgumentException> { compile(2_000, 2) }.message!!
            val size = Regex("the filter takes (\\d+) instructions of BPF, and the kernel takes 4096: give it fewer .*")
            size
                .matchEntire(words)!!
                .groupValues[1]
                .toInt() shouldBeGreaterThan 4_096
        }
    })

/** An event of a connection to a port. */
private fun portMessage(
    family: Int,
    port: Int,
    order: ByteOrder,
): ByteArray =
    ByteBuffer
        .allocate(36)
        .order(order)
        .apply {
            putInt(36)
                .putShort(0x100)
                .putShort(0)
                .putInt(0)
                .putInt(0)
            put(family.toByte()).put(0).putShort(0)
            putShort(16).putShort(1)
            putShort(12).putShort(2)
            putShort(6).putShort(3)
            order(ByteOrder.BIG_ENDIAN).putShort(port.toShort())
        }.array()
