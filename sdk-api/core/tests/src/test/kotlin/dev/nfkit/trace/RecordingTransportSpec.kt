// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace

import dev.nfkit.SystemCallException
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.CaptureRecord
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.SocketOption
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.OutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.concurrent.thread

private fun message(vararg rest: Byte): ByteArray =
    ByteBuffer
        .allocate(16 + rest.size)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(16 + rest.size)
        .putShort(0x400)
        .putShort(0)
        .putInt(0)
        .putInt(0)
        .put(rest)
        .array()

/** The names of a capture file's interfaces, and its packets. */
fun captured(file: ByteArrayOutputStream): Pair<List<String>, List<CaptureRecord>> {
    val reader = CaptureReader.of(ByteArrayInputStream(file.toByteArray()), "captured")
    val packets = generateSequence { reader.next() }.toList()
    return reader.interfaces().map { it.name().get() } to packets
}

class RecordingTransportSpec :
    FunSpec({
        test("sent and received datagrams are recorded, in order, with the time of receipt") {
            val fake =
                FakeNetfilter(
                    mutableListOf(
                        Delivery(listOf(message(1), message(2)), at = 1000),
                        Delivery(overrun = true, at = 2000),
                        Delivery(listOf(message(3), message(*ByteArray(100))), overrun = true, at = 3000),
                    ),
                )
            val file = ByteArrayOutputStream()
            val writer = TraceWriter(file, ByteOrder.LITTLE_ENDIAN, "test")
            val transport = RecordingTransport(fake, writer)
            val socket = transport.open(12)
            val batch = DatagramBatch(4, 64)
            val request = ByteBuffer.wrap(byteArrayOf(9) + message(7) + byteArrayOf(9)).position(1).limit(18)
            socket.send(request)
            (request.position() to request.limit()) shouldBe (1 to 18)
            List(4) { socket.receive(batch, 0) } shouldContainExactly listOf(2, 0, 2, -1)
            transport.note("done")
            socket.close()
            // Closing the socket flushed; the writer is still open.
            val trace = Trace.read(ByteArrayInputStream(file.toByteArray()), "recorded")
            trace.entries().map { it.kind() } shouldContainExactly
                listOf(
                    TraceKind.TO_KERNEL,
                    TraceKind.FROM_KERNEL,
                    TraceKind.FROM_KERNEL,
                    TraceKind.OVERRUN,
                    TraceKind.OVERRUN,
                    TraceKind.FROM_KERNEL,
                    TraceKind.FROM_KERNEL,
                    TraceKind.NOTE,
                )
            trace
                .entries()[0]
                .datagram()
                .toArray()
                .toList() shouldBe message(7).toList()
            trace.entries().subList(1, 7).map { it.epochNanos() } shouldContainExactly
                listOf(1000, 1000, 2000, 3000, 3000, 3000)
            trace.entries().map { it.truncated() } shouldContainExactly
                listOf(false, false, false, false, false, false, true, false)
            fake.closed shouldBe 1
            transport.failure().isPresent shouldBe false
            transport.unrecorded() shouldBe 0
            writer.close()
        }

        test("everything else is delegated") {
            val fake = FakeNetfilter()
            val writer = TraceWriter(ByteArrayOutputStream(), ByteOrder.LITTLE_ENDIAN, "test")
            val transport = RecordingTransport(fake, writer)
            transport.nanoTime() shouldBe 42
            val socket = transport.open(12)
            socket.portId() shouldBe 4711
            socket.order() shouldBe ByteOrder.LITTLE_ENDIAN
            socket.get(SocketOption.RECEIVE_BUFFER) shouldBe 99
            socket.drops() shouldBe 3
            socket.foreign() shouldBe 1
            socket.wakeup()
            fake.woken shouldBe 1
            val filter = EventFilter.builder().build()
            socket.filter(filter)
            socket.filter(null)
            fake.filters shouldContainExactly listOf(filter, null)
        }

        test("each socket has its own interface, also with the same port id, declared when it is opened") {
            val script = MutableList(2) { Delivery(listOf(message(it.toByte())), at = 5) }
            val file = ByteArrayOutputStream()
            TraceWriter(file, ByteOrder.LITTLE_ENDIAN, "test").use { writer ->
                val transport = RecordingTransport(FakeNetfilter(script), writer)
                val first = transport.open(12)
                val second = transport.open(12)
                val third = transport.open(0)
                val batch = DatagramBatch(1, 64)
                second.send(ByteBuffer.wrap(message(7)))
                second.receive(batch, 0)
                first.receive(batch, 0)
                third.send(ByteBuffer.wrap(message(8)))
                transport.note("of no socket")
            }
            val (interfaces, packets) = captured(file)
            interfaces shouldContainExactly
                listOf("netlink 12 port 4711", "netlink 12 port 4711", "netlink 0 port 4711", "netlink")
            packets.map { it.interfaceId() } shouldContainExactly listOf(1, 1, 0, 2, 3)
        }

        test("entries without a socket have one interface, as has a file without entries") {
            val file = ByteArrayOutputStream()
            TraceWriter(file, ByteOrder.LITTLE_ENDIAN, "test").use { writer ->
                writer.toKernel(1, 12, ByteBuffer.wrap(message(1)))
                writer.overrun(2, 12)
            }
            captured(file).first shouldContainExactly listOf("netlink")
            val empty = ByteArrayOutputStream()
            TraceWriter(empty, ByteOrder.LITTLE_ENDIAN, "test").close()
            captured(empty).first shouldContainExactly listOf("netlink")
        }

        test("options and filters are noted on their socket, an overrun with the socket's drops") {
            val file = ByteArrayOutputStream()
            TraceWriter(file, ByteOrder.LITTLE_ENDIAN, "test").use { writer ->
                val socket = RecordingTransport(FakeNetfilter(mutableListOf(Delivery(overrun = true))), writer).open(12)
                socket.set(SocketOption.ADD_MEMBERSHIP, 3)
                socket.filter(EventFilter.builder().build())
                socket.filter(null)
                socket.receive(DatagramBatch(1, 64), 0)
            }
            val (_, packets) = captured(file)
            packets.map { it.comment().get() } shouldContainExactly
                listOf("set ADD_MEMBERSHIP to 3", "filter everything", "no filter", "overrun, 3 datagrams lost so far")
            packets.map { it.interfaceId() }.distinct() shouldContainExactly listOf(0)
        }

        test("a socket out of range is refused by name") {
            val writer = TraceWriter(ByteArrayOutputStream(), ByteOrder.LITTLE_ENDIAN, "test")
            shouldThrow<IllegalArgumentException> { writer.socket(12, 1L shl 32) }.message shouldBe
                "port id 4294967296 is out of 0 to 4294967295"
            shouldThrow<IllegalArgumentException> { writer.socket(-1, 1) }.message shouldContain "netlink protocol -1"
        }

        test("a send that the system refuses is thrown, and noted") {
            val fake = FakeNetfilter().apply { refuse = true }
            val file = ByteArrayOutputStream()
            val writer = TraceWriter(file, ByteOrder.LITTLE_ENDIAN, "test")
            val socket = RecordingTransport(fake, writer).open(12)
            shouldThrow<SystemCallException> { socket.send(ByteBuffer.wrap(message(1))) }
            writer.close()
            val trace = Trace.read(ByteArrayInputStream(file.toByteArray()), "recorded")
            trace.entries().map { it.kind() } shouldContainExactly listOf(TraceKind.TO_KERNEL, TraceKind.NOTE)
            trace.entries()[1].comment().get() shouldContain "was not sent: send: EMSGSIZE"
        }

        test("a recording that fails does not affect sessions, and counts all that is missing") {
            val fake = FakeNetfilter(MutableList(300) { Delivery(List(4) { message(*ByteArray(1000)) }, at = 1) })
            val disk =
                object : OutputStream() {
                    var free = 700_000

                    override fun write(byte: Int) = throw UnsupportedOperationException()

                    override fun write(
                        bytes: ByteArray,
                        offset: Int,
                        length: Int,
                    ) {
                        if (free < length) throw IOException("No space left on device")
                        free -= length
                    }
                }
            val writer = TraceWriter(disk, ByteOrder.LITTLE_ENDIAN, "test")
            val transport = RecordingTransport(fake, writer)
            val socket = transport.open(12)
            val batch = DatagramBatch(4, 2048)
            List(300) { socket.receive(batch, 0) }.distinct() shouldContainExactly listOf(4)
            socket.send(ByteBuffer.wrap(message(1)))
            socket.close()
            transport.failure().get().message shouldBe "No space left on device"
            transport.unrecorded() shouldBe 1201 - writer.validEntries()
            fake.sent.size shouldBe 1
            fake.closed shouldBe 1
        }

        test("several threads record complete entries") {
            val fake = FakeNetfilter()
            val file = ByteArrayOutputStream()
            val writer = TraceWriter(file, ByteOrder.LITTLE_ENDIAN, "test")
            val threads =
                List(4) { number ->
                    thread {
                        repeat(500) { size ->
                            val datagram = message(*ByteArray(size) { number.toByte() })
                            writer.toKernel(1, 12, ByteBuffer.wrap(datagram))
                        }
                    }
                }
            threads.forEach(Thread::join)
            writer.close()
            val entries = Trace.read(ByteArrayInputStream(file.toByteArray()), "threads").entries()
            entries.size shouldBe 2000
            val lengths = entries.groupBy({ it.datagram().toArray().last() }, { it.datagram().length() })
            (1..3).forEach { lengths.getValue(it.toByte()) shouldContainExactly (17..515).toList() }
            fake.sent.size shouldBe 0
        }
    })
