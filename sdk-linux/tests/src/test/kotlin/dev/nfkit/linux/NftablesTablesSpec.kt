// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.GenerationMovedException
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainPolicy
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Reading
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableFlag
import dev.nfkit.nftables.TableId
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain

class NftablesTablesSpec :
    FunSpec({
        test("tables of all families are made and listed as nft lists them").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val ids = listOf("ip", "ip6", "inet", "arp", "bridge", "netdev")
                val families =
                    listOf(
                        AddressFamily.IPV4,
                        AddressFamily.IPV6,
                        AddressFamily.INET,
                        AddressFamily.ARP,
                        AddressFamily.BRIDGE,
                        AddressFamily.NETDEV,
                    )
                val batch = Batch().returnHandles()
                families.forEach { batch.create(Table.shared(TableId(it, "t")).comment("of $it")) }
                val commit = client.commit(batch)
                nft("list", "tables").lines().filter { it.isNotEmpty() } shouldContainExactly ids.map { "table $it t" }
                listed() shouldContain "comment \"of inet\""
                val tables = client.list().tables()
                tables.map { it.table().family() } shouldContainExactly families
                tables.map { it.comment().get() } shouldContainExactly families.map { "of $it" }
                tables.map { it.handle() } shouldContainExactly families.indices.map { commit.handle(it) }
                client.list().generation().id() shouldBe commit.generation()
                client.commit(Batch().apply { tables.forEach { delete(it) } })
                listed().shouldBeEmpty()
            }
        }

        test("flags of a table are set and cleared").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                client.commit(Batch().add(Table.shared(nfkit).with(TableFlag.DORMANT)))
                listed() shouldContainExactly listOf("table inet nfkit {", "flags dormant", "}")
                client
                    .list()
                    .table(nfkit)
                    .get()
                    .flags() shouldBe setOf(TableFlag.DORMANT)
                client.commit(Batch().add(Table.shared(nfkit)))
                client
                    .list()
                    .table(nfkit)
                    .get()
                    .flags() shouldBe emptySet()
                client.list().table(TableId.ip("nfkit")).isPresent shouldBe false
            }
        }

        test("chains have the hooks, priorities and policies that nft lists").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val mangle = ChainHook.of(AddressFamily.INET, ChainType.ROUTE, "output", "mangle")
                val translate = ChainHook.of(AddressFamily.INET, ChainType.NAT, "prerouting", "dstnat + 5")
                client.commit(
                    Batch()
                        .create(Table.shared(nfkit))
                        .create(Chain.base(nfkit, "in", filter("input", "filter - 5")).policy(ChainPolicy.DROP))
                        .create(Chain.base(nfkit, "change", mangle))
                        .create(Chain.base(nfkit, "nat", translate).comment("translates"))
                        .create(Chain.base(nfkit, "early", filter("ingress", "-7").device("lo")))
                        .create(Chain.regular(nfkit, "mine").comment("for jumps")),
                )
                listed() shouldContainExactly
                    listOf(
                        "table inet nfkit {",
                        "chain in {",
                        "type filter hook input priority filter - 5; policy drop;",
                        "}",
                        "chain change {",
                        "type route hook output priority mangle; policy accept;",
                        "}",
                        "chain nat {",
                        "comment \"translates\"",
                        "type nat hook prerouting priority dstnat + 5; policy accept;",
                        "}",
                        "chain early {",
                        "type filter hook ingress device \"lo\" priority filter - 7; policy accept;",
                        "}",
                        "chain mine {",
                        "comment \"for jumps\"",
                        "}",
                        "}",
                    )
                val chains = client.list().chains(nfkit)
                chains.map { it.name() } shouldContainExactly listOf("in", "change", "nat", "early", "mine")
                chains.map { it.hook().orElse(null) } shouldContainExactly
                    listOf(
                        filter("input", "filter - 5"),
                        mangle,
                        translate,
                        filter("ingress", "-7").device("lo"),
                        null,
                    )
                chains.first().policy().get() shouldBe ChainPolicy.DROP
                chains.last().comment().get() shouldBe "for jumps"
                client.commit(Batch().add(Chain.base(nfkit, "in", filter("input", "-5")).policy(ChainPolicy.ACCEPT)))
                listed() shouldContain "type filter hook input priority filter - 5; policy accept;"
                client
                    .list()
                    .chain(nfkit, "in")
                    .get()
                    .policy()
                    .get() shouldBe ChainPolicy.ACCEPT
                client.list().chain(nfkit, "out").isPresent shouldBe false
            }
        }

        test("chains of ARP, bridges and devices are at their own hooks").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val arp = TableId.arp("t")
                val netdev = TableId.netdev("t")
                namespace.exec("ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1")
                client.commit(
                    Batch()
                        .create(Table.shared(arp))
                        .create(Chain.base(arp, "in", filter("input", family = AddressFamily.ARP)))
                        .create(Table.shared(netdev))
                        .create(
                            Chain.base(
                                netdev,
                                "both",
                                filter("ingress", family = AddressFamily.NETDEV).device("lo").device("d0"),
                            ),
                        ).create(Chain.base(netdev, "last", filter("egress", "1", AddressFamily.NETDEV).device("lo"))),
                )
                listed() shouldContain "type filter hook input priority filter; policy accept;"
                listed() shouldContain "type filter hook ingress devices = { d0, lo } priority filter; policy accept;"
                listed() shouldContain "type filter hook egress device \"lo\" priority filter + 1; policy accept;"
                client.list().chains(netdev).map { it.hook().get().devices() } shouldContainExactly
                    listOf(listOf("lo", "d0"), listOf("lo"))
            }
        }

        test(
            "rules are appended, inserted, placed, replaced, deleted and flushed",
        ).config(enabledOrReasonIf = needsNft) {
            withRuleset {
                fun rule(comment: String) = Rule.`in`(nfkit, "c").comment(comment)

                fun comments(): List<String> {
                    val found = mutableListOf<String>()
                    client.list().rules<RuntimeException>(nfkit, "c") { found += it.comment().get() }
                    return found
                }
                val commit =
                    client.commit(
                        Batch()
                            .create(Table.shared(nfkit))
                            .create(Chain.regular(nfkit, "c"))
                            .create(Chain.regular(nfkit, "d"))
                            .add(rule("b"))
                            .add(rule("d"))
                            .insert(rule("a"))
                            .add(Rule.`in`(nfkit, "d").comment("other"))
                            .returnHandles(),
                    )
                comments() shouldContainExactly listOf("a", "b", "d")
                val b = commit.handle(3).asLong
                client.commit(Batch().add(rule("c").position(b)).insert(rule("ab").position(b)))
                comments() shouldContainExactly listOf("a", "ab", "b", "c", "d")
                client.commit(Batch().replace(rule("B").handle(b)))
                comments() shouldContainExactly listOf("a", "ab", "B", "c", "d")
                val rules = mutableListOf<Rule>()
                client.list().rules<RuntimeException>(nfkit) { rules += it }
                rules.map { it.chain() } shouldContainExactly List(5) { "c" } + "d"
                client.commit(Batch().delete(rules[0]).destroy(rules[1]))
                client.commit(Batch().destroy(rules[0]))
                comments() shouldContainExactly listOf("B", "c", "d")
                client.commit(Batch().flush(Chain.regular(nfkit, "c")))
                comments().shouldBeEmpty()
                nft("-a", "list", "chain", "inet", "nfkit", "d") shouldContain "other"
                client.commit(Batch().flush(Table.shared(nfkit)))
                client.list().chains(nfkit).map { it.uses().asLong } shouldContainExactly listOf(0L, 0L)
            }
        }

        test("destroy removes what exists, and ignores what does not").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                client.commit(Batch().destroy(Table.shared(nfkit)))
                client.commit(Batch().create(Table.shared(nfkit)).destroy(Chain.regular(nfkit, "none")))
                client.commit(Batch().destroy(Table.shared(nfkit)))
                listed().shouldBeEmpty()
            }
        }

        test("a batch whose last change fails changes nothing").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft("add", "table", "ip", "stays")
                val before = client.list().generation()
                val refused =
                    refused(
                        Batch()
                            .create(Table.shared(nfkit))
                            .create(Chain.base(nfkit, "in", filter("input")))
                            .delete(Table.shared(TableId.ip("stays")))
                            .create(Chain.regular(TableId.ip6("none"), "c")),
                    )
                refused.index() shouldBe 3
                listed() shouldContainExactly listOf("table ip stays {", "}")
                client.list().generation().id() shouldBe before.id()
            }
        }

        test("a batch for an earlier generation is refused as such, and nothing else is").config(
            enabledOrReasonIf = needsNft,
        ) {
            withRuleset {
                val first = client.commit(Batch().create(Table.shared(nfkit)))
                val second = client.commit(Batch().create(Chain.regular(nfkit, "a")).onlyIf(first.generation()))
                nft("add", "table", "ip", "other")
                val late = Batch().create(Chain.regular(nfkit, "b")).onlyIf(second.generation())
                val moved = shouldThrow<GenerationMovedException> { client.commit(late) }
                moved.expected() shouldBe second.generation()
                moved.message shouldContain "create chain inet nfkit b"
                moved.message shouldContain "read it again and repeat"
                client.list().chains(nfkit).map { it.name() } shouldContainExactly listOf("a")
                client.commit(Batch().create(Chain.regular(nfkit, "b")).onlyIf(client.list().generation().id()))
            }
        }

        test("a reading is repeated until the ruleset has not changed meanwhile").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                client.commit(Batch().create(Table.shared(nfkit)))
                var readings = 0
                val names =
                    client.consistent(
                        Reading<List<String>, RuntimeException> { listing, generation ->
                            generation.id() shouldNotBe 0
                            val tables = listing.tables()
                            if (readings++ < 2) nft("add", "table", "ip", "t$readings")
                            tables.map { it.table().name() }
                        },
                    )
                readings shouldBe 3
                names.toSet() shouldBe setOf("nfkit", "t1", "t2")
            }
        }

        test("an owned table is the client's own, and disappears when it closes").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                client.commit(Batch().create(Table.shared(TableId.ip("shared"))))
                Nftables.open(namespace.transport).use { owner ->
                    owner.commit(
                        Batch()
                            .create(Table.owned(nfkit))
                            .create(Chain.base(nfkit, "in", filter("input"))),
                    )
                    val table = client.list().table(nfkit).get()
                    table.owner().asLong shouldBe owner.portId()
                    table.flags() shouldBe setOf(TableFlag.OWNER)
                    listed() shouldContain "table inet nfkit { # progname java"
                    owner.commit(Batch().create(Chain.regular(nfkit, "more")))
                }
                listed() shouldContainExactly listOf("table ip shared {", "}")
            }
        }

        test("an owned table that persists can be taken over").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val table = Table.owned(nfkit).with(TableFlag.PERSIST)
                Nftables.open(namespace.transport).use { owner ->
                    owner.commit(Batch().create(table).create(Chain.regular(nfkit, "c")))
                }
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
                client.list().chains(nfkit).map { it.name() } shouldContainExactly listOf("c")
            }
        }
    })
