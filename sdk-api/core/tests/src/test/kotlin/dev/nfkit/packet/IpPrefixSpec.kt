// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import com.sun.management.ThreadMXBean
import dev.nfkit.Bytes
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.lang.management.ManagementFactory
import java.math.BigInteger
import java.net.Inet6Address
import java.net.InetAddress
import kotlin.random.Random

private fun address(vararg bytes: Int): InetAddress {
    val array = ByteArray(bytes.size) { bytes[it].toByte() }
    return if (array.size == 16) Inet6Address.getByAddress(null, array, -1) else InetAddress.getByAddress(array)
}

private fun random(
    random: Random,
    size: Int,
): ByteArray {
    // Few different bytes, so that addresses are often in a prefix.
    val bytes = ByteArray(size) { listOf(0, 1, 0x80, 0xff).random(random).toByte() }
    return bytes
}

private fun inet(bytes: ByteArray): InetAddress = address(*bytes.map { it.toInt() and 0xff }.toIntArray())

/** The first bits of an address, compared one by one. */
private fun naive(
    prefix: IpPrefix,
    address: ByteArray,
): Boolean {
    val own = prefix.address().address
    return own.size == address.size &&
        (0 until prefix.length()).all { bit ->
            val shift = 7 - bit % 8
            (own[bit / 8].toInt() shr shift and 1) == (address[bit / 8].toInt() shr shift and 1)
        }
}

private fun long(
    bytes: ByteArray,
    at: Int,
): Long = BigInteger(bytes.copyOfRange(at, at + 8)).toLong()

class IpPrefixSpec :
    FunSpec({
        test("a prefix is parsed and printed, and a single address is printed alone") {
            mapOf(
                "10.0.0.0/8" to "10.0.0.0/8",
                "0.0.0.0/0" to "0.0.0.0/0",
                "192.0.2.7" to "192.0.2.7",
                "255.255.255.255/32" to "255.255.255.255",
                "::/0" to "::/0",
                "fd00::/8" to "fd00::/8",
                "FD00::1" to "fd00::1",
                "2001:db8:0:0:0:0:0:1" to "2001:db8::1",
                "1:2:3:4:5:6:7::" to "1:2:3:4:5:6:7:0",
                "64:ff9b::192.0.2.0/120" to "64:ff9b::c000:200/120",
                "::ffff:10.0.0.0/104" to "::ffff:10.0.0.0/104",
            ).forEach { (text, printed) ->
                val prefix = IpPrefix.parse(text)
                prefix.toString() shouldBe printed
                IpPrefix.parse(printed) shouldBe prefix
                IpPrefix.of(prefix.address(), prefix.length()) shouldBe prefix
                prefix.version() shouldBe if (':' in text) 6 else 4
            }
            IpPrefix.parse("10.0.0.0/8").isSingle shouldBe false
            IpPrefix.parse("10.0.0.0").isSingle shouldBe true
            IpPrefix.parse("fd00::").isSingle shouldBe true
        }

        test("a text that is no prefix is refused with what is wrong, and no name is looked up") {
            val none =
                listOf(
                    "",
                    "/8",
                    "localhost",
                    "10.0.0",
                    "10.0.0.0.0",
                    "256.0.0.1",
                    "010.0.0.1",
                    "10.0.0.0 ",
                    "1.2.3.+4",
                ) +
                    listOf(":", ":::", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::") +
                    listOf(
                        "fe80::1%eth0",
                        "g::",
                        "1.2.3.4::",
                        "::1.2.3",
                        "::1.2.3.4:5",
                        "[::1]",
                        "\u0661.0.0.1",
                        "1:",
                    ) +
                    listOf("1:2:3:4:5:6:7:1.2.3.4", "::" + "0".repeat(50))
            for (text in none) {
                withClue(text) {
                    shouldThrow<IllegalArgumentException> { IpPrefix.parse(text) }.message shouldContain
                        "\" is no IP prefix; give one such as 10.0.0.0/8 or fd00::1 (names are not looked up)"
                }
            }
            for (text in listOf("10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/255.0.0.0", "10.0.0.0/8/8")) {
                shouldThrow<IllegalArgumentException> { IpPrefix.parse(text) }.message shouldBe
                    "the prefix length of \"$text\" is out of 0 to 32"
            }
            shouldThrow<IllegalArgumentException> { IpPrefix.parse("::/129") }.message shouldContain "out of 0 to 128"
            shouldThrow<IllegalArgumentException> { IpPrefix.of(address(10, 0, 0, 0), -1) }.message shouldBe
                "prefix length -1 is out of 0 to 32"
            shouldThrow<IllegalArgumentException> { IpPrefix.parse("\u001b[2J") }.message shouldContain "\".[2J\""
        }

        test("bits after the prefix are refused with the prefix that was meant, or ignored by choice") {
            shouldThrow<IllegalArgumentException> { IpPrefix.parse("10.1.2.3/8") }.message shouldBe
                "10.1.2.3/8 has bits after its prefix; the prefix is 10.0.0.0/8"
            shouldThrow<IllegalArgumentException> { IpPrefix.parse("fd00::1/64") }.message shouldBe
                "fd00::1/64 has bits after its prefix; the prefix is fd00::/64"
            shouldThrow<IllegalArgumentException> { IpPrefix.of(address(10, 0, 0, 1), 31) }
            IpPrefix.around(address(10, 1, 2, 3), 8) shouldBe IpPrefix.parse("10.0.0.0/8")
            IpPrefix.parseAround("10.1.2.3/8") shouldBe IpPrefix.parse("10.0.0.0/8")
            IpPrefix.parseAround("fd00::1") shouldBe IpPrefix.parse("fd00::1")
            shouldThrow<IllegalArgumentException> { IpPrefix.parseAround("10.1.2.3/33") }.message shouldContain
                "0 to 32"
        }

        test("an address of the other version is in no prefix, mapped ones included") {
            val all4 = IpPrefix.parse("0.0.0.0/0")
            val all6 = IpPrefix.parse("::/0")
            val mapped = address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1)
            (address(10, 0, 0, 1) in all4) shouldBe true
            (address(10, 0, 0, 1) in all6) shouldBe false
            (mapped in all4) shouldBe false
            (mapped in all6) shouldBe true
            all4.contains(0L, 0L) shouldBe false
            all6.contains(0) shouldBe false
            all4.contains(all6) shouldBe false
            all6.contains(IpPrefix.parse("fd00::/8")) shouldBe true
            IpPrefix.parse("10.0.0.0/8").contains(all4) shouldBe false
        }

        test("every form of contains agrees with a comparison bit by bit") {
            val random = Random(70)
            repeat(20_000) {
                val size = listOf(4, 16).random(random)
                val prefix = IpPrefix.around(inet(random(random, size)), random.nextInt(size * 8 + 1))
                val bytes = random(random, listOf(4, 16).random(random))
                val expected = naive(prefix, bytes)
                withClue("$prefix ${bytes.toList()}") {
                    prefix.contains(inet(bytes)) shouldBe expected
                    IpPrefixSet.of(prefix).contains(inet(bytes)) shouldBe expected
                    if (bytes.size == 4) {
                        prefix.contains(BigInteger(bytes).toInt()) shouldBe expected
                    } else {
                        prefix.contains(long(bytes, 0), long(bytes, 8)) shouldBe expected
                    }
                    if (bytes.size == size) {
                        prefix.contains(Bytes.of(7, *bytes), 1) shouldBe expected
                    }
                }
            }
        }

        test("a set agrees with a loop over its prefixes") {
            val random = Random(71)
            repeat(300) {
                val prefixes =
                    List(random.nextInt(40)) {
                        val size = listOf(4, 16).random(random)
                        IpPrefix.around(inet(random(random, size)), random.nextInt(1, size * 8 + 1))
                    }
                val set = IpPrefixSet.copyOf(prefixes)
                repeat(200) {
                    val bytes = random(random, listOf(4, 16).random(random))
                    val expected = prefixes.any { naive(it, bytes) }
                    withClue("$set ${bytes.toList()}") {
                        (inet(bytes) in set) shouldBe expected
                        set.contains(Bytes.of(7, *bytes), 1, bytes.size) shouldBe expected
                    }
                }
            }
        }

        test("a set is equal to one of the same prefixes in another order, and has them sorted") {
            val set = IpPrefixSet.parse("fd00::/8", "10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8", "9.0.0.0/8")
            set.prefixes().map { it.toString() } shouldContainExactly
                listOf("9.0.0.0/8", "10.0.0.0/8", "10.1.0.0/16", "fd00::/8")
            set.toString() shouldBe "[9.0.0.0/8, 10.0.0.0/8, 10.1.0.0/16, fd00::/8]"
            val same = IpPrefixSet.copyOf(set.prefixes().reversed())
            same shouldBe set
            same.hashCode() shouldBe set.hashCode()
            set shouldNotBe IpPrefixSet.parse("10.0.0.0/8")
            shouldThrow<IllegalArgumentException> { set.contains(Bytes.of(1, 2, 3, 4, 5, 6), 0, 6) }
            (address(10, 0, 0, 1) in IpPrefixSet.of()) shouldBe false
        }

        test("the source and destination of a packet are values, and are looked up without an allocation") {
            val v4 = ByteArray(20)
            v4[0] = 0x45
            listOf(10, 0, 0, 1, 192, 0, 2, 7).forEachIndexed { at, value -> v4[12 + at] = value.toByte() }
            val v6 = ByteArray(40)
            v6[0] = 0x60
            v6[8] = 0xfd.toByte()
            v6[39] = 1
            val ip = IpSummary()
            shouldThrow<IllegalStateException> { ip.sourceAddress() }
            shouldThrow<IllegalStateException> { ip.sourceIn(IpPrefix.parse("::/0")) }
            val set = IpPrefixSet.parse("10.0.0.0/8", "fd00::/8", "0.0.0.0/32")
            val ten = IpPrefix.parse("10.0.0.0/8")
            val one = IpPrefix.parse("::1")
            ip.wrap(Bytes.of(7, *v4), 1) shouldBe true
            ip.sourceAddress() shouldBe address(10, 0, 0, 1)
            ip.destinationAddress() shouldBe address(192, 0, 2, 7)
            listOf(ip.sourceIn(ten), ip.destinationIn(ten), ip.sourceIn(set), ip.destinationIn(set), ip.sourceIn(one))
                .shouldContainExactly(true, false, true, false, false)
            ip.wrap(Bytes.of(*v6)) shouldBe true
            ip.sourceAddress().hostAddress shouldBe "fd00:0:0:0:0:0:0:0"
            ip.destinationAddress().hostAddress shouldBe "0:0:0:0:0:0:0:1"
            listOf(ip.sourceIn(one), ip.destinationIn(one), ip.sourceIn(set), ip.destinationIn(set), ip.sourceIn(ten))
                .shouldContainExactly(false, true, true, false, false)

            var found = 0
            val before = allocatedByThisThread()
            repeat(10_000) {
                if (ip.sourceIn(set)) found++
                if (ip.destinationIn(one)) found++
            }
            found shouldBe 20_000
            allocatedByThisThread() - before shouldBeLessThan 10_000
        }
    })

@Suppress("DEPRECATION") // threadId() is of Java 19
private fun allocatedByThisThread(): Long =
    (ManagementFactory.getThreadMXBean() as ThreadMXBean)
        .getThreadAllocatedBytes(Thread.currentThread().id)
