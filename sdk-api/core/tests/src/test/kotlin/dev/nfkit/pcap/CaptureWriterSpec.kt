// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowExactly
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayOutputStream
import java.io.FileOutputStream
import java.io.IOException
import java.io.PrintStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.channels.Pipe
import java.nio.channels.ReadableByteChannel
import java.nio.channels.WritableByteChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import kotlin.random.Random

/** A disk of limited size, which accepts writes in pieces. */
private class SmallDisk(
    private val capacity: Int,
    private val piece: Int,
) : WritableByteChannel {
    val content = ByteArrayOutputStream()
    var closed = false

    override fun write(source: ByteBuffer): Int {
        val count = minOf(source.remaining(), piece, capacity - content.size())
        if (count == 0) throw IOException("No space left on device")
        val bytes = ByteArray(count)
        source.get(bytes)
        content.write(bytes)
        return count
    }

    override fun isOpen(): Boolean = !closed

    override fun close() {
        closed = true
    }
}

/**
 * A file that interrupts the writing thread during each write. As every FileChannel, it closes if that thread writes.
 */
private class InterruptingFile(
    private val file: FileChannel,
    private val thread: Thread,
) : FileChannel() {
    var writes = 0

    override fun write(source: ByteBuffer): Int {
        var completed = false
        begin()
        try {
            thread.interrupt()
            writes++
            return file.write(source).also { completed = true }
        } finally {
            end(completed)
        }
    }

    override fun implCloseChannel() = file.close()

    override fun read(target: ByteBuffer) = error("not read")

    override fun read(
        targets: Array<out ByteBuffer>,
        offset: Int,
        length: Int,
    ) = error("not read")

    override fun read(
        target: ByteBuffer,
        position: Long,
    ) = error("not read")

    override fun write(
        sources: Array<out ByteBuffer>,
        offset: Int,
        length: Int,
    ) = error("not gathered")

    override fun write(
        source: ByteBuffer,
        position: Long,
    ) = error("not written at a position")

    override fun position() = file.position()

    override fun position(position: Long) = apply { file.position(position) }

    override fun size() = file.size()

    override fun truncate(size: Long) = apply { file.truncate(size) }

    override fun force(metaData: Boolean) = file.force(metaData)

    override fun transferTo(
        position: Long,
        count: Long,
        target: WritableByteChannel,
    ) = error("not transferred")

    override fun transferFrom(
        source: ReadableByteChannel,
        position: Long,
        count: Long,
    ) = error("not transferred")

    override fun map(
        mode: MapMode,
        position: Long,
        size: Long,
    ) = error("not mapped")

    override fun lock(
        position: Long,
        size: Long,
        shared: Boolean,
    ) = error("not locked")

    override fun tryLock(
        position: Long,
        size: Long,
        shared: Boolean,
    ) = error("not locked")
}

private fun Format.onto(channel: WritableByteChannel): CaptureWriter =
    when (this) {
        Format.PCAPNG -> PcapngWriter(channel, CaptureSection.create())
        Format.PCAP_MICROSECONDS -> PcapWriter.microseconds(channel, ByteOrder.nativeOrder())
        Format.PCAP_NANOSECONDS -> PcapWriter.nanoseconds(channel, ByteOrder.nativeOrder())
    }

class CaptureWriterSpec :
    FunSpec({
        val packet = Sample(1_000_000_000, List(99) { it.toByte() })
        val raw = CaptureInterface.of("nflog:30", LinkType.RAW)

        Format.entries.forEach { format ->
            test("$format: a copy of the file after any flush contains all packets so far, complete") {
                val file = tempfile().toPath()
                val writer = format.writer(FileOutputStream(file.toFile()), ByteOrder.nativeOrder())
                val id = writer.addInterface(raw)
                repeat(20) { round ->
                    writer.write(id, packet)
                    writer.flush()
                    val copy = Files.readAllBytes(file)
                    reader(copy).rest().size shouldBe round + 1
                    copy.size.toLong() shouldBe writer.validBytes()
                    writer.bytesWritten() shouldBe writer.validBytes()
                    writer.validPackets() shouldBe round + 1L
                }
                // Killed here: nothing more is written, nor necessary.
                reader(Files.readAllBytes(file)).rest().size shouldBe 20
                writer.close()
            }

            test("$format: what is written without a flush consists of complete blocks too") {
                val disk = SmallDisk(Int.MAX_VALUE, Int.MAX_VALUE)
                val writer = format.onto(disk)
                val id = writer.addInterface(raw)
                val large = packet.copy(data = List(10_000) { 1 })
                repeat(200) {
                    writer.write(id, large)
                    if (disk.content.size() > 0) {
                        reader(disk.content.toByteArray()).rest().size.toLong() shouldBe writer.validPackets()
                    }
                }
                writer.close()
                disk.closed shouldBe true
            }

            test("$format: a disk that fills up anywhere leaves a length at which to truncate the file") {
                val random = Random(format.ordinal)
                repeat(60) {
                    val disk = SmallDisk(capacity = random.nextInt(30, 20_000), piece = random.nextInt(1, 5000))
                    val writer = format.onto(disk)
                    val error =
                        shouldThrow<IOException> {
                            val id = writer.addInterface(raw)
                            while (true) {
                                writer.write(id, packet.copy(data = List(random.nextInt(1500)) { 1 }))
                                if (random.nextInt(4) == 0) writer.flush()
                            }
                        }
                    error.message shouldBe "No space left on device"
                    writer.validBytes() shouldBeLessThanOrEqual disk.content.size().toLong()
                    val valid = disk.content.toByteArray().copyOf(writer.validBytes().toInt())
                    if (valid.isNotEmpty()) {
                        reader(valid).rest().size.toLong() shouldBe writer.validPackets()
                    }
                    // No complete packet that arrived is lost.
                    (disk.content.size() - writer.validBytes()) shouldBeLessThanOrEqual 1600L
                    shouldThrow<IOException> { writer.flush() }.message shouldContain "No space left"
                    shouldThrow<IOException> { writer.write(0, packet) }
                    writer.close()
                    disk.closed shouldBe true
                }
            }
        }

        test("a disk that fills up exactly at the end of a packet keeps that packet") {
            val block = 28 + 64 + 4
            val whole = SmallDisk(Int.MAX_VALUE, Int.MAX_VALUE)
            Format.PCAPNG.onto(whole).run {
                addInterface(raw)
                flush()
            }
            val disk = SmallDisk(capacity = whole.content.size() + block, piece = Int.MAX_VALUE)
            val writer = Format.PCAPNG.onto(disk)
            val id = writer.addInterface(raw)
            repeat(2) { writer.packet(id, 1, ByteBuffer.allocate(64), 0, 64, 64) }
            shouldThrow<IOException> { writer.flush() }
            writer.validPackets() shouldBe 1
            writer.validBytes() shouldBe disk.content.size().toLong()
        }

        test("the padding of a packet is zero, whatever the buffer contained before") {
            val stream = ByteArrayOutputStream()
            val writer = PcapngWriter(stream, CaptureSection.create())
            val id = writer.addInterface(raw)
            val ones = ByteBuffer.wrap(ByteArray(200) { -1 })
            writer.flush() // from here on each packet starts where the previous one did
            writer.packet(id, 1, ones, 0, 200, 200)
            for (length in 61..63) {
                writer.flush()
                val start = stream.size()
                writer.packet(id, 1, ones, 0, length, length.toLong())
                writer.flush()
                val padding = stream.toByteArray().copyOfRange(start + 28 + length, start + 28 + 64)
                padding.toList() shouldBe List(64 - length) { 0.toByte() }
            }
        }

        test("a full device gives the system's own error").config(
            enabled = Files.isWritable(Path.of("/dev/full")),
        ) {
            val writer = Format.PCAPNG.writer(FileOutputStream("/dev/full"), ByteOrder.nativeOrder())
            writer.write(writer.addInterface(raw), packet)
            shouldThrowExactly<IOException> { writer.flush() }.message shouldContain "No space left"
            writer.validBytes() shouldBe 0
            writer.close()
        }

        test("an interrupt during a write neither closes the file nor gets lost") {
            val path = tempfile().toPath()
            val writing = Thread.currentThread()
            val channel = InterruptingFile(FileChannel.open(path, StandardOpenOption.WRITE), writing)
            val writer = PcapngWriter(channel, CaptureSection.create())
            val id = writer.addInterface(raw)
            repeat(3) {
                writer.write(id, packet)
                writer.flush()
                Thread.interrupted() shouldBe true
            }
            writer.close()
            channel.writes shouldBe 3
            reader(Files.readAllBytes(path)).rest().size shouldBe 3
        }

        test("a set interrupt flag neither closes the file nor gets lost") {
            val file = tempfile().toPath()
            val writer = PcapngWriter(FileChannel.open(file, StandardOpenOption.WRITE), CaptureSection.create())
            val id = writer.addInterface(raw)
            Thread.currentThread().interrupt()
            writer.write(id, packet)
            writer.flush()
            writer.close()
            Thread.interrupted() shouldBe true
            reader(Files.readAllBytes(file)).rest().size shouldBe 1
        }

        test("a comment may be any character sequence, and change after it was written") {
            val stream = ByteArrayOutputStream()
            val texts = listOf("original length 1500", "", "µ – ü", "x".repeat(65_535))
            PcapngWriter(stream, CaptureSection.create()).use { writer ->
                val id = writer.addInterface(raw)
                val comment = StringBuilder()
                for (text in texts) {
                    comment.setLength(0)
                    writer.packet(id, 0, ByteBuffer.allocate(1), 0, 1, 1, 0, comment.append(text))
                }
            }
            reader(stream.toByteArray()).rest().map { it.comment().orElse(null) } shouldBe texts
        }

        test("bad arguments are named and leave the file unchanged") {
            val stream = ByteArrayOutputStream()
            val writer = PcapngWriter(stream, CaptureSection.create())
            val id = writer.addInterface(raw)
            val bytes = ByteBuffer.allocate(300_000)
            val before = writer.bytesWritten()
            shouldThrow<IllegalArgumentException> { writer.packet(id + 1, 0, bytes, 0, 1, 1) }
                .message shouldContain "interfaceId 1"
            shouldThrow<IllegalArgumentException> { writer.packet(id, -1, bytes, 0, 1, 1) }
                .message shouldContain "epochNanos"
            shouldThrow<IllegalArgumentException> { writer.packet(id, 0, bytes, 0, 262_145, 1) }
                .message shouldContain "262144"
            shouldThrow<IllegalArgumentException> { writer.packet(id, 0, bytes, 0, 1, 1L shl 32) }
            shouldThrow<IllegalArgumentException> { writer.packet(id, 0, bytes, 0, 1, 1, -1, null) }
                .message shouldContain "flags"
            shouldThrow<IllegalArgumentException> { writer.packet(id, 0, bytes, 0, 1, 1, 0, "x".repeat(65_536)) }
                .message shouldContain "comment"
            shouldThrow<IndexOutOfBoundsException> { writer.packet(id, 0, bytes, 299_999, 2, 2) }
            shouldThrow<IllegalArgumentException> { writer.statistics(7, InterfaceStatistics.at(0)) }
            shouldThrow<IllegalArgumentException> { writer.addInterface(raw.withName("n".repeat(70_000))) }
            writer.bytesWritten() shouldBe before
            writer.close()
        }

        test("a classic file has one link type, and times before 2106") {
            val writer = PcapWriter.microseconds(ByteArrayOutputStream(), ByteOrder.LITTLE_ENDIAN)
            writer.addInterface(raw)
            writer.addInterface(raw) shouldBe 1
            shouldThrow<IllegalArgumentException> { writer.addInterface(CaptureInterface.of(LinkType.NFLOG)) }
                .message shouldContain "101 (RAW)"
            shouldThrow<IllegalArgumentException> { writer.write(0, packet.copy(nanos = 4_294_967_296_000_000_000)) }
                .message shouldContain "classic"
        }

        test("streams that hide failed writes, or do not wait, are refused") {
            shouldThrow<IllegalArgumentException> {
                PcapngWriter(PrintStream(ByteArrayOutputStream()), CaptureSection.create())
            }.message shouldContain "FileDescriptor.out"
            val pipe = Pipe.open()
            pipe.source().use {
                pipe.sink().use { sink ->
                    sink.configureBlocking(false)
                    shouldThrow<IllegalArgumentException> { PcapngWriter(sink, CaptureSection.create()) }
                }
            }
        }

        test("close is idempotent, and writing after it fails") {
            val writer = PcapngWriter(ByteArrayOutputStream(), CaptureSection.create())
            writer.close()
            writer.close()
            shouldThrow<IOException> { writer.addInterface(raw) }.message shouldContain "closed"
            shouldThrow<IOException> { writer.flush() }
        }
    })
