// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.io.ByteArrayInputStream
import kotlin.random.Random

/** Reads everything. Only the format's error may be thrown. Returns true if the file ended without one. */
private fun readsWhole(bytes: ByteArray): Boolean =
    try {
        val reader = CaptureReader.of(ByteArrayInputStream(bytes), "fuzz")
        var packets = 0
        while (reader.next() != null) {
            packets++
            check(packets <= bytes.size / 12) { "more packets than the bytes can hold" }
        }
        reader.interfaces().indices.forEach(reader::statistics)
        true
    } catch (e: PcapFormatException) {
        check(e.offset() in 0..bytes.size + 0xffff_ffffL) { "offset ${e.offset()}" }
        false
    }

private fun validFiles(): List<ByteArray> {
    val samples =
        listOf(
            Sample(1_795_207_195_268_355_123, List(49) { it.toByte() }, 3, CaptureWriter.INBOUND, "first"),
            Sample(1_795_207_195_268_355_124, emptyList()),
            Sample(1_795_207_195_268_355_125, List(200) { 1 }, 0, CaptureWriter.OUTBOUND),
        )
    return Format.entries.flatMap { format ->
        ORDERS.map { order ->
            written(format, order, samples, CaptureInterface.of("nflog:30", LinkType.RAW).withFilter("all"))
        }
    }
}

class CaptureFuzzSpec :
    FunSpec({
        test("random bytes, also after each of the magic numbers, cause only the format's error") {
            val random = Random(20)
            val heads = validFiles().map { it.copyOf(4) } + listOf(ByteArray(0))
            repeat(20_000) {
                readsWhole(heads.random(random) + random.nextBytes(random.nextInt(0, 200)))
            }
        }

        test("random bytes after a complete header cause only the format's error") {
            val random = Random(21)
            val heads =
                Format.entries.flatMap { format -> ORDERS.map { written(format, it, emptyList()) } }
            repeat(20_000) {
                readsWhole(heads.random(random) + random.nextBytes(random.nextInt(0, 200)))
            }
        }

        test("flipped bits in valid files cause only the format's error") {
            val random = Random(22)
            val files = validFiles()
            repeat(30_000) {
                val file = files.random(random).copyOf()
                repeat(random.nextInt(1, 4)) {
                    val at = random.nextInt(file.size)
                    file[at] = (file[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                readsWhole(file)
            }
        }

        test("a file truncated between blocks ends normally, otherwise the error has the position") {
            validFiles().forEach { file ->
                var clean = 0
                for (length in 0..file.size) {
                    if (readsWhole(file.copyOf(length))) clean++
                }
                // Classic: the header and three records. Pcapng: section, interface and three packets.
                clean shouldBe (if (file[0].toInt() == 0x0a) 5 else 4)
            }
        }
    })
