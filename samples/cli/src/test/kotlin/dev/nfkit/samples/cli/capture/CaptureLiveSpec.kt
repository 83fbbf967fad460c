// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture

import dev.nfkit.samples.cli.Capturing
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.capinfos
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.run
import dev.nfkit.samples.cli.tshark
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File

private const val HELD_LONG = "600000"

private fun field(
    line: String,
    name: String,
): String = Regex("\"$name\":\"?([^\",}]*)").find(line)?.groupValues?.get(1) ?: ""

/** As root tcpdump changes its user, which root of a user namespace may not: there it runs as another user. */
private val tcpdump: Array<String> =
    if (File("/proc/self/setgroups").readText().trim() == "deny") {
        arrayOf("unshare", "--map-user=1", "--map-group=1", "tcpdump")
    } else {
        arrayOf("tcpdump", "-Z", "root")
    }

/**
 * Parses a text such as `1796002499.558165000` or `Nov 30, 2026 01:34:59.558165000 UTC`: the microseconds in its
 * minute.
 */
private fun String.micros(): Long {
    val (seconds, fraction) = Regex("(\\d+)\\.(\\d{6})").find(this)!!.destructured
    return seconds.toLong() % 60 * 1_000_000 + fraction.toLong()
}

class CaptureLiveSpec :
    FunSpec({
        test(
            "ICMP, TCP over IPv6 and UDP are read back with the same count and addresses",
        ).config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.log("iptables", 30, "-p", "icmp")
                netns.log("iptables", 30, "-p", "udp")
                netns.log("ip6tables", 30, "-p", "tcp")
                val file = tempdir().resolve("mix.pcapng")
                val ran =
                    Capturing(netns, 30, "-w", file.path, "--json").use { nfkit ->
                        netns.inside("ping", "-c", "3", "-i", "0.05", "127.0.0.1")
                        netns.udp(5, port = 7777)
                        // No process listens: each attempt is a SYN and its reset.
                        repeat(3) { run("ip", "netns", "exec", netns.name, "bash", "-c", "echo >/dev/tcp/::1/7778") }
                        nfkit.signal("INT")
                    }
                ran.code shouldBe 0
                val lines = ran.out.lines().filter { it.isNotEmpty() }
                capinfos(file) shouldBe lines.size
                ran.err shouldContain "${lines.size} packets captured, 0 dropped"
                // An ICMP error quotes the packet that caused it: the first of each field is the packet's own.
                val seen =
                    tshark(
                        file,
                        "ip.proto",
                        "ipv6.nxt",
                        "ip.src",
                        "ipv6.src",
                        "ip.dst",
                        "ipv6.dst",
                        "udp.srcport",
                        "tcp.srcport",
                        "udp.dstport",
                        "tcp.dstport",
                    ).map { line ->
                        val f = line.split('\t').map { it.substringBefore(',') }
                        val ports = if (f[0] == "1") listOf("", "") else listOf(f[6] + f[7], f[8] + f[9])
                        (listOf(f[0] + f[1], f[2] + f[3], f[4] + f[5]) + ports).joinToString(" ")
                    }
                seen shouldContainExactlyInAnyOrder
                    lines.map { line ->
                        listOf("protocol", "src", "dst", "sport", "dport").joinToString(" ") { field(line, it) }
                    }
                lines.count { field(it, "protocol") == "17" } shouldBe 5
                lines.count { field(it, "protocol") == "6" } shouldBe 6
                lines.count { field(it, "protocol") == "1" } shouldBeGreaterThan 5
                run(*tcpdump, "-nr", file.path).code shouldBe 0
                tshark(file, "frame.comment").first() shouldContain "ifindex 1 = lo"
                tshark(file, "frame.interface_name").toSet() shouldBe setOf("nflog:30")
            }
        }

        for (signal in listOf("INT", "TERM")) {
            test(
                "50 packets that the kernel still holds are in the file after SIG$signal",
            ).config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    netns.log("iptables", 31, "-p", "udp")
                    val file = tempdir().resolve("held.pcapng")
                    Capturing(netns, 31, "-w", file.path, "--threshold", "1024", "--timeout", HELD_LONG).use { nfkit ->
                        netns.udp(50)
                        netns.held(31) shouldBe 50
                        val ran = nfkit.signal(signal)
                        ran.code shouldBe 0
                        ran.err shouldContain "50 packets captured, 0 dropped: ${file.path}"
                    }
                    capinfos(file) shouldBe 50
                    tshark(file, "frame.number") shouldHaveSize 50
                }
            }
        }

        test("a killed process leaves a valid file with what was flushed").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.log("iptables", 32, "-p", "udp")
                val file = tempdir().resolve("killed.pcapng")
                Capturing(netns, 32, "-w", file.path).use { nfkit ->
                    capinfos(file) shouldBe 0
                    netns.udp(33)
                    await("33 packets in the file") { capinfos(file) == 33 }
                    nfkit.signal("KILL").code shouldBe 137
                }
                capinfos(file) shouldBe 33
                tshark(file, "frame.number") shouldHaveSize 33
            }
        }

        for ((name, args) in listOf(
            "pcapng" to listOf(),
            "classic pcap" to listOf("-P"),
            "raw IP" to listOf("--raw"),
        )) {
            test(
                "packets that -s cuts are dissected by tshark and tcpdump: $name",
            ).config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    netns.log("iptables", 37, "-p", "udp")
                    netns.log("ip6tables", 37, "-p", "udp")
                    val file = tempdir().resolve("cut.pcap")
                    Capturing(netns, 37, "-w", file.path, "-s", "64", *args.toTypedArray()).use { nfkit ->
                        netns.inside("bash", "-c", "printf %1000s . >/dev/udp/127.0.0.1/9")
                        netns.inside("bash", "-c", "printf %1000s . >/dev/udp/::1/9")
                        netns.udp(1)
                        nfkit.signal("INT").code shouldBe 0
                    }
                    capinfos(file) shouldBe 3
                    tshark(file, "ip.src", "ipv6.src", "ip.len", "ipv6.plen", "udp.dstport", "udp.length") shouldBe
                        listOf(
                            "127.0.0.1\t\t1028\t\t9\t1008",
                            "\t::1\t\t1008\t9\t1008",
                            "127.0.0.1\t\t33\t\t9\t13",
                        )
                    val comments = tshark(file, "frame.number", "frame.comment").map { it.substringAfter('\t') }
                    if (args.isEmpty()) {
                        comments.map { it.substringAfter("lo, ") } shouldBe
                            listOf("original length 1028", "original length 1048", "")
                    }
                    val printed = run(*tcpdump, "-nr", file.path)
                    printed.code shouldBe 0
                    val lines = printed.out.lines().filter { it.isNotEmpty() }
                    lines shouldHaveSize 3
                    for ((line, text) in lines zip listOf("127.0.0.1.9: UDP, length 1000", "::1.9: UDP", "length 5")) {
                        line shouldContain text
                    }
                }
            }
        }

        for (args in listOf(listOf(), listOf("-P"), listOf("--raw"))) {
            test(
                "a ping's requests and replies are in the order of their times${args.joinToString("") { ", $it" }}",
            ).config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    // The kernel timestamps packets that arrive, but not packets that leave.
                    for (chain in listOf("OUTPUT", "INPUT")) {
                        netns.inside("iptables", "-A", chain, "-p", "icmp", "-j", "NFLOG", "--nflog-group", "38")
                    }
                    val file = tempdir().resolve("ping.pcap")
                    Capturing(netns, 38, "-w", file.path, *args.toTypedArray()).use { nfkit ->
                        netns.inside("ping", "-c", "5", "-i", "0.15", "127.0.0.1")
                        nfkit.signal("INT").code shouldBe 0
                    }
                    val printed = run("capinfos", "-M", file.path).out
                    printed shouldContain Regex("Number of packets: +20")
                    printed shouldContain Regex("Strict time order: +True")
                    tshark(file, "icmp.seq", "icmp.type") shouldBe
                        (1..5).flatMap { listOf("$it\t8", "$it\t8", "$it\t0", "$it\t0") }
                    if (args.isEmpty()) {
                        val times = tshark(file, "frame.time_epoch", "nflog.timestamp").map { it.split('\t') }
                        val stamped = times.filter { it[1].isNotEmpty() }
                        stamped shouldHaveSize 10
                        for ((time, kernel) in stamped) time.micros() shouldBeGreaterThanOrEqual kernel.micros()
                    }
                }
            }
        }

        test("standard output can be piped into tshark").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.log("iptables", 33, "-p", "udp")
                val script = "\"$@\" | tshark -n -r - -T fields -e udp.dstport"
                val command =
                    nfkitCommand + listOf("capture", "--netns", netns.name, "-i", "nflog:33", "-c", "20", "-w", "-")
                val piped =
                    ProcessBuilder(
                        listOf("sh", "-c", script, "sh") + command,
                    ).redirectErrorStream(false).start()
                await("the group to be bound") { netns.bound(33) }
                netns.udp(20)
                val lines = piped.inputStream.reader().readLines()
                piped.waitFor() shouldBe 0
                lines shouldBe List(20) { "9" }
            }
        }

        test("a reader that closes the pipe early ends the capture quietly").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.log("iptables", 34, "-p", "udp")
                val script = "{ \"$@\" ; echo code \$? >&2; } | head -n 1"
                val command = nfkitCommand + listOf("capture", "--netns", netns.name, "-i", "nflog:34")
                val piped = ProcessBuilder(listOf("sh", "-c", script, "sh") + command).start()
                await("the group to be bound") { netns.bound(34) }
                await("nfkit to end") {
                    netns.udp(1)
                    !piped.isAlive
                }
                piped.inputStream.reader().readLines() shouldHaveSize 1
                val err = piped.errorStream.reader().readText()
                err shouldContain "code 0"
                err shouldNotContain "Exception"
            }
        }

        test(
            "a full disk keeps the captured packets, truncated to complete packets, and ends with code 1",
        ).config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.log("iptables", 35, "-p", "udp")
                val disk = tempdir()
                run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.path).code shouldBe 0
                try {
                    val file = disk.resolve("full.pcapng")
                    Capturing(netns, 35, "-w", file.path).use { nfkit ->
                        netns.udp(1000)
                        val ran = nfkit.ended()
                        ran.code shouldBe 1
                        ran.err shouldContain "full.pcapng: No space left on device"
                        ran.err shouldContain "${capinfos(file)} packets captured"
                    }
                    capinfos(file) shouldBeGreaterThan 100
                } finally {
                    run("umount", disk.path)
                }
            }
        }

        test(
            "a file that cannot be written and a group that is in use end with code 2",
        ).config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val capture = nfkitCommand + listOf("capture", "--netns", netns.name, "-i", "nflog:36")
                val ran = run(capture + listOf("-w", "/nowhere/at/all"))
                ran.code shouldBe 2
                ran.err shouldContain "/nowhere/at/all: No such file or directory"
                Capturing(netns, 36).use {
                    val second = run(capture)
                    second.code shouldBe 2
                    second.err shouldContain "owns this group"
                    second.messages shouldHaveSize 1
                }
            }
        }

        test(
            "the demo captures, writes a file that tshark reads, and ends with code 0",
        ).config(enabledOrReasonIf = live) {
            val ran = run(nfkitCommand + "demo")
            ran.code shouldBe 0
            for (text in listOf("UDP", "TCP", "ICMPv6", "LOCAL_IN", "\"web \"", "0 dropped")) {
                ran.out shouldContain text
            }
            val file =
                java.io.File(
                    ran.out
                        .substringAfter("tshark -r ")
                        .lines()
                        .first(),
                )
            capinfos(file) shouldBe
                ran.out
                    .substringBefore(" packets in")
                    .lines()
                    .last()
                    .toInt()
            file.parentFile.deleteRecursively()
        }
    })
