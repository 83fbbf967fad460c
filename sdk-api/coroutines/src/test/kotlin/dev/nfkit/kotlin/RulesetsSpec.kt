// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.nftables.ChainPolicy
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.SetFlag
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.statement.Counter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.net.InetAddress

class RulesetsSpec :
    FunSpec({
        test("a ruleset of blocks is the ruleset of text") {
            val net = Prefix(Constant.address(InetAddress.getByName("10.0.0.0")), 8)
            val built =
                ruleset {
                    table(Table.owned(TableId.inet("nfkit"))) {
                        stateful("web", Counter.ZERO)
                        val friends =
                            set("friends", DataType.IPV4_ADDR, keys = listOf(net)) { with(SetFlag.INTERVAL) }
                        chain("services") { rule("tcp dport 22 accept") }
                        chain("input", hook = "input", policy = ChainPolicy.DROP) {
                            rule("ct state established,related accept")
                            rule { matches(HeaderField.IP_SADDR, friends).counter().jump("services") }
                        }
                    }
                    table(Table.shared(TableId.ip("nat"))) {
                        chain("out", hook = "postrouting", type = ChainType.NAT, priority = "srcnat") {
                            rule("masquerade")
                        }
                    }
                }
            val text =
                """
                table inet nfkit {
                    flags owner
                    counter web { packets 0 bytes 0 }
                    set friends { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
                    chain services {
                        tcp dport 22 accept
                    }
                    chain input {
                        type filter hook input priority filter; policy drop;
                        ct state established,related accept
                        ip saddr @friends counter jump services
                    }
                }
                table ip nat {
                    chain out {
                        type nat hook postrouting priority srcnat; policy accept;
                        masquerade
                    }
                }
                """.trimIndent()
            built.toText() shouldBe Ruleset.parse(text).toText()
        }
    })
