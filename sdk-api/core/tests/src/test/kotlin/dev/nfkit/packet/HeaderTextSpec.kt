// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe
import java.util.Optional

private fun text(
    version: Int,
    type: Int,
    code: Int,
    vararg rest: Int,
): String {
    val bytes = ByteArray(IcmpView.LENGTH)
    bytes[0] = type.toByte()
    bytes[1] = code.toByte()
    rest.forEachIndexed { i, byte -> bytes[4 + i] = byte.toByte() }
    val view = IcmpView().also { check(it.wrap(Bytes.of(*bytes))) }
    return StringBuilder().also { IcmpText.append(it, version, view) }.toString()
}

class HeaderTextSpec :
    FunSpec({
        context("TCP flags are the letters of tcpdump") {
            withData(
                nameFn = { it.second },
                0x00 to "none",
                0x02 to "S",
                0x12 to "S.",
                0x10 to ".",
                0x18 to "P.",
                0x11 to "F.",
                0x14 to "R.",
                0xc2 to "SEW",
                0xff to "FSRP.UEW",
                0x102 to "S",
            ) { (flags, text) -> TcpFlags.text(flags) shouldBe text }
        }

        context("an ICMP message is its type, its code, and what belongs to it") {
            withData(
                nameFn = { it.first },
                "echo request, id 7, seq 258" to { text(4, 8, 0, 0, 7, 1, 2) },
                "echo reply, id 7, seq 1" to { text(4, 0, 0, 0, 7, 0, 1) },
                "unreachable port" to { text(4, 3, 3) },
                "unreachable need to frag, mtu 1400" to { text(4, 3, 4, 0xff, 0xff, 0x05, 0x78) },
                "unreachable code 77" to { text(4, 3, 77) },
                "redirect host" to { text(4, 5, 1) },
                "time exceeded in transit" to { text(4, 11, 0) },
                "timestamp request" to { text(4, 13, 0) },
                "type 200 code 9" to { text(4, 200, 9) },
                "type 128" to { text(4, 128, 0, 0, 7, 0, 1) },
            ) { (expected, actual) -> actual() shouldBe expected }
        }

        context("the numbers of ICMPv6 have names of their own") {
            withData(
                nameFn = { it.first },
                "echo request, id 7, seq 1" to { text(6, 128, 0, 0, 7, 0, 1) },
                "unreachable port" to { text(6, 1, 4) },
                "packet too big, mtu 65536" to { text(6, 2, 0, 0, 1, 0, 0) },
                "time exceeded reassembly" to { text(6, 3, 1) },
                "parameter problem next header" to { text(6, 4, 1) },
                "neighbor solicitation" to { text(6, 135, 0) },
                "router advertisement" to { text(6, 134, 0) },
                "type 8" to { text(6, 8, 0, 0, 7, 0, 1) },
            ) { (expected, actual) -> actual() shouldBe expected }
        }

        test("any type and code has a text, and a type without a name has none to look up") {
            for (version in listOf(4, 6)) {
                for (type in 0..255) {
                    for (code in 0..255) {
                        text(version, type, code)
                    }
                }
            }
            IcmpType.name(4, 8) shouldBe Optional.of("echo request")
            IcmpType.name(6, 8) shouldBe Optional.empty()
        }
    })
