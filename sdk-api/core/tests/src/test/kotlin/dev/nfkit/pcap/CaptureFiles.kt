// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.OutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The formats that are written, each in both byte orders. */
enum class Format {
    PCAPNG,
    PCAP_MICROSECONDS,
    PCAP_NANOSECONDS,
    ;

    fun writer(
        stream: OutputStream,
        order: ByteOrder,
    ): CaptureWriter =
        when (this) {
            PCAPNG -> PcapngWriter(stream, CaptureSection.create().withOrder(order).withApplication("nfkit test"))
            PCAP_MICROSECONDS -> PcapWriter.microseconds(stream, order)
            PCAP_NANOSECONDS -> PcapWriter.nanoseconds(stream, order)
        }
}

val ORDERS: List<ByteOrder> = listOf(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)

/** A packet as a test writes and expects it. */
data class Sample(
    val nanos: Long,
    val data: List<Byte>,
    val cutBy: Long = 0,
    val flags: Long = 0,
    val comment: String? = null,
)

fun CaptureWriter.write(
    iface: Int,
    sample: Sample,
) {
    val bytes = sample.data.toByteArray()
    packet(
        iface,
        sample.nanos,
        ByteBuffer.wrap(byteArrayOf(0x55) + bytes),
        1,
        bytes.size,
        bytes.size + sample.cutBy,
        sample.flags,
        sample.comment,
    )
}

fun written(
    format: Format,
    order: ByteOrder,
    samples: List<Sample>,
    iface: CaptureInterface = CaptureInterface.of("nflog:30", LinkType.RAW),
): ByteArray {
    val stream = ByteArrayOutputStream()
    format.writer(stream, order).use { writer ->
        val id = writer.addInterface(iface)
        samples.forEach { writer.write(id, it) }
    }
    return stream.toByteArray()
}

fun reader(bytes: ByteArray): CaptureReader = CaptureReader.of(ByteArrayInputStream(bytes), "test")

fun CaptureReader.rest(): List<CaptureRecord> = generateSequence { next() }.toList()

fun CaptureRecord.sample(): Sample =
    Sample(
        epochNanos(),
        data().toArray().toList(),
        originalLength() - data().length(),
        flags(),
        comment().orElse(null),
    )
