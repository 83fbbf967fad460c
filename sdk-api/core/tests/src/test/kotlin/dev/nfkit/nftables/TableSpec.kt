// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.AddressFamily
import dev.nfkit.Hook
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class TableSpec :
    FunSpec({
        val table = TableId.inet("nfkit")

        fun refused(action: () -> Any?): String = shouldThrow<IllegalArgumentException> { action() }.message!!

        test("names have 1 to 255 bytes of UTF-8, and an error names the field and the range") {
            TableId.ip("x".repeat(255)).name().length shouldBe 255
            refused { TableId.ip("x".repeat(256)) } shouldContain "has 256 bytes; 1 to 255 are permitted"
            refused { TableId.ip("ü".repeat(128)) } shouldContain "has 256 bytes"
            refused { TableId.ip("") } shouldContain "table \"\" has 0 bytes"
            refused { TableId.ip("a\u0000b") } shouldContain "table \"a.b\" contains a NUL character"
            refused { TableId(AddressFamily.UNSPEC, "t") } shouldContain "family unspecified has no tables"
            refused { Chain.regular(table, "") } shouldContain "chain \"\" has 0 bytes"
            refused { Rule.`in`(table, "x".repeat(300)) } shouldContain "has 300 bytes"
            refused { filter("ingress").device("0123456789abcdef") } shouldContain "has 16 bytes; 1 to 15"
            refused { Table.shared(table).comment("x".repeat(129)) } shouldContain "has 129 bytes; 0 to 128"
            refused { Chain.regular(table, "c").comment("x".repeat(129)) } shouldContain "comment"
        }

        test("priorities are numbers or the names of the family, with offsets") {
            fun priority(
                text: String,
                family: AddressFamily = AddressFamily.INET,
            ) = ChainPriority.parse(family, text).value()
            listOf("raw", "mangle", "dstnat", "filter", "security", "srcnat").map { priority(it) } shouldContainExactly
                listOf(-300, -150, -100, 0, 50, 100)
            listOf("dstnat", "filter", "out", "srcnat").map { priority(it, AddressFamily.BRIDGE) } shouldContainExactly
                listOf(-300, -200, 100, 300)
            priority("filter", AddressFamily.NETDEV) shouldBe 0
            listOf("filter - 5", "filter-5", " mangle + 10 ", "-7", "2147483647", "-2147483648").map {
                priority(it)
            } shouldContainExactly
                listOf(-5, -5, -140, -7, Int.MAX_VALUE, Int.MIN_VALUE)
            refused { priority("out") } shouldContain "priority out is none of family inet; one of [raw, mangle"
            refused { priority("raw", AddressFamily.ARP) } shouldContain "none of family arp"
            refused { priority("filter 5") } shouldContain "neither a number nor a name"
            refused { priority("") } shouldContain "neither a number nor a name"
            refused { priority("2147483648") } shouldContain "is out of -2147483648 to 2147483647"
            refused { priority("mangle - 99999999999999999999") } shouldContain "is out of"
        }

        test("hooks are those of the family") {
            fun hook(
                name: String,
                family: AddressFamily,
            ) = ChainHook.of(family, ChainType.FILTER, name, "0").hook()
            hook("input", AddressFamily.INET) shouldBe Hook.LOCAL_IN
            hook("ingress", AddressFamily.INET).number() shouldBe 5
            hook("input", AddressFamily.ARP) shouldBe Hook.ARP_IN
            hook("egress", AddressFamily.NETDEV) shouldBe Hook.NETDEV_EGRESS
            refused { hook("ingress", AddressFamily.IPV4) } shouldContain
                "hook ingress is none of family ip; one of [prerouting"
            refused { hook("egress", AddressFamily.INET) } shouldContain "hook egress"
            refused { Chain.base(table, "c", filter("input").device("lo")) } shouldContain
                "at hook input takes no devices"
        }

        test("values do not change, and their text is that of nft") {
            val owned = Table.owned(table)
            owned.with(TableFlag.DORMANT).flags() shouldBe setOf(TableFlag.DORMANT, TableFlag.OWNER)
            owned.flags() shouldBe setOf(TableFlag.OWNER)
            owned.with(TableFlag.DORMANT).without(TableFlag.DORMANT).flagBits() shouldBe owned.flagBits()
            owned.handle().isPresent shouldBe false
            "$owned" shouldBe "table inet nfkit"
            "${Chain.base(table, "in", filter("input")).policy(ChainPolicy.DROP)}" shouldBe "chain inet nfkit in"
            "${Rule.`in`(table, "in").handle(7)}" shouldBe "rule inet nfkit in handle 7"
            "${Chain.regular(table, "a\u001b[1m")}" shouldBe "chain inet nfkit a.[1m"
            refused { Chain.regular(table, "c").policy(ChainPolicy.DROP) } shouldContain "a regular chain has no policy"
        }

        test("changes that lack what they need are refused when they are added") {
            val rule = Rule.`in`(table, "c")
            refused { Batch().replace(rule) } shouldContain "replace rule inet nfkit c: the rule needs a handle"
            refused { Batch().delete(rule) } shouldContain "the rule needs a handle"
            refused { Batch().destroy(rule) } shouldContain "the rule needs a handle"
            refused { Batch().create(rule) } shouldContain "a rule has no name that could exist"
            refused { Batch().flush(rule) } shouldContain "can be flushed"
            refused { Batch().onlyIf(0) } shouldContain "generation 0 is out of 1 to 4294967295"
            refused { rule.handle(0) } shouldContain "handle 0 is out of 1"
            refused { rule.position(-1) } shouldContain "handle -1 is out of 1"
            "${Batch()}" shouldBe "commit no changes"
            "${Batch().delete(rule.handle(3))}" shouldBe "commit delete rule inet nfkit c handle 3"
            "${Batch().add(Table.owned(table)).add(rule)}" shouldBe "commit 2 changes (add table inet nfkit, …)"
        }
    })

private fun filter(hook: String) = ChainHook.of(AddressFamily.INET, ChainType.FILTER, hook, "filter")
