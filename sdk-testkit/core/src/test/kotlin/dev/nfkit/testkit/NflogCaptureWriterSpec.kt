package dev.nfkit.testkit

import com.sun.management.ThreadMXBean
import dev.nfkit.AddressFamily
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogCaptureWriter
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.CaptureRecord
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.wire.MessageCursor
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
private val nothing = Statistics(0, 0, 0, 0, 0, 0, 0, 0, 0)
private val ipv4 =
    ByteArray(28).also {
        it[0] = 0x45
        it[3] = 100
    }

private fun datagram(sample: SampleNflog) = sample.toDatagram(order)

private fun packet(sample: SampleNflog): NflogPacket {
    val bytes = datagram(sample)
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order)
    cursor.next() shouldBe true
    return NflogPacket.read(cursor, 7_000_000_000L)
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
            val sample = SampleNflog.of(*ipv4).group(30).prefix("p")
            val written = Written()
            written.writer.write(packet(sample)) shouldBe true
            val record = written.records().single()
            record.linkType() shouldBe LinkType.NFLOG
            val message = datagram(sample)
            val length = ByteBuffer.wrap(message).order(order).getInt(0)
            record.data().toArray().toList() shouldBe message.copyOfRange(16, length).toList()
            record.originalLength() shouldBe (length - 16 + 72).toLong()
        }

        test("raw IP is the payload alone, and what is no IP is left out and counted") {
            val written = Written(LinkType.RAW)
            written.writer.write(packet(SampleNflog.of(*ipv4).hwProtocol(0x0800))) shouldBe true
            written.writer.write(packet(SampleNflog.of(*ipv4).hwProtocol(0x0806))) shouldBe false
            written.writer.skipped() shouldBe 1
            val record = written.records().single()
            record.data().toArray().toList() shouldBe ipv4.toList()
            record.originalLength() shouldBe 100L
        }

        test("raw IP holds packets that the kernel sent without a protocol") {
            val six = byteArrayOf(0x60, 0, 0, 0, 0, 12) + ByteArray(34)
            val written = Written(LinkType.RAW)
            written.writer.write(packet(SampleNflog.of(*ipv4).hwProtocol(0))) shouldBe true
            written.writer.write(packet(SampleNflog.of(*six).hwProtocol(0))) shouldBe true
            written.writer.write(packet(SampleNflog.of(*six).family(AddressFamily.IPV4).hwProtocol(0))) shouldBe false
            written.records().map { it.originalLength() } shouldBe listOf(100L, 52L)
        }

        test("its time is the kernel's where there is one, else that of receipt") {
            val written = Written()
            written.writer.write(
                packet(SampleNflog.of(*ipv4).timestamp(Instant.ofEpochSecond(1_795_207_040, 92_654_000))),
            )
            written.writer.write(packet(SampleNflog.of(*ipv4)))
            written.records().map { it.epochNanos() } shouldBe listOf(1_795_207_040_092_654_000L, 7_000_000_000L)
        }

        test("the first packet with an interface names it, in each file anew") {
            val kernel = FakeNetfilter().kernel().networkInterface(2, "veth0").networkInterface(3, "veth1")
            val written = Written(kernel = kernel)
            written.writer.write(packet(SampleNflog.of(*ipv4).inDevice(2).outDevice(3)))
            written.writer.write(packet(SampleNflog.of(*ipv4).inDevice(2)))
            val next = Written(kernel = kernel)
            written.writer.continueIn(next.file)
            written.writer.write(packet(SampleNflog.of(*ipv4).inDevice(2)))
            written.records().map { it.comment().orElse("") } shouldBe
                listOf("ifindex 2 = veth0, ifindex 3 = veth1", "")
            next.records().map { it.comment().orElse("") } shouldBe listOf("ifindex 2 = veth0")
        }

        test("many interfaces are each named once") {
            val kernel = FakeNetfilter().kernel()
            val indexes = (1L..500L).map { it * 1_000_003 }
            indexes.forEach { kernel.networkInterface(it, "if$it") }
            val written = Written(kernel = kernel)
            repeat(2) { indexes.forEach { written.writer.write(packet(SampleNflog.of(*ipv4).inDevice(it))) } }
            written.records().count { it.comment().isPresent } shouldBe 500
        }

        test("each group is an interface, declared or not, with its own losses") {
            val written = Written()
            written.writer.addGroup(NflogGroup.builder(30).build())
            written.writer.write(packet(SampleNflog.of(*ipv4).group(30).sequence(0)))
            written.writer.write(packet(SampleNflog.of(*ipv4).group(30).sequence(5)))
            written.writer.write(packet(SampleNflog.of(*ipv4).group(31).sequence(0)))
            written.writer.finish(nothing)
            val (records, reader) = written.read()
            records.map { it.interfaceId() } shouldBe listOf(0, 0, 1)
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

        test("numbers that start again, and a step back, are no loss") {
            val written = Written()
            listOf(0L, 1L, 0L, 1L, 5L, 4L, 5L).forEach {
                written.writer.write(packet(SampleNflog.of(*ipv4).group(30).sequence(it)))
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

        test("a loss at the very end leaves no gap, but stands in the statistics of the only group") {
            val written = Written()
            written.writer.write(packet(SampleNflog.of(*ipv4).sequence(0)))
            written.writer.finish(Statistics(1, 1, 3, 0, 0, 0, 0, 0, 0))
            val statistics =
                written
                    .read()
                    .second
                    .statistics(0)
                    .get()
            statistics.interfaceDropped().asLong shouldBe 3
            statistics.comment().get() shouldBe "the session, all groups: 3 datagrams lost at the socket"
        }

        test("a packet in another byte order than the file's is refused") {
            shouldThrow<IllegalArgumentException> {
                NflogCaptureWriter(
                    Written().file,
                    ByteOrder.BIG_ENDIAN,
                    LinkType.NFLOG,
                    FakeNetfilter().kernel(),
                ).write(packet(SampleNflog.of(*ipv4)))
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
                        .of(*ipv4)
                        .inDevice(2)
                        .sequence(0)
                        .prefix("p"),
                )
            val meter = ManagementFactory.getThreadMXBean() as ThreadMXBean
            repeat(1000) { writer.write(packet) }
            val before = meter.currentThreadAllocatedBytes
            repeat(100_000) { writer.write(packet) }
            meter.currentThreadAllocatedBytes - before shouldBeLessThan 100_000L
        }

        test("another link type is refused") {
            shouldThrow<IllegalArgumentException> {
                NflogCaptureWriter(Written().file, order, 1, FakeNetfilter().kernel())
            }
        }
    })
