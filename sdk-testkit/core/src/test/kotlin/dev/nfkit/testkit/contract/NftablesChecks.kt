// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.AddressFamily
import dev.nfkit.BatchRefusedException
import dev.nfkit.GenerationMovedException
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainPolicy
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableFlag
import dev.nfkit.nftables.TableId
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

private val t = TableId.inet("t")

private val input = ChainHook.of(AddressFamily.INET, ChainType.FILTER, "input", "filter")

private const val INSTALLED =
    """table inet t {
    set friends { type ipv4_addr; elements = { 10.0.0.1 } }
    chain in { type filter hook input priority filter; policy accept; ip saddr @friends accept; }
    chain c { tcp dport 22 accept; }
}"""

private const val DESIRED =
    """table inet t {
    set friends { type ipv4_addr; elements = { 10.0.0.2 } }
    chain in { type filter hook input priority filter; policy drop; ip saddr @friends jump c; }
    chain c { tcp dport 23 accept; }
    chain out { type filter hook output priority filter; policy drop; udp dport 53 drop; }
}"""

private fun RulesetSteps.text(): String = client.list().ruleset().toText()

private fun refusal(action: () -> Unit): List<String> =
    shouldThrow<BatchRefusedException> { action() }.refused().map { "$it ${it.textPlace()} ${it.cure()}" }

/** What a check of a batch shows, and what it leaves as it is. */
internal fun checks(behaviour: (String, RulesetSteps.() -> Unit) -> Unit) {
    behaviour("a check changes nothing, and listeners get no events") {
        client.commit(Batch().add(Ruleset.parse(INSTALLED)))
        val before = text()
        val generation = client.list().generation().id()
        NftablesEvents.open(transport, NftablesEventOptions.builder().build()).use { listener ->
            client
                .check(
                    Batch()
                        .returnHandles()
                        .delete(Table.shared(t))
                        .add(Ruleset.parse(DESIRED))
                        .create(Table.owned(TableId.ip("new"))),
                ).generation() shouldBe generation
            client
                .check(Ruleset.parse(DESIRED), ReconcileOptions.DEFAULT)
                .difference()
                .isEmpty shouldBe false
            text() shouldBe before
            client.list().generation().id() shouldBe generation
            client.commit(Batch().create(Table.shared(TableId.ip("last"))))
            val events = mutableListOf<NftablesEvent>()
            while (events.size < 2) {
                listener.poll<RuntimeException>({ events += it }, Duration.ofSeconds(1))
            }
            events.map { it.toText() }.first() shouldBe "add table ip last"
        }
    }

    behaviour("a check refuses what a commit refuses, with the same causes and places") {
        client.commit(Batch().add(Ruleset.parse(INSTALLED)))
        listOf(
            Batch().create(Table.shared(t)),
            Batch().delete(Table.shared(TableId.ip("none"))),
            Batch().create(Chain.regular(t, "c")).create(Chain.regular(t, "in")),
            Batch().delete(Chain.regular(t, "c")).delete(Chain.regular(t, "c")),
            Batch().add(Table.owned(t)),
            Batch().add(Rule.of(t, "in", "counter jump nope")),
            Batch().add(Ruleset.parse("table inet t {\n chain d { ip saddr @nope\n drop\n }\n}")),
            Batch().add(Ruleset.parse("table ip u {\n chain d {\n  counter name \"nope\"\n }\n}")),
            Batch().add(Chain.base(t, "in", ChainHook.of(AddressFamily.INET, ChainType.FILTER, "output", "filter"))),
        ).forEach { batch ->
            withClue(batch) {
                val checked = refusal { client.check(batch) }
                checked shouldContainExactly refusal { client.commit(batch) }
            }
        }
        shouldThrow<IllegalArgumentException> { client.check(Batch()) }
    }

    behaviour("a check is for one generation, if the batch is") {
        val first = client.commit(Batch().create(Table.shared(t)))
        client.commit(Batch().create(Chain.regular(t, "a")))
        shouldThrow<GenerationMovedException> {
            client.check(Batch().create(Chain.regular(t, "b")).onlyIf(first.generation()))
        }
        val check = client.check(Batch().create(Chain.regular(t, "b")))
        client.commit(Batch().create(Chain.regular(t, "b")).onlyIf(check.generation()))
    }

    behaviour("a check names the new tables and base chains that the kernel does not check completely") {
        fun partly(batch: Batch): List<String> = client.check(batch).partlyChecked().map { it.toString() }
        val asleep = TableId.ip("asleep")
        client.commit(
            Batch()
                .add(Ruleset.parse(INSTALLED))
                .add(Table.shared(asleep).with(TableFlag.DORMANT))
                .add(Chain.base(asleep, "in", ChainHook.of(AddressFamily.IPV4, ChainType.FILTER, "input", "0"))),
        )
        val added = Chain.base(t, "new", input).policy(ChainPolicy.DROP)
        partly(Batch().add(Ruleset.parse(DESIRED))) shouldContainExactly listOf("chain inet t out")
        partly(Batch().create(added).add(added).add(Rule.of(t, "new", "accept"))) shouldContainExactly
            listOf("chain inet t new")
        partly(Batch().delete(Chain.regular(t, "in")).create(Chain.base(t, "in", input))) shouldContainExactly
            listOf("chain inet t in")
        partly(Batch().delete(Table.shared(t)).add(Ruleset.parse(DESIRED))) shouldContainExactly
            listOf("table inet t")
        partly(Batch().add(Ruleset.parse(DESIRED.replace("inet t", "inet u")))) shouldContainExactly
            listOf("table inet u")
        partly(Batch().add(Table.shared(asleep)).add(Chain.base(asleep, "b", input))).shouldBeEmpty()
        partly(Batch().add(Chain.base(t, "in", input).policy(ChainPolicy.DROP))).shouldBeEmpty()
        client.check(Ruleset.parse(DESIRED), ReconcileOptions.DEFAULT).partlyChecked().map {
            it.toString()
        } shouldContainExactly
            listOf("chain inet t out")
        client.check(Ruleset.parse(INSTALLED), ReconcileOptions.DEFAULT).difference().isEmpty shouldBe true
    }

    behaviour("a check of a desired ruleset names the line and column of what the kernel refuses") {
        client.commit(Batch().add(Ruleset.parse(INSTALLED)))
        val wrong = DESIRED.replace("udp dport 53 drop", "udp dport 53 jump nope")
        refusal { client.check(Ruleset.parse(wrong), ReconcileOptions.DEFAULT) } shouldContainExactly
            refusal { client.reconcile(Ruleset.parse(wrong)) }
    }
}
