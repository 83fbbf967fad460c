// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.list
import io.kotest.property.checkAll
import java.net.Inet6Address
import java.net.InetAddress
import java.util.HexFormat

private fun text(hex: String): String = AddressText.of(Bytes.of(*HexFormat.of().parseHex(hex)))

class AddressTextSpec :
    FunSpec({
        test("IPv4 is dotted, IPv6 follows RFC 5952") {
            mapOf(
                "0a090001" to "10.9.0.1",
                "ffffffff" to "255.255.255.255",
                "00000000000000000000000000000000" to "::",
                "00000000000000000000000000000001" to "::1",
                "fd090000000000000000000000000001" to "fd09::1",
                "20010db8000000010001000100010001" to "2001:db8:0:1:1:1:1:1",
                "20010db8000000000001000000000001" to "2001:db8::1:0:0:1",
                "20010000000000010000000000000001" to "2001:0:0:1::1",
                "20010db8000000000000000000000000" to "2001:db8::",
                "00000db800010002000300040005000a" to "0:db8:1:2:3:4:5:a",
                "20010db80001000200030004000500a0" to "2001:db8:1:2:3:4:5:a0",
                "00010002000300040005000600000000" to "1:2:3:4:5:6::",
                "00000000000300040005000600070008" to "::3:4:5:6:7:8",
                "00000000000000000000ffff0a090001" to "::ffff:10.9.0.1",
                "0000000000000000000000000a090001" to "::a09:1",
                "ABCDEF01000000000000000000000000" to "abcd:ef01::",
            ).forEach { (hex, expected) -> text(hex) shouldBe expected }
        }

        test("Java parses every text to the same address") {
            checkAll(500, Arb.list(Arb.element(0, 0, 0, 1, 0xa0, 0xfff, 0xffff), 8..8)) { words ->
                val bytes = words.flatMap { listOf((it shr 8).toByte(), it.toByte()) }.toByteArray()
                val read = InetAddress.getByName(AddressText.of(Bytes.of(*bytes)))
                if (read is Inet6Address) {
                    read.address.toList() shouldBe bytes.toList()
                } else {
                    read.address.toList() shouldBe bytes.takeLast(4)
                }
            }
        }

        test("another length is refused") {
            shouldThrow<IllegalArgumentException> { text("0a0900") }.message shouldBe
                "an IP address has 4 or 16 bytes, not 3"
        }
    })
