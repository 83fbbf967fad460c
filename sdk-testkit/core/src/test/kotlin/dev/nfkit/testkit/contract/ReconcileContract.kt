// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.GenerationMovedException
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.Difference
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.SetElement
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.Random

private val t = TableId.inet("t")

/** Makes a ruleset the desired one, of whichever kernel it is. */
abstract class ReconcileContract(
    unavailable: String?,
    harness: () -> RulesetHarness,
) : FunSpec({
        fun behaviour(
            name: String,
            test: ReconcileSteps.() -> Unit,
        ) = test(name).config(
            enabledOrReasonIf = { if (unavailable == null) Enabled.enabled else Enabled.disabled(unavailable) },
        ) {
            harness().use { Nftables.open(it.transport).use { client -> ReconcileSteps(it, client).test() } }
        }
        chainsAndRules(::behaviour)
        setsAndElements(::behaviour)
        objects(::behaviour)
        tablesAndRetries(::behaviour)
        randomPairs(::behaviour)
    })

/** A ruleset and its client. */
class ReconcileSteps(
    private val harness: RulesetHarness,
    val client: Nftables,
) {
    val transport get() = harness.transport

    fun apply(
        text: String,
        options: ReconcileOptions = ReconcileOptions.DEFAULT,
    ): Difference {
        val result = client.reconcile(Ruleset.parse(text), options)
        result.generation().isPresent shouldBe !result.difference().isEmpty
        return result.difference()
    }

    /** Applies a table `inet t`. Returns the commands, without handles. */
    fun table(
        contents: String,
        options: ReconcileOptions = ReconcileOptions.DEFAULT,
    ): List<String> = apply("table inet t {\n$contents\n}\n", options).words()

    fun installed(): String = client.list().ruleset().toText()

    fun listed(chain: String = "c"): List<Pair<Long, String>> {
        val found = mutableListOf<Rule>()
        client.list().rules<RuntimeException>(t, chain) { found += it }
        val reader = client.list().ruleReader(t)
        return found.map { it.handle().asLong to reader.text(it) }
    }

    fun elements(set: String): List<SetElement> {
        val found = mutableListOf<SetElement>()
        client.list().elements<RuntimeException>(client.list().set(t, set).get()) { found += it }
        return found
    }
}

fun Difference.words(): List<String> = commands().map { it.toString().replace(Regex(" (handle|position) \\d+"), "") }

internal typealias Reconciles = (String, ReconcileSteps.() -> Unit) -> Unit

private fun tablesAndRetries(behaviour: Reconciles) {
    behaviour("only tables that are desired or named are touched") {
        val other = TableId.ip("other")
        val old = TableId.ip("old")
        client.commit(Batch().add(Table.shared(other)).add(Table.shared(old)).add(Chain.regular(other, "c")))
        table("chain c { }")
        client.list().tables().map { it.table() } shouldContainExactlyInAnyOrder listOf(other, old, t)
        table("chain c { }", ReconcileOptions.DEFAULT.remove(old).remove(TableId.ip("none"))) shouldContainExactly
            listOf("delete table ip old")
        client.list().tables().map { it.table() } shouldContainExactlyInAnyOrder listOf(other, t)
        shouldThrow<IllegalArgumentException> { table("", ReconcileOptions.DEFAULT.remove(t)) }
            .message shouldContain "table inet t, which is to be removed"
    }

    behaviour("an owned table of this client is reconciled") {
        apply("table inet t { flags owner; chain in { type filter hook input priority 0; } }")
        client
            .list()
            .table(t)
            .get()
            .owner()
            .asLong shouldBe client.portId()
        val shared = apply("table inet t { chain in { type filter hook input priority 0; drop; } }")
        shared.words() shouldContainExactly listOf("add rule inet t in drop")
        shared.kept() shouldContainExactly listOf("table inet t keeps its owner")
        apply(
            "table inet t { flags owner; chain in { type filter hook input priority 0; drop; } }",
        ).isEmpty shouldBe true
    }

    behaviour("a table becomes dormant and awake") {
        val chain = "chain in { type filter hook input priority 0; drop; }"
        table(chain)
        table("flags dormant; $chain") shouldContainExactly
            listOf("add table inet t { flags dormant; } # drops the packets that wait in queues")
        client
            .list()
            .table(t)
            .get()
            .flags()
            .map { it.toString() } shouldContainExactly listOf("dormant")
        table(chain) shouldContainExactly listOf("add table inet t")
        client
            .list()
            .table(t)
            .get()
            .flags()
            .shouldBeEmpty()
    }

    behaviour("a difference can be read without being applied") {
        val desired = Ruleset.parse("table inet t { chain c { drop; } }")
        val difference = client.difference(desired)
        difference.toText() shouldBe "add table inet t\nadd chain inet t c\nadd rule inet t c drop\n"
        client.list().tables().shouldBeEmpty()
        difference.generation() shouldBe client.list().generation().id()
    }

    behaviour("if the ruleset is changed in between, it is compared again") {
        val moving = MovingTransport(transport)
        Nftables.open(moving).use { mine ->
            moving.beforeBatches(2) { client.commit(Batch().add(Table.shared(t)).add(Chain.regular(t, "other$it"))) }
            val result = mine.reconcile(Ruleset.parse("table inet t { chain c { drop; } }"))
            result.attempts() shouldBe 3
            client.list().chains(t).map { it.name() } shouldContainExactly listOf("c")
            moving.beforeBatches(100) { client.commit(Batch().add(Chain.regular(t, "other$it"))) }
            shouldThrow<GenerationMovedException> { mine.reconcile(Ruleset.parse("table inet t { }")) }
        }
    }
}

private fun randomPairs(behaviour: Reconciles) {
    behaviour("any ruleset becomes any other one, in one transaction, and then nothing differs") {
        val seed = System.getProperty("nfkit.reconcile.seed")?.toLong() ?: System.nanoTime()
        val pairs = Integer.getInteger("nfkit.reconcile.pairs", 60)
        val rulesets = RandomRulesets(Random(seed))
        val exact = ReconcileOptions.DEFAULT.exactElements().keepBaseChains()
        val two = TableId.ip("two")
        repeat(pairs) { pair ->
            val text = rulesets.next()
            val before = installed()
            withClue("-Dnfkit.reconcile.seed=$seed, ruleset $pair") {
                val desired = Ruleset.parse(text)
                val removed = desired.tables().none { it.table().table() == two }
                // Only the second table with its base chains may go.
                val options = if (removed) ReconcileOptions.DEFAULT.exactElements().remove(two) else exact
                val generation = client.list().generation().id()
                val result = client.reconcile(desired, options)
                val difference = result.difference()
                difference.commands().filter { it.dropsQueuedPackets() && it.`object`() is Chain }.shouldBeEmpty()
                if (!difference.isEmpty) client.list().generation().id() shouldBe generation + 1
                val found = stateless(installed())
                val expected = stateless(desired.toText())
                withClue("$before\n$text\n${difference.toText()}") {
                    (found - expected.toSet()).shouldBeEmpty()
                    found shouldBe expected
                }
                client.difference(desired, options).words().shouldBeEmpty()
            }
        }
    }
}

/** The blocks of all tables, in order: a chain that was made later is listed later. */
private fun stateless(text: String): List<String> =
    text
        .split(Regex("(?m)^}\n"))
        .flatMap { table ->
            val name = table.lineSequence().first()
            table.removePrefix("$name\n").split("\n\n").map { "$name ${it.trim()}" }
        }.sorted()
