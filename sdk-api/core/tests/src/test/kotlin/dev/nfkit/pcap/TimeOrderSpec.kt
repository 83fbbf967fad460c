// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSorted
import io.kotest.matchers.shouldBe
import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private const val SECOND = 1_000_000_000L
private const val MICROSECOND = 1_000L

/** A file in memory. Each packet contains its number, by which a test identifies it. */
private class TimedFile(
    format: Format,
) {
    private val bytes = ByteArrayOutputStream()
    val writer = format.writer(bytes, ByteOrder.LITTLE_ENDIAN)
    private val content = ByteBuffer.allocate(600)
    private var numbers = 0

    init {
        writer.addInterface(CaptureInterface.of("a", LinkType.RAW))
    }

    fun packet(
        nanos: Long,
        length: Int = 40,
        comment: String? = null,
    ): Int {
        content.putInt(0, numbers)
        writer.packet(0, nanos, content, 0, length, 0, 0, comment)
        return numbers++
    }

    /** The numbers and times of the packets in the order of the file. */
    fun read(): List<Pair<Int, Long>> {
        writer.close()
        return reader(bytes.toByteArray()).rest().map { it.data().u32(0).toInt() to it.epochNanos() }
    }
}

class TimeOrderSpec :
    FunSpec({
        for (format in Format.entries) {
            test("$format: packets are in the order of their times, and those of one time in the order of writing") {
                val random = Random(7)
                repeat(30) { round ->
                    val file = TimedFile(format)
                    file.writer.sortByTime()
                    val written =
                        List(random.nextInt(1, 300)) {
                            val time = SECOND + random.nextLong(50) * MICROSECOND
                            file.packet(time, random.nextInt(4, 600), "c".takeIf { random.nextBoolean() }) to time
                        }
                    withClue(round) { file.read() shouldBe written.sortedBy { it.second } }
                }
            }

            test("$format: a packet that is earlier than a flushed one gets the time of that one") {
                val file = TimedFile(format)
                file.writer.sortByTime()
                file.packet(5 * SECOND)
                file.packet(3 * SECOND)
                file.writer.flush()
                file.packet(4 * SECOND)
                file.packet(6 * SECOND)
                file.read() shouldBe listOf(1 to 3 * SECOND, 0 to 5 * SECOND, 2 to 5 * SECOND, 3 to 6 * SECOND)
            }

            test("$format: times never decrease, however packets leave the buffer") {
                val random = Random(11)
                repeat(5) {
                    val file = TimedFile(format)
                    file.writer.sortByTime()
                    var now = SECOND
                    val count = 5_000
                    repeat(count) {
                        now += random.nextLong(3) * MICROSECOND
                        if (random.nextInt(1_000) == 0) file.writer.flush()
                        if (random.nextInt(1_500) == 0) file.writer.addInterface(CaptureInterface.of(LinkType.RAW))
                        if (random.nextInt(50) == 0) file.writer.beginEstimates()
                        if (random.nextInt(50) == 0) file.writer.limitEstimates(now - 5 * MICROSECOND)
                        file.packet(now - random.nextLong(20) * MICROSECOND, random.nextInt(4, 600))
                    }
                    val read = file.read()
                    read.map { it.second }.shouldBeSorted()
                    read.map { it.first }.sorted() shouldBe List(count) { it }
                }
            }

            test("$format: estimates are lowered to a limit, and those before them keep their times") {
                val file = TimedFile(format)
                file.writer.sortByTime()
                file.packet(9 * SECOND)
                file.writer.beginEstimates()
                file.packet(10 * SECOND)
                file.packet(2 * SECOND)
                file.writer.limitEstimates(8 * SECOND)
                file.packet(8 * SECOND)
                file.read() shouldBe listOf(2 to 2 * SECOND, 1 to 8 * SECOND, 3 to 8 * SECOND, 0 to 9 * SECOND)
            }

            test("$format: estimates that were flushed keep their times, and others are not lowered below them") {
                val file = TimedFile(format)
                file.writer.sortByTime()
                file.writer.beginEstimates()
                file.packet(10 * SECOND)
                file.writer.flush()
                file.packet(11 * SECOND)
                file.writer.limitEstimates(8 * SECOND)
                file.read() shouldBe listOf(0 to 10 * SECOND, 1 to 10 * SECOND)
            }

            test("$format: after a restart, times are not compared with earlier ones") {
                val file = TimedFile(format)
                file.writer.sortByTime()
                file.packet(10 * SECOND)
                file.packet(9 * SECOND)
                file.writer.sortByTime()
                file.packet(2 * SECOND)
                file.packet(1 * SECOND)
                file.read() shouldBe listOf(1 to 9 * SECOND, 0 to 10 * SECOND, 3 to 1 * SECOND, 2 to 2 * SECOND)
            }

            test("$format: without a call, packets are in the order of writing, with their times") {
                val file = TimedFile(format)
                file.packet(5 * SECOND)
                file.writer.beginEstimates()
                file.packet(3 * SECOND)
                file.writer.limitEstimates(1)
                file.writer.flush()
                file.packet(1 * SECOND)
                file.read() shouldBe listOf(0 to 5 * SECOND, 1 to 3 * SECOND, 2 to 1 * SECOND)
            }
        }

        test("packets never precede the description of their interface") {
            val bytes = ByteArrayOutputStream()
            val content = ByteBuffer.allocate(4)
            Format.PCAPNG.writer(bytes, ByteOrder.LITTLE_ENDIAN).use { writer ->
                writer.sortByTime()
                val first = writer.addInterface(CaptureInterface.of("first", LinkType.RAW))
                writer.packet(first, 3 * SECOND, content, 0, 4, 4)
                writer.packet(first, 2 * SECOND, content, 0, 4, 4)
                val second = writer.addInterface(CaptureInterface.of("second", LinkType.RAW))
                writer.packet(second, 1 * SECOND, content, 0, 4, 4)
            }
            reader(bytes.toByteArray()).rest().map { it.interfaceId() to it.epochNanos() } shouldBe
                listOf(0 to 2 * SECOND, 0 to 3 * SECOND, 1 to 3 * SECOND)
        }

        test("a limit out of range is refused") {
            shouldThrow<IllegalArgumentException> { TimedFile(Format.PCAPNG).writer.limitEstimates(-1) }
            shouldThrow<IllegalArgumentException> {
                TimedFile(Format.PCAP_MICROSECONDS).writer.limitEstimates(4_294_967_296 * SECOND)
            }
        }
    })
