// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.assertSoftly
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

private val PRINTED =
    """
    table inet filter {
    	counter web {
    		packets 0 bytes 0
    	}

    	set friends {
    		type ipv4_addr
    		flags interval
    		elements = { 10.0.0.0/8, 192.168.0.1 }
    	}

    	map ports {
    		type inet_service : verdict
    		elements = { 80 : jump services }
    	}

    	chain input {
    		type filter hook input priority filter; policy drop;
    		ip saddr @friends accept
    		tcp dport vmap @ports
    	}

    	chain services {
    		counter name "web" accept comment "all"
    	}
    }
    """.trimIndent() + "\n"

class RulesetSpec :
    FunSpec({
        test("a ruleset that was printed is read and printed again") {
            val ruleset = Ruleset.parse(PRINTED)
            assertSoftly {
                ruleset.toText() shouldBe PRINTED
                ruleset.toString() shouldBe "ruleset of 1 table"
                Batch().add(ruleset).size() shouldBe 11
                Ruleset.parse("").toText() shouldBe ""
            }
        }

        test("a rule may precede the set that it refers to, and a table is read from several blocks") {
            val text =
                "table t { chain c { ip saddr @s accept; } }; table t { set s { type ipv4_addr; flags interval; } }"
            val contents = Ruleset.parse(text).tables().single()
            contents
                .rules()
                .single()
                .statements()
                .size shouldBe 2
        }

        test("what is wrong is refused with its place in the whole text") {
            for (
            (text, place) in
            listOf(
                "table t {\n  chain c {\n    tcp dport x accept\n  }\n}" to "line 3, column 15",
                "table t {\n  set s { type typo; }\n}" to "line 2, column 16",
                "table t {\n  set s { flags interval; }\n}" to "line 2, column 17",
                "table t {\n  set s { typeof numgen inc mod 2; }\n}" to "line 2, column 18",
                "define a = 5" to "line 1, column 1",
                "table t {\n flowtable f { }\n}" to "line 2, column 2",
                "table t { chain c { type filter hook nowhere priority 0; } }" to "line 1, column 38",
                "table t { chain c { policy drop; } }" to "line 1, column 21",
                "table t { chain c {" to "line 1, column 20",
                "table t { set s { type ipv4_addr; elements = { 1.1.1.1" to "line 1",
                "table t { quota q { } }" to "line 1, column 17",
                "table t { set s { type ipv4_addr; }; set s { type mark; }; }" to "line 1, column 42",
            )
            ) {
                withClue(text) {
                    shouldThrow<RuleSyntaxException> { Ruleset.parse(text) }.message shouldContain place
                }
            }
        }
    })
