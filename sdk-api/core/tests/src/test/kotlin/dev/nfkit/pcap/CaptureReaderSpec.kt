// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path

/** Builds pcapng by hand, so that the reader is compared with the draft and not with the writer. */
private class Blocks(
    private val order: ByteOrder,
) {
    var bytes = ByteArray(0)

    fun block(
        type: Int,
        body: ByteBuffer.() -> Unit,
    ): Blocks {
        val buffer = ByteBuffer.allocate(1000).order(order)
        buffer.putInt(type).putInt(0)
        buffer.body()
        while (buffer.position() % 4 != 0) buffer.put(0)
        val length = buffer.position() + 4
        buffer.putInt(length).putInt(4, length)
        bytes += buffer.array().copyOf(length)
        return this
    }

    fun section(): Blocks =
        block(0x0a0d0d0a) {
            putInt(0x1a2b3c4d)
            putShort(1).putShort(0)
            putLong(-1)
        }

    fun iface(
        linkType: Int,
        snapLength: Int = 0,
        options: ByteBuffer.() -> Unit = {},
    ): Blocks =
        block(1) {
            putShort(linkType.toShort()).putShort(0).putInt(snapLength)
            options()
        }

    fun packet(
        iface: Int,
        time: Long,
        length: Int = 0,
    ): Blocks =
        block(6) {
            putInt(iface).putInt((time ushr 32).toInt()).putInt(time.toInt())
            putInt(length).putInt(length).put(ByteArray(length))
        }
}

class CaptureReaderSpec :
    FunSpec({
        ORDERS.forEach { order ->
            test("$order: times follow if_tsresol and if_tsoffset, with microseconds as the default") {
                val file =
                    Blocks(order)
                        .section()
                        .iface(101)
                        .iface(101) { putShort(9).putShort(1).put(byteArrayOf(9, 0, 0, 0)) }
                        .iface(101) { putShort(9).putShort(1).put(byteArrayOf(3, 0, 0, 0)).putInt(0) }
                        .iface(101) { putShort(9).putShort(1).put(byteArrayOf(0x8a.toByte(), 0, 0, 0)) }
                        .iface(101) { putShort(14).putShort(8).putLong(100) }
                        .iface(101) { putShort(9).putShort(1).put(byteArrayOf(12, 0, 0, 0)) }
                for (iface in 0..5) file.packet(iface, 2048)
                reader(file.bytes).rest().map { it.epochNanos() } shouldContainExactly
                    listOf(2_048_000L, 2048, 2_048_000_000L, 2_000_000_000L, 100_002_048_000L, 2)
            }

            test("$order: simple and obsolete packets are read, unknown blocks skipped") {
                val file =
                    Blocks(order)
                        .section()
                        .iface(101, snapLength = 5)
                        .block(0x0bad) { putInt(1).putInt(2) }
                        .block(3) { putInt(9).put(byteArrayOf(1, 2, 3, 4, 5)) }
                        .block(4) { putInt(0) }
                        .block(3) { putInt(2).put(byteArrayOf(6, 7)) }
                        .block(2) {
                            putShort(0)
                                .putShort(3)
                                .putInt(0)
                                .putInt(77)
                                .putInt(3)
                                .putInt(8)
                            put(byteArrayOf(8, 9, 10, 0))
                            putShort(2).putShort(4).putInt(1)
                            putShort(1).putShort(2).put("hi\u0000\u0000".toByteArray()).putInt(0)
                        }
                val read = reader(file.bytes).rest()
                read.map { it.data().toHex() } shouldContainExactly listOf("0102030405", "0607", "08090a")
                read.map { it.originalLength() } shouldContainExactly listOf(9, 2, 8)
                read.map { it.epochNanos() } shouldContainExactly
                    listOf(CapturePacket.NO_TIME, CaptureRecord.NO_TIME, 77_000)
                read[2].flags() shouldBe CaptureWriter.INBOUND
                read[2].comment().get() shouldBe "hi"
            }
        }

        test("sections of both byte orders have separate interfaces") {
            val file =
                Blocks(ByteOrder.BIG_ENDIAN)
                    .section()
                    .iface(239)
                    .packet(0, 1)
                    .bytes +
                    Blocks(ByteOrder.LITTLE_ENDIAN)
                        .section()
                        .iface(101)
                        .iface(253)
                        .packet(1, 2)
                        .bytes
            val reader = reader(file)
            val read = reader.rest()
            read.map { it.linkType() } shouldContainExactly listOf(239, 253)
            read.map { it.interfaceId() } shouldContainExactly listOf(0, 2)
            read.map { it.order() } shouldContainExactly ORDERS
            reader.interfaces().size shouldBe 3
        }

        test("an interface of an earlier section is not one of this section") {
            val file =
                Blocks(ByteOrder.BIG_ENDIAN)
                    .section()
                    .iface(101)
                    .section()
                    .packet(0, 1)
                    .bytes
            val reader = reader(file)
            shouldThrow<PcapFormatException> { reader.next() }.message shouldContain
                "expected one of the section's 0 interfaces, found interface 0"
            reader.next() shouldBe null
        }

        test("a length beyond the file is an error, not an allocation") {
            val head = Blocks(ByteOrder.LITTLE_ENDIAN).section().iface(101).bytes
            val claims = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN)
            listOf(6, 5, 1, 3, 2).forEach { type ->
                claims.putInt(0, type).putInt(4, 0x7fff_fff0)
                shouldThrow<PcapFormatException> { reader(head + claims.array()).rest() }
                    .found() shouldBe "2147483632 bytes"
            }
            claims.putInt(0, 6).putInt(4, 0xff_fff0)
            shouldThrow<PcapFormatException> { reader(head + claims.array()).rest() }.message shouldEndWith
                "expected a block of 16777200 bytes, found the end of the file at byte ${head.size + 8}: it is cut"
            claims.putInt(0, 0x1234).putInt(4, 0x7fff_fff0)
            shouldThrow<PcapFormatException> { reader(head + claims.array()).rest() }.message shouldEndWith "it is cut"
            val record = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 0x7fff_fff0)
            val classic = written(Format.PCAP_MICROSECONDS, ByteOrder.LITTLE_ENDIAN, emptyList())
            shouldThrow<PcapFormatException> { reader(classic + record.array()).rest() }.offset() shouldBe 32
        }

        test("lengths that contradict each other are errors") {
            val head = Blocks(ByteOrder.BIG_ENDIAN).section().iface(101)
            val good = Blocks(ByteOrder.BIG_ENDIAN).packet(0, 1, 4).bytes
            val trailer = good.copyOf().also { it[it.size - 1]++ }
            shouldThrow<PcapFormatException> { reader(head.bytes + trailer).rest() }
                .message shouldContain "the block's length 36 again, found 37"
            val captured = good.copyOf().also { it[23] = 5 }
            shouldThrow<PcapFormatException> { reader(head.bytes + captured).rest() }
                .message shouldContain "at most 4 bytes in its block, found 5 bytes"
            listOf(0, 4, 13).forEach { length ->
                val odd = good.copyOf().also { it[7] = length.toByte() }
                shouldThrow<PcapFormatException> { reader(head.bytes + odd).rest() }
            }
        }

        test("a file that is not a capture file is reported with its contents") {
            shouldThrow<PcapFormatException> { reader(ByteArray(0)) }.message shouldBe
                "test: at byte 0: expected a pcap or pcapng header, found an empty file"
            shouldThrow<PcapFormatException> { reader("#!/bin/sh\n".toByteArray()) }.message shouldContain
                "found bytes 23212f62"
            shouldThrow<PcapFormatException> { reader(byteArrayOf(0x0a, 0x0d)) }.message shouldContain "cut"
            shouldThrow<NoSuchFileException> { CaptureReader.open(Path.of("no-such-file.pcap")) }
        }

        test("a path is read and closed") {
            val file = Files.createTempFile("nfkit", ".pcap")
            try {
                Files.write(
                    file,
                    written(Format.PCAP_NANOSECONDS, ByteOrder.BIG_ENDIAN, listOf(Sample(1, listOf(1)))),
                )
                CaptureReader.open(file).use { reader ->
                    reader.rest().size shouldBe 1
                    reader.section().isPresent shouldBe false
                    reader.statistics(0).isPresent shouldBe false
                    shouldThrow<IndexOutOfBoundsException> { reader.statistics(1) }
                }
            } finally {
                Files.delete(file)
            }
        }
    })
