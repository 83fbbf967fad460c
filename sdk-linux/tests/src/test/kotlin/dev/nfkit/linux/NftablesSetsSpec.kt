// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.Refusal
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.SetFlag
import dev.nfkit.nftables.SetPolicy
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.expression.Concatenation
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Expression
import dev.nfkit.nftables.expression.Interval
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.expression.Text
import dev.nfkit.nftables.expression.Verdict
import dev.nfkit.nftables.expression.Wildcard
import dev.nfkit.nftables.statement.Counter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

private fun ip(text: String): Constant = Constant.address(address(text))

private fun net(
    text: String,
    length: Int,
) = Prefix(ip(text), length)

private fun range(
    from: String,
    to: String,
) = Interval(ip(from), ip(to))

private fun Ruleset.elements(set: NftSet): List<SetElement> {
    val found = mutableListOf<SetElement>()
    client.list().elements<RuntimeException>(set) { found += it }
    return found
}

private fun Ruleset.keys(set: NftSet): List<Expression> = elements(set).map { it.key() }

class NftablesSetsSpec :
    FunSpec({
        test("sets have the properties that nft lists, and those are read").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val all =
                    NftSet
                        .set(nfkit, "all", DataType.IPV4_ADDR)
                        .with(SetFlag.DYNAMIC)
                        .timeout(Duration.ofMinutes(5))
                        .gcInterval(Duration.ofSeconds(7))
                        .size(1000)
                        .state(Counter.ZERO)
                        .comment("of addresses")
                val merging =
                    NftSet
                        .set(nfkit, "merging", DataType.INET_SERVICE)
                        .with(SetFlag.INTERVAL)
                        .autoMerge()
                        .policy(SetPolicy.MEMORY)
                val constant = NftSet.set(nfkit, "constant", DataType.MARK).with(SetFlag.CONSTANT)
                val pairs = NftSet.set(nfkit, "pairs", DataType.IPV6_ADDR, DataType.INET_PROTO, DataType.IFNAME)
                val verdicts =
                    NftSet.map(nfkit, "verdicts", SetType(listOf(DataType.INET_SERVICE), listOf(DataType.VERDICT)))
                val targets =
                    NftSet.map(
                        nfkit,
                        "targets",
                        SetType(listOf(DataType.MARK), listOf(DataType.IPV4_ADDR, DataType.INET_SERVICE)),
                    )
                val sets = listOf(all, merging, constant, pairs, verdicts, targets)
                client.commit(Batch().create(Table.shared(nfkit)).apply { sets.forEach { create(it) } })
                listed() shouldContainExactly
                    """
                    table inet nfkit {
                    set all {
                    type ipv4_addr
                    size 1000
                    flags dynamic,timeout
                    counter
                    timeout 5m
                    gc-interval 7s
                    comment "of addresses"
                    }
                    set merging {
                    type inet_service
                    policy memory
                    flags interval
                    auto-merge
                    }
                    set constant {
                    type mark
                    flags constant
                    }
                    set pairs {
                    type ipv6_addr . inet_proto . ifname
                    }
                    map verdicts {
                    type inet_service : verdict
                    }
                    map targets {
                    type mark : ipv4_addr . inet_service
                    }
                    }
                    """.trimIndent().lines()
                val read = client.list().sets(nfkit)
                read.map { it.name() } shouldContainExactly sets.map { it.name() }
                read.map { it.type() } shouldContainExactly sets.map { it.type() }
                read.map { it.flagBits() } shouldContainExactly sets.map { it.flagBits() }
                read.map { it.timeout() } shouldContainExactly sets.map { it.timeout() }
                read.map { it.gcInterval() } shouldContainExactly sets.map { it.gcInterval() }
                read.map { it.size() } shouldContainExactly sets.map { it.size() }
                read.map { it.policy() } shouldContainExactly sets.map { it.policy() }
                read.map { it.state() } shouldContainExactly sets.map { it.state() }
                read.map { it.comment() } shouldContainExactly sets.map { it.comment() }
                read.map { it.merges() } shouldContainExactly sets.map { it.merges() }
                client
                    .list()
                    .set(nfkit, "pairs")
                    .get()
                    .toString() shouldBe "set inet nfkit pairs"
                client.list().set(nfkit, "none").isPresent shouldBe false
                client.list().sets().size shouldBe 6
                client.commit(Batch().delete(read[0]).delete(constant))
                client.list().sets(nfkit).map { it.name() } shouldContainExactly
                    listOf("merging", "pairs", "verdicts", "targets")
            }
        }

        test("elements have timeout, comment and counter, and can be deleted and flushed").config(
            enabledOrReasonIf = needsNft,
        ) {
            withRuleset {
                val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR).with(SetFlag.TIMEOUT).state(Counter.ZERO)
                client.commit(
                    Batch().create(Table.shared(nfkit)).create(set).create(
                        SetElements.of(
                            set,
                            SetElement.of(ip("10.0.0.1")).timeout(Duration.ofHours(1)).comment("one"),
                            SetElement.of(ip("10.0.0.2")),
                            SetElement(
                                ip("10.0.0.3"),
                                java.util.Optional.empty(),
                                java.util.Optional.empty(),
                                java.util.Optional.empty(),
                                java.util.Optional.empty(),
                                listOf(Counter(7, 700)),
                            ),
                        ),
                    ),
                )
                val text = nft("list", "set", "inet", "nfkit", "s")
                text shouldContain "10.0.0.1 counter packets 0 bytes 0 timeout 1h expires"
                text shouldContain "comment \"one\""
                text shouldContain "10.0.0.3 counter packets 7 bytes 700"
                val found = elements(set).associateBy { it.key() }
                found.keys shouldBe setOf(ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3"))
                val first = found.getValue(ip("10.0.0.1"))
                first.timeout().get() shouldBe Duration.ofHours(1)
                first.comment().get() shouldBe "one"
                (first.expires().get() <= Duration.ofHours(1)) shouldBe true
                found.getValue(ip("10.0.0.3")).state() shouldContainExactly listOf(Counter(7, 700))
                client
                    .list()
                    .element(set, ip("10.0.0.1"))
                    .get()
                    .comment()
                    .get() shouldBe "one"
                client.list().element(set, ip("10.0.0.9")).isPresent shouldBe false
                client.list().elementsAndReset<RuntimeException>(set) {}
                elements(set).flatMap { it.state() }.toSet() shouldBe setOf(Counter.ZERO)
                client.commit(
                    Batch()
                        .delete(SetElements.keys(set, ip("10.0.0.1")))
                        .destroy(SetElements.keys(set, ip("10.0.0.8"))),
                )
                keys(set) shouldContainExactlyInAnyOrder listOf(ip("10.0.0.2"), ip("10.0.0.3"))
                client.commit(Batch().flush(set))
                keys(set).shouldBeEmpty()
            }
        }

        test("intervals, prefixes and values are read as they were written").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)
                val keys =
                    listOf<Expression>(
                        net("0.0.0.0", 8),
                        ip("10.0.0.1"),
                        ip("10.0.0.2"),
                        range("10.0.0.3", "10.0.0.9"),
                        net("10.1.0.0", 16),
                        net("10.2.0.0", 16),
                        range("192.0.2.7", "198.51.100.9"),
                        net("240.0.0.0", 4),
                    )
                client.commit(Batch().create(Table.shared(nfkit)).create(set))
                client.commit(Batch().add(SetElements.keys(set, *keys.shuffled(java.util.Random(1)).toTypedArray())))
                keys(set) shouldContainExactlyInAnyOrder keys
                val text = nft("list", "set", "inet", "nfkit", "s").replace(Regex("\\s+"), " ")
                text shouldContain
                    "elements = { 0.0.0.0/8, 10.0.0.1, 10.0.0.2, 10.0.0.3-10.0.0.9, 10.1.0.0/16, 10.2.0.0/16, " +
                    "192.0.2.7-198.51.100.9, 240.0.0.0/4 }"
                client
                    .list()
                    .element(set, ip("10.0.0.5"))
                    .get()
                    .key() shouldBe range("10.0.0.3", "10.0.0.9")
                client
                    .list()
                    .element(set, ip("10.2.3.4"))
                    .get()
                    .key() shouldBe net("10.2.0.0", 16)
                client
                    .list()
                    .element(set, ip("255.0.0.1"))
                    .get()
                    .key() shouldBe net("240.0.0.0", 4)
                client.list().element(set, ip("10.0.0.10")).isPresent shouldBe false
                client.commit(Batch().delete(SetElements.keys(set, net("10.1.0.0", 16), net("240.0.0.0", 4))))
                val deleted = setOf(net("10.1.0.0", 16), net("240.0.0.0", 4))
                keys(set) shouldContainExactlyInAnyOrder keys - deleted
                nft("add", "element", "inet", "nfkit", "s", "{ 1.0.0.0/8, 250.0.0.0-255.255.255.255 }")
                keys(set) shouldContain net("1.0.0.0", 8)
                keys(set) shouldContain range("250.0.0.0", "255.255.255.255")
            }
        }

        test("concatenations and maps are read as they were written, also those of nft").config(
            enabledOrReasonIf = needsNft,
        ) {
            withRuleset {
                val pairs =
                    NftSet
                        .set(nfkit, "pairs", DataType.IPV4_ADDR, DataType.INET_SERVICE)
                        .with(SetFlag.INTERVAL)
                val verdicts =
                    NftSet.map(nfkit, "verdicts", SetType(listOf(DataType.INET_SERVICE), listOf(DataType.VERDICT)))
                val marks = NftSet.map(nfkit, "marks", SetType(listOf(DataType.IFNAME), listOf(DataType.MARK)))
                val names = NftSet.set(nfkit, "names", DataType.IFNAME).with(SetFlag.INTERVAL)
                val ports = Interval(Constant.port(80), Constant.port(90))
                val pair = listOf<Expression>(net("10.0.0.0", 24), ports)
                client.commit(
                    Batch()
                        .create(Table.shared(nfkit))
                        .create(Chain.regular(nfkit, "c"))
                        .create(pairs)
                        .create(verdicts)
                        .create(marks)
                        .create(names)
                        .create(
                            SetElements.keys(
                                pairs,
                                Concatenation(pair),
                                Concatenation.of(range("10.1.0.1", "10.1.0.3"), Constant.port(53)),
                            ),
                        ).create(
                            SetElements.of(
                                verdicts,
                                SetElement.of(Constant.port(22), Verdict.ACCEPT),
                                SetElement.of(Constant.port(23), Verdict.jump("c")),
                                SetElement.of(Wildcard.ANY, Verdict.DROP),
                            ),
                        ).create(
                            SetElements.of(marks, SetElement.of(Text.device("eth0"), Constant.of(DataType.MARK, 0x17))),
                        ).create(SetElements.keys(names, Text.device("lo"), Text.device("eth*"))),
                )
                listed()
                    .map { it.removePrefix("elements = ") }
                    .filter { "{ " in it || (it.endsWith("}") && it.length > 1) } shouldContainExactly
                    listOf(
                        "{ 10.0.0.0/24 . 80-90,",
                        "10.1.0.1-10.1.0.3 . 53 }",
                        "{ 22 : accept, 23 : jump c, * : drop }",
                        "{ \"eth0\" : 0x00000017 }",
                        "{ \"eth*\",",
                        "\"lo\" }",
                    )
                elements(pairs).map { it.key() } shouldContainExactlyInAnyOrder
                    listOf(
                        Concatenation(pair),
                        Concatenation.of(range("10.1.0.1", "10.1.0.3"), Constant.port(53)),
                    )
                elements(verdicts).map { it.key() to it.data().get() } shouldContainExactlyInAnyOrder
                    listOf(
                        Constant.port(22) to Verdict.ACCEPT,
                        Constant.port(23) to Verdict.jump("c"),
                        Wildcard.ANY to Verdict.DROP,
                    )
                elements(marks).single().data().get() shouldBe Constant.of(DataType.MARK, 0x17)
                keys(names) shouldContainExactlyInAnyOrder listOf(Text.device("lo"), Text.device("eth*"))
                nft("add", "map", "inet", "nfkit", "nft", "{ typeof ip saddr . meta mark : tcp dport; }")
                nft("add", "element", "inet", "nfkit", "nft", "{ 10.0.0.1 . 0x7 : 80 }")
                nft("add", "set", "inet", "nfkit", "lengths", "{ typeof ip length; elements = { 40 }; }")
                val read = client.list().set(nfkit, "nft").get()
                read.type() shouldBe SetType(listOf(DataType.IPV4_ADDR, DataType.MARK), listOf(DataType.INET_SERVICE))
                val element = elements(read).single()
                element.key() shouldBe Concatenation.of(ip("10.0.0.1"), Constant.of(DataType.MARK, 7))
                element.data().get() shouldBe Constant.port(80)
                keys(client.list().set(nfkit, "lengths").get()).single() shouldBe
                    Constant(DataType.INTEGER, 16, 40.toBigInteger())
                val key = Concatenation.of(ip("10.0.0.2"), Constant.of(DataType.MARK, 8))
                client.commit(Batch().add(SetElements.of(read, SetElement.of(key, Constant.port(81)))))
                nft("list", "map", "inet", "nfkit", "nft") shouldContain "10.0.0.2 . 0x00000008 : 81"
                client.commit(
                    Batch()
                        .delete(SetElements.of(verdicts, SetElement.of(Wildcard.ANY)))
                        .delete(SetElements.keys(pairs, Concatenation(pair))),
                )
                elements(verdicts).size shouldBe 2
                elements(pairs).size shouldBe 1
            }
        }

        test("100,000 elements are added in one batch, listed and deleted").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                // Without a size the kernel would list some twice and others not, while it enlarges the set's table.
                val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR).size(100_000)
                val elements =
                    (0 until 100_000).map { SetElement.of(Constant.of(DataType.IPV4_ADDR, 0x0a000000L + 7 * it)) }
                client.commit(Batch().create(Table.shared(nfkit)).create(set))
                val generation = client.list().generation().id()
                val commit = client.commit(Batch().create(SetElements.of(set, elements)))
                commit.generation() shouldBe generation + 1
                var count = 0
                var sum = 0L
                client.list().elements<RuntimeException>(set) {
                    count++
                    sum += (it.key() as Constant).value().toLong() - 0x0a000000L
                }
                count shouldBe 100_000
                sum shouldBe 7L * 100_000 * 99_999 / 2
                client.commit(Batch().delete(SetElements.of(set, elements)))
                elements(set).shouldBeEmpty()
            }
        }

        test("refusals of sets and elements name them, the cause and the cure").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val set = NftSet.set(nfkit, "s", DataType.IPV4_ADDR)
                val ranges = NftSet.set(nfkit, "ranges", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)
                val small = NftSet.set(nfkit, "small", DataType.IPV4_ADDR).size(2)
                client.commit(
                    Batch()
                        .create(Table.shared(nfkit))
                        .create(set)
                        .create(ranges)
                        .create(small)
                        .add(SetElements.keys(set, ip("10.0.0.1")))
                        .add(SetElements.keys(ranges, net("10.0.0.0", 24))),
                )

                fun expect(
                    batch: Batch,
                    errno: Errno,
                    attribute: String?,
                    refusal: Refusal,
                    vararg words: String,
                ) {
                    val refused = refused(batch)
                    refused.errno() shouldBe errno
                    refused.refusedAttribute().orElse(null) shouldBe attribute
                    refused.refusal() shouldBe refusal
                    words.forEach { refused.toString() shouldContain it }
                }
                val element = "NFTA_SET_ELEM_LIST_ELEMENTS/NFTA_LIST_ELEM"
                val one = Constant.of(DataType.MARK, 1)
                expect(
                    Batch().create(set),
                    Errno.EEXIST,
                    "NFTA_SET_NAME",
                    Refusal.EXISTS,
                    "there is a set inet nfkit s already",
                )
                expect(
                    Batch().add(NftSet.set(nfkit, "s", DataType.IPV6_ADDR)),
                    Errno.EEXIST,
                    "NFTA_SET_NAME",
                    Refusal.OTHER_TYPE,
                    "of another kind",
                )
                expect(
                    Batch().add(SetElements.keys(NftSet.set(nfkit, "none", DataType.MARK), one)),
                    Errno.ENOENT,
                    "NFTA_SET_ELEM_LIST_SET",
                    Refusal.NOT_FOUND,
                    "there is no set inet nfkit none; add it first",
                )
                expect(
                    Batch().create(SetElements.keys(set, ip("10.0.0.7"), ip("10.0.0.1"), ip("10.0.0.8"))),
                    Errno.EEXIST,
                    element,
                    Refusal.EXISTS,
                    "10.0.0.1 is in set inet nfkit s already",
                )
                expect(
                    Batch().delete(SetElements.keys(set, ip("10.0.0.7"))),
                    Errno.ENOENT,
                    element,
                    Refusal.NOT_FOUND,
                    "10.0.0.7 is not in set inet nfkit s",
                )
                expect(
                    Batch().add(SetElements.keys(ranges, range("9.0.0.0", "10.0.0.5"))),
                    Errno.EEXIST,
                    element,
                    Refusal.OVERLAPS,
                    "the interval up to 10.0.0.5 overlaps an interval that is in set inet nfkit ranges",
                )
                expect(
                    Batch().add(SetElements.keys(small, ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3"))),
                    Errno.ENFILE,
                    element,
                    Refusal.FULL,
                    "set inet nfkit small holds as many elements as its size permits",
                )
                expect(
                    Batch().add(
                        SetElements.keys(
                            NftSet.set(nfkit, "s", DataType.MARK, DataType.MARK),
                            Concatenation.of(one, one),
                        ),
                    ),
                    Errno.EINVAL,
                    element,
                    Refusal.OTHER_TYPE,
                    "of another type",
                )
                nft("add", "chain", "inet", "nfkit", "c")
                nft("add", "rule", "inet", "nfkit", "c", "ip", "saddr", "@s", "drop")
                expect(
                    Batch().delete(set),
                    Errno.EBUSY,
                    "NFTA_SET_NAME",
                    Refusal.IN_USE,
                    "set inet nfkit s is still used",
                )
                elements(set).size shouldBe 1
            }
        }
    })
