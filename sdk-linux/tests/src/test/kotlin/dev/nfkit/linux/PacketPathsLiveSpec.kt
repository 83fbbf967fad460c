// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.trace.PacketPath
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.PacketPathSink
import dev.nfkit.nftables.trace.PacketPaths
import dev.nfkit.nftables.trace.TraceAttribute
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.time.Duration

private fun Namespace.udp(
    port: Int,
    count: Int = 1,
) = inside {
    DatagramSocket().use { socket ->
        repeat(count) {
            runCatching { socket.send(DatagramPacket(ByteArray(5), 5, InetAddress.getByName("127.0.0.1"), port)) }
        }
    }
}

/** Polls until as many paths as wanted have been delivered. */
private fun PacketPaths.take(
    wanted: Int,
    matching: (PacketPath) -> Boolean = { true },
): List<PacketPath> {
    val found = mutableListOf<PacketPath>()
    val sink = PacketPathSink<RuntimeException> { if (matching(it)) found += it }
    val stop = System.nanoTime() + Duration.ofSeconds(20).toNanos()
    while (found.size < wanted && System.nanoTime() < stop) {
        poll(sink, Duration.ofMillis(200))
    }
    return found
}

private fun paths(match: String) = PacketPathOptions.builder().rule(match).build()

private fun onLoopback(test: Ruleset.() -> Unit) =
    withRuleset {
        namespace.exec("ip", "link", "set", "lo", "up")
        test()
    }

/** The paths of packets on the running kernel. */
class PacketPathsLiveSpec :
    FunSpec({
        test("a packet's path has its rules as text and its connection, and the table disappears")
            .config(enabledOrReasonIf = needsNft) {
                onLoopback {
                    nft("add table inet t")
                    nft("add chain inet t in { type filter hook input priority 0; policy accept; }")
                    nft("add chain inet t sub")
                    nft("add rule inet t in ct state new udp dport 53 jump sub")
                    nft("add rule inet t sub meta mark set 7")
                    nft("add rule inet t sub udp dport 53 drop comment \"no dns\"")
                    PacketPaths.open(namespace.transport, paths("udp dport 53")).use { session ->
                        namespace.udp(54)
                        namespace.udp(53)
                        val path = session.take(1) { it.outcome() == PacketPath.Outcome.DROPPED }.single()
                        val last = path.last()
                        last.steps().map { session.text(last.table(), it).get() } shouldContainExactly
                            listOf(
                                "ct state new udp dport 53 jump sub",
                                "meta mark set 0x00000007",
                                "udp dport 53 drop comment \"no dns\"",
                            )
                        path.complete() shouldBe true
                        last.place().get().toString() shouldBe "input 0"
                        last.steps().last().mark() shouldBe 7L
                        val described = last.description().get()
                        described.inputInterface() shouldBe 1
                        if (described.has(TraceAttribute.CT_STATE)) {
                            described.connectionInfo().name shouldBe "NEW"
                        }
                    }
                    listed().none { it.contains("nfkit-") } shouldBe true
                }
            }

        test("packets of one connection, which have the same number, are separate paths")
            .config(enabledOrReasonIf = needsNft) {
                onLoopback {
                    nft("add table inet t")
                    nft("add chain inet t in { type filter hook input priority 0; policy accept; }")
                    nft("add rule inet t in udp dport 53 counter drop")
                    PacketPaths.open(namespace.transport, paths("udp dport 53")).use { session ->
                        namespace.udp(53, count = 200)
                        val dropped = session.take(200) { it.outcome() == PacketPath.Outcome.DROPPED }
                        dropped.size shouldBe 200
                        dropped.all { it.complete() && it.passes().size == 2 } shouldBe true
                        session.statistics().socketDrops() shouldBe 0
                        session.pathStatistics().evicted() shouldBe 0
                    }
                }
            }

        test("a stop removes the rule, and delivers what was traced before").config(enabledOrReasonIf = needsNft) {
            onLoopback {
                PacketPaths.open(namespace.transport, paths("udp dport 53")).use { session ->
                    namespace.udp(53, count = 3)
                    session.stop()
                    val paths = mutableListOf<PacketPath>()
                    session.run(PacketPathSink<RuntimeException> { paths += it })
                    paths.size shouldBe 6 // at output and at prerouting
                    Nftables.open(namespace.transport).use { client ->
                        val rules = mutableListOf<String>()
                        client.list().rules<RuntimeException> { rules += "$it" }
                        rules.shouldBeEmpty()
                    }
                }
                listed().shouldBeEmpty()
            }
        }
    })
