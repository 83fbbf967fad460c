// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.available
import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactly
import java.io.FileOutputStream
import java.nio.ByteBuffer

private val FIELDS =
    listOf(
        "ip.checksum.status",
        "tcp.checksum.status",
        "udp.checksum.status",
        "icmp.checksum.status",
        "icmpv6.checksum.status",
        "tcp.dstport",
        "udp.dstport",
        "tcp.len",
        "udp.length",
    )

class PacketEditorToolsSpec :
    FunSpec({
        test("tshark finds correct checksums and lengths in edited packets")
            .config(enabledOrReasonIf = { available("tshark") }) {
                val extensions = listOf(0 to PacketBuilder.HOP_BY_HOP, 43 to PacketBuilder.FINISHED_ROUTE)
                val packets =
                    listOf(
                        PacketBuilder(protocol = 6, options = "94040000"),
                        PacketBuilder(protocol = 17, checksum = ChecksumState.NOT_READY),
                        PacketBuilder(protocol = 1),
                        PacketBuilder(6, 6, extensions = extensions, checksum = ChecksumState.NOT_READY),
                        PacketBuilder(6, 17, extensions = extensions),
                        PacketBuilder(6, 58),
                        PacketBuilder(6, 17, checksum = ChecksumState.WRONG),
                    )
                val editor = PacketEditor()
                val file = tempfile(suffix = ".pcapng").toPath()
                PcapngWriter(FileOutputStream(file.toFile()), CaptureSection.create()).use { writer ->
                    val id = writer.addInterface(CaptureInterface.of("edited", LinkType.RAW))
                    packets.forEachIndexed { index, packet ->
                        editor
                            .edit(packet.toBytes())
                            .source(hex(if (packet.version == 4) "c0000201" else "20010db8${"00".repeat(11)}01"))
                            .ttl(7)
                            .dscp(46)
                            .payload(ByteArray(1000 + index) { it.toByte() })
                        if (packet.protocol == 6 || packet.protocol == 17) editor.destinationPort(40_000)
                        val bytes = editor.result().toArray()
                        writer.packet(id, index + 1L, ByteBuffer.wrap(bytes), 0, bytes.size, bytes.size.toLong())
                    }
                }
                val lines =
                    run(
                        "tshark",
                        "-r",
                        file.toString(),
                        "-o",
                        "ip.check_checksum:TRUE",
                        "-o",
                        "tcp.check_checksum:TRUE",
                        "-o",
                        "udp.check_checksum:TRUE",
                        "-T",
                        "fields",
                        *FIELDS.flatMap { listOf("-e", it) }.toTypedArray(),
                    )
                // 1 is good, 0 bad.
                lines.map { line -> line.split('\t').joinToString(" ") { it.ifEmpty { "-" } } } shouldContainExactly
                    listOf(
                        "1 1 - - - 40000 - 1000 -",
                        "1 - 1 - - - 40000 - 1009",
                        "1 - - 1 - - - - -",
                        "- 1 - - - 40000 - 1003 -",
                        "- - 1 - - - 40000 - 1012",
                        "- - - - 1 - - - -",
                        "- - 0 - - - 40000 - 1014",
                    )
            }
    })
