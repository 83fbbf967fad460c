// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.record

import dev.nfkit.pcap.CaptureReader
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Ran
import dev.nfkit.samples.cli.Running
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.replayed
import dev.nfkit.samples.cli.run
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceKind
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File

private fun replay(
    file: File,
    vararg more: String,
): List<String> {
    val ran = nfkit("replay", file.path, *more)
    check(ran.code == 0) { ran.err }
    return ran.out.lines().filter { it.isNotEmpty() }
}

private fun Ran.lines(): List<String> = out.lines().filter { it.isNotEmpty() }

class RecordLiveSpec :
    FunSpec({
        test("a recorded capture replays to the same packets, attribute by attribute").config(
            enabledOrReasonIf = live,
        ) {
            val file = File(tempdir(), "trace.pcapng")
            Netns().use { netns ->
                netns.track()
                netns.log("iptables", 30, "-p", "udp")
                netns.log("iptables", 31, "-p", "icmp")
                val args = arrayOf("capture", "--netns", netns.name, "-i", "nflog:30,31", "--json")
                Running("Capturing on", "record", "-o", file.path, "--", *args).use { nfkit ->
                    netns.udp(7) // and seven ICMP errors, since no process listens
                    netns.inside("ping", "-c", "2", "127.0.0.1")
                    await("all held") { netns.held(30) + netns.held(31) == 0 && nfkit.printed().lines().size > 18 }
                    val ran = nfkit.signal("INT")
                    ran.code shouldBe 0
                    ran.err shouldContain "Recorded"
                    ran.lines() shouldHaveSize 18
                    replay(file, "--json") shouldContainExactly ran.lines()
                }
            }
            run("tshark", "-r", file.path).let {
                it.code to
                    it.err.lines().filterNot { line ->
                        "Running as" in line
                    }
            } shouldBe
                (0 to listOf(""))
        }

        test("queued packets and their verdicts replay as they were decided").config(enabledOrReasonIf = live) {
            val file = File(tempdir(), "trace.pcapng")
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                val rules =
                    arrayOf("--drop", "udp dport 53", "--mark", "7: udp dport 54", "--corrupt", "byte: udp dport 55")
                val args = arrayOf("queue", "--netns", netns.name, "-i", "nfqueue:0", *rules, "--json", "-c", "12")
                Running("Deciding on", "record", "-o", file.path, *args).use { nfkit ->
                    (53..56).forEach { netns.udp(3, port = it) }
                    val ran = nfkit.ended()
                    ran.code shouldBe 0
                    ran.lines() shouldHaveSize 12
                    // The command knows which rule decided; the recording has how it was sent.
                    val own = Regex(",\"(rule|batch|corrupted)\":\\d+")
                    replay(file, "--json").map { it.replace(own, "") } shouldContainExactly
                        ran.lines().map { it.replace(own, "") }
                }
            }
        }

        test("a recorded table replays to the same entries, with a stream for each socket").config(
            enabledOrReasonIf = live,
        ) {
            val file = File(tempdir(), "trace.pcapng")
            Netns().use { netns ->
                netns.track()
                (1..5).forEach { netns.udp(1, port = it) }
                val list = listOf("conntrack", "-L", "--netns", netns.name)
                val ran = run(nfkitCommand + listOf("record", "-o", file.path, "--") + list)
                ran.code shouldBe 0
                ran.lines() shouldHaveSize 5
                val names =
                    CaptureReader.open(file.toPath()).use { reader ->
                        generateSequence { reader.next() }.count()
                        reader.interfaces().map { it.name().get() }
                    }
                names.all { it.startsWith("netlink 12 port ") } shouldBe true
                (names.size >= 2) shouldBe true
                replay(file).filter { "udp" in it } shouldHaveSize 5
            }
        }

        test("a ring is written at SIGUSR1 and at the end, and replays").config(enabledOrReasonIf = live) {
            val file = File(tempdir(), "last.pcapng")
            Netns().use { netns ->
                netns.log("iptables", 30, "-p", "udp")
                val args = arrayOf("capture", "--netns", netns.name, "-i", "nflog:30", "--timeout", "10")
                Running("Capturing on", "record", "-o", file.path, "--ring", "1M", "--", *args).use { nfkit ->
                    Trace.read(file.toPath()).entries() shouldHaveSize 1
                    netns.udp(3)
                    await("three to be printed") { nfkit.printed().lines().size > 3 }
                    run("kill", "-USR1", "${nfkit.process.pid()}")
                    await("the ring to be written") { replay(file).size == 3 }
                    netns.udp(2)
                    await("five to be printed") { nfkit.printed().lines().size > 5 }
                    val ran = nfkit.signal("TERM")
                    ran.code shouldBe 0
                    ran.err shouldContain "entries: ${file.path}"
                    replay(file) shouldContainExactly ran.lines()
                }
            }
        }

        test("an anonymous recording has no address, and the same number of packets").config(enabledOrReasonIf = live) {
            val file = File(tempdir(), "trace.pcapng")
            val copy = File(tempdir(), "copy.pcapng")
            Netns().use { netns ->
                netns.inside("ip", "addr", "add", "203.0.113.77/32", "dev", "lo")
                netns.log("iptables", 30, "-p", "udp")
                val args = arrayOf("capture", "--netns", netns.name, "-i", "nflog:30", "-c", "3")
                Running("Capturing on", "record", "-o", file.path, "--anonymize=s", "--", *args).use { nfkit ->
                    netns.udp(3, address = "203.0.113.77")
                    val ran = nfkit.ended()
                    ran.err shouldContain "made anonymous"
                    ran.out shouldContain "203.0.113.77"
                    val replayed = replay(file)
                    replayed shouldHaveSize 3
                    replayed.joinToString() shouldNotContain "203.0.113"
                }
            }
            nfkit("anonymize", file.path, copy.path).code shouldBe 0
            val kinds = { of: File -> Trace.read(of.toPath()).entries().map { it.kind() to it.socket() } }
            kinds(copy) shouldContainExactly kinds(file)
            kinds(copy).any { it.first == TraceKind.FROM_KERNEL } shouldBe true
            copy.readBytes().toList() shouldNotBe file.readBytes().toList()
            nfkit("anonymize", file.path, file.path).code shouldBe 2
        }
    })
