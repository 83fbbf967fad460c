// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

/** The bytes of a rule, and its text. */
private class Recorded(
    val bytes: ByteArray,
    val text: List<String>,
)

private fun recorded(name: String): List<Recorded> =
    checkNotNull(Recorded::class.java.getResource("/nftables/$name"))
        .readText()
        .trim()
        .split("\n\n")
        .drop(1)
        .map { block -> block.lines().let { Recorded(hex(it[0]), it.drop(1)) } }

/** A timeout of 0 is not written, because the kernel dumps it and may refuse it. */
private fun withoutZero(instruction: Instruction): Instruction =
    if (instruction is Dynset && instruction.timeout() == 0L) {
        with(instruction) { Dynset(op(), set(), setId(), sregKey(), sregData(), null, invert(), instructions()) }
    } else {
        instruction
    }

private fun text(instruction: Instruction) = InstructionText.of(instruction, ByteOrder.LITTLE_ENDIAN)

class InstructionTextSpec :
    FunSpec({
        for (file in listOf("dumped.txt", "sent.txt")) {
            test("the rules of $file have the text of nft") {
                val rules = recorded(file)
                rules.size shouldBeGreaterThan 10
                for (rule in rules) {
                    withClue(rule.text) {
                        val read = decode(rule.bytes)
                        InstructionText.lines(read, ByteOrder.LITTLE_ENDIAN) shouldBe rule.text
                        read.filterIsInstance<UnknownInstruction>().shouldBeEmpty()
                        decode(encode(read)).map(::withoutZero) shouldBe read.map(::withoutZero)
                    }
                }
            }
        }

        test("constants are words of the host, the last one filled with zeros") {
            val cmp = Cmp(Cmp.Op.EQ, 1, Constant.of(10, 0, 0, 1, 0x7f))
            text(cmp) shouldBe "[ cmp eq reg 1 0x0100000a 0x0000007f ]"
            InstructionText.of(cmp, ByteOrder.BIG_ENDIAN) shouldBe "[ cmp eq reg 1 0x0a000001 0x7f000000 ]"
        }

        test("numbers are unsigned") {
            text(Stateful.Counter(-1, 1)) shouldBe "[ counter pkts 18446744073709551615 bytes 1 ]"
            text(Generator.Numgen(1, 0xffff_ffffL, false, 0)) shouldBe "[ numgen reg 1 = inc mod 4294967295 ]"
        }

        test("instructions that nft 1.0.6 does not print or has no statement for") {
            val counter = Stateful.Counter(1, 2)
            val cases =
                mapOf(
                    Stateful.Last(null) to "[ last never ]",
                    Stateful.Last(5) to "[ last 5 ]",
                    Compat.Match("tcp", 0, Opaque.of(1)) to "[ match name tcp rev 0 ]",
                    Compat.Target("NFQUEUE", 3, Opaque.of()) to "[ target name NFQUEUE rev 3 ]",
                    Context.Tunnel(Context.Tunnel.TunnelKey.ID, 1, null) to "[ tunnel load id => reg 1 ]",
                    Context.Socket(Context.Socket.SocketKey.CGROUPV2, 1, 2) to "[ socket load cgroupv2 => reg 1 ]",
                    Exthdr.Load(Exthdr.Op.DCCP, 38, 0, 1, true, 1) to "[ exthdr load 1b @ 38 + 0 present => reg 1 ]",
                    Diversion.Fwd(1, 9, dev.nfkit.AddressFamily.IPV4) to "[ fwd sreg_dev 1 sreg_addr 9 nfproto 2 ]",
                    Fib(Fib.Result.OIF, 0x43, 1) to "[ fib saddr . daddr . unknown 0x40oif => reg 1 ]",
                    Stateful.Limit(1, 7, 0, true, 0) to "[ limit rate 1/error burst 0 type bytes flags 0x0 ]",
                    Bitwise.Operation(Bitwise.Op.OR, 1, 2, 4, 3, null) to "[ bitwise reg 1 = ( reg 2 | reg 3 ) ]",
                    Bitwise.Operation(Bitwise.Op.AND, 1, 2, 1, null, Constant.of(7)) to
                        "[ bitwise reg 1 = ( reg 2 & 0x00000007 ) ]",
                    Inner(0, Inner.Type.VXLAN, 15, 8, Meta.Load(MetaKey.PROTOCOL, 1)) to
                        "[ inner type 1 hdrsize 8 flags f [ meta load protocol => reg 1 ] ]",
                    Dynset(Dynset.Op.DELETE, "s", null, 1, 2, 3, false, listOf(counter)) to
                        "[ dynset delete reg_key 1 set s sreg_data 2 timeout 3ms expr [ counter pkts 1 bytes 2 ] ]",
                    UnknownInstruction("fullcone", Opaque.of(1, -1)) to "[ fullcone unknown 01ff ]",
                    UnknownInstruction("fullcone", null) to "[ fullcone unknown ]",
                )
            for ((instruction, expected) in cases) {
                text(instruction) shouldBe expected
            }
        }
    })
