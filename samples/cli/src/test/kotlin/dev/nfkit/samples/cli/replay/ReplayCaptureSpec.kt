// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay

import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.PcapWriter
import dev.nfkit.samples.cli.BOUND_SECONDS
import dev.nfkit.samples.cli.Capturing
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Ran
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.capinfos
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.run
import dev.nfkit.samples.cli.trace
import dev.nfkit.samples.cli.tshark
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.TimeUnit

/** Runs a command whose standard input is a file. */
private fun fed(
    input: File,
    vararg args: String,
): Ran {
    val before = System.`in`
    input.inputStream().use {
        System.setIn(it)
        try {
            return nfkit(*args)
        } finally {
            System.setIn(before)
        }
    }
}

private fun lines(ran: Ran): List<String> {
    withClue(ran.err) { ran.code shouldBe 0 }
    return ran.out.lines().filter { it.isNotEmpty() }
}

/** A line without its time, which the file has for packets without one of the kernel. */
private fun timeless(line: String) = line.replace(Regex("\"time\":\"[^\"]*\""), "")

private const val PAYLOAD = "\"payload\":\""

class ReplayCaptureSpec :
    FunSpec({
        test("a recording and a capture are read from standard input") {
            val recording = trace("nflog-ipv4-icmp").toFile()
            val expected = lines(nfkit("replay", "--json", recording.path))
            expected shouldHaveSize 3
            lines(fed(recording, "replay", "--json", "-")) shouldContainExactly expected
            val cut = File(tempdir(), "cut").apply { writeBytes(recording.readBytes().dropLast(1).toByteArray()) }
            for (args in listOf(listOf("replay", "-"), listOf("anonymize", "-", File(tempdir(), "copy").path))) {
                val ran = fed(cut, *args.toTypedArray())
                ran.code shouldBe 2
                ran.err shouldContain "nfkit: standard input: at byte"
            }
        }

        test("a capture of a network interface is refused with what it is and what reads it") {
            val dir = tempdir()
            val file = File(dir, "eth0.pcap")
            PcapWriter.microseconds(file.outputStream(), ByteOrder.nativeOrder()).use {
                it.packet(it.addInterface(CaptureInterface.of("eth0", 1)), 0, ByteBuffer.allocate(60), 0, 60, 60)
            }
            for (args in listOf(listOf("replay", file.path), listOf("anonymize", file.path, "$dir/copy"))) {
                val ran = nfkit(*args.toTypedArray())
                ran.code shouldBe 2
                ran.err shouldContain
                    "nfkit: ${file.path}: at byte 24: expected link type 253 (NETLINK) or 239 (NFLOG), " +
                    "found link type 1 (ETHERNET); read it with tshark -r"
            }
            dir.list()!!.toList() shouldContainExactly listOf("eth0.pcap")
        }

        test("a capture replays into the lines that were printed, and so does its anonymous copy but for the secrets")
            .config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    for (hook in listOf("INPUT", "OUTPUT")) {
                        val rule =
                            arrayOf("-p", "udp", "-j", "NFLOG", "--nflog-group", "34", "--nflog-prefix", "acme $hook")
                        netns.inside("iptables", "-A", hook, *rule)
                    }
                    val dir = tempdir()
                    for ((name, options) in mapOf("out.pcapng" to listOf(), "out.pcap" to listOf("-P"))) {
                        val file = File(dir, name)
                        val ran =
                            Capturing(netns, 34, "-w", file.path, "--json", *options.toTypedArray()).use { nfkit ->
                                netns.udp(4, port = 7777)
                                nfkit.signal("INT")
                            }
                        val captured = lines(ran)
                        captured shouldHaveSize 8
                        // A file has a time for packets that have none from the kernel, and is in the order of times.
                        lines(nfkit("replay", "--json", file.path)).map(::timeless).sorted() shouldContainExactly
                            captured.map(::timeless).sorted()
                        lines(fed(file, "replay", "-")).count { "in lo" in it } shouldBe 4

                        val copy = File(dir, "copy-$name")
                        val pipe = "cat '${file.path}' | ${nfkitCommand.joinToString(" ") { "'$it'" }} anonymize - -"
                        val piped = run("sh", "-c", "$pipe > '${copy.path}'")
                        piped.err shouldContain "Made 8 entries anonymous: standard output"
                        capinfos(copy) shouldBe 8
                        tshark(copy, "frame.protocols", "nflog.res_id").toSet() shouldBe
                            setOf("nflog:ip:udp:data\t34")
                        val anonymous = lines(nfkit("replay", "--json", copy.path))
                        anonymous shouldHaveSize 8
                        anonymous.none { "acme" in it || "127.0.0.1" !in it } shouldBe true
                        anonymous.map { it.substringAfter(PAYLOAD, "") }.toSet() shouldNotBe
                            captured.map { it.substringAfter(PAYLOAD, "") }.toSet()
                    }
                }
            }

        test("a file of dumpcap replays").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val file = File(tempdir(), "dumpcap.pcapng")
                netns.inside(
                    "iptables",
                    "-A",
                    "INPUT",
                    "-p",
                    "udp",
                    "-j",
                    "NFLOG",
                    "--nflog-group",
                    "35",
                    "--nflog-prefix",
                    "p",
                )
                val command =
                    listOf("ip", "netns", "exec", netns.name, "dumpcap", "-q", "-i", "nflog:35", "-c", "1", "-w")
                val dumpcap = ProcessBuilder(command + file.path).redirectErrorStream(true).start()
                try {
                    await("dumpcap to bind its group") {
                        check(dumpcap.isAlive) { dumpcap.inputReader().readText() }
                        netns.bound(35)
                    }
                    netns.udp(1, port = 7777)
                    dumpcap.waitFor(BOUND_SECONDS, TimeUnit.SECONDS) shouldBe true
                } finally {
                    dumpcap.destroyForcibly()
                }
                lines(nfkit("replay", file.path)).single() shouldContain "7777"
                lines(nfkit("replay", "--json", file.path)).single() shouldContain "\"group\":35"
            }
        }
    })
