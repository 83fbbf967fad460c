// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import com.sun.management.ThreadMXBean
import dev.nfkit.AddressFamily
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogCaptureWriter
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.CaptureRecord
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.CaptureWriter
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapWriter
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.WritableByteChannel
import java.time.Instant

private val order = ByteOrder.LITTLE_ENDIAN
private val nothing = Statistics.none()
private val ipv4 =
    ByteArray(28).also {
        it[0] = 0x45
        it[3] = 100
    }

/** The same packet with all of its bytes. */
private val whole = ipv4.copyOf(100)

private fun datagram(sample: SampleNflog) = sample.toDatagram(order)

private fun packet(
    sample: SampleNflog,
    receivedAtNanos: Long = 7_000_000_000L,
): NflogPacket = packet(datagram(sample), receivedAtNanos)

private fun packet(
    bytes: ByteArray,
    receivedAtNanos: Long = 7_000_000_000L,
): NflogPacket {
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order)
    cursor.next() shouldBe true
    return NflogPacket.read(cursor, receivedAtNanos)
}

private fun instant(micros: Long): Instant = Instant.ofEpochSecond(0, micros * 1_000)

/** The prefix of a packet in link type NFLOG. */
private fun prefixOf(record: CaptureRecord): String {
    val writer = MessageWriter(record.data().length() + 16, order)
    writer.begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0)
    val message = ByteBuffer.allocate(record.data().length() + 16).order(order)
    message.put(0, writer.end().datagram(), 0, 16)
    message.putInt(0, message.capacity()).put(16, record.data().toArray())
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(message.array()), 0, message.capacity(), order)
    cursor.next() shouldBe true
    return NflogPacket.read(cursor, 0).prefix()
}

private fun times(file: ByteArrayOutputStream): List<Long> =
    CaptureReader.of(ByteArrayInputStream(file.toByteArray()), "x").use { reader ->
        generateSequence(reader::next).map { it.epochNanos() }.toList()
    }

private class Written(
    linkType: Int = LinkType.NFLOG,
    kernel: FakeKernelView = FakeNetfilter().kernel(),
) {
    private val bytes = ByteArrayOutputStream()
    val file = PcapngWriter(bytes, CaptureSection.create().withOrder(order))
    val writer = NflogCaptureWriter(file, order, linkType, kernel)

    fun records(): List<CaptureRecord> = read().first

    fun read(): Pair<List<CaptureRecord>, CaptureReader> {
        file.close()
        val reader = CaptureReader.of(ByteArrayInputStream(bytes.toByteArray()), "x")
        return generateSequence(reader::next).toList() to reader
    }
}

class NflogCaptureWriterSpec :
    FunSpec({
        test("a packet is its message from nfgenmsg on, byte for byte") {
            val sample = SampleNflog.of(ipv4).group(30).prefix("p")
            val written = Written()
            written.writer.write(packet(sample)) shouldBe true
            val record = written.records().single()
            record.linkType() shouldBe LinkType.NFLOG
            val message = datagram(sample)
            val length = ByteBuffer.wrap(message).order(order).getInt(0)
            record.data().toArray().toList() shouldBe message.copyOfRange(16, length).toList()
        }

        test("a truncated packet has its original length in a comment, and its record all bytes that it claims") {
            val kernel = FakeNetfilter().kernel().networkInterface(2, "veth0")
            val written = Written(kernel = kernel)
            written.writer.write(packet(SampleNflog.of(ipv4)))
            written.writer.write(packet(SampleNflog.of(ipv4).inDevice(2)))
            written.writer.write(packet(SampleNflog.of(whole)))
            val records = written.records()
            records.map { it.comment().orElse("") } shouldBe
                listOf("original length 100", "ifindex 2 = veth0, original length 100", "")
            for (record in records) record.originalLength() shouldBe record.data().length().toLong()
        }

        test("raw IP is only the payload, and other packets are omitted and counted") {
            val written = Written(LinkType.RAW)
            written.writer.write(packet(SampleNflog.of(ipv4).hwProtocol(0x0800))) shouldBe true
            written.writer.write(packet(SampleNflog.of(ipv4).hwProtocol(0x0806))) shouldBe false
            written.writer.write(packet(SampleNflog.of(byteArrayOf()).hwProtocol(0x0800))) shouldBe false
            written.writer.skipped() shouldBe 2
            val record = written.records().single()
            record.data().toArray().toList() shouldBe ipv4.toList()
            record.originalLength() shouldBe 100L
        }

        test("a packet that is larger than a record may be is omitted and counted") {
            val written = Written()
            val large = SampleNflog.of(ipv4)
            for (code in 100..103) large.attribute(code, *ByteArray(65_531))
            val message = large.write(MessageWriter(1 shl 19, order)).datagram()
            val bytes = ByteArray(message.remaining()).also { message.get(0, it) }
            written.writer.write(packet(bytes)) shouldBe false
            written.writer.write(packet(SampleNflog.of(ipv4))) shouldBe true
            written.writer.skipped() shouldBe 1
            written.records().size shouldBe 1
        }

        test("raw IP includes packets that the kernel sent without a protocol") {
            val six = byteArrayOf(0x60, 0, 0, 0, 0, 12) + ByteArray(34)
            val written = Written(LinkType.RAW)
            written.writer.write(packet(SampleNflog.of(ipv4).hwProtocol(0))) shouldBe true
            written.writer.write(packet(SampleNflog.of(six).hwProtocol(0))) shouldBe true
            written.writer.write(packet(SampleNflog.of(six).family(AddressFamily.IPV4).hwProtocol(0))) shouldBe false
            written.records().map { it.originalLength() } shouldBe listOf(100L, 52L)
        }

        test("the time of a packet is the kernel's if there is one, otherwise that of receipt") {
            val written = Written()
            written.writer.write(
                packet(SampleNflog.of(ipv4).timestamp(Instant.ofEpochSecond(1_795_207_040, 92_654_000))),
            )
            written.writer.write(packet(SampleNflog.of(ipv4)))
            written.records().map { it.epochNanos() } shouldBe listOf(1_795_207_040_092_654_000L, 7_000_000_000L)
        }

        context("time never decreases") {
            /**
             * Writes packets of batches, and reads their prefixes and microseconds; 0 stands for no time of the kernel.
             */
            fun written(vararg batches: Pair<Long, List<Triple<String, Int, Long>>>): List<Pair<String, Long>> {
                val written = Written()
                for (group in listOf(30, 31)) written.writer.addGroup(NflogGroup.builder(group).build())
                for ((received, packets) in batches) {
                    for ((prefix, group, stamp) in packets) {
                        val sample = SampleNflog.of(ipv4).group(group).prefix(prefix)
                        if (stamp > 0) sample.timestamp(instant(stamp))
                        written.writer.write(packet(sample, received * 1_000)) shouldBe true
                    }
                    if (packets.isEmpty()) written.file.flush()
                }
                return written.records().map { prefixOf(it) to it.epochNanos() / 1_000 }
            }

            fun stamped(
                prefix: String,
                stamp: Long,
                group: Int = 30,
            ) = Triple(prefix, group, stamp)

            fun sent(
                prefix: String,
                group: Int = 30,
            ) = Triple(prefix, group, 0L)
            val flush = 0L to emptyList<Triple<String, Int, Long>>()

            test("a packet that this host sent is between its neighbours") {
                written(
                    1_000L to listOf(sent("request"), stamped("reply", 400), sent("next"), stamped("its reply", 600)),
                ) shouldBe listOf("request" to 400L, "reply" to 400L, "next" to 400L, "its reply" to 600L)
            }

            test("a packet that was alone in its batch is not later than the kernel's next time") {
                written(
                    1_000L to listOf(sent("request")),
                    1_200L to listOf(stamped("reply", 990)),
                    2_000L to listOf(sent("request")),
                    2_200L to listOf(stamped("reply", 2_100)),
                ) shouldBe listOf("request" to 990L, "reply" to 990L, "request" to 2_000L, "reply" to 2_100L)
            }

            test("after a flush, the kernel's time is overridden") {
                written(
                    1_000L to listOf(sent("request")),
                    flush,
                    1_200L to listOf(stamped("reply", 990), stamped("later", 1_010)),
                ) shouldBe listOf("request" to 1_000L, "reply" to 1_000L, "later" to 1_010L)
            }

            test("only estimates are lowered, not the kernel's time of another group before them") {
                written(
                    1_600L to listOf(stamped("other", 1_500, 31)),
                    2_000L to listOf(sent("request")),
                    2_200L to listOf(stamped("reply", 990)),
                ) shouldBe listOf("request" to 990L, "reply" to 990L, "other" to 1_500L)
            }

            test("a difference of a millisecond between the clocks does not mean that one was set back") {
                written(1_000L to listOf(stamped("a", 2_000), sent("b"))) shouldBe listOf("a" to 2_000L, "b" to 2_000L)
                written(3_000L to listOf(stamped("a", 2_900)), 2_000L to listOf(sent("b"))) shouldBe
                    listOf("b" to 2_000L, "a" to 2_900L)
            }

            test("a packet that waited before its rule does not make others older") {
                written(
                    1_000L to listOf(stamped("a", 900)),
                    2_000L to listOf(sent("b"), stamped("waited", 5), sent("c"), stamped("d", 1_900)),
                ) shouldBe
                    listOf("waited" to 5L, "a" to 900L, "b" to 900L, "c" to 900L, "d" to 1_900L)
            }

            test("packets of several groups are sorted together") {
                written(
                    1_000L to listOf(stamped("a", 100), stamped("b", 300)),
                    1_001L to listOf(stamped("c", 200, 31), sent("d", 31), stamped("e", 400, 31)),
                    1_002L to listOf(stamped("f", 350)),
                ) shouldBe
                    listOf("a" to 100L, "c" to 200L, "d" to 200L, "b" to 300L, "f" to 350L, "e" to 400L)
            }

            test("packets without any kernel time get the time of receipt, in the order of the kernel") {
                written(1_000L to listOf(sent("a"), sent("b")), 1_100L to listOf(sent("c"))) shouldBe
                    listOf("a" to 1_000L, "b" to 1_000L, "c" to 1_100L)
            }

            test("after the clock was set back, times continue from there") {
                written(
                    9_000_000L to listOf(stamped("a", 8_000_000)),
                    2_000_000L to listOf(sent("b"), stamped("c", 1_900_000)),
                    2_100_000L to listOf(stamped("d", 2_000_000)),
                ) shouldBe
                    listOf("a" to 8_000_000L, "b" to 1_900_000L, "c" to 1_900_000L, "d" to 2_000_000L)
            }

            test("if the clock was set back before a batch was read, one packet is later than those after it") {
                written(
                    2_000_000L to listOf(stamped("a", 8_000_000), stamped("b", 1_900_000)),
                    2_100_000L to listOf(sent("c"), stamped("d", 2_050_000)),
                ) shouldBe
                    listOf("a" to 8_000_000L, "b" to 1_900_000L, "c" to 2_050_000L, "d" to 2_050_000L)
            }

            test("a classic file and raw IP are sorted too, and each file separately") {
                val bytes = ByteArrayOutputStream()
                val next = ByteArrayOutputStream()
                val file = PcapWriter.microseconds(bytes, order)
                val writer = NflogCaptureWriter(file, order, LinkType.RAW, FakeNetfilter().kernel())
                writer.write(packet(SampleNflog.of(ipv4), 9_000_000))
                writer.write(packet(SampleNflog.of(ipv4).timestamp(instant(8_000)), 9_000_000))
                file.close()
                val second = PcapWriter.microseconds(next, order)
                writer.continueIn(second)
                writer.write(packet(SampleNflog.of(ipv4), 9_500_000))
                writer.write(packet(SampleNflog.of(ipv4).timestamp(instant(7_000)), 9_500_000))
                second.close()
                times(bytes) shouldBe listOf(8_000_000L, 8_000_000L)
                times(next) shouldBe listOf(7_000_000L, 8_000_000L)
            }
        }

        test("a time that no clock has is replaced by that of receipt, which has the limits of a capture") {
            val latest = 0xffff_ffffL * 1_000_000_000L
            for ((sample, received, written) in listOf(
                Triple(SampleNflog.of(ipv4).timestamp(Instant.ofEpochSecond(-1)), 7_000_000_000L, 7_000_000_000L),
                Triple(
                    SampleNflog.of(ipv4).timestamp(Instant.ofEpochSecond(0x1_0000_0000L)),
                    7_000_000_000L,
                    7_000_000_000L,
                ),
                Triple(SampleNflog.of(ipv4).timestamp(Instant.EPOCH), 7_000_000_000L, 0L),
                Triple(SampleNflog.of(ipv4).timestamp(Instant.ofEpochSecond(0xffff_ffffL)), 7_000_000_000L, latest),
                Triple(SampleNflog.of(ipv4), -5L, 0L),
                Triple(SampleNflog.of(ipv4), latest + 1, latest),
            )) {
                val file = Written()
                file.writer.write(packet(sample, received))
                file.records().single().epochNanos() shouldBe written
            }
        }

        test("the kernel's time of one group does not limit the estimates of another one") {
            val file = Written()
            listOf(30, 31).forEach { file.writer.addGroup(NflogGroup.builder(it).build()) }
            file.writer.write(packet(SampleNflog.of(ipv4).group(30)))
            file.writer.write(packet(SampleNflog.of(ipv4).group(31).timestamp(Instant.ofEpochSecond(6))))
            file.records().map { it.epochNanos() } shouldBe listOf(6_000_000_000L, 7_000_000_000L)
        }

        test("the first packet with an interface names it, in each file again") {
            val kernel = FakeNetfilter().kernel().networkInterface(2, "veth0").networkInterface(3, "veth1")
            val written = Written(kernel = kernel)
            written.writer.write(packet(SampleNflog.of(whole).inDevice(2).outDevice(3)))
            written.writer.write(packet(SampleNflog.of(whole).inDevice(2)))
            val next = Written(kernel = kernel)
            written.writer.continueIn(next.file)
            written.writer.write(packet(SampleNflog.of(whole).inDevice(2)))
            written.records().map { it.comment().orElse("") } shouldBe
                listOf("ifindex 2 = veth0, ifindex 3 = veth1", "")
            next.records().map { it.comment().orElse("") } shouldBe listOf("ifindex 2 = veth0")
        }

        test("the ports of a bridge are named too") {
            val kernel = FakeNetfilter().kernel().networkInterface(4, "port4").networkInterface(5, "port5")
            val written = Written(kernel = kernel)
            written.writer.write(packet(SampleNflog.of(whole).physicalInDevice(4).physicalOutDevice(5)))
            written.records().map { it.comment().get() } shouldBe listOf("ifindex 4 = port4, ifindex 5 = port5")
        }

        test("many interfaces are each named once") {
            val kernel = FakeNetfilter().kernel()
            val indexes = (1L..500L).map { it * 1_000_003 }
            indexes.forEach { kernel.networkInterface(it, "if$it") }
            val written = Written(kernel = kernel)
            repeat(2) { indexes.forEach { written.writer.write(packet(SampleNflog.of(whole).inDevice(it))) } }
            written.records().count { it.comment().isPresent } shouldBe 500
        }

        test("each group is an interface, declared or not, with its own losses") {
            val before = System.currentTimeMillis() * 1_000_000
            val written = Written()
            written.writer.addGroup(NflogGroup.builder(30).build())
            written.writer.write(packet(SampleNflog.of(ipv4).group(30).sequence(0)))
            written.writer.write(packet(SampleNflog.of(ipv4).group(30).sequence(5)))
            written.writer.write(packet(SampleNflog.of(ipv4).group(31).sequence(0)))
            written.writer.finish(nothing)
            val (records, reader) = written.read()
            records.map { it.interfaceId() } shouldBe listOf(0, 0, 1)
            for (statistics in List(2) { reader.statistics(it).get() }) {
                val (start, end) = statistics.start().asLong to statistics.end().asLong
                (start in before..end) shouldBe true
                (end in before..System.currentTimeMillis() * 1_000_000) shouldBe true
                statistics.comment().isPresent shouldBe false
            }
            reader.interfaces().map { it.name().get() } shouldBe listOf("nflog:30", "nflog:31")
            reader
                .statistics(0)
                .get()
                .interfaceDropped()
                .asLong shouldBe 4
            reader
                .statistics(0)
                .get()
                .received()
                .asLong shouldBe 6
            reader
                .statistics(1)
                .get()
                .interfaceDropped()
                .asLong shouldBe 0
        }

        test("numbers that restart, and a step back, do not count as lost") {
            val written = Written()
            listOf(0L, 1L, 0L, 1L, 5L, 4L, 5L).forEach {
                written.writer.write(packet(SampleNflog.of(ipv4).group(30).sequence(it)))
            }
            written.writer.finish(nothing)
            val statistics =
                written
                    .read()
                    .second
                    .statistics(0)
                    .get()
            statistics.interfaceDropped().asLong shouldBe 3 // 2, 3 and 4
            statistics.received().asLong shouldBe 10
        }

        test("a loss at the very end leaves no gap, but is in the statistics of the only group") {
            val written = Written()
            written.writer.write(packet(SampleNflog.of(ipv4).sequence(0)))
            written.writer.finish(
                Statistics
                    .none()
                    .withDelivered(1)
                    .withDatagrams(1)
                    .withSocketDrops(3),
            )
            val statistics =
                written
                    .read()
                    .second
                    .statistics(0)
                    .get()
            statistics.interfaceDropped().asLong shouldBe 3
            statistics.comment().get() shouldBe "the session, all groups: 3 datagrams lost at the socket"
        }

        test("a loss of several groups belongs to none of them, and each kind of loss is named") {
            val written = Written()
            written.writer.write(packet(SampleNflog.of(ipv4).group(30).sequence(0)))
            written.writer.write(packet(SampleNflog.of(ipv4).group(31)))
            written.writer.finish(
                Statistics
                    .none()
                    .withSocketDrops(3)
                    .withTruncatedDatagrams(2)
                    .withMalformed(1)
                    .withTruncatedPackets(4),
            )
            val reader = written.read().second
            for (group in 0..1) {
                val statistics = reader.statistics(group).get()
                statistics.interfaceDropped().asLong shouldBe 0
                statistics.received().asLong shouldBe 1
                statistics.comment().get() shouldBe "the session, all groups: 3 datagrams lost at the socket, " +
                    "2 datagrams that did not fit, 1 malformed messages, 4 packets cut at the copy range"
            }
        }

        test("datagrams that did not fit are losses of the only group, unless its gaps are more") {
            for ((sequence, dropped) in listOf(0L to 5L, 9L to 9L)) {
                val written = Written()
                written.writer.write(packet(SampleNflog.of(ipv4).sequence(sequence)))
                written.writer.finish(Statistics.none().withSocketDrops(3).withTruncatedDatagrams(2))
                val statistics =
                    written
                        .read()
                        .second
                        .statistics(0)
                        .get()
                statistics.interfaceDropped().asLong shouldBe dropped
            }
        }

        test("numbers wrap around, and one that is half of all numbers ahead is a step back") {
            val written = Written()
            listOf(0xffff_fffeL, 1L).forEach {
                written.writer.write(packet(SampleNflog.of(ipv4).group(30).sequence(it)))
            }
            written.writer.write(packet(SampleNflog.of(ipv4).group(31).sequence(0x8000_0000L)))
            written.writer.write(packet(SampleNflog.of(ipv4).group(32).sequence(0x7fff_ffffL)))
            written.writer.finish(nothing)
            val reader = written.read().second
            (0..2).map {
                reader
                    .statistics(it)
                    .get()
                    .interfaceDropped()
                    .asLong
            } shouldBe listOf(2L, 0L, 0x7fff_ffffL)
        }

        test("raw IP has the copy range as its limit, and a group without a packet that was written has no interface") {
            for ((linkType, limit) in listOf(LinkType.RAW to 99, LinkType.NFLOG to CaptureWriter.MAX_PACKET)) {
                val written = Written(linkType)
                repeat(2) { written.writer.addGroup(NflogGroup.builder(30).copyRange(99).build()) }
                written.writer.write(packet(SampleNflog.of(byteArrayOf(1, 2, 3)).group(31)))
                written.writer.finish(nothing)
                val reader = written.read().second
                reader.interfaces()[0].snapLength() shouldBe limit
                reader.interfaces()[0].description().get() shouldBe "NFLOG group 30"
                reader.interfaces().size shouldBe if (linkType == LinkType.RAW) 1 else 2
                written.writer.skipped() shouldBe if (linkType == LinkType.RAW) 1 else 0
            }
        }

        test("a packet in another byte order than the file's is refused") {
            shouldThrow<IllegalArgumentException> {
                NflogCaptureWriter(
                    Written().file,
                    ByteOrder.BIG_ENDIAN,
                    LinkType.NFLOG,
                    FakeNetfilter().kernel(),
                ).write(packet(SampleNflog.of(ipv4)))
            }
        }

        test("writing allocates nothing per packet") {
            val nowhere =
                object : WritableByteChannel {
                    override fun write(source: ByteBuffer): Int =
                        source.remaining().also { source.position(source.limit()) }

                    override fun isOpen() = true

                    override fun close() = Unit
                }
            val kernel = FakeNetfilter().kernel().networkInterface(2, "veth0")
            val writer =
                NflogCaptureWriter(
                    PcapngWriter(nowhere, CaptureSection.create().withOrder(order)),
                    order,
                    LinkType.NFLOG,
                    kernel,
                )
            val packet =
                packet(
                    SampleNflog
                        .of(ipv4)
                        .inDevice(2)
                        .sequence(0)
                        .prefix("p"),
                )
            val packets =
                listOf(
                    packet,
                    packet(SampleNflog.of(whole).timestamp(Instant.ofEpochSecond(6))),
                    packet(SampleNflog.of(ipv4).timestamp(Instant.ofEpochSecond(5))),
                )
            packet.truncated() shouldBe true
            val meter = ManagementFactory.getThreadMXBean() as ThreadMXBean
            repeat(50_000) { writer.write(packets[it % 3]) }
            val before = meter.currentThreadAllocatedBytes
            repeat(300_000) { writer.write(packets[it % 3]) }
            meter.currentThreadAllocatedBytes - before shouldBeLessThan 100_000L
        }

        test("another link type is refused") {
            shouldThrow<IllegalArgumentException> {
                NflogCaptureWriter(Written().file, order, 1, FakeNetfilter().kernel())
            }
        }
    })
