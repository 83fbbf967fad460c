// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.BatchRefusedException
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.time.Duration

private const val PACKETS = 10

/** As in the live test. */
private val CHANGES = Integer.getInteger("nfkit.reconcile.changes", 100)

private val T = TableId.inet("t")

private val FIRST =
    Ruleset.parse(
        "table inet t { chain in { type filter hook input priority 0; policy accept; udp dport 53 queue to 7; }\n}",
    )

private val SECOND =
    Ruleset.parse(
        "table inet t { chain in { type filter hook input priority 0; policy drop; ip ttl 1 drop; counter queue to 7; }\n}",
    )

private fun other(table: String) =
    Ruleset.parse("table inet $table { chain other { type filter hook output priority 0; policy drop; accept; }\n}")

/** Changes the ruleset while packets wait, then accepts what still waits. Returns the number of packets that pass. */
private fun passing(
    rounds: Int,
    change: Nftables.(Ruleset) -> Unit,
): Int {
    val kernel = FakeNetfilter()
    var passed = 0
    Nftables.open(kernel).use { client ->
        client.reconcile(FIRST)
        NfqueueSession.open(kernel, NfqueueOptions.builder().queue(7).build()).use { session ->
            repeat(rounds) { round ->
                val traces =
                    List(PACKETS) {
                        kernel
                            .packets()
                            .of(SamplePackets.udp4())
                            .`in`("eth0")
                            .toInput()
                    }
                traces.forEach { it.outcome() shouldBe PacketTrace.Outcome.WAITING }
                client.change(if (round % 2 == 0) SECOND else FIRST)
                session.poll<RuntimeException>({ Verdict.ACCEPT }, Duration.ofSeconds(1)) shouldBe PACKETS
                passed += traces.count { it.awaitEnd() == PacketTrace.Outcome.ACCEPTED }
            }
        }
    }
    return passed
}

/** What a live test shows under load, with certainty: packets wait at each change. */
class FakeReconcileSpec :
    FunSpec({
        test("a reconciliation drops no packet that waits in a queue") {
            passing(CHANGES) { reconcile(it) } shouldBe CHANGES * PACKETS
        }

        test("making the table again drops all packets that wait in queues") {
            passing(CHANGES) { commit(Batch().delete(Table.shared(T)).add(it)) } shouldBe 0
        }

        test("a check of a new table or a new base chain drops no packet that waits in a queue") {
            passing(2) { check(Batch().delete(Table.shared(T)).add(it)) } shouldBe 2 * PACKETS
            passing(2) { check(Batch().add(other("u"))) } shouldBe 2 * PACKETS
            passing(2) { check(Batch().add(other("t"))) } shouldBe 2 * PACKETS
        }

        test("a refused batch with a new base chain drops all packets that wait in queues") {
            passing(2) {
                shouldThrow<BatchRefusedException> { commit(Batch().add(other("u")).create(Table.shared(T))) }
            } shouldBe 0
        }
    })
