// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.PacketRule
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.trace.PacketPath
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.TraceEventOptions
import dev.nfkit.nftables.trace.TraceStep
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList

private const val READER = "trace-events"

private const val RULES =
    "table inet t { chain c { type filter hook input priority 0; udp dport 53 meta nftrace set 1 drop; } }"

private fun Kernel.rules() = Nftables.open(fake).use { it.commit(Batch().add(Ruleset.parse(RULES))) }

private fun Kernel.send(port: Int) = fake.packets().of(SamplePackets.udp("10.0.0.1", 1, "10.0.0.2", port)).toInput()

/** Whether the reader waits for trace messages. */
private fun waits(what: String): Boolean =
    readers(what).any { thread ->
        thread.state == Thread.State.TIMED_WAITING &&
            thread.stackTrace.any { it.className == "dev.nfkit.session.EventStream" && it.methodName == "poll" }
    }

/** Trace messages and paths of packets in Kotlin. */
class TraceFlowSpec :
    FunSpec({
        test("trace events are owned, and the session ends with the collection") {
            val kernel = Kernel().also { it.rules() }
            bounded {
                val event = async { kernel.traceEvents().first() }
                eventually("the reader waits in the kernel") { waits(READER) }
                kernel.send(53)
                val step = event.await().shouldBeInstanceOf<TraceStep>()
                step.chain() shouldBe "c"
                step.networkHeader().length() shouldBe 20
            }
            kernel.fake.openSockets() shouldBe 0
            readers(READER).shouldBeEmpty()
        }

        test("a session of paths installs its rule, and gives the text of rules") {
            val kernel = Kernel().also { it.rules() }
            bounded {
                kernel.usePacketPaths({ rule("udp dport 53") }) {
                    ownTable!!.name().startsWith("nfkit-") shouldBe true
                    kernel.send(54)
                    kernel.send(53)
                    stop()
                    val path = paths.toList().single()
                    path.outcome() shouldBe PacketPath.Outcome.DROPPED
                    val step = path.last().deciding().get()
                    text(path.last().table(), step) shouldBe "udp dport 53 meta nftrace set 1 drop"
                    statistics().socketDrops() shouldBe 0
                    pathStatistics().paths() shouldBe 1
                }
            }
            kernel.fake.openSockets() shouldBe 0
            Nftables.open(kernel.fake).use { client ->
                client.list().tables().map { it.table().name() } shouldContainExactly listOf("t")
            }
        }

        test("a flow of paths has a session of its own") {
            val kernel = Kernel().also { it.rules() }
            bounded {
                val rule = PacketRule.of("udp dport 53").hooks("prerouting")
                val path = async { kernel.packetPaths { rule(rule) }.first() }
                eventually("the reader waits in the kernel") { waits("packet-paths") }
                kernel.send(53)
                path.await().passes().size shouldBe 2
            }
            kernel.fake.openSockets() shouldBe 0
        }

        test("options are those of Java, and bad ones are refused at once") {
            TraceEventOptionsBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder
                TraceEventOptions.Builder::class.java.options() + "batchCapacity"
            PacketPathOptionsBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder
                PacketPathOptions.Builder::class.java.options() + "batchCapacity"
            val kernel = Kernel()
            shouldThrow<IllegalArgumentException> { kernel.traceEvents { receiveBuffer = 4095 } }
                .message shouldBe "receiveBuffer 4095 is out of 4096 to 1073741823"
            shouldThrow<IllegalArgumentException> { kernel.packetPaths { rule("udp dport 53 drop") } }
            TraceEventOptionsBuilder().apply { receiveBuffer = 65536 }.build().receiveBuffer() shouldBe 65536
            PacketPathOptionsBuilder()
                .apply { receiveBuffer = 65536 }
                .build()
                .events()
                .receiveBuffer() shouldBe 65536
        }
    })
