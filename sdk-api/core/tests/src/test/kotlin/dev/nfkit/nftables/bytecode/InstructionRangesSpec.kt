// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder

private fun refusal(make: () -> Any): String = shouldThrow<IllegalArgumentException> { make() }.message!!

class InstructionRangesSpec :
    FunSpec({
        test("a register has two numbers, of which the kernel dumps the smaller") {
            (1..4).map(Registers::word) shouldBe listOf(0, 4, 8, 12)
            (8..23).map(Registers::word) shouldBe (0..15).toList()
            (0..15).map(Registers::ofWord) shouldBe listOf(1, 9, 10, 11, 2, 13, 14, 15, 3, 17, 18, 19, 4, 21, 22, 23)
            listOf(1, 8, 9, 20, 23).map(Registers::dumped) shouldBe listOf(1, 1, 9, 4, 23)
            for (register in listOf(-1, 0, 5, 7, 24)) {
                refusal { Registers.word(register) } shouldContain "1 to 4, or 8 to 23"
            }
        }

        test("registers of instructions are checked, and only verdicts use the register of verdicts") {
            refusal { Meta.Load(MetaKey.MARK, 0) } shouldBe "dreg 0 is no register of data: 1 to 4, or 8 to 23"
            refusal { Cmp(Cmp.Op.EQ, 24, Constant.of(1)) } shouldContain "sreg 24"
            refusal { Translation.Masq(5, null, null) } shouldContain "portMin 5"
            refusal { Immediate(1, Verdict.ACCEPT) } shouldContain "register of a verdict 1 is out of 0 to 0"
            refusal { Immediate(0, Constant.of(1)) } shouldContain "dreg 0"
            Lookup("m", null, 1, 0, null).dreg() shouldBe 0
        }

        test("a refusal names the field and its range") {
            refusal { Payload.Load(Payload.Base.NETWORK, 0x10000, 1, 1) } shouldBe "offset 65536 is out of 0 to 65535"
            refusal { Payload.Load(Payload.Base.NETWORK, 0, 65, 1) } shouldBe "length 65 is out of 1 to 64"
            refusal { Queue.Numbered(65535, 2, 0) } shouldBe "total 2 is out of 1 to 1"
            refusal { Log(null, 65536, null, null, null, null) } shouldBe "group 65536 is out of 0 to 65535"
            refusal { Stateful.Connlimit(-1, 0) } shouldBe "count -1 is out of 0 to 4294967295"
            refusal { Reject(Reject.Type.ICMP_UNREACH, 256) } shouldBe "code 256 is out of 0 to 255"
            refusal { Lookup("", null, 1, null, null) } shouldBe "set must have 1 to 255 characters and no NUL"
            refusal { Bitwise.Mask(1, 1, 4, Constant.of(1), Constant.of(1)) } shouldContain "length of the mask 1"
            refusal { Bitwise.Operation(Bitwise.Op.LSHIFT, 1, 1, 4, 2, null) } shouldContain "LSHIFT needs a constant"
            refusal { Byteorder(Byteorder.Op.NTOH, 1, 1, 4, 3) } shouldBe "size 3 is none of 2, 4, 8"
            refusal { Range(false, 1, Constant.of(1), Constant.of(1, 2)) } shouldContain "length of the end 2"
        }

        test("verdicts have a chain if they jump, and only then") {
            refusal { Verdict(Verdict.NFT_JUMP, null, null) } shouldContain "need a chain"
            refusal { Verdict(Verdict.NF_ACCEPT, "c", null) } shouldContain "need a chain"
            for (code in listOf(2, 4, 5, -6)) {
                refusal { Verdict(code, null, null) } shouldBe "verdict $code does not exist"
            }
            Verdict(Verdict.NF_QUEUE or (5 shl 16), null, null).word() shouldBe "unknown"
        }

        test("constants are copied, compared by their bytes, and made from numbers") {
            val bytes = byteArrayOf(1, 2)
            val constant = Constant.of(*bytes)
            bytes[0] = 9
            constant.toArray()[1] = 9
            constant shouldBe Constant.of(1, 2)
            constant.toString() shouldBe "0102"
            Constant.bigEndian(0x1234, 4) shouldBe Constant.of(0, 0, 0x12, 0x34)
            Constant.number(0x1234, 2, ByteOrder.LITTLE_ENDIAN) shouldBe Constant.of(0x34, 0x12)
            Constant.bigEndian(0x1234, 4).toNumber(ByteOrder.BIG_ENDIAN) shouldBe 0x1234
            constant.toNumber(ByteOrder.LITTLE_ENDIAN) shouldBe 0x0201
            refusal { Constant.of() } shouldContain "0 is out of 1 to 64"
            refusal { Constant.of(*ByteArray(65)) } shouldContain "65 is out of 1 to 64"
        }
    })
