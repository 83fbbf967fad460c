// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live

import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.PacketRule
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.time.Duration
import java.time.Duration.ofMillis

/** A datagram socket on port 53 of the loopback, and one that sends to it. */
private class Pair(
    namespace: TestNamespace,
) : AutoCloseable {
    private val target = InetAddress.getByName("127.0.0.1")
    private val server = namespace.call { DatagramSocket(53, target) }.apply { soTimeout = BOUND_MILLIS }
    private val client = namespace.call { DatagramSocket() }

    fun send(text: String) = client.send(DatagramPacket(text.toByteArray(), text.length, target, 53))

    fun receive(): String {
        val packet = DatagramPacket(ByteArray(99), 99)
        server.receive(packet)
        return String(packet.data, 0, packet.length, Charsets.ISO_8859_1)
    }

    override fun close() {
        server.close()
        client.close()
    }
}

private fun bits(
    one: String,
    other: String,
): Int = one.indices.sumOf { Integer.bitCount(one[it].code xor other[it].code) }

class InjectedFaultsSpec :
    FunSpec({
        test("the first packets are dropped, and the rest pass").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                Pair(namespace).use { pair ->
                    val faults = namespace.inject("udp dport 53") { it.dropFirst(2) }
                    listOf("a", "b", "c", "d").forEach(pair::send)
                    pair.receive() + pair.receive() shouldBe "cd"
                    faults.awaitPackets(4)
                    faults.dropped() shouldBe 2
                    faults.toString() shouldStartWith
                        "faults of \"udp dport 53\": 4 packets, 2 dropped, 0 corrupted, 0 delayed, seed 1"
                }
            }
        }

        test("a seed repeats random faults, and another one does not").config(enabledOrReasonIf = live) {
            fun lost(seed: Long): List<String> =
                TestNamespace.open().use { namespace ->
                    Pair(namespace).use { pair ->
                        val faults = namespace.inject("udp dport 53") { it.drop(0.5).seed(seed) }
                        (0 until 40).forEach { pair.send("$it") }
                        faults.awaitPackets(40)
                        List(40 - faults.dropped().toInt()) { pair.receive() }
                    }
                }
            val first = lost(7)
            first.size shouldBeInRange 5..35
            lost(7) shouldContainExactly first
            lost(8) shouldNotBe first
        }

        test("a corrupted packet arrives with one other bit").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                Pair(namespace).use { pair ->
                    val faults = namespace.inject("udp dport 53") { it.corrupt(1.0) }
                    pair.send("payload")
                    bits(pair.receive(), "payload") shouldBe 1
                    faults.corrupted() shouldBe 1
                }
            }
        }

        test("delayed packets arrive later, in their order").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                Pair(namespace).use { pair ->
                    val faults = namespace.inject("udp dport 53") { it.delay(ofMillis(100)) }
                    val begin = System.nanoTime()
                    listOf("a", "b", "c").forEach(pair::send)
                    List(3) { pair.receive() } shouldContainExactly listOf("a", "b", "c")
                    Duration.ofNanos(System.nanoTime() - begin).toMillis() shouldBeGreaterThanOrEqual 100
                    faults.delayed() shouldBe 3
                }
            }
        }

        test("several faults add up, and TCP copes with them").config(enabledOrReasonIf = live) {
            TestNetwork.open().use { network ->
                val slow = network.server().inject("tcp dport 80") { it.delay(ofMillis(5), ofMillis(5)) }
                val lossy = network.server().inject("tcp dport 80") { it.dropFirst(1) }
                network.server().call { ServerSocket(80) }.use { server ->
                    network.client().call { Socket(network.serverAddress(), 80) }.use { client ->
                        val sent = ByteArray(100_000) { it.toByte() }
                        val writer =
                            Thread {
                                client.getOutputStream().write(sent)
                                client.shutdownOutput()
                            }
                        writer.start()
                        server.accept().use { it.getInputStream().readAllBytes() } shouldBe sent
                        writer.join()
                    }
                }
                lossy.dropped() shouldBe 1
                lossy.packets() shouldBeGreaterThan slow.packets()
            }
        }

        test("closed faults release delayed packets, touch no more, and leave other queues alone")
            .config(enabledOrReasonIf = live) {
                TestNamespace.open().use { namespace ->
                    Pair(namespace).use { pair ->
                        val options =
                            NfqueueOptions
                                .builder()
                                .queue(1)
                                .rule("udp dport 53")
                                .build()
                        NfqueueSession.open(namespace.transport(), options).use { session ->
                            val faults = namespace.inject("udp dport 53") { it.delay(Duration.ofHours(1)) }
                            pair.send("a")
                            faults.awaitPackets(1)
                            faults.close()
                            faults.close()
                            pair.send("b")
                            eventually("both wait in the queue of the test") {
                                namespace
                                    .transport()
                                    .kernel()
                                    .nfqueues()
                                    .first { it.queue() == 1 }
                                    .waiting() == 2L
                            }
                            namespace.inject("udp dport 53") { it.drop(1.0) }.close()
                            var decided = 0
                            while (decided < 2) {
                                decided +=
                                    session.poll<RuntimeException>({ Verdict.ACCEPT }, ofMillis(BOUND_MILLIS.toLong()))
                            }
                            pair.receive() + pair.receive() shouldBe "ab"
                            faults.packets() shouldBe 1
                        }
                    }
                }
            }

        test("faults may be at another hook").config(enabledOrReasonIf = live) {
            TestNamespace.open().use { namespace ->
                Pair(namespace).use { pair ->
                    val faults = namespace.inject(PacketRule.of("udp dport 53").hooks("input")) { it.dropFirst(1) }
                    listOf("a", "b").forEach(pair::send)
                    pair.receive() shouldBe "b"
                    faults.packets() shouldBe 2
                }
            }
        }

        test("values out of range are refused by name") {
            fun refused(configure: PacketFaults.() -> Unit) =
                shouldThrow<IllegalArgumentException> { PacketFaults().configure() }.message!!
            refused { drop(1.1) } shouldBe "drop 1.1 is out of 0 to 1"
            refused { drop(Double.NaN) } shouldContain "NaN"
            refused { corrupt(-0.1) } shouldContain "corrupt -0.1"
            refused { dropFirst(-1) } shouldContain "dropFirst -1"
            refused { delay(ofMillis(-1)) } shouldContain "delay PT-0.001S"
            refused { delay(Duration.ofHours(2)) } shouldContain "1 h"
            refused { delay(ofMillis(1), ofMillis(2)) } shouldContain "jitter PT0.002S is out of 0 to the delay"
        }
    })
