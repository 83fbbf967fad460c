// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.nftables.NftablesEvent.Added
import dev.nfkit.nftables.NftablesEvent.Committed
import dev.nfkit.nftables.NftablesEvent.Overrun
import dev.nfkit.nftables.NftablesEvent.Removed
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.nftables.ObjectKind
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetElement
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.io.File
import java.net.InetAddress
import java.time.Duration
import java.util.concurrent.TimeUnit

private fun Ruleset.events(configure: NftablesEventOptions.Builder.() -> Unit = {}): NftablesEvents =
    NftablesEvents.open(namespace.transport, NftablesEventOptions.builder().apply(configure).build())

/** The events of those transactions that are over. */
private fun NftablesEvents.rest(): List<NftablesEvent> {
    val taken = mutableListOf<NftablesEvent>()
    while (poll<RuntimeException>({ taken += it }, Duration.ZERO) > 0) {
        // The next batch.
    }
    return taken
}

private fun List<NftablesEvent>.text(): List<String> = filter { it !is Committed }.map { it.toText() }

/** nft(8) as another listener. */
private class Monitor(
    private val rules: Ruleset,
    vararg options: String,
) : AutoCloseable {
    private val output = File.createTempFile("nfkit", ".monitor")
    private val process =
        ProcessBuilder("ip", "netns", "exec", rules.namespace.name, "nft", *options, "monitor")
            .redirectErrorStream(true)
            .redirectOutput(output)
            .start()

    /** Waits until nft prints what happens. Returns what it has printed. */
    fun upTo(table: String): List<String> {
        eventually("nft monitor prints table $table") {
            // Each time: the first one may be before nft listens, and adding a table that exists is no event.
            rules.nft("add table ip $table; delete table ip $table")
            output.readText().let { "table ip $table\n" in it || "\"name\": \"$table\"" in it }
        }
        return output.readLines().map { it.trim() }
    }

    override fun close() {
        process.destroy()
        check(process.waitFor(10, TimeUnit.SECONDS)) { "nft monitor does not end" }
        output.delete()
    }
}

private val COMMANDS =
    """
    add table inet t
    add chain inet t r
    add chain inet t i { type filter hook input priority filter - 5; policy drop; }
    add counter inet t c { comment "hits"; }
    add quota inet t q { over 10 mbytes; }
    add limit inet t l { rate 10/second; }
    add set inet t s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.1.1-192.168.1.5 }; }
    add set inet t u { type ipv4_addr; timeout 1h; comment "hosts"; size 100; }
    add set inet t n { type ifname . inet_service; policy memory; gc-interval 3s; timeout 1d; }
    add map inet t m { type inet_service : verdict; elements = { 80 : accept, 443 : jump r }; }
    add map inet t a { type ipv4_addr : ipv4_addr; elements = { 1.2.3.4 : 5.6.7.8 }; }
    add map inet t o { type ipv4_addr : counter; elements = { 1.2.3.4 : "c" }; }
    add rule inet t i tcp dport { 22, 80-90 } accept comment "services"
    add rule inet t i ip saddr @s counter name c drop
    insert rule inet t i ip saddr . tcp dport vmap { 1.1.1.1 . 22 : accept, 2.2.2.2 . 23 : goto r }
    add rule inet t i tcp dport vmap @m
    add rule inet t i add @u { ip saddr timeout 1h }
    add rule inet t i dnat ip to ip daddr map @a
    add rule inet t i meta mark set tcp dport map { 22 : 1, 80-90 : 2 }
    add rule inet t i counter name ip saddr map { 1.1.1.1 : "c" }
    add element inet t s { 172.16.0.0/12, 255.0.0.0/8 }
    add element inet t u { 1.2.3.4 timeout 1m comment "y" }
    delete element inet t s { 10.0.0.0/8 }
    add table inet t { flags dormant; }
    add table inet t
    delete map inet t a
    flush chain inet t i
    delete table inet t
    """.trimIndent().lines()

/** What nft 1.0.6 does not know of an object that was removed, or does not print of any, is left out. */
private fun comparable(json: String): String =
    json
        .replace(Regex("""\{"delete": \{"(rule|set|map|quota|limit|counter)": .*?"handle": (\d+).*"""), "delete $2")
        .replace(Regex(""", "comment": "(hosts|hits)""""), "")

class NftablesEventsSpec :
    FunSpec({
        test("what nft changes is printed as nft monitor prints it").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                Monitor(this).use { monitor ->
                    monitor.upTo("begin")
                    events().use { events ->
                        nft("add", "table", "ip", "first")
                        COMMANDS.forEach { command ->
                            runCatching { nft(command) }
                        }
                        val expected = monitor.upTo("done").dropWhile { !it.endsWith("table ip first") }
                        val actual = events.rest().map { it.toText() }
                        // nft prints the removal of the sets that rules contain, but not that they are added.
                        val wanted = expected.filter { !it.matches(Regex("delete set inet t __(set|map|objmap)\\d+")) }
                        actual.take(wanted.size) shouldContainExactly wanted
                    }
                }
            }
        }

        test("what nft changes is printed as JSON as nft -j monitor prints it").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                Monitor(this, "-j").use { monitor ->
                    monitor.upTo("begin")
                    events().use { events ->
                        nft("add", "table", "ip", "first")
                        // nft prints the flag of a table without its value.
                        COMMANDS.filter { "dormant" !in it }.forEach { command ->
                            runCatching { nft(command) }
                        }
                        val wanted = monitor.upTo("done").dropWhile { "\"first\"" !in it }.filter { "\"__" !in it }
                        val actual = events.rest().filter { it !is Committed }.map { it.toJson() }
                        actual.take(wanted.size).map { comparable(it) } shouldContainExactly
                            wanted.map { comparable(it) }
                    }
                }
            }
        }

        test("events begin after the generation of the opening, and name the socket that made the change").config(
            enabledOrReasonIf = needsNamespaces,
        ) {
            withRuleset {
                client.commit(Batch().add(Table.shared(nfkit)))
                events().use { events ->
                    events.generation().id() shouldBe client.list().generation().id()
                    val commit = client.commit(Batch().add(Chain.regular(nfkit, "c")))
                    val (added, committed) = events.rest()
                    added as Added
                    added.portId() shouldBe client.portId()
                    (added.`object`() as Chain).name() shouldBe "c"
                    (committed as Committed).generation().id() shouldBe commit.generation()
                    committed.portId() shouldBe client.portId()
                    committed.generation().processId() shouldBeGreaterThan 0 // of the thread
                }
            }
        }

        test("a table that disappears with its owner causes no event").config(enabledOrReasonIf = needsNamespaces) {
            withRuleset {
                events().use { events ->
                    val before =
                        Nftables.open(namespace.transport).use { owner ->
                            owner.commit(
                                Batch().add(Table.owned(nfkit)).add(Chain.base(nfkit, "c", filter("input"))),
                            )
                        }
                    eventually("the table is gone") { client.list().tables().isEmpty() }
                    events.rest().text() shouldContainExactly
                        listOf(
                            "add table inet nfkit",
                            "add chain inet nfkit c { type filter hook input priority filter; policy accept; }",
                        )
                    client.commit(Batch().add(Table.shared(nfkit))).generation() shouldBeGreaterThan before.generation()
                    events.rest().text() shouldContainExactly listOf("add table inet nfkit")
                }
            }
        }

        test("options choose tables and kinds, and the end of each transaction is delivered in any case").config(
            enabledOrReasonIf = needsNamespaces,
        ) {
            withRuleset {
                val other = TableId.ip("other")
                events {
                    kinds(ObjectKind.RULE)
                    table(nfkit)
                }.use { events ->
                    val batch = Batch()
                    for (table in listOf(nfkit, other)) {
                        batch
                            .add(Table.shared(table))
                            .add(Chain.regular(table, "c"))
                            .add(Rule.of(table, "c", "tcp dport { 22, 80 } accept"))
                    }
                    client.commit(batch)
                    events.rest().map { if (it is Committed) "committed" else it.toText() } shouldContainExactly
                        listOf("add rule inet nfkit c tcp dport { 22, 80 } accept", "committed")
                    events.statistics().delivered() shouldBe 2
                    events.statistics().filtered() shouldBeGreaterThan 3
                }
            }
        }

        test("elements of a set arrive one by one, and removed sets as they were").config(
            enabledOrReasonIf = needsNamespaces,
        ) {
            withRuleset {
                val set = NftSet.set(nfkit, "hosts", DataType.IPV4_ADDR).timeout(Duration.ofMinutes(1))
                events().use { events ->
                    client.commit(
                        Batch()
                            .add(Table.shared(nfkit))
                            .add(set)
                            .add(SetElements.of(set, (1..3).map { SetElement.of(address(it)) })),
                    )
                    client.commit(Batch().delete(set))
                    val events1 = events.rest()
                    events1.filterIsInstance<Added>().map { it.`object`() }.filterIsInstance<SetElements>().map {
                        it.elements().single().key()
                    } shouldContainExactly (1..3).map(::address)
                    val removed = events1.filterIsInstance<Removed>().single().`object`() as NftSet
                    removed.timeout().get() shouldBe Duration.ofMinutes(1)
                }
            }
        }

        test("events that do not fit the receive buffer are reported as lost, and the rest can be read").config(
            enabledOrReasonIf = needsNamespaces,
        ) {
            withRuleset {
                client.commit(Batch().add(Table.shared(nfkit)))
                events { receiveBuffer(4096) }.use { events ->
                    val sets = (1..200).map { NftSet.set(nfkit, "s$it", DataType.IPV4_ADDR) }
                    val batch = Batch()
                    sets.forEach(batch::add)
                    client.commit(batch)
                    val taken = events.rest()
                    val lost = taken.filterIsInstance<Overrun>().sumOf { it.lost() }
                    lost shouldBeGreaterThan 0
                    events.statistics().socketDrops() shouldBe lost
                    // The session has listed the sets whose events were lost.
                    client.commit(Batch().add(SetElements.of(sets.last(), SetElement.of(address(1)))))
                    events.rest().text() shouldContainExactly listOf("add element inet nfkit s200 { 10.0.0.1 }")
                }
            }
        }
    })

private fun address(last: Int): Constant = Constant.address(InetAddress.getByName("10.0.0.$last"))
