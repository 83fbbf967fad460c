// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.AddressFamily
import dev.nfkit.CodedError
import dev.nfkit.Errno
import dev.nfkit.ErrorCode
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.Refusal
import dev.nfkit.SystemCallException
import dev.nfkit.filter.PacketFilter
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.types.shouldBeInstanceOf
import java.nio.file.Path
import kotlin.io.path.readLines

class ErrorCodeSpec :
    FunSpec({
        test("each code has a section in the troubleshooting page, and each section has a code") {
            val sections =
                Path
                    .of("../../docs/TROUBLESHOOTING.md")
                    .readLines()
                    .filter { it.startsWith("### ") }
                    .map { it.drop(4) }
            sections shouldContainExactlyInAnyOrder ErrorCode.entries.map { it.text() }
        }

        test("a link leads to the section, by the anchor that a heading has") {
            ErrorCode.OWNED.link() shouldBe "docs/TROUBLESHOOTING.md#nfkit-owned"
            ErrorCode.entries.forEach { it.text() shouldMatch "NFKIT(-[A-Z]+)+" }
            ErrorCode.entries
                .map { it.link() }
                .toSet()
                .size shouldBe ErrorCode.entries.size
        }

        test("codes never change") {
            ErrorCode.entries.map { it.text() } shouldBe
                listOf(
                    "NFKIT-NO-CAPABILITY",
                    "NFKIT-OTHER-USER-NAMESPACE",
                    "NFKIT-OWNED",
                    "NFKIT-NOT-SUPPORTED",
                    "NFKIT-NOT-FOUND",
                    "NFKIT-EXISTS",
                    "NFKIT-IN-USE",
                    "NFKIT-OVERLAPS",
                    "NFKIT-OTHER-TYPE",
                    "NFKIT-SET-FULL",
                    "NFKIT-RULESET-CHANGED",
                    "NFKIT-REFUSED",
                    "NFKIT-SYSTEM-CALL",
                    "NFKIT-MALFORMED",
                    "NFKIT-BATCH-TOO-LARGE",
                    "NFKIT-BASE-CHAIN",
                    "NFKIT-RULE-SYNTAX",
                    "NFKIT-RULE-INVALID",
                    "NFKIT-FILTER-SYNTAX",
                    "NFKIT-FILE-FORMAT",
                    "NFKIT-PACKET-EDIT",
                )
        }

        test("a refusal has the code of its cause, and each cause its own") {
            Refusal.entries
                .map { it.code() }
                .toSet()
                .size shouldBe Refusal.entries.size
            for (refusal in Refusal.entries) {
                KernelRefusedException("bind", Errno.EPERM, null, -1, refusal, null).code() shouldBe refusal.code()
            }
        }

        test("a stack trace shows the code and its link") {
            SystemCallException("socket", Errno.EMFILE, null).toString() shouldBe
                "dev.nfkit.SystemCallException: socket: EMFILE (Too many open files) " +
                "[NFKIT-SYSTEM-CALL, docs/TROUBLESHOOTING.md#nfkit-system-call]"
            MalformedMessageException("a", 0, "b", "c").code() shouldBe ErrorCode.MALFORMED
        }

        test("errors of text have codes, too") {
            val table = TableId(AddressFamily.IPV4, "t")
            shouldThrow<RuleSyntaxException> { Rule.of(table, "c", "tcp dprt 22") }.code() shouldBe
                ErrorCode.RULE_SYNTAX
            val filter = shouldThrow<IllegalArgumentException> { PacketFilter.parse("tcp dprt 22") }
            filter.shouldBeInstanceOf<CodedError>().code() shouldBe ErrorCode.FILTER_SYNTAX
        }
    })
