// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace

import dev.nfkit.BytesView
import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import java.nio.ByteOrder

private fun message(
    order: ByteOrder,
    type: Int,
    flags: Int,
): ByteArray =
    ByteBuffer
        .allocate(20)
        .order(order)
        .putInt(20)
        .putShort(type.toShort())
        .putShort(flags.toShort())
        .putLong(0)
        .putInt(7)
        .array()

private fun reader(bytes: ByteArray) = TraceReader.of(ByteArrayInputStream(bytes), "read")

/** A file as tcpdump writes it for an nlmon device: without directions, and with names of interfaces. */
private fun withoutDirections(
    order: ByteOrder,
    packets: List<Pair<String, ByteArray>>,
): ByteArray {
    val stream = ByteArrayOutputStream()
    PcapngWriter(stream, CaptureSection.create().withOrder(order)).use { writer ->
        val names = mutableMapOf<String, Int>()
        for ((name, bytes) in packets) {
            val id = names.getOrPut(name) { writer.addInterface(CaptureInterface.of(name, LinkType.NETLINK)) }
            val cooked = ByteBuffer.allocate(16 + bytes.size)
            cooked
                .putShort(0, 4)
                .putShort(2, 824)
                .putShort(14, 12)
                .put(16, bytes)
            writer.packet(id, 1_000, cooked, 0, cooked.capacity(), cooked.capacity().toLong(), 0, null)
        }
    }
    return stream.toByteArray()
}

internal fun allocated(): Long =
    (ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean)
        .getThreadAllocatedBytes(Thread.currentThread().threadIdOf())

@Suppress("DEPRECATION") // threadId() is of Java 19
private fun Thread.threadIdOf() = id

class TraceReaderSpec :
    FunSpec({
        test("returns each entry in turn, the same as Trace.read") {
            val bytes = recordingBytes("ipv6-tcp")
            val trace = recording("ipv6-tcp")
            reader(bytes).use { read ->
                trace.entries().forEach { entry ->
                    read.next() shouldBe true
                    read.kind() shouldBe entry.kind()
                    read.epochNanos() shouldBe entry.epochNanos()
                    read.protocol() shouldBe entry.protocol()
                    read.socket() shouldBe 0
                    read.truncated() shouldBe false
                    read.comment().isPresent shouldBe false
                    read.datagram().toHex() shouldBe entry.datagram().toHex()
                    read.entry().datagram().toHex() shouldBe entry.datagram().toHex()
                }
                read.next() shouldBe false
                read.next() shouldBe false
                read.order() shouldBe trace.order()
            }
        }

        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            test("$order: the direction is inferred if the file has none: a request asks, an answer does not") {
                val ask = message(order, 0x401, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK)
                val event = message(order, 0x100, 0x600)
                // The kernel never sends such flags; a tool that copies those of the request into its answer might.
                val answer = message(order, Netlink.NLMSG_ERROR, Netlink.NLM_F_REQUEST)
                val bytes = withoutDirections(order, listOf(ask, event, answer).map { "nlmon0" to it })
                reader(bytes).use { read ->
                    generateSequence { if (read.next()) read.kind() else null }.toList() shouldContainExactly
                        listOf(TraceKind.TO_KERNEL, TraceKind.FROM_KERNEL, TraceKind.FROM_KERNEL)
                    read.order() shouldBe order
                }
            }
        }

        test("entries of each interface belong to a different socket") {
            val order = ByteOrder.LITTLE_ENDIAN
            val event = message(order, 0x100, 0)
            val bytes = withoutDirections(order, listOf("a" to event, "netlink 12 port 7" to event, "a" to event))
            reader(bytes).use { read ->
                generateSequence { if (read.next()) read.socket() to read.socketName().get() else null }
                    .toList() shouldContainExactly listOf(0 to "a", 1 to "netlink 12 port 7", 0 to "a")
            }
            Trace.read(ByteArrayInputStream(bytes), "a").entries().map { it.socket() } shouldContainExactly
                listOf(0, 1, 0)
        }

        test("an entry is not valid after the next one is read") {
            reader(recordingBytes("ipv4-icmp")).use { read ->
                shouldThrow<IllegalStateException> { read.kind() }.message shouldContain
                    "read: the reader is at no entry"
                read.next()
                val borrowed = read.datagram()
                val kept = read.entry()
                val hex = borrowed.toHex()
                while (read.next()) {
                    // to the end
                }
                shouldThrow<IllegalStateException> { borrowed.u8(0) }
                shouldThrow<IllegalStateException> { read.datagram() }
                kept.datagram().toHex() shouldBe hex
            }
        }

        test("a long recording takes no memory for its entries") {
            val stream = ByteArrayOutputStream()
            TraceWriter(stream, ByteOrder.nativeOrder(), "test").use { writer ->
                val packet = ByteBuffer.wrap(message(ByteOrder.nativeOrder(), 0x400, 0))
                repeat(20_000) { writer.fromKernel(it.toLong(), 12, packet, 0, 20, false) }
            }
            reader(stream.toByteArray()).use { read ->
                read.next()
                val before = allocated()
                var entries = 1
                while (read.next()) {
                    entries++
                }
                entries shouldBe 20_000
                (allocated() - before < 20_000) shouldBe true
            }
        }

        test("an entry's socket is not negative") {
            shouldThrow<IllegalArgumentException> {
                TraceEntry(TraceKind.FROM_KERNEL, 0, 12, BytesView(), false, null, -1)
            }.message shouldBe "socket -1 is negative"
        }
    })
