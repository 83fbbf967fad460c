// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.PacketPaths
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.Traces
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import java.time.Duration

private const val FIRST =
    "table inet t { chain in { type filter hook input priority 0; policy drop; udp dport 53 counter accept; }\n}"

private const val SECOND =
    "table inet t { set s { type ipv4_addr; elements = { 10.0.0.1 }; }\n" +
        "chain in { type filter hook input priority 0; policy accept; udp dport 54 counter accept; }\n}"

/** Records what code exchanges with a kernel in memory, and runs it on the recording. Returns what both runs return. */
private fun twice(
    kernel: FakeNetfilter,
    code: (NetlinkTransport) -> List<String>,
): Pair<List<String>, List<String>> {
    var recorded = emptyList<String>()
    val trace = record(kernel) { recorded = code(it) }
    val replayed = Traces.replay(trace).use { code(it) }
    return recorded to replayed
}

/** What a program exchanges with nftables can be recorded, and replayed as a test. */
class ReplayedRulesSpec :
    FunSpec({
        test("changes, checks and listings of a ruleset replay") {
            val (recorded, replayed) =
                twice(FakeNetfilter()) { transport ->
                    Nftables.open(transport).use { client ->
                        val seen = mutableListOf<String>()
                        client.commit(Batch().add(Ruleset.parse(FIRST)))
                        seen += "${client.check(Ruleset.parse(SECOND), ReconcileOptions.DEFAULT).difference()}"
                        seen += client.reconcile(Ruleset.parse(SECOND)).difference().toText()
                        seen += client.list().ruleset().toText()
                        seen
                    }
                }
            recorded.shouldNotBeEmpty()
            replayed shouldBe recorded
        }

        test("events of a ruleset replay") {
            val kernel = FakeNetfilter()
            var change: () -> Unit = {
                Nftables.open(kernel).use { it.commit(Batch().add(Ruleset.parse(SECOND))) }
            }
            val (recorded, replayed) =
                twice(kernel) { transport ->
                    val seen = mutableListOf<String>()
                    NftablesEvents.open(transport, NftablesEventOptions.builder().build()).use { events ->
                        change()
                        change = {}
                        while (seen.size < 6) {
                            events.poll<RuntimeException>({ seen += it.toText() }, Duration.ofSeconds(1))
                        }
                    }
                    seen
                }
            recorded.shouldNotBeEmpty()
            replayed shouldBe recorded
        }

        // The name of a session's own table contains its socket's port id, which a replay has not.
        test("the paths of packets that rules of others trace replay, with the rules as text") {
            val kernel = FakeNetfilter()
            val traced = FIRST.replace("udp dport", "meta nftrace set 1 udp dport")
            Nftables.open(kernel).use { it.commit(Batch().add(Ruleset.parse(traced))) }
            var send: () -> Unit = {
                kernel
                    .packets()
                    .of(SamplePackets.udp("10.0.0.1", 1, "10.0.0.2", 53))
                    .`in`("eth0")
                    .toInput()
            }
            val (recorded, replayed) =
                twice(kernel) { transport ->
                    val seen = mutableListOf<String>()
                    PacketPaths.open(transport, PacketPathOptions.builder().build()).use { paths ->
                        send()
                        send = {}
                        while (seen.isEmpty()) {
                            paths.poll<RuntimeException>(
                                { path ->
                                    path.passes().forEach { pass ->
                                        pass.steps().forEach { seen += "$it ${paths.text(pass.table(), it)}" }
                                    }
                                },
                                Duration.ofSeconds(1),
                            )
                        }
                    }
                    seen
                }
            recorded.shouldNotBeEmpty()
            replayed shouldBe recorded
        }
    })
