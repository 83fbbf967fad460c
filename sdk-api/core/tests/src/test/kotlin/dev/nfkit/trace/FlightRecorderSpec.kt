// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.OutputStream
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import kotlin.random.Random

private val LITTLE = ByteOrder.LITTLE_ENDIAN
private const val CONFIG = 0x302
private const val PACKET = 0x300
private const val VERDICT = 0x301
private const val BATCH = 0x303
private const val LOGGED = 0x400
private const val ERROR = 2

private fun datagram(block: MessageWriter.() -> Unit): ByteArray {
    val buffer = MessageWriter(1 shl 16, LITTLE).apply(block).datagram()
    return ByteArray(buffer.remaining()).also { buffer.duplicate().get(it) }
}

private fun MessageWriter.message(
    type: Int,
    sequence: Long,
    body: MessageWriter.() -> Unit = {},
) {
    begin(type, if (sequence == 0L) 0 else 1, sequence).nfgenmsg(2, 7).apply(body).end()
}

private fun request(
    type: Int,
    sequence: Long,
    size: Int = 4,
) = datagram { message(type, sequence) { bytes(60, *ByteArray(size)) } }

private fun packet(
    id: Int,
    size: Int = 1000,
) = datagram {
    message(PACKET, 0) {
        bytes(1, *word(id), 8, 0, 1)
        bytes(10, *ByteArray(size))
    }
}

private fun MessageWriter.verdict(
    type: Int,
    id: Int,
) = message(type, 0x8000_0000L + id) { bytes(2, *word(1), *word(id)) }

private fun word(value: Int): ByteArray = ByteBuffer.allocate(4).putInt(value).array()

private fun FlightRecorder.dumped(): ByteArrayOutputStream = ByteArrayOutputStream().also { dump(it) }

private fun ByteArrayOutputStream.trace(): Trace = Trace.read(ByteArrayInputStream(toByteArray()), "dump")

/** A short form of an entry: its kind, and the type and sequence number of each message. */
private fun TraceEntry.short(): String {
    if (kind() == TraceKind.NOTE) return comment().get()
    val cursor = MessageCursor().wrap(datagram().toByteBuffer(), 0, datagram().length(), LITTLE)
    val messages = mutableListOf<String>()
    while (cursor.next()) messages += "%x/%d".format(cursor.type(), cursor.sequence() and 0x7fff_ffff)
    return (if (kind() == TraceKind.TO_KERNEL) "> " else "< ") + messages.joinToString(" ")
}

private fun recorder() = FlightRecorder(1 shl 20, LITTLE, "test")

private fun TraceSink.Socket.sends(bytes: ByteArray) = toKernel(1, ByteBuffer.wrap(bytes))

private fun TraceSink.Socket.receives(
    bytes: ByteArray,
    at: Long = 1,
) = fromKernel(at, ByteBuffer.wrap(bytes), 0, bytes.size, false)

/** Removes everything from the ring. */
private fun TraceSink.Socket.flood() = repeat(1100) { receives(request(LOGGED, 0, 1000), 9) }

class FlightRecorderSpec :
    FunSpec({
        test("entries that fit are dumped as they were recorded, by socket, and can be dumped again") {
            val recorder = recorder()
            val transport =
                RecordingTransport(
                    FakeNetfilter(mutableListOf(Delivery(listOf(packet(1), packet(2)), overrun = true, at = 5))),
                    recorder,
                )
            val socket = transport.open(12)
            val other = transport.open(12)
            socket.set(SocketOption.NO_ENOBUFS, 1)
            other.send(ByteBuffer.wrap(request(CONFIG, 3)))
            socket.receive(DatagramBatch(4, 512), 0)
            transport.note("a step")
            val file = recorder.dumped()
            val (interfaces, packets) = captured(file)
            interfaces shouldContainExactly listOf("netlink", "netlink 12 port 4711", "netlink 12 port 4711")
            packets.map { it.interfaceId() } shouldContainExactly listOf(0, 1, 2, 1, 1, 1, 0)
            val entries = file.trace().entries()
            entries.map { it.kind() } shouldContainExactly
                listOf(
                    TraceKind.NOTE,
                    TraceKind.NOTE,
                    TraceKind.TO_KERNEL,
                    TraceKind.OVERRUN,
                    TraceKind.FROM_KERNEL,
                    TraceKind.FROM_KERNEL,
                    TraceKind.NOTE,
                )
            entries.mapNotNull { it.comment().orElse(null) } shouldContainExactly
                listOf(
                    "flight recorder of 1048576 bytes: nothing fell out before this",
                    "set NO_ENOBUFS to 1",
                    "overrun, 3 datagrams lost so far",
                    "a step",
                )
            entries[4].truncated() shouldBe true
            entries[4].epochNanos() shouldBe 5
            entries[5].datagram().toArray().toList() shouldBe packet(2).take(512)
            recorder.dumped().toByteArray().toList() shouldBe file.toByteArray().toList()
        }

        test("old entries are removed and counted; the configuration stays, with its answers and in its place") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            socket.note(1, "set EXT_ACK to 1")
            socket.sends(request(CONFIG, 10))
            socket.receives(request(ERROR, 10))
            socket.flood()
            socket.sends(request(CONFIG, 11))
            socket.receives(request(ERROR, 11))
            socket.receives(request(LOGGED, 0))
            val found =
                recorder
                    .dumped()
                    .trace()
                    .entries()
                    .map { it.short() }
            found.filterNot { it == "< 400/0" } shouldContainExactly
                listOf(
                    "flight recorder of 1048576 bytes: ${recorder.evictedEntries()} of 1106 entries " +
                        "(${recorder.evictedBytes()} bytes) fell out before this",
                    "set EXT_ACK to 1",
                    "> 302/10",
                    "< 2/10",
                    "> 302/11",
                    "< 2/11",
                )
            found.last() shouldBe "< 400/0"
            recorder.evictedEntries() + found.size - 1 shouldBe recorder.entries()
            recorder.usedBytes() shouldBeLessThanOrEqualTo (1L shl 20)
            recorder.usedBytes() shouldBeGreaterThan (1L shl 20) - 2200
        }

        test("a configuration larger than its space is put into the ring") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            (1L..100L).forEach { socket.sends(request(CONFIG, it, 1000)) }
            socket.flood()
            val kept =
                recorder
                    .dumped()
                    .trace()
                    .entries()
                    .map { it.short() }
                    .filter { it.startsWith("> ") }
            kept shouldContainExactly (1L..64L).map { "> 302/$it" }
        }

        test("verdicts are traffic: those for removed packets are not dumped, whatever their datagram") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            socket.receives(packet(1), 1)
            socket.receives(packet(2), 1)
            socket.flood()
            socket.receives(packet(3), 10)
            socket.receives(packet(4), 10)
            socket.receives(packet(5), 10)
            socket.sends(datagram { verdict(VERDICT, 1).also { verdict(VERDICT, 3) } })
            socket.sends(datagram { verdict(BATCH, 2) })
            socket.receives(request(ERROR, 0x8000_0002L))
            socket.sends(datagram { verdict(BATCH, 4) })
            socket.receives(request(ERROR, 0x8000_0004L))
            socket.sends(datagram { verdict(VERDICT, 5) })
            socket.sends(datagram { verdict(BATCH, 0x7000_0000) })
            val file =
                recorder
                    .dumped()
                    .trace()
                    .entries()
                    .map { it.short() }
            file.filterNot { it == "< 400/0" }.drop(1) shouldContainExactly
                listOf("< 300/0", "< 300/0", "< 300/0", "> 301/3", "> 303/4", "< 2/4", "> 301/5")
            file.first() shouldMatch "flight recorder .*; 3 more belong to those and are left out"
        }

        test("the dump of a queue's socket begins with a complete receive") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            val other = recorder.socket(12, 2)
            (1..17).forEach { id -> socket.receives(packet(id, 60_000), 1) }
            socket.receives(packet(18, 60_000), 2)
            val kept = recorder.dumped().trace().entries()
            kept.filter { it.kind() == TraceKind.FROM_KERNEL }.map { it.epochNanos() } shouldContainExactly listOf(2)
            // A send ends a receive too, if time stands still.
            val still = recorder()
            val queue = still.socket(12, 1)
            (1..16).forEach { id -> queue.receives(packet(id, 60_000), 1) }
            queue.sends(datagram { verdict(BATCH, 16) })
            queue.receives(packet(17, 60_000), 1)
            queue.receives(packet(18, 60_000), 1)
            still
                .dumped()
                .trace()
                .entries()
                .drop(1)
                .map { it.short() } shouldContainExactly
                listOf("< 300/0", "< 300/0")
            other.closed()
        }

        test("an answer whose request was removed is not dumped") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            socket.sends(request(0x101, 5, 1000))
            socket.flood()
            socket.receives(request(0x100, 5))
            socket.sends(request(0x101, 6))
            socket.receives(request(0x100, 6))
            socket.receives(request(0x100, 0))
            val found =
                recorder
                    .dumped()
                    .trace()
                    .entries()
                    .map { it.short() }
            found.takeLast(3) shouldContainExactly listOf("> 101/6", "< 100/6", "< 100/0")
            found shouldNotContain "< 100/5"
        }

        test("a closed socket's configuration stays as long as there is space, and is then removed") {
            val recorder = recorder()
            repeat(3000) { number ->
                val socket = recorder.socket(12, number.toLong())
                socket.sends(request(CONFIG, 1))
                socket.closed()
                socket.closed()
            }
            val file = recorder.dumped()
            val names = captured(file).first
            names.last() shouldBe "netlink 12 port 2999"
            names.size.toLong() shouldBeLessThan 1025
            names.size.toLong() shouldBeGreaterThan 900
            file
                .trace()
                .entries()[0]
                .comment()
                .get() shouldContain
                "and ${3001 - names.size} closed sockets were forgotten"
        }

        test("a closed socket stays while the ring has one of its entries") {
            val recorder = recorder()
            val first = recorder.socket(12, 77)
            first.sends(request(CONFIG, 1))
            first.receives(request(LOGGED, 0))
            first.closed()
            repeat(2000) { recorder.socket(12, 1).closed() }
            captured(recorder.dumped()).first shouldContain "netlink 12 port 77"
            recorder.socket(12, 2).flood()
            repeat(2000) { recorder.socket(12, 1).closed() }
            captured(recorder.dumped()).first shouldNotContain "netlink 12 port 77"
            // Entries after the close are not stored, and have no effect.
            first.receives(request(LOGGED, 0))
            first.sends(request(CONFIG, 2))
        }

        test("entries of any sizes in any order leave a ring of the newest ones, complete") {
            val random = Random(47)
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            val written = mutableListOf<Int>()
            repeat(3000) {
                val size = if (random.nextInt(50) == 0) random.nextInt(60_000) else random.nextInt(3000)
                socket.receives(request(LOGGED, 0, size))
                written += request(LOGGED, 0, size).size
                if (it % 250 == 0) {
                    val kept =
                        recorder
                            .dumped()
                            .trace()
                            .entries()
                            .drop(1)
                            .map { entry -> entry.datagram().length() }
                    kept shouldContainExactly written.takeLast(kept.size)
                }
            }
        }

        test("taking entries allocates nothing") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            val received = ByteBuffer.wrap(packet(1))
            val sent = ByteBuffer.wrap(datagram { verdict(VERDICT, 1) })
            val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean

            fun round() =
                repeat(20_000) {
                    socket.fromKernel(it.toLong(), received, 0, received.capacity(), false)
                    socket.toKernel(it.toLong(), sent)
                }
            round()
            val before = threads.currentThreadAllocatedBytes
            round()
            threads.currentThreadAllocatedBytes - before shouldBeLessThan 10_000
        }

        test("a dump from another thread, while sessions continue, is a complete recording") {
            val recorder = recorder()
            val ended = AtomicBoolean()
            val started = CountDownLatch(2)
            val writers =
                List(2) { number ->
                    thread {
                        val socket = recorder.socket(12, number.toLong())
                        while (!ended.get()) {
                            repeat(100) { socket.receives(request(LOGGED, 0, 100 * it), 3) }
                            started.countDown()
                        }
                    }
                }
            started.await()
            repeat(20) {
                recorder
                    .dumped()
                    .trace()
                    .entries()
                    .size
                    .toLong() shouldBeGreaterThan 100
            }
            ended.set(true)
            writers.forEach(Thread::join)
        }

        test("a full disk is reported, and the next dump is complete") {
            val recorder = recorder()
            val socket = recorder.socket(12, 1)
            socket.flood()
            val full =
                object : OutputStream() {
                    override fun write(byte: Int) = throw IOException("No space left on device")
                }
            shouldThrow<IOException> { recorder.dump(full) }.message shouldBe "No space left on device"
            recorder
                .dumped()
                .trace()
                .entries()
                .size
                .toLong() shouldBeGreaterThan 900
        }

        test("an edit changes the dump, and one that fails lets nothing through") {
            val recorder = recorder()
            recorder.socket(12, 1).receives(packet(9))
            val file = ByteArrayOutputStream()
            TraceWriter(file, LITTLE, "test").editing { it.also { check(it.kind() == TraceKind.NOTE) } }.use { writer ->
                shouldThrow<IOException> { recorder.dump(writer) }.message shouldContain "could not be edited"
            }
            file.trace().entries().map { it.kind() } shouldContainExactly listOf(TraceKind.NOTE)
        }

        test("a ring out of range is refused by name") {
            shouldThrow<IllegalArgumentException> { FlightRecorder(1000, LITTLE, "x") }.message shouldBe
                "capacity 1000 is out of 1 MiB (1048576) to 1 GiB"
        }
    })
