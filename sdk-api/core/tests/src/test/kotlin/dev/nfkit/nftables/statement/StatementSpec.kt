// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement

import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.ExtensionHeader
import dev.nfkit.nftables.expression.HeaderField
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.util.Optional

class StatementSpec :
    FunSpec({
        fun refused(
            expected: String,
            made: () -> Any,
        ) {
            shouldThrow<IllegalArgumentException> { made() }.message!! shouldContain expected
        }

        test("a log names its group, and a prefix that fits") {
            Log.group(30).prefix("web").prefix() shouldBe Optional.of("web")
            refused("group 65536") { Log.group(65_536) }
            refused("no NUL") { Log.group(1).prefix("a\u0000") }
            refused("127 bytes") { Log.group(1).prefix("x".repeat(128)) }
        }

        test("numbers out of range are refused, by name") {
            refused("rate 0") { Limit.packets(0, Limit.Unit.SECOND) }
            refused("burst -1") { Limit(1, Limit.Unit.DAY, -1, false, false) }
            refused("count -1") { ConnectionLimit(-1, false) }
            refused("wscale 15") { Synproxy(1460, 15, false, false) }
            refused("code 256") { Reject(Reject.Kind.ICMP, 256) }
            refused("65536") { Queue.to(65_536) }
            refused("must not be negative") { Counter(-1, 0) }
        }

        test("a translation has the addresses that its kind needs") {
            val port = Optional.of<dev.nfkit.nftables.expression.Expression>(Constant.port(80))
            refused("takes no address") {
                Nat(Nat.Kind.REDIRECT, Optional.empty(), port, Optional.empty(), setOf())
            }
            refused("needs an address") {
                Nat(Nat.Kind.DNAT, Optional.empty(), Optional.empty(), Optional.empty(), setOf())
            }
        }

        test("only options of TCP can be removed") {
            refused("only options of TCP") { OptionReset(ExtensionHeader.FRAG) }
        }

        test("statements are equal if their values are") {
            Match.of(HeaderField.TCP_DPORT, Constant.port(443)) shouldBe
                Match.of(HeaderField.TCP_DPORT, Constant.port(443))
            RawStatement("osf", byteArrayOf(1)) shouldBe RawStatement("osf", byteArrayOf(1))
            RawStatement("osf", byteArrayOf(1)) shouldNotBe RawStatement("osf", byteArrayOf(2))
            ExtensionStatement(true, "NFQUEUE", 3, byteArrayOf(1)) shouldNotBe
                ExtensionStatement(false, "NFQUEUE", 3, byteArrayOf(1))
        }

        test("the bytes of a raw statement are copied") {
            val data = byteArrayOf(1)
            val raw = RawStatement("osf", data)
            data[0] = 2
            raw.data()[0] = 3
            raw shouldBe RawStatement("osf", byteArrayOf(1))
        }
    })
