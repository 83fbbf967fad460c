// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue

import dev.nfkit.samples.cli.Deciding
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.doubles.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.nio.file.Path

private const val DATA = "what was sent"

/**
 * A program that runs within the namespace: sends a datagram to itself and prints the payload received, in hexadecimal.
 */
internal object Echo {
    @JvmStatic
    fun main(args: Array<String>) {
        val loopback = InetAddress.getByName("127.0.0.1")
        DatagramSocket(args[0].toInt(), loopback).use { socket ->
            repeat(args[1].toInt()) {
                socket.send(DatagramPacket(DATA.toByteArray(), DATA.length, loopback, socket.localPort))
                val came = DatagramPacket(ByteArray(100), 100).also(socket::receive)
                println(came.data.copyOf(came.length).joinToString("") { "%02x".format(it) })
            }
        }
    }
}

private fun Netns.echo(
    port: Int,
    count: Int,
): List<String> {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val echo = "dev.nfkit.samples.cli.queue.Echo"
    return inside(java, "-cp", System.getProperty("java.class.path"), echo, "$port", "$count").trim().lines()
}

private fun Netns.checksumErrors(): Int {
    val udp = inside("cat", "/proc/net/snmp").lines().filter { it.startsWith("Udp:") }.map { it.split(' ') }
    return udp[1][udp[0].indexOf("InCsumErrors")].toInt()
}

/** What 0 is in the initial user namespace, whose numbers the kernel sends. */
private val USER: Long =
    File("/proc/self/uid_map")
        .readText()
        .trim()
        .split(Regex(" +"))[1]
        .toLong()

class QueueLiveSpec :
    FunSpec({
        test("a rule follows an interface to its new name").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.inside("ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0")
                netns.inside("ip", "link", "set", "b0", "up")
                netns.inside("ip", "addr", "add", "10.8.0.1/24", "dev", "a0")
                netns.inside("ip", "link", "set", "a0", "up")
                netns.queue("iptables", 0, "-o", "+", "-p", "udp")
                Deciding(netns, "0", "--drop", "out wan0", "-v").use { nfkit ->
                    netns.udp(1, "10.8.0.2", 53)
                    await("a verdict by the first name") { nfkit.printed().contains("ACCEPT") }
                    netns.inside("ip", "link", "set", "a0", "down")
                    netns.inside("ip", "link", "set", "a0", "name", "wan0")
                    netns.inside("ip", "link", "set", "wan0", "up")
                    netns.inside("ip", "addr", "replace", "10.8.0.1/24", "dev", "wan0")
                    await("a verdict by the new name") {
                        netns.udp(1, "10.8.0.2", 54)
                        nfkit.printed().lines().any { it.contains("out wan0") && it.contains("DROP") }
                    }
                    nfkit.signal("INT").code shouldBe 0
                }
            }
        }

        test("packets that a rule drops are lost, the rest passes").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                netns.count("-p", "udp", "--dport", "53")
                netns.count("-p", "udp", "--dport", "54")
                Deciding(netns, "0", "--drop", "udp dport 53").use { nfkit ->
                    netns.udp(5, port = 53)
                    netns.udp(7, port = 54)
                    await("all to be decided") { netns.counted() == listOf(0, 7) && netns.waiting(0) == 0 }
                    val ran = nfkit.signal("INT")
                    ran.code shouldBe 0
                    ran.out shouldBe ""
                    ran.err
                        .lines()
                        .filter { it.isNotEmpty() }
                        .drop(1) shouldContainExactly
                        listOf(
                            "12 packets: 7 accepted, 5 dropped; 0 lost",
                            "  rule 1, --drop 'udp dport 53': 5 packets",
                        )
                }
                netns.counted() shouldContainExactly listOf(0, 7)
            }
        }

        test("later rules see a mark, from several queues").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 3, "-p", "udp", "--dport", "70")
                netns.queue("iptables", 5, "-p", "udp", "--dport", "71")
                netns.count("-m", "mark", "--mark", "7")
                netns.count("-m", "mark", "--mark", "0x107")
                val rules = arrayOf("--mark", "7: queue 3", "--mark", "0x107: udp dport 71 and out lo and uid $USER")
                Deciding(netns, "3-5", *rules, "-c", "5").use { nfkit ->
                    netns.udp(2, port = 70)
                    netns.udp(3, port = 71)
                    nfkit.ended().code shouldBe 0
                }
                netns.counted() shouldContainExactly listOf(2, 3)
            }
        }

        test(
            "pings delayed together are not lost in the raw table, and those lost after it are reported",
        ).config(enabledOrReasonIf = live) {
            for (table in listOf("raw", "filter")) {
                Netns().use { netns ->
                    netns.track()
                    val match = arrayOf("-p", "icmp", "--icmp-type", "8")
                    netns.inside(
                        "iptables",
                        "-t",
                        table,
                        "-A",
                        "OUTPUT",
                        *match,
                        "-j",
                        "NFQUEUE",
                        "--queue-num",
                        "0",
                    )
                    Deciding(netns, "0", "--delay", "1s: icmp").use { nfkit ->
                        val pinged = netns.inside("ping", "-q", "-c", "10", "-i", "0.02", "-W", "3", "127.0.0.1")
                        val answered = Regex("(\\d+) received").find(pinged)!!.groupValues[1].toInt()
                        val summary = nfkit.signal("INT").err
                        val dropped = Regex("(\\d+) packets? dropped by connection tracking").find(summary)
                        val lost = dropped?.groupValues?.get(1)?.toInt() ?: 0
                        summary shouldContain "10 packets: 10 delayed; 0 lost"
                        answered + lost shouldBe 10
                        (lost > 0) shouldBe (table == "filter")
                    }
                }
            }
        }

        test("a delayed ping takes at least as long, both ways").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "icmp")
                Deciding(netns, "0", "--delay", "150ms: icmp").use { nfkit ->
                    val output = netns.inside("ping", "-c", "1", "-W", "30", "127.0.0.1")
                    val time = Regex("time=([0-9.]+) ms").find(output)!!.groupValues[1].toDouble()
                    time shouldBeGreaterThanOrEqual 300.0
                    nfkit.signal("TERM").err shouldContain "2 packets: 2 delayed; 0 lost"
                }
            }
        }

        test("other packets overtake delayed ones, which are accepted at SIGTERM").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                netns.count("-p", "udp", "--dport", "1")
                netns.count("-p", "udp", "--dport", "2")
                Deciding(netns, "0", "--delay", "1000s: udp dport 1", "--default", "accept").use { nfkit ->
                    netns.udp(100, port = 1)
                    netns.udp(1, port = 2)
                    await("the later packet to pass") { netns.counted()[1] == 1 }
                    netns.counted()[0] shouldBe 0
                    netns.waiting(0) shouldBe 100
                    val ran = nfkit.signal("TERM")
                    ran.code shouldBe 0
                    ran.err shouldContain "101 packets: 1 accepted, 100 delayed; 0 lost"
                }
                netns.counted() shouldContainExactly listOf(100, 1)
            }
        }

        test("a receiver gets the corrupted payload if checksums are corrected").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                Deciding(netns, "0", "--corrupt", "byte checksums: udp", "--json").use { nfkit ->
                    val came = netns.echo(4444, 5)
                    came shouldHaveSize 5
                    for (bytes in came.map { it.chunked(2).map { byte -> byte.toInt(16) } }) {
                        bytes.indices.count { bytes[it] != DATA[it].code } shouldBe 1
                    }
                    val ran = nfkit.signal("INT")
                    ran.err shouldContain "5 packets: 5 corrupted"
                    val objects =
                        ran.out
                            .lines()
                            .filter { it.isNotEmpty() }
                            .map { parseJson(it)["verdict"] as Map<*, *> }
                    objects.map { (it["payload"] as String).drop(2 * 28) } shouldContainExactly came
                }
            }
        }

        test(
            "a receiver's checksum detects the corruption if checksums are not corrected",
        ).config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp", "--dport", "4445")
                val before = netns.checksumErrors()
                Deciding(netns, "0", "--corrupt", "50%: udp", "--seed", "5", "-a", "packets:20").use { nfkit ->
                    netns.udp(20, port = 4445)
                    val ran = nfkit.ended()
                    ran.code shouldBe 0
                    ran.err shouldContain "Deciding on nfqueue:0, seed 5"
                    val corrupted = Regex("(\\d+) corrupted").find(ran.err)!!.groupValues[1].toInt()
                    // No process listens: the kernel checks the checksum before it answers with an ICMP error.
                    await("the kernel to notice") { netns.checksumErrors() - before == corrupted }
                }
            }
        }

        test("JSON has one object for each packet, with its verdict").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                netns.queue("ip6tables", 0, "-p", "udp")
                Deciding(netns, "0", "--json", "--drop", "ip6", "-c", "6").use { nfkit ->
                    netns.udp(3)
                    netns.udp(3, address = "::1")
                    val ran = nfkit.ended()
                    ran.code shouldBe 0
                    val packets =
                        ran.out
                            .lines()
                            .filter { it.isNotEmpty() }
                            .map(::parseJson)
                    packets shouldHaveSize 6
                    packets.map { it["packet_id"] } shouldContainExactly List(6) { it + 1L }
                    for (packet in packets) {
                        packet["hook"] shouldBe "LOCAL_OUT"
                        packet["uid"] shouldBe USER
                        val six = packet["family"] == 10L
                        packet["src"] shouldBe if (six) "::1" else "127.0.0.1"
                        packet["verdict"] shouldBe
                            if (six) mapOf("verdict" to "NF_DROP", "rule" to 1L) else mapOf("verdict" to "NF_ACCEPT")
                    }
                }
            }
        }

        test("lines name the interface and the verdict").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                Deciding(netns, "0", "-v", "--mark", "0x2a: udp", "-c", "1").use { nfkit ->
                    netns.udp(1)
                    val line = nfkit.ended().out
                    line shouldContain "nfqueue:0 #1  LOCAL_OUT out lo  UDP 127.0.0.1:"
                    line shouldContain "127.0.0.1:9, 33 bytes, uid $USER  -> NF_ACCEPT, mark 0x2a by rule 1"
                }
            }
        }

        test(
            "packets that find the queue full are reported as dropped by the kernel",
        ).config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.queue("iptables", 0, "-p", "udp")
                netns.count("-p", "udp")
                Deciding(netns, "0", "--delay", "1000s", "--max-length", "4").use { nfkit ->
                    netns.udp(10)
                    val ran = nfkit.signal("TERM")
                    ran.err shouldContain "4 packets: 4 delayed; 6 lost (6 dropped because the queue was full)"
                }
                netns.counted() shouldContainExactly listOf(4)
            }
        }

        test("a second owner gets the pid of the first, in one line with code 2").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                Deciding(netns, "6").use { first ->
                    val second = run(nfkitCommand + listOf("queue", "--netns", netns.name, "-i", "nfqueue:5-6"))
                    second.code shouldBe 2
                    second.messages shouldHaveSize 1
                    second.err shouldContain "bind NFQUEUE queue 6: EPERM"
                    second.err shouldContain "pid ${first.process.pid()}) owns this queue"
                    first.signal("INT").err shouldContain "0 packets; 0 lost"
                }
            }
        }
    })
