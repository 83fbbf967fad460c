// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix

import dev.nfkit.MalformedMessageException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import java.nio.ByteBuffer
import java.time.Duration
import java.time.Instant
import java.util.HexFormat
import java.util.Optional
import java.util.OptionalLong
import kotlin.random.Random

private const val DOMAIN = 5

/** A message of sets: their numbers and contents in hexadecimal digits. */
private fun message(
    vararg sets: Pair<Int, String>,
    sequence: Int = 0,
    domain: Int = DOMAIN,
): ByteBuffer {
    val contents = sets.map { (id, digits) -> id to HexFormat.of().parseHex(digits.filterNot(Char::isWhitespace)) }
    val length = 16 + contents.sumOf { 4 + it.second.size }
    val bytes = ByteBuffer.allocate(length)
    bytes
        .putShort(10)
        .putShort(length.toShort())
        .putInt(1_700_000_000)
        .putInt(sequence)
        .putInt(domain)
    contents.forEach { (id, content) ->
        bytes.putShort(id.toShort()).putShort((4 + content.size).toShort()).put(content)
    }
    return bytes.flip()
}

/** Template 256: sourceIPv4Address, octetDeltaCount of 4 bytes, an unknown element, a text of any length. */
private const val TEMPLATE = "0100 0004  0008 0004  0001 0004  8009 0002 0000 1234  0052 ffff"
private const val RECORD = "c0000201 000005dc abcd 04 65746830"

private class Reading(
    transport: IpfixTransport = IpfixTransport.UDP,
    options: IpfixReaderOptions = IpfixReaderOptions.defaults(),
) {
    var now = 0L
    val reader = IpfixReader("192.0.2.1:4739", transport, options) { now }
    val read = Read()

    fun read(
        vararg sets: Pair<Int, String>,
        sequence: Int = 0,
        domain: Int = DOMAIN,
    ) = apply { reader.read(message(*sets, sequence = sequence, domain = domain), read) }

    fun malformed(bytes: ByteBuffer): MalformedMessageException = shouldThrow { reader.read(bytes, read) }

    fun malformed(vararg sets: Pair<Int, String>) = malformed(message(*sets))

    val records get() = read.records.size
    val statistics get() = reader.statistics()
}

class IpfixReaderSpec :
    FunSpec({
        test("a record of another exporter has all its fields, also those that are unknown") {
            val record =
                Reading()
                    .read(2 to TEMPLATE, 256 to RECORD)
                    .read.records
                    .single()
            record.exporter() shouldBe "192.0.2.1:4739"
            record.domain() shouldBe 5
            record.exported() shouldBe Instant.ofEpochSecond(1_700_000_000)
            record.toString() shouldBe
                "sourceIPv4Address=192.0.2.1 octetDeltaCount=1500 4660:9=abcd interfaceName=eth0"
            record.number(1) shouldBe OptionalLong.of(1500)
            record.indexOf(InformationElement.standard(82)) shouldBe 3
            record.indexOf(InformationElement.standard(83)) shouldBe -1
            record.time(1) shouldBe Optional.empty()
            record.template().isOptions shouldBe false
        }

        test("values of each type are text, and hexadecimal digits if they do not fit") {
            fun text(
                element: Int,
                bytes: String,
            ): String {
                val field = "%04x %04x".format(element, bytes.length / 2)
                return Reading()
                    .read(2 to "0100 0001 $field", 256 to bytes)
                    .read.records
                    .single()
                    .text(0)
            }
            text(96, "1b5b41") shouldBe ".[A"
            text(27, "20010db8000000000000000000000001") shouldBe "2001:db8::1"
            text(27, "2001") shouldBe "2001"
            text(56, "020000000001") shouldBe "020000000001"
            text(150, "6553f100") shouldBe "2023-11-14T22:13:20Z"
            text(152, "0000018bcfe5687b") shouldBe "2023-11-14T22:13:20.123Z"
            text(156, "e8fe6f8080000000") shouldBe "2023-11-14T22:13:20.500Z"
            text(1, "ffffffffffffffff") shouldBe "18446744073709551615"
            text(1, "00112233445566778899") shouldBe "00112233445566778899"
        }

        test("times of NTP are near the time of the message after 2036, too") {
            val bytes = message(2 to "0100 0001 009c 0008", 256 to "00000010 00000000")
            bytes.putInt(4, 2_085_978_500.toInt())
            val reading = Reading()
            reading.reader.read(bytes, reading.read)
            reading.read.records
                .single()
                .text(0) shouldBe "2036-02-07T06:28:32Z"
        }

        test("options, reverse elements and padding are read") {
            val reading = Reading()
            reading.read(
                3 to "0101 0002 0001 0090 0004  8001 0008 0000 7279 0000",
                257 to "00000007 0000000000000009 000000",
            )
            reading.read.records
                .single()
                .toString() shouldBe "exportingProcessId=7 reverseOctetDeltaCount=9"
            reading.read.records
                .single()
                .template()
                .isOptions shouldBe true
            reading.read(2 to "0000 0000 0000 0000").records shouldBe 1
        }

        test("a set without its template is counted, and the next message is read") {
            val reading = Reading().read(256 to RECORD, 257 to "00", 4 to "00")
            reading.read(2 to TEMPLATE).read(256 to RECORD, domain = 6).read(256 to RECORD)
            reading.records shouldBe 1
            reading.statistics.undecodedSets() shouldBe 4
        }

        test("a template replaces the one with its number") {
            val reading = Reading().read(2 to TEMPLATE).read(2 to "0100 0001 0001 0002", 256 to "0102 0304")
            reading.read.records.map { it.text(0) } shouldContainExactly listOf("258", "772")
            reading.reader.templates() shouldBe 1
        }

        test("a template that is not repeated expires over UDP, and not over TCP") {
            for (transport in IpfixTransport.entries) {
                val reading = Reading(transport).read(2 to TEMPLATE)
                reading.now = Duration.ofMinutes(29).toNanos()
                reading.read(256 to RECORD).records shouldBe 1
                reading.now = Duration.ofMinutes(31).toNanos()
                reading.read(256 to RECORD).records shouldBe if (transport == IpfixTransport.UDP) 1 else 2
            }
        }

        test("templates are withdrawn over TCP only") {
            val udp = Reading(IpfixTransport.UDP).read(2 to TEMPLATE).read(2 to "0100 0000")
            udp.read(256 to RECORD).records shouldBe 1
            val tcp = Reading(IpfixTransport.TCP).read(2 to TEMPLATE, 3 to "0101 0001 0001 0095 0004")
            tcp.read(2 to "0100 0000").reader.templates() shouldBe 1
            tcp
                .read(2 to TEMPLATE)
                .read(2 to "0002 0000")
                .reader
                .templates() shouldBe 1
            tcp.read(3 to "0003 0000").reader.templates() shouldBe 0
            tcp.read(256 to RECORD).records shouldBe 0
        }

        test("a flood of templates is refused at the limits, and known ones go on") {
            val options = IpfixReaderOptions.defaults().withMaxTemplates(10).withMaxFields(20)
            val reading = Reading(IpfixTransport.UDP, options).read(2 to TEMPLATE)
            for (id in 257..2000) reading.read(2 to "%04x 0001 0001 0004".format(id), domain = id % 7)
            reading.reader.templates() shouldBe 10
            reading.statistics.refusedTemplates() shouldBe 1744 - 9
            reading.read(2 to ("0900 0011" + " 0001 0004".repeat(17))).reader.templates() shouldBe 10
            reading.read(256 to RECORD).records shouldBe 1
            reading.now = Duration.ofHours(1).toNanos()
            reading.read(2 to "0a00 0001 0001 0004").reader.templates() shouldBe 1
        }

        test("a flood of observation domains is refused at the limit") {
            val reading = Reading(options = IpfixReaderOptions.defaults().withMaxDomains(3))
            for (domain in 1..100) reading.read(domain = domain)
            reading.statistics.refusedMessages() shouldBe 97
        }

        test("a gap in the sequence numbers is reported in its place, with its size") {
            val written = Written()
            repeat(60) { written.add(flow(sequence = it.toLong())) }
            val messages = written.flush()
            val reading = Reading()
            messages.forEachIndexed { i, message -> if (i != 1 && i != 2) reading.reader.read(message, reading.read) }
            val missing = (written.contents[1].records() + written.contents[2].records()).toLong()
            reading.read.losses shouldContainExactly listOf(missing)
            reading.statistics.lost() shouldBe missing
            reading.statistics.reports() + missing shouldBe 60

            reading.reader.read(messages[2], reading.read) // a late one
            reading.statistics.late() shouldBe 1
            reading.statistics.lost() shouldBe written.contents[1].records().toLong()
            reading.read.losses.size shouldBe 1
        }

        test("an exporter that begins again has lost nothing, and numbers wrap around") {
            val reading = Reading().read(2 to TEMPLATE, 256 to RECORD, sequence = -1)
            reading.read(256 to RECORD, sequence = 0).read(256 to RECORD, sequence = 1)
            reading.read(256 to RECORD, sequence = 0).read(256 to RECORD, sequence = 1)
            reading.read(256 to RECORD, sequence = 1_000_000).read(256 to RECORD, sequence = 3)
            reading.statistics.lost() shouldBe 1_000_000 - 2
            reading.statistics.late() shouldBe 0
        }

        test("lengths that lie are malformed, and nothing of the message is delivered") {
            val reading = Reading()
            val good = message(2 to TEMPLATE, 256 to RECORD)
            for (length in 0 until good.limit()) reading.malformed(good.duplicate().limit(length))
            for (length in listOf(0, 15, 16, good.limit() - 1, good.limit() + 1, 0xffff)) {
                reading.malformed(message(2 to TEMPLATE, 256 to RECORD).putShort(2, length.toShort()))
            }
            for (length in listOf(0, 3, 0x7fff, 0xffff)) {
                reading.malformed(message(256 to RECORD).putShort(18, length.toShort())).message shouldContain
                    "IPFIX/set"
            }
            reading.records shouldBe 0
            reading.statistics.malformed() shouldBe good.limit() + 10
            reading.statistics.messages() shouldBe 0
        }

        test("malformed templates and records are malformed, and the reader goes on") {
            val reading = Reading(IpfixTransport.TCP)
            reading.malformed(message().putShort(0, 9)).message shouldContain "version 9"
            reading.malformed(2 to "00ff 0001 0001 0004").message shouldContain "an id from 256"
            reading.malformed(2 to "0100 0002 0001 0004").message shouldContain "8 more bytes"
            reading.malformed(2 to "0100 0001 8001 0004").message shouldContain "4 more bytes"
            reading.malformed(2 to "0100 0001 0001 0000").message shouldContain "at least 1 byte"
            reading.malformed(3 to "0100 0001 0000 0001 0004").message shouldContain "scopes"
            reading.malformed(3 to "0100 0001 0002 0001 0004").message shouldContain "scopes"
            reading.malformed(3 to "0100 0001").message shouldContain "2 more bytes"
            reading.reader.templates() shouldBe 0
            reading.read(2 to TEMPLATE)
            reading.malformed(256 to "c0000201 000005dc abcd 05 65746830").message shouldContain "interfaceName"
            reading.malformed(256 to "c0000201 000005dc abcd ff ffff 00").message shouldContain "65535 bytes"
            reading.malformed(256 to "c0000201 000005dc abcd ff").message shouldContain "interfaceName"
            reading.read(256 to RECORD).records shouldBe 1
        }

        test("values that make no flow are malformed") {
            val written = Written().add(flow()).flush().single()
            val reading = Reading()
            val delta = 16 + 216 + 4 + 13 + 4 * 8 // octetDeltaCount exceeds its total
            reading.malformed(written.duplicate().putLong(delta, 2_001)).message shouldContain "deltaBytes"
            reading.read.reports.shouldBeEmpty()
        }

        test("bytes that are changed anywhere are malformed, or are read within the limits") {
            checkAll(300, Arb.long()) { seed ->
                val random = Random(seed)
                val written = Written(IpfixFormat.defaults().withMessageSize(4096))
                repeat(4) { written.add(random.report()) }
                val reading = Reading(IpfixTransport.entries.random(random))
                for (message in written.flush()) {
                    repeat(1 + random.nextInt(4)) {
                        message.put(random.nextInt(message.limit()), random.nextInt().toByte())
                    }
                    runCatching { reading.reader.read(message, reading.read) }.onFailure {
                        if (it !is MalformedMessageException) throw it
                    }
                }
                reading.read.records.forEach { it.toString() }
                reading.records shouldBeLessThanOrEqual 4 * 4096
            }
        }
    })
