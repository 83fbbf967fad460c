// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.math.BigInteger
import java.net.InetAddress
import java.time.Duration
import java.util.EnumSet
import java.util.Optional

class ExpressionSpec :
    FunSpec({
        fun refused(
            expected: String,
            made: () -> Any,
        ) {
            shouldThrow<IllegalArgumentException> { made() }.message!! shouldContain expected
        }

        test("an address becomes a constant of its family") {
            Constant.address(InetAddress.getByName("10.0.0.1")) shouldBe Constant.of(DataType.IPV4_ADDR, 0x0a000001)
            Constant.address(InetAddress.getByName("::1")) shouldBe Constant.of(DataType.IPV6_ADDR, 1)
        }

        test("a negative long is the unsigned number of the same bits") {
            Constant.of(DataType.CGROUPV2, -1).value() shouldBe BigInteger.ONE.shiftLeft(64) - BigInteger.ONE
        }

        test("a constant that exceeds its size is refused") {
            refused("inet_service 65536 is out of the range of 16 bits") { Constant.port(65_536) }
            refused("inet_service -1") { Constant.port(-1) }
            refused("no fixed size") { Constant.of(DataType.INTEGER, 1) }
            refused("bits 0") { Constant(DataType.INTEGER, 0, BigInteger.ZERO) }
        }

        test("a constant has the size of what it is compared with") {
            Constant.of(HeaderField.IP_ECN, 3).bits() shouldBe 2
            refused("ecn 4 is out of the range of 2 bits") { Constant.of(HeaderField.IP_ECN, 4) }
        }

        test("a prefix begins with its bits, whatever follows them") {
            val prefix = Prefix(Constant.address(InetAddress.getByName("10.1.2.3")), 8)
            prefix.first() shouldBe Constant.address(InetAddress.getByName("10.0.0.0"))
            prefix.last() shouldBe Constant.address(InetAddress.getByName("10.255.255.255"))
            refused("prefix length 33 is out of 0 to 32") { Prefix(prefix.value(), 33) }
        }

        test("an interval has two ends of the same size, in order") {
            refused("the first exceeds the second") { Interval(Constant.port(2), Constant.port(1)) }
            refused("16 bits to one of 32") { Interval(Constant.port(2), Constant.of(DataType.MARK, 3)) }
        }

        test("a device's name is at most 15 bytes, and may be open") {
            Text.device("eth*") shouldBe Text(DataType.IFNAME, "eth", true)
            Text.device("*") shouldBe Text(DataType.IFNAME, "", true)
            refused("16 bytes") { Text.device("a234567890123456") }
            refused("0 bytes") { Text.device("") }
            refused("not text") { Text(DataType.MARK, "x", false) }
        }

        test("a concatenation has two or more parts, and no concatenation in it") {
            refused("two or more parts") { Concatenation.of(Constant.port(1)) }
            refused("none themselves") {
                Concatenation.of(Constant.port(1), Concatenation.of(Constant.port(1), Constant.port(2)))
            }
        }

        test("the elements of a set all have data, or none has") {
            refused("all of them with data") {
                SetLiteral(
                    listOf(SetElement.of(Constant.port(1)), SetElement.of(Constant.port(2), Verdict.DROP)),
                )
            }
            refused("one or more") { SetLiteral(listOf()) }
        }

        test("an element's timeout is positive") {
            refused("timeout PT0S is not positive") { SetElement.of(Constant.port(1)).timeout(Duration.ZERO) }
        }

        test("a name is not empty, not too long, and without NUL") {
            refused("chain name of 0 bytes") { Verdict.jump("") }
            refused("set name of 256 bytes") { SetReference("x".repeat(256)) }
            refused("without NUL") { Verdict.goTo("a\u0000b") }
        }

        test("a lookup of routes is for one address") {
            refused("one of saddr and daddr") { Fib(EnumSet.of(Fib.Key.MARK), Fib.Result.OIF) }
            refused("one of saddr and daddr") { Fib(EnumSet.of(Fib.Key.SADDR, Fib.Key.DADDR), Fib.Result.OIF) }
        }

        test("results of hashes and generators have 32 bits") {
            refused("modulus 0") { SymmetricHash(0, 0) }
            refused("offset 4294967295") { NumberGenerator(NumberGenerator.Mode.RANDOM, 2, 0xffff_ffffL) }
        }

        test("types have different numbers, and a concatenation has six bits for each") {
            DataType.values().map { it.number() }.shouldBeUnique()
            DataType.number(listOf(DataType.IPV4_ADDR, DataType.INET_SERVICE)) shouldBe (7 shl 6 or 13)
            DataType.of("ipv4_addr") shouldBe Optional.of(DataType.IPV4_ADDR)
            DataType.of(46) shouldBe Optional.of(DataType.CGROUPV2)
        }

        test("the fields of a header have different names, and do not exceed what a rule can load") {
            for (protocol in HeaderProtocol.values()) {
                HeaderField.of(protocol).map { it.text() }.shouldBeUnique()
            }
            for (header in ExtensionHeader.values()) {
                ExtensionField.of(header).map { it.text() }.shouldBeUnique()
            }
        }

        test("a type with a fixed size gives it to the fields of that type") {
            for (field in HeaderField.values()) {
                if (field.type().bits() != 0) field.bits() shouldBe field.type().bits()
            }
        }
    })
