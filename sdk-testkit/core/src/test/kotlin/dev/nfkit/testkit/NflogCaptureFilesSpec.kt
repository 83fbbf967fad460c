// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.nflog.NflogCaptureFiles
import dev.nfkit.nflog.NflogCaptureOptions
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.LinkType
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.io.File
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import java.nio.file.attribute.PosixFilePermissions
import java.time.Duration

private const val GROUP = 30

private fun options(configure: NflogCaptureOptions.Builder.() -> Unit = {}) =
    NflogCaptureOptions.builder().apply(configure).build()

/** Files that packets of a fake kernel are written to. */
private class Recorder(
    target: Path,
    options: NflogCaptureOptions,
) : AutoCloseable {
    val kernel = FakeNetfilter()
    val session: NflogSession =
        NflogSession.open(kernel, NflogOptions.builder().group(GROUP) { it.threshold(1) }.build())
    val files: NflogCaptureFiles = NflogCaptureFiles.open(target, options, kernel.kernel(), session::statistics)

    fun packets(
        count: Int,
        to: (dev.nfkit.nflog.NflogPacket) -> Unit = { files.write(it) },
    ) = repeat(count) {
        kernel.nflog().log(GROUP, SampleNflog.of(SamplePackets.udp4(it.toByte())))
        session.poll<IOException>({ to(it) }, Duration.ofSeconds(1))
    }

    override fun close() {
        session.close()
        files.close()
    }
}

private fun packets(file: File): Int = CaptureReader.open(file.toPath()).use { generateSequence { it.next() }.count() }

private fun File.captures() = listFiles()!!.sortedBy { it.name }

class NflogCaptureFilesSpec :
    FunSpec({
        test("without a limit there is one file with the given name, which only its owner can read") {
            val file = tempdir().resolve("one.pcapng")
            Recorder(file.toPath(), options()).use { recorder ->
                recorder.packets(3)
                recorder.files.path().get() shouldBe file.toPath()
                recorder.files.dirty() shouldBe true
                recorder.files.flush()
                recorder.files.dirty() shouldBe false
                packets(file) shouldBe 3
            }
            packets(file) shouldBe 3
            PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath())) shouldBe "rw-------"
        }

        test("a limit of packets begins files with numbers, and keeps the last ones") {
            val dir = tempdir()
            Recorder(
                dir.resolve("ring.pcapng").toPath(),
                options {
                    filePackets(2)
                    keep(2)
                },
            ).use { recorder ->
                recorder.packets(7)
                recorder.files.count() shouldBe 4
                recorder.files.packets() shouldBe 7
            }
            dir.captures().map(::packets) shouldContainExactly listOf(2, 1)
            dir.captures().forEach { it.name shouldMatch Regex("""ring_0000[34]_\d{14}\.pcapng""") }
        }

        test("a limit of bytes is exceeded by less than a packet") {
            val dir = tempdir()
            Recorder(dir.resolve("size").toPath(), options { fileBytes(1000) }).use { it.packets(20) }
            // At its end a file has statistics, of up to 300 bytes.
            dir.captures().dropLast(1).forEach { it.length() shouldBeInRange 1000L..1000L + 200 + 300 }
            dir.captures().sumOf(::packets) shouldBe 20
        }

        test("a limit of time begins the next file without a packet, too") {
            val dir = tempdir()
            Recorder(dir.resolve("time").toPath(), options { fileTime(Duration.ofNanos(1)) }).use { recorder ->
                recorder.files.rotateIfOld() shouldBe true
                recorder.files.count() shouldBe 2
            }
            Recorder(dir.resolve("late").toPath(), options { fileTime(Duration.ofDays(1)) }).use { recorder ->
                recorder.files.rotateIfOld() shouldBe false
            }
        }

        test("a packet that a filter leaves out is no loss") {
            val file = tempdir().resolve("filtered.pcapng")
            Recorder(file.toPath(), options()).use { recorder ->
                var seen = 0
                recorder.packets(6) { if (++seen % 2 == 0) recorder.files.write(it) else recorder.files.leaveOut(it) }
            }
            packets(file) shouldBe 3
            CaptureReader.open(file.toPath()).use { reader ->
                generateSequence { reader.next() }.count()
                val end = reader.statistics(0).get()
                end.received().asLong shouldBe 6
                end.interfaceDropped().asLong shouldBe 0
            }
        }

        test("classic pcap and bare IP packets are written if they are requested") {
            val file = tempdir().resolve("bare.pcap")
            val bare =
                options {
                    classic(true)
                    linkType(LinkType.RAW)
                }
            Recorder(file.toPath(), bare).use { it.packets(2) }
            CaptureReader.open(file.toPath()).use { it.next()!!.linkType() shouldBe LinkType.RAW }
        }

        test("if the next file cannot be opened, the present one is complete, and another write tries again") {
            val dir = tempdir()
            val place = dir.resolve("sub").apply { mkdir() }
            val away = dir.resolve("away")
            Recorder(place.resolve("x").toPath(), options { filePackets(2) }).use { recorder ->
                recorder.packets(2)
                place.renameTo(away)
                shouldThrow<IOException> { recorder.packets(1) }
                recorder.files.count() shouldBe 1
                place.mkdir()
                recorder.packets(1)
                recorder.files.count() shouldBe 2
            }
            packets(away.captures().single()) shouldBe 2
            packets(place.captures().single()) shouldBe 1
        }

        test("a channel is written as one file") {
            val file = tempdir().resolve("out").apply { createNewFile() }
            val kernel = FakeNetfilter()
            NflogSession.open(kernel, NflogOptions.builder().group(GROUP).build()).use { session ->
                val channel = FileChannel.open(file.toPath(), StandardOpenOption.WRITE)
                shouldThrow<IllegalArgumentException> {
                    NflogCaptureFiles.into(channel, options { filePackets(1) }, kernel.kernel(), session::statistics)
                }.message shouldContain "a channel is one file"
                NflogCaptureFiles.into(channel, options(), kernel.kernel(), session::statistics).close()
            }
            packets(file) shouldBe 0
        }

        test("a device that is full fails the write, and close reports nothing twice") {
            val full = Path.of("/dev/full")
            if (Files.exists(full)) {
                shouldThrow<IOException> { Recorder(full, options()) }
            }
        }

        test("options that cannot hold are refused with their names") {
            shouldThrow<IllegalArgumentException> { options { fileBytes(0) } }.message shouldContain "fileBytes 0"
            shouldThrow<IllegalArgumentException> { options { filePackets(-1) } }.message shouldContain "filePackets -1"
            shouldThrow<IllegalArgumentException> { options { fileTime(Duration.ZERO) } }.message shouldContain
                "fileTime"
            shouldThrow<IllegalArgumentException> { options { keep(0) } }.message shouldContain "keep 0"
            shouldThrow<IllegalArgumentException> { options { keep(2) } }.message shouldContain "keep 2 needs"
            shouldThrow<IllegalArgumentException> { options { linkType(1) } }.message shouldContain "link type"
        }
    })
