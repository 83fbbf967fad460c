// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Ruleset
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestPacket
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeInRange

private fun FakeNetfilter.sent(packet: ByteArray): TestPacket = packets().of(packet).out("eth0")

/** The rules of nft that queue, in a kernel in memory: not every kernel has the statement. */
class NftQueuesSpec :
    FunSpec({
        val udp = SamplePackets.udp("192.0.2.1", 4000, "192.0.2.2", 5000)
        val dns = SamplePackets.udp("192.0.2.1", 4000, "192.0.2.2", 53)
        val tcp = SamplePackets.tcp("192.0.2.1", 4000, "192.0.2.2", 80, 0x02)
        val packets =
            mapOf<Pair<String, String>, (FakeNetfilter) -> PacketTrace>(
                ("balance" to "Rules") to { it.sent(udp).fromOutput() },
                ("connection-mark" to "Rules") to
                    { it.sent(tcp).connection(TestPacket.ConnectionState.NEW).fromOutput() },
                ("connection-mark" to "Where the kernel attaches connections") to
                    { it.sent(tcp).connection(TestPacket.ConnectionState.NEW).fromOutput() },
                ("exceptions" to "Rules") to {
                    it
                        .packets()
                        .of(udp)
                        .`in`("eth0")
                        .toInput()
                },
                ("shutdown" to "Rules") to { it.sent(udp).fromOutput() },
                ("faults" to "Rules") to { it.sent(dns).fromOutput() },
            )

        for ((place, packet) in packets) {
            val (page, section) = place
            test("the page $page, section $section: a packet is queued") {
                val kernel = FakeNetfilter()
                Nftables.open(kernel).use { nftables ->
                    nftables.commit(Batch().add(Ruleset.parse(Page(page).nft(section))))
                    val queues = packet(kernel).queues()
                    queues shouldHaveSize 1
                    queues.first() shouldBeInRange 0..3
                }
            }
        }
    })
