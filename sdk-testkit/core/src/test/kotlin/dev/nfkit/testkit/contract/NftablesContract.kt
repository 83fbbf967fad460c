// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.AddressFamily
import dev.nfkit.BatchRefusedException
import dev.nfkit.Errno
import dev.nfkit.GenerationMovedException
import dev.nfkit.Refusal
import dev.nfkit.RefusedChange
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainPolicy
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.SetFlag
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableFlag
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Concatenation
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Expression
import dev.nfkit.nftables.expression.Interval
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.expression.Verdict
import dev.nfkit.nftables.expression.Wildcard
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.nftables.statement.RawStatement
import dev.nfkit.socket.NetlinkTransport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.time.Duration

/** An empty ruleset. */
class RulesetHarness(
    val transport: NetlinkTransport,
    private val end: () -> Unit,
) : AutoCloseable {
    override fun close() = end()
}

private fun ip(text: String): Constant = Constant.address(InetAddress.getByName(text))

private val nfkit = TableId.inet("nfkit")

/** What a ruleset does with the client's batches, of whichever kernel it is. */
abstract class NftablesContract(
    unavailable: String?,
    harness: () -> RulesetHarness,
) : FunSpec({
        fun behaviour(
            name: String,
            test: RulesetSteps.() -> Unit,
        ) = test(name).config(
            enabledOrReasonIf = { if (unavailable == null) Enabled.enabled else Enabled.disabled(unavailable) },
        ) {
            harness().use { Nftables.open(it.transport).use { client -> RulesetSteps(it.transport, client).test() } }
        }
        rules(::behaviour)
        sets(::behaviour)
        refusals(::behaviour)
        checks(::behaviour)
    })

/** A ruleset and its client. */
class RulesetSteps(
    val transport: NetlinkTransport,
    val client: Nftables,
) {
    fun comments(chain: String): List<String> {
        val found = mutableListOf<String>()
        client.list().rules<RuntimeException>(nfkit, chain) { found += it.comment().get() }
        return found
    }

    fun elements(set: NftSet): List<SetElement> {
        val found = mutableListOf<SetElement>()
        client.list().elements<RuntimeException>(set) { found += it }
        return found
    }

    fun keys(set: NftSet): List<Expression> = elements(set).map { it.key() }

    /** The errno, the index and the attribute of each refused change. */
    fun refused(batch: Batch): List<String> =
        shouldThrow<BatchRefusedException> { client.commit(batch) }.refused().map {
            "${it.index()} ${it.errno().name()} ${it.refusedAttribute().orElse("-")}"
        }
}

private typealias Behaviour = (String, RulesetSteps.() -> Unit) -> Unit

private fun filter(hook: String) = ChainHook.of(AddressFamily.INET, ChainType.FILTER, hook, "filter")

private fun rule(comment: String) = Rule.`in`(nfkit, "c").comment(comment)

private fun rules(behaviour: Behaviour) {
    behaviour("tables and chains are listed with handles, uses, hooks and policies") {
        val commit =
            client.commit(
                Batch()
                    .returnHandles()
                    .create(Table.shared(nfkit).comment("mine"))
                    .create(Chain.base(nfkit, "in", filter("input")).policy(ChainPolicy.DROP))
                    .create(Chain.regular(nfkit, "c").comment("for jumps")),
            )
        val table = client.list().table(nfkit).get()
        table.comment().get() shouldBe "mine"
        table.handle().asLong shouldBe commit.handle(0).asLong
        table.uses().asLong shouldBe 2
        val chains = client.list().chains(nfkit)
        chains.map { it.handle().asLong } shouldContainExactly listOf(commit.handle(1).asLong, commit.handle(2).asLong)
        chains[0].policy().get() shouldBe ChainPolicy.DROP
        chains[0].hook().get() shouldBe filter("input")
        chains[1].comment().get() shouldBe "for jumps"
        client.list().generation().id() shouldBe commit.generation()
        client.commit(Batch().delete(chains[0]).delete(table))
        client.list().tables().shouldBeEmpty()
    }

    behaviour("rules are appended, inserted, placed, replaced, deleted and flushed") {
        val commit =
            client.commit(
                Batch()
                    .returnHandles()
                    .create(Table.shared(nfkit))
                    .create(Chain.regular(nfkit, "c"))
                    .create(Chain.regular(nfkit, "d"))
                    .add(rule("b"))
                    .add(rule("d"))
                    .insert(rule("a")),
            )
        comments("c") shouldContainExactly listOf("a", "b", "d")
        val b = commit.handle(3).asLong
        client.commit(Batch().add(rule("c").position(b)).insert(rule("ab").position(b)))
        comments("c") shouldContainExactly listOf("a", "ab", "b", "c", "d")
        client.commit(Batch().replace(rule("B").handle(b)))
        comments("c") shouldContainExactly listOf("a", "ab", "B", "c", "d")
        val read = mutableListOf<Rule>()
        client.list().rules<RuntimeException>(nfkit) { read += it }
        client.commit(Batch().delete(read[0]).destroy(read[1]))
        client.commit(Batch().destroy(read[0]))
        comments("c") shouldContainExactly listOf("B", "c", "d")
        client.list().chains(nfkit).map { it.uses().asLong } shouldContainExactly listOf(3L, 0L)
        client.commit(Batch().flush(Chain.regular(nfkit, "c")))
        comments("c").shouldBeEmpty()
    }

    behaviour("an owned table belongs to its client, and disappears with it") {
        Nftables.open(transport).use { owner ->
            owner.commit(Batch().create(Table.owned(nfkit)).create(Chain.base(nfkit, "in", filter("input"))))
            client
                .list()
                .table(nfkit)
                .get()
                .owner()
                .asLong shouldBe owner.portId()
            listOf(
                Batch().create(Chain.regular(nfkit, "other")) to "0 EPERM NFTA_CHAIN_TABLE",
                Batch().delete(Table.shared(nfkit)) to "0 EPERM NFTA_TABLE_NAME",
                Batch().flush(Table.shared(nfkit)) to "0 EPERM NFTA_RULE_TABLE",
            ).forEach { (batch, refusal) -> refused(batch) shouldContainExactly listOf(refusal) }
            owner.commit(Batch().create(Chain.regular(nfkit, "more")))
            client.list().chains(nfkit).size shouldBe 2
        }
        client.list().tables().shouldBeEmpty()
    }

    behaviour("an owned table that persists can be taken over") {
        val table = Table.owned(nfkit).with(TableFlag.PERSIST)
        Nftables.open(transport).use { it.commit(Batch().create(table)) }
        client
            .list()
            .table(nfkit)
            .get()
            .owner()
            .isPresent shouldBe false
        client.commit(Batch().add(table))
        client
            .list()
            .table(nfkit)
            .get()
            .owner()
            .asLong shouldBe client.portId()
    }
}

private fun sets(behaviour: Behaviour) {
    behaviour("elements have timeouts, comments and counters, and are deleted and flushed") {
        val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR).with(SetFlag.TIMEOUT).state(Counter.ZERO)
        val first = SetElement.of(ip("10.0.0.1")).timeout(Duration.ofHours(1)).comment("one")
        client.commit(
            Batch()
                .create(Table.shared(nfkit))
                .create(set)
                .create(SetElements.of(set, first, SetElement.of(ip("10.0.0.2")))),
        )
        val read = elements(set).associateBy { it.key() }
        read.keys shouldBe setOf(ip("10.0.0.1"), ip("10.0.0.2"))
        read.getValue(ip("10.0.0.1")).timeout().get() shouldBe Duration.ofHours(1)
        read.getValue(ip("10.0.0.1")).comment().get() shouldBe "one"
        read.getValue(ip("10.0.0.2")).state() shouldContainExactly listOf(Counter.ZERO)
        client
            .list()
            .element(set, ip("10.0.0.1"))
            .get()
            .comment()
            .get() shouldBe "one"
        client.list().element(set, ip("10.0.0.9")).isPresent shouldBe false
        client.commit(Batch().delete(SetElements.keys(set, ip("10.0.0.1"))))
        keys(set) shouldContainExactly listOf(ip("10.0.0.2"))
        client.commit(Batch().flush(set))
        keys(set).shouldBeEmpty()
    }

    behaviour("intervals, concatenations of ranges, and maps with a catch-all are read as they were written") {
        val nets = NftSet.set(nfkit, "nets", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)
        val pairs = NftSet.set(nfkit, "pairs", DataType.IPV4_ADDR, DataType.INET_SERVICE).with(SetFlag.INTERVAL)
        val map = NftSet.map(nfkit, "map", SetType(listOf(DataType.INET_SERVICE), listOf(DataType.VERDICT)))
        val ranges =
            listOf<Expression>(
                Prefix(ip("0.0.0.0"), 8),
                ip("10.0.0.1"),
                ip("10.0.0.2"),
                Interval(ip("10.0.0.3"), ip("10.0.0.9")),
                Prefix(ip("240.0.0.0"), 4),
            )
        val box = Concatenation(listOf(Prefix(ip("10.0.0.0"), 24), Interval(Constant.port(80), Constant.port(90))))
        client.commit(
            Batch()
                .create(Table.shared(nfkit))
                .create(Chain.regular(nfkit, "c"))
                .create(nets)
                .create(pairs)
                .create(map)
                .create(SetElements.keys(nets, *ranges.toTypedArray()))
                .create(SetElements.keys(pairs, box))
                .create(
                    SetElements.of(
                        map,
                        SetElement.of(Constant.port(22), Verdict.Jump("c")),
                        SetElement.of(Wildcard.ANY, Verdict.DROP),
                    ),
                ),
        )
        keys(nets) shouldContainExactlyInAnyOrder ranges
        client
            .list()
            .element(nets, ip("10.0.0.5"))
            .get()
            .key() shouldBe ranges[3]
        keys(pairs) shouldContainExactly listOf(box)
        elements(map).map { it.key() to it.data().get() } shouldContainExactlyInAnyOrder
            listOf(Constant.port(22) to Verdict.Jump("c"), Wildcard.ANY to Verdict.DROP)
        refused(Batch().delete(Chain.regular(nfkit, "c"))) shouldContainExactly listOf("0 EBUSY NFTA_CHAIN_NAME")
        client.commit(Batch().flush(map).delete(Chain.regular(nfkit, "c")))
        client.commit(Batch().delete(SetElements.keys(nets, ranges[0], ranges[4])))
        keys(nets) shouldContainExactlyInAnyOrder ranges.subList(1, 4)
    }
}

private fun refusals(behaviour: Behaviour) {
    behaviour("refusals name the change and the attribute") {
        val none = TableId.ip("none")
        client.commit(Batch().create(Table.shared(nfkit)).create(Chain.base(nfkit, "in", filter("input"))))
        listOf(
            Batch().create(Table.shared(nfkit)) to "EEXIST NFTA_TABLE_NAME",
            Batch().delete(Table.shared(none)) to "ENOENT NFTA_TABLE_NAME",
            Batch().create(Chain.regular(none, "c")) to "ENOENT NFTA_CHAIN_TABLE",
            Batch().create(Chain.regular(nfkit, "in")) to "EEXIST NFTA_CHAIN_NAME",
            Batch().add(Chain.base(nfkit, "in", filter("output"))) to "EOPNOTSUPP -",
            Batch().delete(Chain.regular(nfkit, "out")) to "ENOENT NFTA_CHAIN_NAME",
            Batch().add(Rule.`in`(nfkit, "none")) to "ENOENT NFTA_RULE_CHAIN",
            Batch().delete(Rule.`in`(nfkit, "in").handle(99)) to "ENOENT NFTA_RULE_HANDLE",
            Batch().add(Rule.`in`(nfkit, "in").position(99)) to "ENOENT NFTA_RULE_POSITION",
            Batch().add(Table.owned(nfkit)) to "EOPNOTSUPP -",
            Batch().add(Table.shared(nfkit).with(TableFlag.PERSIST)) to "EOPNOTSUPP -",
        ).forEach { (batch, refusal) -> refused(batch) shouldContainExactly listOf("0 $refusal") }
    }

    behaviour("a batch with a refused change changes nothing, and all refused changes are reported") {
        val before = client.list().generation().id()
        val none = TableId.ip("none")
        refused(
            Batch()
                .create(Table.shared(nfkit))
                .create(Chain.regular(none, "a"))
                .create(Chain.regular(nfkit, "b"))
                .create(Chain.regular(none, "c")),
        ) shouldContainExactly listOf("1 ENOENT NFTA_CHAIN_TABLE", "3 ENOENT NFTA_CHAIN_TABLE")
        client.list().tables().shouldBeEmpty()
        client.list().generation().id() shouldBe before
    }

    behaviour("a refused rule names the statement in its text, and what it lacks") {
        client.commit(Batch().create(Table.shared(nfkit)).create(Chain.regular(nfkit, "c")))

        fun refusal(rule: Rule): RefusedChange =
            shouldThrow<BatchRefusedException> { client.commit(Batch().add(rule)) }.refused().single()

        fun refused(text: String): String =
            refusal(Rule.of(nfkit, "c", text)).run {
                val place = textPlace().get()
                "${place.line()}:${place.column()} ${place.text()} -> ${errno()} ${refusal()} ${cure().get()}"
            }
        mapOf(
            "counter jump nope" to "1:9 jump nope -> ENOENT NOT_FOUND there is no chain inet nfkit nope",
            "meta l4proto { tcp, udp } goto nope" to
                "1:27 goto nope -> ENOENT NOT_FOUND there is no chain inet nfkit nope",
            "ip saddr @nope accept" to "1:1 ip saddr @nope -> ENOENT NOT_FOUND there is no set inet nfkit nope",
            "counter add @nope { ip saddr }" to
                "1:9 add @nope { ip saddr } -> ENOENT NOT_FOUND there is no set inet nfkit nope",
            "counter name \"nope\"" to
                "1:1 counter name \"nope\" -> ENOENT NOT_FOUND there is no counter inet nfkit nope",
        ).forEach { (text, expected) ->
            refused(text).replace(" (No such file or directory)", "") shouldBe
                "$expected; add it first, in the same batch"
        }
        refused("tcp dport vmap { 1 : jump nope }") shouldContain "a chain that a verdict map of the rule has"
        refusal(Rule.of(nfkit, "c", RawStatement("nfkit", ByteArray(0)))).run {
            refusal() shouldBe Refusal.NOT_SUPPORTED
            cure().get() shouldBe "this kernel has no expression nfkit for family inet; a newer kernel may have it"
            textPlace().isPresent shouldBe false
        }
    }

    behaviour("a refusal of a ruleset names line and column of its text") {
        val text =
            """
            table inet nfkit {
                chain c {
                    counter
                    tcp dport 22 counter jump nope
                }
                chain base {
                    type nat hook input priority -300;
                }
            }
            """.trimIndent()
        val refusal = shouldThrow<BatchRefusedException> { client.commit(Batch().add(Ruleset.parse(text))) }
        refusal.refused().map { it.toString().substringBefore(": E") } shouldContainExactly
            listOf(
                "add chain inet nfkit base at line 6, column 11 (base)",
                "add rule inet nfkit c at line 4, column 30 (jump nope)",
            )
        refusal.message shouldContain "add chain inet nfkit base at line 6, column 11 (base) (change 2 of the batch)"
    }

    behaviour("elements that exist or overlap are refused") {
        val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR)
        val nets = NftSet.set(nfkit, "nets", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)
        client.commit(
            Batch()
                .create(Table.shared(nfkit))
                .create(set)
                .create(nets)
                .add(SetElements.keys(set, ip("10.0.0.1")))
                .add(SetElements.keys(nets, Prefix(ip("10.0.0.0"), 24))),
        )
        client.commit(Batch().add(SetElements.keys(set, ip("10.0.0.1"))))
        client.commit(Batch().add(SetElements.keys(nets, Prefix(ip("10.0.0.0"), 24))))

        fun errno(batch: Batch) = shouldThrow<BatchRefusedException> { client.commit(batch) }.refused()[0].errno()
        errno(Batch().create(SetElements.keys(set, ip("10.0.0.1")))) shouldBe Errno.EEXIST
        errno(Batch().add(SetElements.keys(nets, Prefix(ip("10.0.0.0"), 16)))) shouldBe Errno.EEXIST
        errno(Batch().add(SetElements.keys(nets, Prefix(ip("10.0.0.128"), 25)))) shouldBe Errno.EEXIST
        errno(Batch().delete(SetElements.keys(set, ip("10.0.0.2")))) shouldBe Errno.ENOENT
    }

    behaviour("a batch for an earlier generation is refused as such") {
        val first = client.commit(Batch().create(Table.shared(nfkit)))
        client.commit(Batch().create(Chain.regular(nfkit, "a")).onlyIf(first.generation()))
        shouldThrow<GenerationMovedException> {
            client.commit(Batch().create(Chain.regular(nfkit, "b")).onlyIf(first.generation()))
        }
        client.list().chains(nfkit).map { it.name() } shouldContainExactly listOf("a")
    }
}
