// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture

import dev.nfkit.filter.FilterView
import dev.nfkit.filter.PacketFilter
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.LinkType
import dev.nfkit.samples.cli.arguments.Criteria
import dev.nfkit.samples.cli.output.CounterLine
import dev.nfkit.samples.cli.output.WriteFailure
import dev.nfkit.samples.cli.replay.TraceGroups
import dev.nfkit.samples.cli.replayed
import dev.nfkit.samples.cli.trace
import dev.nfkit.testkit.ReplayTransport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.io.File

private const val RECORDING = "nflog-batched-qthresh"

private fun capture(
    target: File,
    stop: Criteria = Criteria.NEVER,
    ring: Criteria = Criteria.NEVER,
    linkType: Int = LinkType.NFLOG,
    classic: Boolean = false,
    filter: PacketFilter = PacketFilter.any(),
): Capture {
    val trace = replayed(RECORDING)
    val builder = NflogOptions.builder()
    TraceGroups.of(trace).forEach(builder::group)
    val options = builder.build()
    val transport = ReplayTransport.lenient(trace)
    val session = NflogSession.open(transport, options)
    val format = CaptureFiles.Format(target.path, classic, linkType, ring, options.groups())
    val files = CaptureFiles.open(format, transport.kernel(), session::statistics)
    return Capture(session, files, null, null, stop, CounterLine(false))
        .only(filter, FilterView.of(transport.kernel()))
        .apply { run() }
}

private fun packets(file: File): Int {
    CaptureReader.open(file.toPath()).use { reader ->
        return generateSequence { reader.next() }.count()
    }
}

class CaptureFilesSpec :
    FunSpec({
        val all =
            replayed(RECORDING).let {
                capture(File.createTempFile("nfkit", ".pcapng").apply { deleteOnExit() }).packets()
            }

        test("a file holds every packet") {
            val file = tempdir().resolve("all.pcapng")
            capture(file).packets() shouldBe all
            packets(file).toLong() shouldBe all
        }

        test("classic pcap and raw IP hold every packet too") {
            val file = tempdir().resolve("all.pcap")
            capture(file, classic = true, linkType = LinkType.RAW).packets() shouldBe all
            packets(file).toLong() shouldBe all
            CaptureReader.open(file.toPath()).use { it.next()!!.linkType() shouldBe LinkType.RAW }
        }

        test("only packets that match a filter are written, and the others are no losses") {
            val file = tempdir().resolve("filtered.pcapng")
            val capture = capture(file, filter = PacketFilter.parse("len = 0"))
            capture.packets() shouldBe 0
            capture.leftOut() shouldBe all
            packets(file) shouldBe 0
            capture(file, filter = PacketFilter.parse("len > 0")).packets() shouldBe all
        }

        test("a packet limit stops the capture at exactly that packet") {
            val file = tempdir().resolve("some.pcapng")
            capture(file, stop = Criteria(3, 0, 0, 0)).packets() shouldBe 3
            packets(file) shouldBe 3
        }

        test("a size limit stops the capture at the first packet that exceeds it") {
            val file = tempdir().resolve("size.pcapng")
            capture(file, stop = Criteria(0, 1000, 0, 0))
            file.length() shouldBeInRange 1000L..1600L
        }

        test("a ring keeps the last files, and all but the last are full") {
            val dir = tempdir()
            capture(dir.resolve("ring.pcapng"), ring = Criteria(2, 0, 0, 2)).packets() shouldBe all
            val files = dir.listFiles()!!.sortedBy { it.name }
            files.size shouldBe 2
            packets(files[0]) shouldBe 2
            files.forEach { it.name shouldMatch Regex("""ring_\d{5}_\d{14}\.pcapng""") }
            files[1].name.substring(5, 10).toLong() shouldBe (all + 1) / 2
        }

        test("a limit of files ends the capture without beginning an empty file") {
            val dir = tempdir()
            capture(dir.resolve("n"), stop = Criteria(0, 0, 0, 2), ring = Criteria(2, 0, 0, 0)).packets() shouldBe 4
            dir.listFiles()!!.sortedBy { it.name }.map(::packets) shouldContainExactly listOf(2, 2)
        }

        test("a full device fails when the file is opened, and the message names it") {
            if (File("/dev/full").exists()) {
                shouldThrow<WriteFailure> { capture(File("/dev/full")) }.message shouldContain "/dev/full: "
            }
        }

        test("if the next file cannot be opened, the failure names it and the written file stays") {
            val dir = tempdir()
            val files = mutableListOf<CaptureFiles>()
            val trace = replayed(RECORDING)
            val builder = NflogOptions.builder()
            TraceGroups.of(trace).forEach(builder::group)
            val options = builder.build()
            val transport = ReplayTransport.lenient(trace)
            val session = NflogSession.open(transport, options)
            val ring = Criteria(2, 0, 0, 0)
            val format =
                CaptureFiles.Format(
                    dir
                        .resolve("sub/x")
                        .apply {
                            parentFile.mkdir()
                        }.path,
                    false,
                    LinkType.NFLOG,
                    ring,
                    options.groups(),
                )
            files += CaptureFiles.open(format, transport.kernel(), session::statistics)
            val first = files[0].path()!!.toFile()
            val kept = dir.resolve("kept")
            var seen = 0
            shouldThrow<WriteFailure> {
                session.run(
                    dev.nfkit.netfilter.PacketSink<dev.nfkit.nflog.NflogPacket, WriteFailure> {
                        files[0].write(it)
                        if (++seen == 2) {
                            first.parentFile.renameTo(kept)
                        }
                    },
                )
            }.message shouldContain "No such file or directory"
            files[0].close()
            files[0].packets() shouldBe 2
            packets(kept.listFiles()!!.single()) shouldBe 2
        }

        test("several conditions are combined") {
            Criteria.parse("-a", listOf("packets:5", "filesize:2", "duration:0.5", "files:3")) shouldBe
                Criteria(5, 2000, 500_000_000, 3)
        }
    })
