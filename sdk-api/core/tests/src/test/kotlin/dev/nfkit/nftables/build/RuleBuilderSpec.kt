// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.build

import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.SetFlag
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.ConnectionSelector
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.Meta
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.Limit
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.util.Optional

private val table = TableId.inet("t")

class RuleBuilderSpec :
    FunSpec({
        fun same(
            text: String,
            sets: SetType.Lookup = SetType.Lookup.NONE,
            steps: RuleBuilder.() -> Unit,
        ) {
            val built = RuleBuilder.`in`(table, "c").apply(steps).build()
            val parsed = Rule.of(table, "c", text, sets)
            built.statements() shouldBe parsed.statements()
            built.comment() shouldBe parsed.comment()
        }

        test("numbers, addresses and comparisons make the statements that text makes") {
            same("tcp dport 22 accept") { matches(HeaderField.TCP_DPORT, 22).accept() }
            same("tcp dport { 22, 443 } ct state new counter drop") {
                matches(HeaderField.TCP_DPORT, 22, 443).matches(ConnectionSelector.STATE, "new").counter().drop()
            }
            val first = InetAddress.getByName("10.0.0.1")
            val second = InetAddress.getByName("10.0.0.2")
            same("ip saddr { 10.0.0.1, 10.0.0.2 } return") { matches(HeaderField.IP_SADDR, first, second).leave() }
            same("ip daddr 10.0.0.0/8 tcp sport != { 22, 8000-8999 } jump other") {
                matches(
                    HeaderField.IP_DADDR,
                    "10.0.0.0/8",
                ).matches(HeaderField.TCP_SPORT, "!= { 22, 8000-8999 }").jump("other")
            }
            same("tcp dport vmap { 22 : accept, 23 : drop }") {
                matches(HeaderField.TCP_DPORT, "vmap { 22 : accept, 23 : drop }")
            }
        }

        test("actions make the statements that text makes") {
            same("udp dport 53 log group 30 meta mark set 0x7 queue to 5") {
                matches(HeaderField.UDP_DPORT, 53).log(30).mark(7).queue(5)
            }
            same("meta l4proto 6 reject with icmpx port-unreachable") { matches(Meta.L4PROTO, 6).reject() }
            same("limit rate 5/second burst 5 packets goto other comment \"slow\"") {
                statement(Limit.packets(5, Limit.Unit.SECOND)).goTo("other").comment("slow")
            }
            same("counter limit rate 5/second drop comment \"x\"") {
                counter().text("limit rate 5/second comment \"x\"").drop()
            }
        }

        test("a set that a rule refers to needs no declaration of its type") {
            val nets = NftSet.set(table, "nets", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)
            val types = SetType.Lookup { name -> Optional.of(nets.type()).filter { name == "nets" } }
            same("ip saddr @nets accept", types) { matches(HeaderField.IP_SADDR, nets).accept() }
            same("ip saddr != @nets drop", types) { differs(HeaderField.IP_SADDR, nets).drop() }
        }

        test("a comparison that cannot be read is refused with its column") {
            val error =
                shouldThrow<RuleSyntaxException> {
                    RuleBuilder.`in`(table, "c").matches(HeaderField.TCP_DPORT, "!= 22 accept")
                }
            error.column() shouldBe 7
            error.expected() shouldBe "expected the end of the comparison"
        }

        test("a rule without statements, a number that is too large and a comparison without values are refused") {
            shouldThrow<IllegalArgumentException> { RuleBuilder.`in`(table, "c").build() }.message shouldContain
                "a rule of chain c needs a statement"
            shouldThrow<IllegalArgumentException> {
                RuleBuilder.`in`(table, "c").matches(HeaderField.TCP_DPORT, 65536)
            }
            shouldThrow<IllegalArgumentException> {
                RuleBuilder.`in`(table, "c").matches(HeaderField.TCP_DPORT, *LongArray(0))
            }.message shouldContain "needs a value"
        }
    })
