// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.bind
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.orNull
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.io.ByteArrayOutputStream

private val samples =
    Arb.bind(
        Arb.long(0L..4_294_967_295_999_999_999L),
        Arb.list(Arb.byte(), 0..300),
        Arb.long(0L..70_000L),
        Arb.element(0L, CaptureWriter.INBOUND, CaptureWriter.OUTBOUND, 0xffff_ffffL),
        Arb.string(0..20).orNull(0.5),
    ) { nanos, data, cutBy, flags, comment -> Sample(nanos, data, cutBy, flags, comment?.filterNot(Char::isSurrogate)) }

private fun Format.keeps(sample: Sample): Sample =
    when (this) {
        Format.PCAPNG -> sample
        Format.PCAP_NANOSECONDS -> sample.copy(flags = 0, comment = null)
        Format.PCAP_MICROSECONDS -> sample.copy(nanos = sample.nanos / 1000 * 1000, flags = 0, comment = null)
    }

class CaptureRoundTripSpec :
    FunSpec({
        test("written packets are read back, in every format and byte order") {
            checkAll(200, Arb.enum<Format>(), Arb.element(ORDERS), Arb.list(samples, 0..8)) { format, order, packets ->
                reader(written(format, order, packets)).use { reader ->
                    reader.rest().map { it.sample() } shouldContainExactly packets.map(format::keeps)
                    reader.order() shouldBe order
                }
            }
        }

        test("interfaces, statistics and the section's header are read back from pcapng") {
            ORDERS.forEach { order ->
                val first =
                    CaptureInterface
                        .of("nflog:30", LinkType.NFLOG)
                        .withDescription("group 30 – ü")
                        .withSnapLength(65_531)
                        .withFilter("host 10.9.0.1")
                        .withOs("Linux 6.12")
                val second = CaptureInterface.of(LinkType.RAW)
                val statistics =
                    InterfaceStatistics
                        .at(5_000_000_007)
                        .withStart(1_000_000_001)
                        .withEnd(5_000_000_007)
                        .withReceived(0xffff_ffff_ffL)
                        .withInterfaceDropped(0)
                        .withOsDropped(3)
                        .withComment("sequence gaps 3")
                val section =
                    CaptureSection
                        .create()
                        .withOrder(order)
                        .withApplication("nfkit")
                        .withHardware("x86_64")
                        .withOs("Linux")
                val stream = ByteArrayOutputStream()
                PcapngWriter(stream, section).use { writer ->
                    writer.addInterface(first) shouldBe 0
                    writer.write(0, Sample(1, listOf(1, 2, 3)))
                    writer.addInterface(second) shouldBe 1
                    writer.write(1, Sample(2, listOf(4)))
                    writer.statistics(1, statistics)
                }
                val reader = reader(stream.toByteArray())
                reader.rest().map { it.captureInterface() } shouldContainExactly listOf(first, second)
                reader.interfaces() shouldContainExactly listOf(first, second)
                reader.statistics(0).isPresent shouldBe false
                reader.statistics(1).get() shouldBe statistics
                val head = reader.section().get()
                listOf(head.application().get(), head.hardware().get(), head.os().get()) shouldBe
                    listOf("nfkit", "x86_64", "Linux")
            }
        }

        test("the largest packet fits, with the longest comment") {
            val sample =
                Sample(7, List(CaptureWriter.MAX_PACKET) { (it % 251).toByte() }, comment = "c".repeat(65_535))
            ORDERS.forEach { order ->
                val read = reader(written(Format.PCAPNG, order, listOf(sample, sample, sample))).rest()
                read.map { it.sample() } shouldBe listOf(sample, sample, sample)
            }
        }
    })
