// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import dev.nfkit.Bytes
import dev.nfkit.Hook
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.needsNft
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.trace.TraceAttribute
import dev.nfkit.nftables.trace.TraceEvent
import dev.nfkit.nftables.trace.TraceEventOptions
import dev.nfkit.nftables.trace.TraceEventSink
import dev.nfkit.nftables.trace.TraceEvents
import dev.nfkit.nftables.trace.TraceStep
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.RawRuleset
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.TestPacket
import dev.nfkit.testkit.copyRuleset
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.file.Files
import java.time.Duration
import java.util.Random
import java.util.concurrent.TimeUnit

private const val TRACED = 40

/** Before all other rules, on the receiving device only. */
private const val TRACE = """
table inet tracing {
    chain pre { type filter hook prerouting priority -500; iifname "d0" meta nftrace set 1; }
}
"""

/** Random rulesets of nft and random packets: the fake traces packets as this kernel does, message by message. */
class TraceEvaluationSpec :
    FunSpec({
        test("the fake traces packets as this kernel does").config(enabledOrReasonIf = needsNft) {
            Namespace().use { namespace ->
                Veth(namespace).use { veth ->
                    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BUDGET_SECONDS)
                    var seed = FIRST_SEED
                    var packets = 0
                    val differences = mutableListOf<String>()
                    while ((System.nanoTime() < stop || packets == 0) && differences.size < 3) {
                        val compared = TraceComparison(namespace, veth, seed++).run() ?: continue
                        packets += TRACED
                        differences += compared
                    }
                    differences.forEach(::println)
                    println("traces: $packets packets compared")
                    differences.shouldBeEmpty()
                }
            }
        }
    })

private fun tracesConnections(): Boolean {
    val (major, minor) = System.getProperty("os.version").split('.', '-').map { it.toIntOrNull() ?: 0 }
    return major > 6 || (major == 6 && minor >= 16)
}

/** One ruleset and its packets, traced on both kernels. */
private class TraceComparison(
    private val namespace: Namespace,
    private val veth: Veth,
    private val seed: Long,
) {
    private val random = Random(seed)
    private val tracked = random.nextBoolean()
    private val text = RandomRules(random).ruleset(tracked) + TRACE

    /** The kernel tracks connections only if a rule asks for them, the fake always; traces have them since Linux 6.16. */
    private val connections = tracesConnections() && Regex("\\bct ").containsMatchIn(text)
    private val fake = FakeNetfilter(TestClock.manual())

    /** The differences; null if nft refuses the ruleset. */
    fun run(): List<String>? {
        val file = Files.createTempFile("nfkit", ".nft")
        Files.writeString(file, "flush ruleset\n$text\n")
        val accepted = runCatching { namespace.exec("nft", "-f", "$file") }
        Files.delete(file)
        if (accepted.isFailure) return null
        withClue("the copy is refused, seed $seed") {
            copyRuleset(RawRuleset(namespace.transport), RawRuleset(fake)) shouldBe emptyMap()
        }
        val packets = RandomPackets(random)
        Traces(namespace.transport).use { kernel ->
            Traces(fake).use { model ->
                repeat(TRACED) {
                    val packet = packets.next(!tracked)
                    evaluate(packet)
                    veth.send(packet.bytes)
                    val computed = model.take(0)
                    val traced = kernel.take(computed.size)
                    if (computed != traced) {
                        return listOf(
                            "seed $seed, packet ${packet.bytes.toHexString()}" +
                                "\nkernel ${traced.joinToString("\n       ")}" +
                                "\nfake   ${computed.joinToString("\n       ")}\n$text",
                        )
                    }
                }
            }
        }
        return emptyList()
    }

    private fun evaluate(packet: RandomPacket) {
        val state = if (packet.valid) TestPacket.ConnectionState.NEW else TestPacket.ConnectionState.INVALID
        val sent =
            fake
                .packets()
                .of(packet.bytes)
                .`in`("d0", veth.index)
                .link(*veth.header(packet.bytes))
                .connection(state)
        // The kernel assembles fragments before the input hook.
        if (packet.fragment) sent.at(Hook.PRE_ROUTING) else sent.toInput()
    }

    /** The trace messages of a kernel, without what differs by chance: numbers of packets, handles and connections. */
    private inner class Traces(
        transport: NetlinkTransport,
    ) : AutoCloseable {
        private val events = TraceEvents.open(transport, TraceEventOptions.builder().build())
        private val places = mutableMapOf<Pair<String, Long>, String>()

        init {
            Nftables.open(transport).use { client ->
                val counts = mutableMapOf<String, Int>()
                client.list().rules<RuntimeException> { rule ->
                    val chain = "${rule.table()} ${rule.chain()}"
                    places["${rule.table()}" to rule.handle().asLong] =
                        "$chain ${counts.merge(chain, 1, Int::plus)}"
                }
            }
        }

        /** The messages of a packet: a number of them, or all that have arrived. */
        fun take(count: Int): List<String> {
            val found = mutableListOf<String>()
            val sink = TraceEventSink<RuntimeException> { found += line(it) }
            val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(2)
            while (found.size < count && System.nanoTime() < stop) {
                events.poll(sink, Duration.ofMillis(100))
            }
            events.poll(sink, Duration.ZERO)
            return found
        }

        private fun line(event: TraceEvent): String {
            val step = event as? TraceStep ?: return "$event"
            val rule = if (step.ruleHandle().isPresent) places["${step.table()}" to step.ruleHandle().asLong] else "end"
            val headers = if (step.describesPacket()) description(step) else ""
            return "${step.type()} ${step.table()} ${step.chain()} [$rule] ${step.verdict()} ${step.protocol()} mark " +
                "${step.mark()}$headers"
        }

        private fun description(step: TraceStep): String {
            fun hex(
                attribute: TraceAttribute,
                bytes: () -> Bytes,
            ) = if (step.has(attribute)) " ${bytes().toHex()}" else " -"
            val state = connections && step.has(TraceAttribute.CT_STATE)
            return listOf(TraceAttribute.IIF, TraceAttribute.OIF, TraceAttribute.CT_STATE, TraceAttribute.CT_DIRECTION)
                .filter { step.has(it) && (connections || !it.name.startsWith("CT")) }
                .joinToString(" ", " ") +
                hex(TraceAttribute.NETWORK_HEADER, step::networkHeader) +
                hex(TraceAttribute.TRANSPORT_HEADER, step::transportHeader) +
                hex(TraceAttribute.LL_HEADER, step::linkHeader) +
                (if (state) " ${step.connectionInfo()}" else "")
        }

        override fun close() = events.close()
    }
}
