package dev.nfkit.samples.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.doubles.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.nio.file.Path

private const val DATA = "what was sent"

/** A program for within the namespace: sends a datagram to itself and prints what comes, in hexadecimal. */
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

private fun Room.echo(
    port: Int,
    count: Int,
): List<String> {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val echo = "dev.nfkit.samples.cli.Echo"
    return inside(java, "-cp", System.getProperty("java.class.path"), echo, "$port", "$count").trim().lines()
}

private fun Room.checksumErrors(): Int {
    val udp = inside("cat", "/proc/net/snmp").lines().filter { it.startsWith("Udp:") }.map { it.split(' ') }
    return udp[1][udp[0].indexOf("InCsumErrors")].toInt()
}

class QueueLiveSpec :
    FunSpec({
        test("a rule follows an interface to its new name").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.inside("ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0")
                room.inside("ip", "link", "set", "b0", "up")
                room.inside("ip", "addr", "add", "10.8.0.1/24", "dev", "a0")
                room.inside("ip", "link", "set", "a0", "up")
                room.queue("iptables", 0, "-o", "+", "-p", "udp")
                Deciding(room, "0", "--drop", "out wan0", "-v").use { nfkit ->
                    room.udp(1, "10.8.0.2", 53)
                    await("a verdict by the first name") { nfkit.printed().contains("ACCEPT") }
                    room.inside("ip", "link", "set", "a0", "down")
                    room.inside("ip", "link", "set", "a0", "name", "wan0")
                    room.inside("ip", "link", "set", "wan0", "up")
                    room.inside("ip", "addr", "replace", "10.8.0.1/24", "dev", "wan0")
                    await("a verdict by the new name") {
                        room.udp(1, "10.8.0.2", 54)
                        nfkit.printed().lines().any { it.contains("out wan0") && it.contains("DROP") }
                    }
                    nfkit.signal("INT").code shouldBe 0
                }
            }
        }

        test("what a rule says is dropped, the rest passes").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp")
                room.count("-p", "udp", "--dport", "53")
                room.count("-p", "udp", "--dport", "54")
                Deciding(room, "0", "--drop", "udp dport 53").use { nfkit ->
                    room.udp(5, port = 53)
                    room.udp(7, port = 54)
                    await("all to be decided") { room.counted() == listOf(0, 7) && room.waiting(0) == 0 }
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
                room.counted() shouldContainExactly listOf(0, 7)
            }
        }

        test("a mark is seen by the rules behind, from several queues").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 3, "-p", "udp", "--dport", "70")
                room.queue("iptables", 5, "-p", "udp", "--dport", "71")
                room.count("-m", "mark", "--mark", "7")
                room.count("-m", "mark", "--mark", "0x107")
                val rules = arrayOf("--mark", "7: queue 3", "--mark", "0x107: udp dport 71 and out lo and uid 0")
                Deciding(room, "3-5", *rules, "-c", "5").use { nfkit ->
                    room.udp(2, port = 70)
                    room.udp(3, port = 71)
                    nfkit.ended().code shouldBe 0
                }
                room.counted() shouldContainExactly listOf(2, 3)
            }
        }

        test(
            "of pings that are delayed together none is lost in the raw table, and elsewhere those that are lost are told",
        ).config(enabledOrReasonIf = live) {
            for (table in listOf("raw", "filter")) {
                Room().use { room ->
                    room.track()
                    val match = arrayOf("-p", "icmp", "--icmp-type", "8")
                    room.inside(
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
                    Deciding(room, "0", "--delay", "1s: icmp").use { nfkit ->
                        val pinged = room.inside("ping", "-q", "-c", "10", "-i", "0.02", "-W", "3", "127.0.0.1")
                        val answered = Regex("(\\d+) received").find(pinged)!!.groupValues[1].toInt()
                        val told = nfkit.signal("INT").err
                        val dropped = Regex("(\\d+) packets? dropped by connection tracking").find(told)
                        val lost = dropped?.groupValues?.get(1)?.toInt() ?: 0
                        told shouldContain "10 packets: 10 delayed; 0 lost"
                        answered + lost shouldBe 10
                        (lost > 0) shouldBe (table == "filter")
                    }
                }
            }
        }

        test("a delayed ping takes at least as long, both ways").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "icmp")
                Deciding(room, "0", "--delay", "150ms: icmp").use { nfkit ->
                    val said = room.inside("ping", "-c", "1", "-W", "30", "127.0.0.1")
                    val time = Regex("time=([0-9.]+) ms").find(said)!!.groupValues[1].toDouble()
                    time shouldBeGreaterThanOrEqual 300.0
                    nfkit.signal("TERM").err shouldContain "2 packets: 2 delayed; 0 lost"
                }
            }
        }

        test("others overtake what is delayed, which goes on at SIGTERM").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp")
                room.count("-p", "udp", "--dport", "1")
                room.count("-p", "udp", "--dport", "2")
                Deciding(room, "0", "--delay", "1000s: udp dport 1", "--default", "accept").use { nfkit ->
                    room.udp(100, port = 1)
                    room.udp(1, port = 2)
                    await("the one behind to pass") { room.counted()[1] == 1 }
                    room.counted()[0] shouldBe 0
                    room.waiting(0) shouldBe 100
                    val ran = nfkit.signal("TERM")
                    ran.code shouldBe 0
                    ran.err shouldContain "101 packets: 1 accepted, 100 delayed; 0 lost"
                }
                room.counted() shouldContainExactly listOf(100, 1)
            }
        }

        test("a receiver sees what was corrupted where checksums are put right").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp")
                Deciding(room, "0", "--corrupt", "byte checksums: udp", "--json").use { nfkit ->
                    val came = room.echo(4444, 5)
                    came shouldHaveSize 5
                    for (bytes in came.map { it.chunked(2).map { byte -> byte.toInt(16) } }) {
                        bytes.indices.count { bytes[it] != DATA[it].code } shouldBe 1
                    }
                    val ran = nfkit.signal("INT")
                    ran.err shouldContain "5 packets: 5 corrupted"
                    val told =
                        ran.out
                            .lines()
                            .filter { it.isNotEmpty() }
                            .map { parseJson(it)["verdict"] as Map<*, *> }
                    told.map { (it["payload"] as String).drop(2 * 28) } shouldContainExactly came
                }
            }
        }

        test("a receiver's checksum finds what was corrupted where they are left").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp", "--dport", "4445")
                val before = room.checksumErrors()
                Deciding(room, "0", "--corrupt", "50%: udp", "--seed", "5", "-a", "packets:20").use { nfkit ->
                    room.udp(20, port = 4445)
                    val ran = nfkit.ended()
                    ran.code shouldBe 0
                    ran.err shouldContain "Deciding on nfqueue:0, seed 5"
                    val corrupted = Regex("(\\d+) corrupted").find(ran.err)!!.groupValues[1].toInt()
                    // Nobody listens, so that the kernel checks before it answers that nobody does.
                    await("the kernel to notice") { room.checksumErrors() - before == corrupted }
                }
            }
        }

        test("JSON has one object a packet, with its verdict").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp")
                room.queue("ip6tables", 0, "-p", "udp")
                Deciding(room, "0", "--json", "--drop", "ip6", "-c", "6").use { nfkit ->
                    room.udp(3)
                    room.udp(3, address = "::1")
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
                        packet["uid"] shouldBe 0L
                        val six = packet["family"] == 10L
                        packet["src"] shouldBe if (six) "::1" else "127.0.0.1"
                        packet["verdict"] shouldBe
                            if (six) mapOf("verdict" to "NF_DROP", "rule" to 1L) else mapOf("verdict" to "NF_ACCEPT")
                    }
                }
            }
        }

        test("lines name the interface and the verdict").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp")
                Deciding(room, "0", "-v", "--mark", "0x2a: udp", "-c", "1").use { nfkit ->
                    room.udp(1)
                    val line = nfkit.ended().out
                    line shouldContain "nfqueue:0 #1  LOCAL_OUT out lo  UDP 127.0.0.1:"
                    line shouldContain "127.0.0.1:9, 33 bytes, uid 0  -> NF_ACCEPT, mark 0x2a by rule 1"
                }
            }
        }

        test("what finds the queue full is told, dropped by the kernel").config(enabledOrReasonIf = live) {
            Room().use { room ->
                room.queue("iptables", 0, "-p", "udp")
                room.count("-p", "udp")
                Deciding(room, "0", "--delay", "1000s", "--max-length", "4").use { nfkit ->
                    room.udp(10)
                    val ran = nfkit.signal("TERM")
                    ran.err shouldContain "4 packets: 4 delayed; 6 lost (6 dropped because the queue was full)"
                }
                room.counted() shouldContainExactly listOf(4)
            }
        }

        test("a second owner is told of the first, in one line with code 2").config(enabledOrReasonIf = live) {
            Room().use { room ->
                Deciding(room, "6").use { first ->
                    val second = run(nfkitCommand + listOf("queue", "--netns", room.name, "-i", "nfqueue:5-6"))
                    second.code shouldBe 2
                    second.err.lines().filter { it.isNotEmpty() } shouldHaveSize 1
                    second.err shouldContain "bind NFQUEUE queue 6: EPERM"
                    second.err shouldContain "pid ${first.process.pid()}) owns this queue"
                    first.signal("INT").err shouldContain "0 packets; 0 lost"
                }
            }
        }
    })
