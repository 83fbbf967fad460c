// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.Errno
import dev.nfkit.Refusal
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class InstructionCausesSpec :
    FunSpec({
        fun missing(
            table: TableId,
            text: String,
        ): String {
            val rule = Rule.of(table, "c", text)
            val last = generateSequence(0) { it + 1 }.takeWhile { rule.body().instruction(it) != null }.last()
            val cause = InstructionCauses.of(rule, Errno.ENOENT, rule.body().instruction(last)!!)!!
            cause.refusal() shouldBe Refusal.NOT_SUPPORTED
            return cause.cure()
        }

        test("an expression that the kernel lacks is named with the option that builds it") {
            missing(TableId.ip("t"), "queue num 3") shouldBe
                "this kernel has no expression queue for family ip (CONFIG_NFT_QUEUE)"
            missing(TableId.inet("t"), "limit rate 5/second") shouldBe
                "this kernel has no expression limit for family inet (CONFIG_NFT_LIMIT)"
            missing(TableId.ip("t"), "masquerade") shouldBe
                "this kernel has no expression masq for family ip (CONFIG_NFT_MASQ)"
        }

        test("expressions that are built for each family have the family's option") {
            missing(TableId.ip("t"), "reject") shouldBe
                "this kernel has no expression reject for family ip (CONFIG_NFT_REJECT_IPV4)"
            missing(TableId.ip6("t"), "dup to ::1") shouldBe
                "this kernel has no expression dup for family ip6 (CONFIG_NFT_DUP_IPV6)"
            missing(TableId.inet("t"), "reject") shouldBe
                "this kernel has no expression reject for family inet (CONFIG_NFT_REJECT_INET)"
        }
    })
