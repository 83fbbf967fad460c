// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import java.nio.ByteOrder

private const val ESTABLISHED_REPLY = 3L

private fun connection(): ByteArray = SampleConntrack.of(sampleTo(53)).mark(7).toAttributes(ByteOrder.nativeOrder())

private fun NetfilterPacket.shouldHaveItsConnection() {
    conntrack().port shouldBe 53
    conntrack().mark() shouldBe 7
    conntrackInfo() shouldBe ConntrackInfo.of(ESTABLISHED_REPLY)
    conntrack().copy().port shouldBe 53
}

class PacketConntrackSpec :
    FunSpec({
        test("a logged packet has its connection, even after the session's end") {
            val kernel = Kernel().apply { fake.kernel().conntrackGlue(true) }
            bounded {
                val packets =
                    kernel.useNflog({ group(30) { conntrack = true } }) {
                        repeat(2) {
                            val packet =
                                SampleNflog
                                    .of(byteArrayOf(1, 2, 3))
                                    .conntrack(connection())
                                    .conntrackInfo(ESTABLISHED_REPLY)
                            kernel.fake.nflog().log(30, packet)
                        }
                        stop()
                        packets.take(2).toList()
                    }
                packets.forEach { it.shouldHaveItsConnection() }
            }
        }

        test("a queued packet has its connection, while it waits and after the session's end") {
            val kernel = Kernel().apply { fake.kernel().conntrackGlue(true) }
            bounded {
                val packet =
                    kernel.useNfqueue({ queue(3) { conntrack = true } }) {
                        val sample =
                            SampleNfqueue
                                .of(
                                    byteArrayOf(1, 2, 3),
                                ).conntrack(connection())
                                .conntrackInfo(ESTABLISHED_REPLY)
                        kernel.fake.nfqueue().enqueue(3, sample)
                        packets.first().also {
                            it.shouldHaveItsConnection()
                            it.answer(Verdict.ACCEPT)
                        }
                    }
                packet.shouldHaveItsConnection()
            }
        }
    })
