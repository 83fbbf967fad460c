// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.Verdict
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.time.Duration

private val t = TableId.inet("t")

private fun ip(text: String): Constant = Constant.address(InetAddress.getByName(text))

internal fun setsAndElements(behaviour: Reconciles) {
    behaviour("only elements that differ are added and deleted") {
        table(
            "set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 comment \"a\", 10.0.0.3 } }\n" +
                "chain c { ip saddr @s drop; }",
        )
        val handle = listed()[0].first
        table(
            "set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 comment \"b\", 10.0.0.4 } }\n" +
                "chain c { ip saddr @s drop; }",
        ) shouldContainExactly
            listOf(
                "delete element inet t s { 10.0.0.2 comment \"a\", 10.0.0.3 }",
                "add element inet t s { 10.0.0.2 comment \"b\", 10.0.0.4 }",
            )
        elements("s").map { it.key() } shouldContainExactlyInAnyOrder
            listOf(ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.4"))
        listed()[0].first shouldBe handle
    }

    behaviour("intervals are split and joined") {
        fun set(elements: String) = table("set s { type ipv4_addr; flags interval; elements = { $elements } }")
        set("10.0.0.0/8")
        set("10.0.0.0-10.255.255.255").shouldBeEmpty()
        set("10.0.0.0/9, 10.128.0.0/10, 10.192.0.0-255.255.255.255").size shouldBe 2
        elements("s").size shouldBe 3
        set("0.0.0.0/0").size shouldBe 2
        elements("s").size shouldBe 1
    }

    behaviour("a set of another type is made again with the rules that use it, which keep their counters") {
        table(
            "set s { type ipv4_addr; elements = { 10.0.0.1 } }\n" +
                "chain c { drop; ip saddr @s counter packets 1 bytes 2; accept; }",
        )
        table(
            "set s { type ipv4_addr; flags interval; elements = { 10.0.0.1 } }\n" +
                "chain c { drop; ip saddr @s counter; accept; }",
        ) shouldContainExactly
            listOf(
                "delete rule inet t c # ip saddr @s counter",
                "delete set inet t s",
                "add set inet t s { type ipv4_addr; flags interval; }",
                "add element inet t s { 10.0.0.1 }",
                "insert rule inet t c ip saddr @s counter",
            )
        listed().map { it.second } shouldContainExactly
            listOf("drop", "ip saddr @s counter packets 1 bytes 2", "accept")
        table("set s { type inet_service; elements = { 80 } }\nchain c { drop; tcp dport @s; accept; }")
        listed().map { it.second } shouldContainExactly listOf("drop", "tcp dport @s", "accept")
        table("chain c { drop; }")
        client.list().sets(t).shouldBeEmpty()
    }

    behaviour("a set that rules use with the flag constant is made again for other elements") {
        fun set(elements: String) =
            table(
                "set s { type inet_service; flags constant; elements = { $elements } }\n" +
                    "chain c { tcp dport @s drop; }",
            )
        set("22, 80")
        set("80, 22").shouldBeEmpty()
        set("22, 443")
        elements("s").map { it.key() } shouldContainExactlyInAnyOrder listOf(Constant.port(22), Constant.port(443))
        set("22, 443").shouldBeEmpty()
    }

    behaviour("sets that are filled at run time keep their elements, unless the elements are to be exact") {
        val text =
            """
            table inet t {
                set seen { type ipv4_addr; flags timeout; elements = { 10.0.0.1 timeout 1h } }
                set named { type ipv4_addr; }
                set fixed { type ipv4_addr; elements = { 10.0.0.1 } }
            }
            """
        apply(text)
        val batch = Batch()
        listOf("seen", "named", "fixed").forEach {
            batch.add(SetElements.keys(client.list().set(t, it).get(), ip("10.0.0.9")))
        }
        client.commit(batch)
        val difference = apply(text)
        difference.words() shouldContainExactly listOf("delete element inet t fixed { 10.0.0.9 }")
        difference.kept() shouldContainExactly
            listOf(
                "set inet t seen keeps 1 element that the desired ruleset does not contain",
                "set inet t named keeps 1 element that the desired ruleset does not contain",
            )
        elements("seen").size shouldBe 2
        val exact = apply(text, ReconcileOptions.DEFAULT.exactElements())
        exact.words() shouldContainExactlyInAnyOrder
            listOf("delete element inet t seen { 10.0.0.9 }", "delete element inet t named { 10.0.0.9 }")
        exact.kept().shouldBeEmpty()
        elements("seen").single().timeout().get() shouldBe Duration.ofHours(1)
    }

    behaviour("a set that is filled at run time takes its elements with it if it is made again") {
        table("set s { type ipv4_addr; flags timeout; }")
        val set = client.list().set(t, "s").get()
        client.commit(Batch().add(SetElements.of(set, SetElement.of(ip("10.0.0.9")).timeout(Duration.ofHours(1)))))
        table("set s { type ipv4_addr; flags timeout; size 100; }")
        val element = elements("s").single()
        element.key() shouldBe ip("10.0.0.9")
        element.timeout().get() shouldBe Duration.ofHours(1)
        table("set s { type ipv4_addr; size 100; }")
        elements("s").single().timeout().isPresent shouldBe false
    }

    behaviour("elements that stay follow their chains") {
        table("map m { type mark : verdict; }\nchain a { }\nchain b { }")
        val map = client.list().set(t, "m").get()
        client.commit(
            Batch().add(
                SetElements.of(
                    map,
                    listOf("a", "b").mapIndexed { i, chain ->
                        SetElement.of(
                            Constant(DataType.MARK, 32, i.toBigInteger()),
                            Verdict.jump(chain),
                        )
                    },
                ),
            ),
        )
        table("map m { type mark : verdict; }\nchain b { comment \"made again\"; }")
        elements("m").map { it.data().get() } shouldContainExactly listOf(Verdict.jump("b"))
    }
}

internal fun objects(behaviour: Reconciles) {
    behaviour("objects keep what they counted, quotas are changed in place, and limits are made again") {
        val rule = "chain c { counter packets 1 bytes 1 counter name \"n\" quota name \"q\" limit name \"l\"; }"
        table(
            "counter n { packets 5 bytes 6; }\n" +
                "quota q { 10 mbytes used 3 mbytes; }\n" +
                "limit l { rate 5/second; }\n" +
                "$rule",
        )
        val handles = client.list().objects(t).associate { it.name() to it.handle().asLong }
        table("counter n { }\nquota q { over 20 mbytes; }\nlimit l { rate 5/second; }\n$rule") shouldContainExactly
            listOf("add quota inet t q { over 20 mbytes; }")
        client.list().objects(t).associate { it.name() to it.handle().asLong } shouldBe handles
        installed() shouldContain "over 20 mbytes used 3 mbytes"
        table("counter n { comment \"c\"; }\nquota q { over 20 mbytes; }\nlimit l { rate 6/second; }\n$rule")
        installed() shouldContain "packets 5 bytes 6"
        installed() shouldContain "rate 6/second"
        listed().map { it.second } shouldContainExactly
            listOf("counter packets 1 bytes 1 counter name \"n\" quota name \"q\" limit name \"l\"")
        table("chain c { }")
        client.list().objects(t).shouldBeEmpty()
    }
}
