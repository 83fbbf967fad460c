// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.expression.Concatenation
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.Interval
import dev.nfkit.nftables.expression.Meta
import dev.nfkit.nftables.expression.PayloadBase
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetLiteral
import dev.nfkit.nftables.expression.Text
import dev.nfkit.nftables.expression.Verdict
import dev.nfkit.nftables.statement.Assignment
import dev.nfkit.nftables.statement.InvalidRuleException
import dev.nfkit.nftables.statement.Match
import dev.nfkit.nftables.statement.Statement
import dev.nfkit.nftables.statement.VerdictLookup
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder

private fun compile(
    vararg statements: Statement,
    family: AddressFamily = AddressFamily.INET,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
) = RuleCompiler.compile(family, SETS, order, statements.toList())

class RuleCompilerSpec :
    FunSpec({
        test("rules become the instructions, registers and sets that nft gives them") {
            val rules = corpus()
            rules.size shouldBeGreaterThan 300
            for (rule in rules) {
                withClue(rule.toString()) {
                    val compiled =
                        RuleCompiler.compile(rule.addressFamily, SETS, ByteOrder.LITTLE_ENDIAN, rule.parsed())
                    compiled.lines() shouldBe rule.expectedLines()
                }
            }
        }

        test("on a big-endian machine marks are in big-endian order, too, and are not swapped for a range") {
            val range = Match.of(Meta.MARK, Interval(Constant.of(DataType.MARK, 1), Constant.of(DataType.MARK, 5)))
            val compiled = compile(range, order = ByteOrder.BIG_ENDIAN)
            compiled.instructions().filterIsInstance<dev.nfkit.nftables.bytecode.Cmp>().map {
                it.data().toString()
            } shouldBe
                listOf("00000001", "00000005")
        }

        test("protocols that exclude each other are refused, by name") {
            shouldThrow<InvalidRuleException> {
                compile(
                    Match.of(HeaderField.TCP_DPORT, Constant.port(1)),
                    Match.of(HeaderField.UDP_SPORT, Constant.port(2)),
                )
            }.message!! shouldContain "tcp already, not to udp"
            shouldThrow<InvalidRuleException> {
                compile(
                    Match.of(HeaderField.IP6_HOPLIMIT, Constant.of(HeaderField.IP6_HOPLIMIT, 1)),
                    family = AddressFamily.IPV4,
                )
            }.message!! shouldContain "ip already, not to ip6"
        }

        test("a value that exceeds what it is compared with is refused") {
            shouldThrow<InvalidRuleException> {
                compile(Match.of(HeaderField.TCP_DPORT, Constant.of(DataType.MARK, 65_536)))
            }.message!! shouldContain "exceeds the 2 bytes"
        }

        test("intervals of a map that overlap are refused, because both would have data") {
            val overlapping =
                SetLiteral(
                    listOf(
                        SetElement.of(Interval(Constant.port(1), Constant.port(5)), Verdict.ACCEPT),
                        SetElement.of(Constant.port(5), Verdict.DROP),
                    ),
                )
            shouldThrow<InvalidRuleException> {
                compile(VerdictLookup(HeaderField.TCP_DPORT, overlapping))
            }.message!! shouldContain "conflicting intervals"
        }

        test("an element with another number of parts than the key is refused") {
            val ports = SetLiteral.of(Constant.port(1), Constant.port(2))
            val key = Concatenation.of(HeaderField.TCP_SPORT, HeaderField.TCP_DPORT)
            shouldThrow<InvalidRuleException> {
                compile(Match.of(key, ports))
            }.message!! shouldContain "1 parts in a set with keys of 2"
        }

        test("more registers than the kernel has are refused") {
            val names = Concatenation(List(5) { Meta.IIFNAME })
            val element = Concatenation(List(5) { Text.device("lo") })
            shouldThrow<InvalidRuleException> {
                compile(Match.of(names, SetLiteral.of(element, element)))
            }.message!! shouldContain "registers"
        }

        test("bits that no register holds are refused") {
            val far =
                dev.nfkit.nftables.expression
                    .RawPayload(PayloadBase.TRANSPORT, 0, 520)
            shouldThrow<InvalidRuleException> {
                compile(Match.of(far, Constant.of(far, 1)))
            }.message!! shouldContain "registers"
        }

        test("what cannot be set is refused") {
            shouldThrow<InvalidRuleException> {
                compile(Assignment(dev.nfkit.nftables.expression.Route.MTU, Constant.of(DataType.MARK, 1)))
            }.message!! shouldContain "cannot be set"
        }
    })
