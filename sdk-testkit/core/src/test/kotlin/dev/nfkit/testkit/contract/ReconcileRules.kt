// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.nftables.BaseChainRemovalException
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.bytecode.Cmp
import dev.nfkit.nftables.bytecode.Immediate
import dev.nfkit.nftables.bytecode.InstructionWriter
import dev.nfkit.nftables.statement.RawStatement
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import dev.nfkit.nftables.bytecode.Constant as StoredConstant

private val t = TableId.inet("t")

internal fun chainsAndRules(behaviour: Reconciles) {
    behaviour("a set of intervals that become one stays a set, and the rule stays") {
        val rules = "chain c { meta length { 33-55, 55-88 } accept; tcp dport { 22 } accept; }"
        table(rules)
        val before = listed()
        before.map { it.second } shouldContainExactly
            listOf("meta length { 33-88 } accept", "tcp dport 22 accept")
        table(rules).shouldBeEmpty()
        client.difference(client.list().ruleset()).words().shouldBeEmpty()
        listed() shouldBe before
    }

    behaviour("rules that are equal stay with their handles and counters, and others are changed around them") {
        table("chain c { counter packets 5 bytes 300 accept; tcp dport 22 accept; tcp dport 80 drop; }")
        val before = listed()
        table(
            "chain c { udp dport 53 drop; counter accept; tcp dport { 22, 80 } accept; tcp dport " +
                "80 drop; ip ttl 1 drop; }",
        ) shouldContainExactly
            listOf(
                "insert rule inet t c udp dport 53 drop",
                "replace rule inet t c tcp dport { 22, 80 } accept",
                "add rule inet t c ip ttl 1 drop",
            )
        listed().map { it.second } shouldContainExactly
            listOf(
                "udp dport 53 drop",
                "counter packets 5 bytes 300 accept",
                "tcp dport { 22, 80 } accept",
                "tcp dport 80 drop",
                "ip ttl 1 drop",
            )
        listed()[1].first shouldBe before[0].first
        listed()[3].first shouldBe before[2].first
        table("chain c { tcp dport 80 drop; counter accept; }") shouldContainExactly
            listOf(
                "delete rule inet t c # tcp dport { 22, 80 } accept",
                "delete rule inet t c # tcp dport 80 drop",
                "delete rule inet t c # ip ttl 1 drop",
                "replace rule inet t c tcp dport 80 drop",
            )
    }

    behaviour("what is as desired is not sent, and the generation stays") {
        val text =
            """
            table inet t {
                counter web { packets 1 bytes 2; }
                quota q { 10 mbytes; }
                set s { type ipv4_addr; flags interval; elements = { 10.0.0.0-10.255.255.255, 192.168.0.1 } }
                map m { type inet_service : verdict; elements = { 22 : accept, 80 : jump r } }
                chain r { ip saddr @s counter name "web" quota name "q" limit rate 5/second accept; }
                chain in {
                    type filter hook input priority filter
                    tcp dport vmap @m
                    tcp dport { 22, 80-90 } log prefix "a" counter drop
                }
            }
            """
        apply(text).isEmpty shouldBe false
        val generation = client.list().generation().id()
        apply(text).words().shouldBeEmpty()
        apply(text, ReconcileOptions.DEFAULT.exactElements()).kept().shouldBeEmpty()
        client.list().generation().id() shouldBe generation
        client.reconcile(client.list().ruleset()).difference().isEmpty shouldBe true
        client.list().generation().id() shouldBe generation
    }

    behaviour("a policy is changed in place, and a base chain at another hook is removed, which is reported") {
        table("chain in { type filter hook input priority 0; tcp dport 1 drop; }")
        val handle =
            client
                .list()
                .chain(t, "in")
                .get()
                .handle()
                .asLong
        table("chain in { type filter hook input priority 0; policy drop; tcp dport 1 drop; }") shouldContainExactly
            listOf("add chain inet t in { type filter hook input priority filter; policy drop; }")
        client
            .list()
            .chain(t, "in")
            .get()
            .handle()
            .asLong shouldBe handle
        val moved = "table inet t { chain in { type filter hook input priority 5; tcp dport 1 drop; } }"
        val refusal =
            shouldThrow<BaseChainRemovalException> { apply(moved, ReconcileOptions.DEFAULT.keepBaseChains()) }
        refusal.message shouldContain "delete chain inet t in"
        refusal.difference().dropsQueuedPackets() shouldBe true
        client
            .list()
            .chain(t, "in")
            .get()
            .handle()
            .asLong shouldBe handle
        val difference = apply(moved)
        difference.words() shouldContainExactly
            listOf(
                "flush chain inet t in",
                "delete chain inet t in # drops the packets that wait in queues",
                "add chain inet t in { type filter hook input priority filter + 5; policy accept; }",
                "add rule inet t in tcp dport 1 drop",
            )
        difference.commands().map { it.dropsQueuedPackets() } shouldContainExactly listOf(false, true, false, false)
        listed("in").map { it.second } shouldContainExactly listOf("tcp dport 1 drop")
    }

    behaviour("chains are added before the rules that jump to them, and removed after those") {
        table("chain a { jump b; }\nchain b { tcp dport vmap { 1 : jump c }; }\nchain c { accept; }")
        // The other way round, which would be a loop if it were not one transaction.
        table("chain c { jump b; }\nchain b { jump a; }\nchain a { drop; }")
        listed("c").map { it.second } shouldContainExactly listOf("jump b")
        listed("a").map { it.second } shouldContainExactly listOf("drop")
        table("chain d { jump e; }\nchain e { }")
        client.list().chains(t).map { it.name() } shouldContainExactlyInAnyOrder listOf("d", "e")
        table("")
        client.list().chains(t).shouldBeEmpty()
    }

    behaviour("a chain that is made again keeps the counters of its rules and of those that jump to it") {
        table(
            "chain r { counter packets 3 bytes 30; }\n" +
                "chain c { counter packets 7 bytes 70 jump r; }\n" +
                "map m { type mark : verdict; elements = { 1 : jump r, 2 : drop } }",
        )
        val text =
            "chain r { comment \"new\"; counter; }\n" +
                "chain c { counter jump r; }\n" +
                "map m { type mark : verdict; elements = { 1 : jump r, 2 : drop } }"
        table(text)
        client
            .list()
            .chain(t, "r")
            .get()
            .comment()
            .get() shouldBe "new"
        listed("r").map { it.second } shouldContainExactly listOf("counter packets 3 bytes 30")
        listed().map { it.second } shouldContainExactly listOf("counter packets 7 bytes 70 jump r")
        elements("m").size shouldBe 2
        table(text).shouldBeEmpty()
        table(
            "chain r { type filter hook input priority 0; counter; }\n" +
                "map m { type mark : verdict; elements = { 2 : drop } }",
        )
        client
            .list()
            .chain(t, "r")
            .get()
            .hook()
            .isPresent shouldBe true
        listed("r").map { it.second } shouldContainExactly listOf("counter packets 3 bytes 30")
    }

    behaviour("comments of tables and base chains stay, and are reported") {
        client.commit(Batch().add(Table.shared(t).comment("old")))
        table("chain in { comment \"one\"; type filter hook input priority 0; }")
        val difference = apply("table inet t { chain in { comment \"two\"; type filter hook input priority 0; } }")
        difference.isEmpty shouldBe true
        difference.kept() shouldContainExactly
            listOf(
                "table inet t keeps its comment: the kernel cannot change it",
                "chain inet t in keeps its comment: the kernel cannot change it",
            )
    }

    behaviour("instructions that this library does not know are compared by their bytes") {
        // nft's language cannot compare a constant with a constant.
        val four = StoredConstant.of(1, 2, 3, 4)
        val raw =
            listOf(Immediate(1, four), Cmp(Cmp.Op.EQ, 1, four)).map {
                RawStatement(it.name(), InstructionWriter.data(it, ByteOrder.nativeOrder()).toArray())
            }
        client.commit(
            Batch().add(Table.shared(t)).add(Chain.regular(t, "c")).add(Rule.of(t, "c", *raw.toTypedArray())),
        )
        val before = client.list().ruleset()
        before.tables()[0].rules()[0].statements() shouldContainExactly raw
        client.reconcile(before).difference().isEmpty shouldBe true
        table("chain c { drop; }") shouldContainExactly listOf("replace rule inet t c drop")
        client.reconcile(before)
        client
            .list()
            .ruleset()
            .tables()[0]
            .rules()[0]
            .statements() shouldContainExactly raw
    }
}
