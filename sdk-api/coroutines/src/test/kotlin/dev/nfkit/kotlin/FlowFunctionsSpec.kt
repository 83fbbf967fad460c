// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogCaptureFiles
import dev.nfkit.nflog.NflogCaptureOptions
import dev.nfkit.nflog.NflogCaptureWriter
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapWriter
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import java.nio.ByteOrder

private val ORDER = ByteOrder.nativeOrder()
private const val GROUP = 30

private fun logged(
    payload: ByteArray,
    etherType: Int = 0x0800,
): NflogPacket {
    val message =
        SampleNflog
            .of(payload)
            .group(GROUP)
            .hwProtocol(etherType)
            .write(MessageWriter(4096, ORDER))
    val cursor = MessageCursor().wrap(message.datagram(), 0, message.length(), ORDER).also { it.next() }
    return NflogPacket.read(cursor, 0)
}

class FlowFunctionsSpec :
    FunSpec({
        val payloads = listOf(SamplePackets.udp4(), SamplePackets.udp("10.0.0.1", 1, "10.0.0.2", 2))

        test("payloads are arrays of their own") {
            payloads
                .map(::logged)
                .asFlow()
                .payloads()
                .toList()
                .map { it.toList() } shouldBe payloads.map { it.toList() }
        }

        test("a flow is written to a capture file, whose owner closes it") {
            val file = tempfile()
            val kernel = FakeNetfilter().kernel()
            PcapWriter.nanoseconds(file.outputStream(), ORDER).use { capture ->
                val writer = NflogCaptureWriter(capture, ORDER, LinkType.RAW, kernel)
                writer.addGroup(NflogGroup.builder(GROUP).build())
                payloads.map(::logged).asFlow().writeTo(writer) shouldBe 2
                flowOf(logged(byteArrayOf(1, 2, 3), 0x0806)).writeTo(writer) shouldBe 0 // ARP is not raw IP
            }
            CaptureReader.open(file.toPath()).use { reader ->
                generateSequence {
                    reader
                        .next()
                        ?.data()
                        ?.toArray()
                        ?.toList()
                }.toList() shouldBe
                    payloads.map { it.toList() }
            }
        }

        test("packets are written to a sequence of files") {
            val dir = tempdir()
            val options = NflogCaptureOptions.builder().filePackets(1).build()
            val kernel = FakeNetfilter().kernel()
            NflogCaptureFiles.open(dir.resolve("x.pcapng").toPath(), options, kernel, Statistics::none).use { files ->
                payloads.map(::logged).asFlow().writeTo(files) shouldBe payloads.size
                files.count() shouldBe payloads.size
            }
        }
    })
