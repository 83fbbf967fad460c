// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.PacketRule
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.trace.PacketPath
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.PacketPathSink
import dev.nfkit.nftables.trace.PacketPaths
import dev.nfkit.nftables.trace.TraceAttribute
import dev.nfkit.nftables.trace.TraceEvent
import dev.nfkit.nftables.trace.TraceEventOptions
import dev.nfkit.nftables.trace.TraceEventSink
import dev.nfkit.nftables.trace.TraceEvents
import dev.nfkit.nftables.trace.TraceStep
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.TestPacket
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.time.Duration

private const val FIREWALL = """
    table inet filter {
        chain input {
            type filter hook input priority filter; policy drop;
            ct state established accept
            udp dport 53 jump dns
            udp dport 54 goto dns
            udp dport 55 queue to 7
            udp dport 56 drop comment "no 56"
            counter
        }
        chain dns {
            meta mark set 0x00000007
            udp sport 1000 return
            udp dport 53 accept
        }
    }
    table ip late {
        chain input {
            type filter hook input priority 10; policy accept;
        }
    }
"""

/** A firewall on a kernel in memory, and a session of the paths of packets. */
private class PathFirewall(
    match: String = "meta l4proto udp",
    rules: String = FIREWALL,
) : AutoCloseable {
    val kernel = FakeNetfilter(TestClock.manual())
    val client: Nftables = Nftables.open(kernel).also { it.commit(Batch().add(Ruleset.parse(rules))) }
    val paths: PacketPaths = PacketPaths.open(kernel, PacketPathOptions.builder().rule(match).build())

    fun udp(port: Int): TestPacket =
        kernel.packets().of(SamplePackets.udp("10.0.0.1", 1000, "10.0.0.2", port)).`in`("eth0")

    fun poll(timeout: Duration = Duration.ZERO): List<PacketPath> {
        val found = mutableListOf<PacketPath>()
        paths.poll(PacketPathSink<RuntimeException> { found += it }, timeout)
        return found
    }

    /** The steps of a path in the tables of others, with the rules' text. */
    fun lines(path: PacketPath): List<String> =
        path.passes().filter { it.table() != paths.ownTable().get() }.flatMap { pass ->
            pass.steps().map { step ->
                val text = paths.text(pass.table(), step).map { " [$it]" }.orElse("")
                "${pass.table()} ${step.toString().replace(Regex("handle \\d+ "), "")}$text"
            }
        }

    override fun close() {
        paths.close()
        client.close()
    }
}

/** The paths of packets through the rules of a kernel in memory. */
class PacketPathsSpec :
    FunSpec({
        test("a path has all rules that matched, chain by chain, with their text") {
            PathFirewall().use { firewall ->
                firewall.udp(53).toInput()
                val path = firewall.poll().single()
                firewall.lines(path) shouldContainExactly
                    listOf(
                        "inet filter input jump dns [udp dport 53 jump dns]",
                        "inet filter dns continue [meta mark set 0x00000007]",
                        "inet filter dns return [udp sport 1000 return]",
                        "inet filter input continue [counter packets 1 bytes 28]",
                        "inet filter input end continue",
                        "inet filter input policy drop",
                    )
                path.outcome() shouldBe PacketPath.Outcome.DROPPED
                path.complete() shouldBe true
                path
                    .last()
                    .place()
                    .get()
                    .toString() shouldBe "input 0"
                path.last().steps().map { it.mark() } shouldContainExactly listOf(0L, 7L, 7L, 7L, 7L, 7L)
                path.passes().map { it.table().toString() } shouldContainExactly
                    listOf(
                        firewall.paths
                            .ownTable()
                            .get()
                            .toString(),
                        "inet filter",
                    )
            }
        }

        test("a rule that drops ends the path, and is named with its comment") {
            PathFirewall().use { firewall ->
                firewall.udp(56).toInput()
                val path = firewall.poll().single()
                val step = path.last().deciding().get()
                firewall.paths.text(path.last().table(), step).get() shouldBe "udp dport 56 drop comment \"no 56\""
                path.outcome() shouldBe PacketPath.Outcome.DROPPED
            }
        }

        test("goto does not come back: the policy of the base chain decides") {
            PathFirewall().use { firewall ->
                firewall.udp(54).toInput()
                firewall.lines(firewall.poll().single()).takeLast(2) shouldContainExactly
                    listOf("inet filter dns return [udp sport 1000 return]", "inet filter input policy drop")
            }
        }

        test("an accepted packet has ended when no further chain can see it") {
            PathFirewall().use { firewall ->
                firewall.udp(9).connection(TestPacket.ConnectionState.ESTABLISHED).toInput()
                val path = firewall.poll().single()
                path.outcome() shouldBe PacketPath.Outcome.ACCEPTED
                firewall.lines(path) shouldContainExactly
                    listOf(
                        "inet filter input accept [ct state established accept]",
                        "ip late input end continue",
                        "ip late input policy accept",
                    )
                path
                    .last()
                    .description()
                    .get()
                    .connectionInfo() shouldBe ConntrackInfo.ESTABLISHED
                path.description().get().has(TraceAttribute.CT_STATE) shouldBe false // before connection tracking
            }
        }

        test("the headers, devices and mark of the packet are described") {
            PathFirewall().use { firewall ->
                firewall
                    .udp(56)
                    .mark(9)
                    .link(*ByteArray(14) { 1 })
                    .toInput()
                val described =
                    firewall
                        .poll()
                        .single()
                        .description()
                        .get()
                described.inputInterface() shouldBeGreaterThan 0
                described.has(TraceAttribute.OIF) shouldBe false
                described.networkHeader().length() shouldBe 20
                described.transportHeader().length() shouldBe 8
                described.linkHeader().length() shouldBe 14
                described.mark() shouldBe 9L
            }
        }

        test("a queued packet goes on in the same path") {
            PathFirewall().use { firewall ->
                firewall.udp(55).toInput()
                firewall.poll() shouldBe emptyList()
                // Without a listener the kernel drops it, which no message reports.
                firewall.kernel.clock().advance(Duration.ofSeconds(31))
                firewall.poll().single().outcome() shouldBe PacketPath.Outcome.QUEUED
            }
        }

        test("only what the rule matches is traced, and nothing after a stop") {
            PathFirewall("udp dport 56").use { firewall ->
                firewall.udp(53).toInput()
                firewall.udp(56).toInput()
                firewall.paths.stop()
                firewall.udp(56).toInput()
                firewall.poll().size shouldBe 1
                firewall.paths.poll(PacketPathSink<RuntimeException> {}, Duration.ZERO) shouldBe -1
            }
        }

        test("a stop delivers paths that have not ended") {
            PathFirewall(rules = "table inet t { chain c { type filter hook forward priority 0; } }").use { firewall ->
                firewall.udp(1).toInput()
                firewall.poll() shouldBe emptyList()
                firewall.paths.stop()
                firewall.poll().single().outcome() shouldBe PacketPath.Outcome.ACCEPTED
                firewall.paths.pathStatistics().paths() shouldBe 1
            }
        }

        test("rules are read again after a change, and rules that were removed are not found") {
            PathFirewall().use { firewall ->
                firewall.udp(56).toInput()
                val first = firewall.poll().single()
                val step = first.last().deciding().get()
                firewall.paths.text(first.last().table(), step).isPresent shouldBe true
                val filter = TableId.inet("filter")
                firewall.client.commit(Batch().insert(Rule.of(filter, "input", "udp dport 57 drop")))
                firewall.client.commit(Batch().delete(Rule.`in`(filter, "input").handle(step.ruleHandle().asLong)))
                firewall.udp(57).toInput()
                firewall.lines(firewall.poll().single()) shouldContainExactly
                    listOf("inet filter input drop [udp dport 57 drop]")
                firewall.paths.text(first.last().table(), step).isPresent shouldBe false
            }
        }

        test("a match that does more than match is refused, and nothing stays") {
            val kernel = FakeNetfilter(TestClock.manual())
            shouldThrow<IllegalArgumentException> { PacketPathOptions.builder().rule("udp dport 1 drop") }
            PacketPaths
                .open(kernel, PacketPathOptions.builder().rule(PacketRule.of("udp dport 1").hooks("input")).build())
                .close()
            Nftables.open(kernel).use { it.list().tables() shouldBe emptyList() }
            kernel.openSockets() shouldBe 0
        }

        test("a loss is reported in its place, and makes paths incomplete") {
            PathFirewall(rules = FIREWALL).use { firewall ->
                val options = TraceEventOptions.builder().receiveBuffer(4096).build()
                TraceEvents.open(firewall.kernel, options).use { events ->
                    repeat(100) { firewall.udp(56).toInput() }
                    val found = mutableListOf<TraceEvent>()
                    while (events.poll(TraceEventSink<RuntimeException> { found += it.copy() }, Duration.ZERO) > 0) Unit
                    val steps = found.filterIsInstance<TraceStep>().size
                    val lost = found.filterIsInstance<TraceEvent.Overrun>().sumOf { it.lost() }
                    steps + lost shouldBe 400L
                    lost shouldBe events.statistics().socketDrops()
                    events.statistics().delivered() shouldBe steps.toLong()
                }
            }
        }
    })
