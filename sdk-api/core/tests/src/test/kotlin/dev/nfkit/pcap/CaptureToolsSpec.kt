// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import dev.nfkit.available
import dev.nfkit.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.io.FileOutputStream
import java.nio.ByteOrder
import java.nio.file.Path
import java.util.HexFormat

private const val UDP = "4500002012340000401100000a0900010a0900021234567800 0c0000deadbeef"

/** As root tcpdump changes its user, which root of a user namespace may not: there it runs as another user. */
private val tcpdump: Array<String> =
    if (File("/proc/self/setgroups").readText().trim() == "deny") {
        arrayOf("unshare", "--map-user=1", "--map-group=1", "tcpdump")
    } else {
        arrayOf("tcpdump", "-Z", "root")
    }

class CaptureToolsSpec :
    FunSpec({
        val ip = HexFormat.of().parseHex(UDP.replace(" ", ""))
        val samples =
            listOf(
                Sample(1_795_207_195_268_355_123, ip.toList(), 0, CaptureWriter.INBOUND, "first – ü"),
                Sample(1_795_207_195_268_356_124, ip.toList().dropLast(1), 1),
                Sample(1_795_207_195_268_357_125, ip.toList().dropLast(2), 2, CaptureWriter.OUTBOUND),
            )

        fun file(
            format: Format,
            order: ByteOrder,
        ): Path {
            val file = tempfile(suffix = ".cap").toPath()
            format.writer(FileOutputStream(file.toFile()), order).use { writer ->
                val id =
                    writer.addInterface(
                        CaptureInterface
                            .of("nflog:30", LinkType.RAW)
                            .withDescription("group 30")
                            .withSnapLength(65_531)
                            .withFilter("all"),
                    )
                samples.forEach { writer.write(id, it) }
                writer.statistics(
                    id,
                    InterfaceStatistics.at(1_795_207_196_000_000_000).withReceived(5).withOsDropped(2),
                )
            }
            return file
        }

        Format.entries.forEach { format ->
            ORDERS.forEach { order ->
                test("tshark reads $format of $order").config(enabledOrReasonIf = { available("tshark") }) {
                    val lines =
                        run(
                            "tshark",
                            "-r",
                            file(format, order).toString(),
                            "-T",
                            "fields",
                            "-e",
                            "frame.time_epoch",
                            "-e",
                            "frame.cap_len",
                            "-e",
                            "frame.len",
                            "-e",
                            "ip.src",
                            "-e",
                            "udp.dstport",
                            "-e",
                            "frame.comment",
                        )
                    lines.map { it.trimEnd() } shouldContainExactly
                        samples.map {
                            val nanos = if (format == Format.PCAP_MICROSECONDS) it.nanos / 1000 * 1000 else it.nanos
                            val time = "%d.%09d".format(nanos / 1_000_000_000, nanos % 1_000_000_000)
                            val comment = it.comment.takeIf { format == Format.PCAPNG }.orEmpty()
                            "$time\t${it.data.size}\t32\t10.9.0.1\t22136\t$comment".trimEnd()
                        }
                }

                test("tcpdump reads $format of $order").config(enabledOrReasonIf = { available("tcpdump") }) {
                    val lines = run(*tcpdump, "-n", "-r", file(format, order).toString())
                    lines.first() shouldContain "link-type RAW"
                    lines.drop(1).size shouldBe 3
                    lines[1] shouldContain "10.9.0.1.4660 > 10.9.0.2.22136: UDP, length 4"
                }

                test("capinfos reads $format of $order").config(enabledOrReasonIf = { available("capinfos") }) {
                    val text = run("capinfos", file(format, order).toString()).joinToString("\n")
                    text shouldContain Regex("Number of packets: +3")
                    text.lowercase().contains("cut short") shouldBe false
                    if (format == Format.PCAPNG) {
                        text shouldContain "nflog:30"
                        text shouldContain "nfkit test"
                    }
                }
            }
        }
    })
