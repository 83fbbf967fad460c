// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.BatchRefusedException
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableContents
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.statement.ExtensionStatement
import dev.nfkit.nftables.statement.Queue
import dev.nfkit.nftables.statement.Statement
import dev.nfkit.testkit.contract.RandomRulesets
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.Random
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread
import dev.nfkit.nftables.Ruleset as RulesetValue

/** The number of changes under load; `1000` is the long run. */
private val CHANGES = Integer.getInteger("nfkit.reconcile.changes", 100)

/** The packets a second. */
private val RATE = Integer.getInteger("nfkit.reconcile.rate", 10_000)

private const val QUEUE = 7
private const val SIZE = 64

/** The UDP packets that have arrived at the host: there is no socket for any of them. */
private fun Namespace.arrived(): Long {
    val (names, values) =
        exec("cat", "/proc/net/snmp").lines().filter { it.startsWith("Udp:") }.map { it.split(' ') }
    return values[names.indexOf("NoPorts")].toLong()
}

/**
 * A sender at a constant rate, a queue that accepts all packets, and what arrives. The packets are queued at INPUT,
 * where they no longer count against the sender.
 */
private class Load(
    private val namespace: Namespace,
) : AutoCloseable {
    val sent = AtomicLong()
    private val stopped = AtomicBoolean()
    private val session: NfqueueSession =
        namespace.open {
            queue(QUEUE) { it.maximumLength(100_000) }
            receiveBuffer(64 shl 20)
        }
    private val running = Running(session) { Verdict.ACCEPT }
    private val sender = UdpSender(namespace)
    private val sending =
        thread(isDaemon = true) {
            val start = System.nanoTime()
            val packet = ByteArray(SIZE)
            while (!stopped.get()) {
                val due = (System.nanoTime() - start) * RATE / TimeUnit.SECONDS.toNanos(1)
                while (sent.get() < due) {
                    sender.send(packet)
                    sent.incrementAndGet()
                }
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200))
            }
        }

    /** Stops the sender, and returns the numbers of packets that were sent, and that arrived. */
    fun end(): Pair<Long, Long> {
        stopped.set(true)
        sending.join()
        var last = -1L
        // What was flushed never passes: the packets are counted when the queue is empty.
        eventually("the queue is empty") {
            val passed = namespace.arrived()
            (namespace.waiting(QUEUE) == 0L && passed == last).also {
                last = passed
                Thread.sleep(20)
            }
        }
        return sent.get() to last
    }

    fun statistics() = session.statistics()

    override fun close() {
        stopped.set(true)
        sending.join()
        session.stop()
        running.join()
        session.close()
        sender.close()
    }
}

/** The statement that queues packets: kernels without `NFT_QUEUE` have only the target of x_tables. */
private fun Ruleset.queueing(): Statement {
    val probe = Batch().add(Table.shared(nfkit)).add(Chain.regular(nfkit, "c"))
    val queue = Queue.to(QUEUE)
    return try {
        client.commit(probe.add(Rule.of(nfkit, "c", queue)).delete(Table.shared(nfkit)))
        queue
    } catch (_: BatchRefusedException) {
        val info =
            ByteBuffer
                .allocate(8)
                .order(ByteOrder.nativeOrder())
                .putShort(QUEUE.toShort())
                .putShort(1)
        ExtensionStatement(true, "NFQUEUE", 3, info.array())
    }
}

private val FIRST =
    """
    table inet nfkit {
        set seen { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }
        chain in { type filter hook input priority filter; policy accept; ip saddr @seen drop; udp dport $PORT counter; }
    }
    """

private val SECOND =
    """
    table inet nfkit {
        map ports { type inet_service : verdict; elements = { 22 : accept, 23 : jump more } }
        chain more { counter; }
        chain in {
            type filter hook input priority filter; policy drop
            tcp dport vmap @ports
            ip saddr 10.0.0.1 drop
            udp dport $PORT counter
        }
    }
    """

/** A ruleset whose last rule queues the packets it counts. */
private fun ruleset(
    text: String,
    queue: Statement,
): RulesetValue {
    val parsed = RulesetValue.parse(text).tables().single()
    val last = parsed.rules().last()
    val rules = parsed.rules().dropLast(1) + Rule.of(nfkit, "in", *(last.statements() + queue).toTypedArray())
    return RulesetValue.of(
        listOf(
            TableContents(
                parsed.table(),
                parsed.objects(),
                parsed.sets(),
                parsed.elements(),
                emptyList(),
                parsed.chains(),
                rules,
            ),
        ),
    )
}

class ReconcileLiveSpec :
    FunSpec({
        test("after a change nft lists the ruleset as if it had been installed alone").config(
            enabledOrReasonIf = needsNft,
        ) {
            val seed = System.getProperty("nfkit.reconcile.seed")?.toLong() ?: System.nanoTime()
            val rulesets = RandomRulesets(Random(seed))
            withRuleset {
                Namespace().use { alone ->
                    repeat(Integer.getInteger("nfkit.reconcile.pairs", 15)) {
                        val text = rulesets.next()
                        withClue("-Dnfkit.reconcile.seed=$seed, ruleset $it") {
                            val options = ReconcileOptions.DEFAULT.exactElements()
                            val two = TableId.ip("two")
                            val desired = RulesetValue.parse(text)
                            val all = if (desired.tables().size == 1) options.remove(two) else options
                            client.reconcile(desired, all)
                            alone.exec("nft", "flush", "ruleset")
                            alone.exec("nft", text)
                            val expected = alone.exec("nft", "-s", "list", "ruleset")
                            blocks(nft("-s", "list", "ruleset")) shouldBe blocks(expected)
                            // What nft installed differs in nothing either.
                            Nftables.open(alone.transport).use { other ->
                                other
                                    .difference(desired, options)
                                    .commands()
                                    .map { command -> command.toString() }
                                    .shouldBeEmpty()
                            }
                        }
                    }
                }
            }
        }

        test(
            "a set without a size is reconciled right after its elements were added",
        ).config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR)

                fun elements(step: Int) =
                    (0 until 100_000 step step).map {
                        SetElement.of(
                            Constant.of(DataType.IPV4_ADDR, 0x0a000000L + 7 * it),
                        )
                    }

                fun table(elements: List<SetElement>) =
                    RulesetValue.of(
                        listOf(
                            TableContents(
                                Table.shared(nfkit),
                                emptyList(),
                                listOf(set),
                                listOf(SetElements.of(set, elements)),
                                emptyList(),
                                emptyList(),
                                emptyList(),
                            ),
                        ),
                    )
                repeat(5) {
                    client.commit(Batch().add(Table.shared(nfkit)).delete(Table.shared(nfkit)).add(table(elements(1))))
                    client.reconcile(table(elements(2)))
                    val left =
                        client
                            .list()
                            .ruleset(nfkit)
                            .tables()
                            .single()
                            .elements()
                            .single()
                            .elements()
                    left.map { it.key() }.toSet() shouldBe elements(2).map { it.key() }.toSet()
                    client.difference(table(elements(2))).isEmpty shouldBe true
                }
            }
        }

        test("reconciliations lose no packet of a queue under load, and making the table again does").config(
            enabledOrReasonIf = needsNft,
        ) {
            withRuleset {
                namespace.exec("ip", "link", "set", "lo", "up")
                val queue = queueing()
                val (first, second) = listOf(FIRST, SECOND).map { ruleset(it, queue) }
                client.reconcile(first)

                fun underLoad(change: (Load) -> Int): Triple<Long, Long, NfqueueStatistics> {
                    val before = namespace.arrived()
                    Load(namespace).use { load ->
                        eventually("packets arrive") { namespace.arrived() > before + 100 }
                        val start = System.nanoTime()
                        val changes = change(load)
                        val seconds = (System.nanoTime() - start) / 1e9
                        val (sent, passed) = load.end()
                        val lost = sent - (passed - before)
                        println("%d changes in %.1f s: %d packets sent, %d lost".format(changes, seconds, sent, lost))
                        return Triple(sent, lost, load.statistics())
                    }
                }
                val (sent, lost, statistics) =
                    underLoad {
                        repeat(CHANGES) {
                            client.reconcile(if (it % 2 == 0) second else first).difference().isEmpty shouldBe false
                        }
                        CHANGES
                    }
                withClue(statistics) {
                    lost shouldBe 0
                    statistics.decided() shouldBe sent
                    statistics.gone() shouldBe 0
                }
                val rebuilt =
                    underLoad { load ->
                        var changes = 0
                        // A queue that is empty at each of these moments loses nothing: then there are more of them.
                        eventually("a packet was dropped") {
                            val next = if (changes++ % 2 == 0) second else first
                            client.commit(Batch().delete(Table.shared(nfkit)).add(next))
                            changes >= CHANGES && load.statistics().gone() > 0
                        }
                        changes
                    }
                rebuilt.second shouldBeGreaterThan 0
            }
        }
    })

private fun blocks(text: String): List<String> =
    text
        .split(Regex("(?m)^}\n"))
        .flatMap { table ->
            val name = table.lineSequence().first()
            table.removePrefix("$name\n").split("\n\n").map { "$name ${it.trim()}" }
        }.sorted()
