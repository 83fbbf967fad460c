// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode

import dev.nfkit.MalformedMessageException
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private const val HEADER = 1
private const val MARK = 2
private const val PAYLOAD = 9
private const val PREFIX = 10
private const val UNKNOWN = 60

/** The attributes whose values must be equal for a message to repeat the previous one. */
private const val STEADY = (1L shl HEADER) or (1L shl PREFIX)
private const val LEAD = 4

/** An attribute to be written: its code, and its value. */
private class Attribute(
    val code: Int,
    val value: ByteArray,
)

/** The position and length of each known attribute's value, by walking; null if the message is malformed. */
private fun walk(
    bytes: ByteBuffer,
    start: Int,
    end: Int,
): Map<Int, Pair<Int, Int>>? {
    val found = sortedMapOf<Int, Pair<Int, Int>>()
    val host = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    var at = start
    while (at < end) {
        if (end - at < 4) return null
        val size = host.getShort(at).toInt() and 0xffff
        val code = host.getShort(at + 2).toInt() and 0x3fff
        if (size < 4 || size > end - at) return null
        NflogAttribute.SCHEMA.find(code).ifPresent { found[code] = at + 4 to size - 4 }
        val known = NflogAttribute.SCHEMA.find(code).orElse(null)
        if (known != null && size - 4 < known.minimumLength()) return null
        if (code == PREFIX && bytes.get(at + size - 1) != 0.toByte()) return null
        at += (size + 3) and 3.inv()
    }
    return found
}

/** Writes the attributes at a position, followed by some bytes of another message. Returns their end. */
private fun write(
    bytes: ByteBuffer,
    start: Int,
    attributes: List<Attribute>,
    random: Random,
): Int {
    val host = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    var at = start
    var end = start
    for (attribute in attributes) {
        host.putShort(at, (attribute.value.size + 4).toShort())
        host.putShort(at + 2, attribute.code.toShort())
        host.put(at + 4, attribute.value)
        end = at + 4 + attribute.value.size
        at = (end - start + 3 and 3.inv()) + start
    }
    host.put(end, random.nextBytes(16))
    return end
}

private fun AttributeTable.seen(): Map<Int, Pair<Int, Int>> =
    (1 until 64).filter(this::has).associateWith { offset(it) to length(it) }.toSortedMap()

/** What a message must have in common with the previous one to repeat it. */
private fun AttributeTable.repeatable(lead: Boolean): List<Any> {
    val seen = seen()
    val last = seen.entries.maxByOrNull { it.value.first }
    val base = start()

    fun bytes(
        at: Int,
        length: Int,
    ) = List(length) { buffer().get(at + it) }

    return listOf(
        seen.mapValues { it.value.first - base },
        seen.filterKeys { it != last?.key }.mapValues { it.value.second },
        seen.filterKeys { lead && STEADY and (1L shl it) != 0L }.mapValues { bytes(it.value.first, it.value.second) },
        if (lead) bytes(base - LEAD, LEAD) else Unit,
    )
}

class AttributeTableSpec :
    FunSpec({
        /** A table whose results are compared with a walk, and with what it reports as repeated. */
        class Following(
            private val table: AttributeTable,
            private val lead: Boolean = false,
        ) {
            private var before: List<Any>? = null
            var repeated = 0

            fun check(
                bytes: ByteBuffer,
                start: Int,
                end: Int,
                what: String,
            ) {
                val expected = walk(bytes, start, end)
                withClue(what) {
                    if (expected == null) {
                        shouldThrow<MalformedMessageException> {
                            table.wrap(bytes, start, end, ByteOrder.LITTLE_ENDIAN)
                        }
                        table.seen() shouldBe emptyMap()
                        before = null
                    } else {
                        val repeats = table.wrap(bytes, start, end, ByteOrder.LITTLE_ENDIAN)
                        table.seen() shouldBe expected
                        val now = table.repeatable(lead)
                        if (repeats) {
                            repeated++
                            now shouldBe before
                        }
                        before = now
                    }
                }
            }
        }

        fun attributes(random: Random) =
            List(random.nextInt(0, 14)) {
                val code = if (random.nextInt(8) == 0) UNKNOWN else random.nextInt(1, 22)
                val least =
                    NflogAttribute.SCHEMA
                        .find(code)
                        .map { it.minimumLength() }
                        .orElse(0)
                val value = random.nextBytes(least + if (random.nextBoolean()) 0 else random.nextInt(0, 24))
                if (code == PREFIX) value[value.size - 1] = 0
                Attribute(code, value)
            }

        test("the remembered layout of the previous message never changes what is found in the next") {
            val random = Random(20261129)
            val bytes = ByteBuffer.allocateDirect(4096)
            val plain = Following(AttributeTable(NflogAttribute.SCHEMA))
            val steady = Following(AttributeTable(NflogAttribute.SCHEMA, STEADY), lead = true)
            repeat(4_000) { round ->
                val table = if (round % 2 == 0) plain else steady
                var list = attributes(random)
                repeat(random.nextInt(2, 6)) {
                    val start = 4 * random.nextInt(1, 64)
                    bytes.putInt(start - LEAD, random.nextInt(10).coerceAtMost(1))
                    val end = write(bytes, start, list, random)
                    table.check(bytes, start, end, "round $round")
                    // The next one: the same, its last attribute of another length, a changed byte, or truncated.
                    when (random.nextInt(8)) {
                        0 -> {
                            if (list.isNotEmpty()) {
                                val last = list.last()
                                val least =
                                    NflogAttribute.SCHEMA
                                        .find(last.code)
                                        .map { it.minimumLength() }
                                        .orElse(0)
                                val value = random.nextBytes(least + random.nextInt(0, 40))
                                if (last.code == PREFIX) value[value.size - 1] = 0
                                list = list.dropLast(1) + Attribute(last.code, value)
                            }
                        }

                        1 -> {
                            val at = start + random.nextInt(0, maxOf(1, end - start))
                            bytes.put(at, (bytes.get(at).toInt() xor (1 shl random.nextInt(8))).toByte())
                            table.check(bytes, start, end, "round $round, a changed bit at ${at - start}")
                        }

                        2 -> {
                            table.check(bytes, start, start + random.nextInt(0, end - start + 1), "round $round, cut")
                        }

                        3 -> {
                            list = list.shuffled(random)
                        }

                        4 -> {
                            val at = random.nextInt(0, maxOf(1, list.size))
                            list =
                                list.mapIndexed { index, it ->
                                    val value = random.nextBytes(it.value.size)
                                    if (it.code == PREFIX) value[value.size - 1] = 0
                                    if (index == at) Attribute(it.code, value) else it
                                }
                        }

                        else -> {
                            Unit
                        }
                    }
                }
            }
            plain.repeated shouldBeGreaterThan 500
            steady.repeated shouldBeGreaterThan 500
        }

        test(
            "a message repeats the previous one while only values that are not steady change, and the last one's length",
        ) {
            val random = Random(11)
            val bytes = ByteBuffer.allocateDirect(1024)
            val table = AttributeTable(NflogAttribute.SCHEMA, STEADY)
            var lead = 2
            var header = 3
            var prefix = "in: "

            fun wrap(
                mark: Int,
                payload: Int,
                vararg trailing: Attribute,
            ): Boolean {
                val list =
                    listOf(
                        Attribute(HEADER, byteArrayOf(8, 0, header.toByte(), 0)),
                        Attribute(PREFIX, prefix.toByteArray() + 0),
                        Attribute(MARK, byteArrayOf(0, 0, 0, mark.toByte())),
                        Attribute(PAYLOAD, ByteArray(payload)),
                    )
                bytes.putInt(LEAD, lead)
                val end = write(bytes, 2 * LEAD, list + trailing, random)
                val repeats = table.wrap(bytes, 2 * LEAD, end, ByteOrder.LITTLE_ENDIAN)
                table.seen() shouldBe walk(bytes, 2 * LEAD, end)
                return repeats
            }
            wrap(1, 40).shouldBeFalse()
            wrap(2, 40).shouldBeTrue()
            for (length in listOf(41, 40, 20, 500, 23)) wrap(length % 7, length).shouldBeTrue()
            for (change in listOf<() -> Unit>({ lead++ }, { header++ }, { prefix = "out:" }, { prefix = "in: " })) {
                change()
                wrap(1, 40).shouldBeFalse()
                wrap(1, 39).shouldBeTrue()
            }
            wrap(1, 39, Attribute(UNKNOWN, ByteArray(1))).shouldBeFalse()
            wrap(1, 39).shouldBeFalse()
            wrap(1, 39).shouldBeTrue()
            table.forget()
            table.seen() shouldBe emptyMap()
            wrap(1, 39).shouldBeFalse()
        }

        test("the last attribute that is left when others are gone is validated by its own kind") {
            val random = Random(5)
            val bytes = ByteBuffer.allocateDirect(512)
            val head = Attribute(HEADER, ByteArray(4))
            for (code in listOf(0, UNKNOWN, MARK, PREFIX, HEADER, 3, PAYLOAD)) {
                for (steady in listOf(0L, STEADY)) {
                    for (size in 0..24) {
                        for (nul in listOf(true, false)) {
                            val table = Following(AttributeTable(NflogAttribute.SCHEMA, steady), lead = steady != 0L)
                            val kept = Attribute(code, ByteArray(16))
                            val then = Attribute(code, ByteArray(size) { if (nul) 0 else 1 })
                            val first = listOf(head, kept, Attribute(PAYLOAD, ByteArray(20)))
                            for (list in listOf(first, first.take(2), listOf(head, then), first.take(2), first)) {
                                val end = write(bytes, LEAD, list, random)
                                table.check(bytes, LEAD, end, "attribute $code of $size bytes, $steady")
                            }
                            // A length below the header's own, which the padding would hide.
                            val end = write(bytes, LEAD, listOf(head, Attribute(code, ByteArray(0))), random)
                            bytes.put(LEAD + 8, 2)
                            table.check(bytes, LEAD, end, "attribute $code of length 2")
                        }
                    }
                }
            }
        }

        test("a text without its NUL is found malformed, even if the layout is unchanged") {
            val bytes = ByteBuffer.allocateDirect(512)
            val random = Random(7)
            for (trailing in listOf(0, 1, 2, 20)) {
                for (text in 1..20) {
                    val table = Following(AttributeTable(NflogAttribute.SCHEMA))
                    val list =
                        listOf(Attribute(1, ByteArray(4)), Attribute(PREFIX, ByteArray(text))) +
                            List(trailing) { Attribute(listOf(5, 2, 11, 14)[it % 4], ByteArray(4)) }
                    val end = write(bytes, 0, list, random)
                    repeat(2) { table.check(bytes, 0, end, "text of $text, $trailing after it") }
                    bytes.put(8 + 4 + text - 1, 1)
                    table.check(bytes, 0, end, "text of $text without its NUL, $trailing after it")
                    walk(bytes, 0, end) shouldBe null
                }
            }
        }

        test("no byte after the message is read, if the buffer ends with it") {
            val random = Random(3)
            repeat(2_000) {
                val list = attributes(random)
                val whole = ByteBuffer.allocateDirect(2048)
                val end = write(whole, 0, list, random)
                val table = Following(AttributeTable(NflogAttribute.SCHEMA))
                table.check(whole, 0, end, "round $it, complete")
                val cut = ByteBuffer.allocateDirect(end).put(0, whole, 0, end)
                repeat(2) { table.check(cut, 0, end, "round $it") }
            }
        }

        test("headers of the other order are not mistaken for those remembered") {
            val table = AttributeTable(NflogAttribute.SCHEMA)
            for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
                val writer = MessageWriter(64, order).begin(1, 0, 0).nfgenmsg(2, 30)
                writer.be32(2, 7).be32(5, 3).end()
                val cursor = MessageCursor().wrap(writer.datagram(), 0, writer.length(), order)
                cursor.next().shouldBeTrue()
                table.wrap(cursor)
                table.seen().keys shouldBe setOf(2, 5)
                NetworkOrder.u32(table.buffer(), table.offset(2)) shouldBe 7L
                table.start() shouldBe 20
            }
        }

        test("the same bytes mean something else in the other order, though they were remembered") {
            val bytes = ByteBuffer.allocate(64)
            val end = write(bytes, LEAD, listOf(Attribute(MARK, ByteArray(4))), Random(1))
            val table = AttributeTable(NflogAttribute.SCHEMA)
            repeat(2) { table.wrap(bytes, LEAD, end, ByteOrder.LITTLE_ENDIAN) }
            table.order() shouldBe ByteOrder.LITTLE_ENDIAN
            shouldThrow<MalformedMessageException> { table.wrap(bytes, LEAD, end, ByteOrder.BIG_ENDIAN) }
            table.order() shouldBe ByteOrder.BIG_ENDIAN
            table.present() shouldBe 0
        }

        test("a copy stays as it was, whatever its table reads next") {
            val random = Random(2)
            val bytes = ByteBuffer.allocate(256)
            val table = AttributeTable(NflogAttribute.SCHEMA)
            val mark = Attribute(MARK, ByteArray(4))
            val messages =
                listOf(
                    listOf(mark, Attribute(PAYLOAD, ByteArray(9))),
                    listOf(mark, Attribute(PAYLOAD, ByteArray(20))),
                    listOf(Attribute(PAYLOAD, ByteArray(7)), mark),
                )
            val copies =
                (messages + messages).map { message ->
                    val end = write(bytes, LEAD, message, random)
                    table.wrap(bytes, LEAD, end, ByteOrder.LITTLE_ENDIAN)
                    val copy = table.copy(ByteBuffer.wrap(bytes.array().copyOf()), LEAD)
                    copy.present() shouldBe ((1L shl MARK) or (1L shl PAYLOAD))
                    copy to table.seen()
                }
            copies.forEach { (copy, seen) -> copy.seen() shouldBe seen }
        }
    })
