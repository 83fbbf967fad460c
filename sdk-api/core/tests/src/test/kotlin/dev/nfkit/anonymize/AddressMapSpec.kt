// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import dev.nfkit.Bytes
import dev.nfkit.packet.hex
import dev.nfkit.run
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldStartWith
import java.io.File
import java.net.InetAddress
import java.nio.ByteBuffer
import kotlin.random.Random

private fun map(key: String = "key") = AddressMap(Key(key.toByteArray()))

private fun AddressMap.ip(address: ByteArray): ByteArray =
    address.copyOf().also { replace(ByteBuffer.wrap(it), 0, it.size) }

/** The hexadecimal digits of the replacement of an address in usual notation, without a name lookup. */
private fun AddressMap.ip(text: String): String = ip(InetAddress.getByName(text).address).toHex()

private fun AddressMap.link(text: String): String =
    hex(text).toArray().also { hardware(ByteBuffer.wrap(it), 0, it.size) }.toHex()

private fun plain(text: String): String = InetAddress.getByName(text).address.toHex()

private fun ByteArray.toHex(): String = Bytes.of(*this).toHex()

private fun ByteArray.bit(index: Int): Int = this[index / 8].toInt() shr (7 - index % 8) and 1

private fun sharedBits(
    one: ByteArray,
    other: ByteArray,
): Int = (0 until one.size * 8).firstOrNull { one.bit(it) != other.bit(it) } ?: (one.size * 8)

/** Prefixes of addresses, so that every kind of address is tested equally often. */
private val beginnings =
    listOf(
        "",
        "00",
        "0a",
        "7f",
        "a9fe",
        "c0a8",
        "e000",
        "ef",
        "ff",
        "ff0200000000000000000001ff",
        "ff0200000000000000000002ff",
        "ff15",
        "ff3e0040",
        "ff3e0030",
        "ff7e0120",
        "ffff",
        "fe80",
        "fe80000000000000",
        "fd",
        "2001",
        "2002",
        "20010db800000001021122fffe",
        "0064ff9b0000000000000000",
        "00000000000000000000ffff",
        "000000000000000000000000",
    ).map { hex(it).toArray() }

private fun Random.address(size: Int): ByteArray {
    val begin = beginnings.filter { it.size < size }.random(this)
    return begin + nextBytes(size - begin.size)
}

/** An address that shares exactly the first [bits] bits with another one. */
private fun Random.neighbour(
    address: ByteArray,
    bits: Int,
): ByteArray =
    address.copyOf().also {
        for (index in bits until it.size * 8) {
            if (index == bits || nextBoolean()) {
                it[index / 8] = (it[index / 8].toInt() xor (0x80 shr index % 8)).toByte()
            }
        }
    }

class AddressMapSpec :
    FunSpec({
        test(
            "two replacements share exactly as many leading bits as the two addresses, whatever their kind",
        ) {
            val random = Random(70)
            val map = map()
            listOf(4, 16).forEach { size ->
                repeat(100_000) {
                    val address = random.address(size)
                    val other = random.neighbour(address, it % (size * 8))
                    val shared = sharedBits(map.ip(address), map.ip(other))
                    if (shared != it % (size * 8)) {
                        withClue("${address.toHex()} ${other.toHex()}") { shared shouldBe it % (size * 8) }
                    }
                }
            }
        }

        test("every number of 16 bits is replaced by a different one") {
            val permutation = PrefixPermutation(Key(ByteArray(32)), Key.Use.IPV4, 16)
            val results = (0L..0xffff).map(permutation::apply)
            results.toSet() shouldHaveSize 0x10000
            results.all { it in 0..0xffff } shouldBe true
            results shouldNotBe (0L..0xffff).toList()
        }

        test("every flow label and every user of few bits is replaced by a different one, and 0 is unchanged") {
            listOf(8, 12).forEach { bits ->
                (0L until 40).forEach { number ->
                    val key = Key(byteArrayOf(number.toByte()))
                    val results = (0L until (1L shl bits)).map { key.permuted(Key.Use.FLOW_LABEL, it, bits) }
                    results.shouldBeUnique()
                    results[0] shouldBe 0
                }
            }
        }

        test("link-layer addresses with different bits have different replacements") {
            val map = map()
            val random = Random(71)
            val addresses =
                List(100_000) { random.nextBytes(6) }.map { it.toHex() } +
                    (0..0xfff).flatMap {
                        listOf(
                            "%012x".format(it),
                            "01005e000%03x".format(it),
                            "3333ff000%03x".format(it),
                        )
                    }
            addresses.distinct().map(map::link).shouldBeUnique()
        }

        test("the same key gives the same replacements in any order of arrival") {
            val random = Random(72)
            val addresses = List(20_000) { random.address(if (it % 2 == 0) 4 else 16) }
            val forward = map().let { map -> addresses.map { map.ip(it).toHex() } }
            val backward = map().let { map -> addresses.reversed().map { map.ip(it).toHex() } }.reversed()
            backward shouldContainExactly forward
            // Each with a new instance, so that it has replaced nothing before.
            addresses.take(200).map { map().ip(it).toHex() } shouldContainExactly forward.take(200)
        }

        test("another key gives other replacements") {
            val random = Random(73)
            val addresses = List(1000) { random.nextBytes(16).also { bytes -> bytes[0] = 0x20 } }
            val one = map("one")
            val other = map("other")
            addresses.count { one.ip(it).contentEquals(other.ip(it)) } shouldBe 0
        }

        test("millions of sources fit a heap of 16 MiB") {
            val places =
                listOf(
                    AddressMap::class.java,
                    ManySources::class.java,
                ).map { it.protectionDomain.codeSource.location }
            val path = places.distinct().joinToString(File.pathSeparator) { File(it.toURI()).path }
            val java = File(System.getProperty("java.home"), "bin/java").path
            val main = ManySources::class.java.name
            val lines = run(java, "-Xmx16m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-cp", path, main)
            lines shouldHaveSize 1
            lines.single().toLong() shouldNotBe 0L
        }

        test("special addresses are unchanged") {
            val map = map()
            listOf(
                "0.0.0.0",
                "127.0.0.1",
                "127.0.0.53",
                "224.0.0.251",
                "224.0.1.1",
                "239.255.255.250",
                "255.255.255.255",
                "::",
                "::1",
                "ff02::1",
                "ff02::fb",
                "ff02::1:2",
                "ff05::1:3",
                "ff3e::1234",
            ).forEach { withClue(it) { map.ip(it) shouldBe plain(it) } }
            listOf("000000000000", "ffffffffffff", "01005e0000fb", "01005e7ffffa", "3333000000fb", "0180c200000e")
                .forEach { withClue(it) { map.link(it) shouldBe it } }
        }

        test("an address of a special range is replaced by another one of that range") {
            val map = map()
            mapOf(
                "169.254.7.9" to "a9fe",
                "232.200.1.7" to "e8",
                "239.9.8.7" to "ef",
                "fe80::211:22ff:fe33:4455" to "fe80000000000000",
                "fd12:3456:789a::1" to "fd",
                "ff15:1234:5678:9abc:def0:1234:8765:4321" to "ff15",
                "ff08::9234:5678" to "ff080000000000000000000000".dropLast(2),
            ).forEach { (address, begin) ->
                withClue(address) {
                    map.ip(address) shouldStartWith begin
                    map.ip(address) shouldNotBe plain(address)
                }
            }
            map.ip("2a02:1234:5678:9abc::1").substring(0, 1).toInt(16) / 2 shouldBe 1
            listOf("10.1.2.3", "172.16.1.1", "192.168.1.1", "100.64.1.1", "8.8.8.8").forEach {
                map.ip(it) shouldNotBe plain(it)
            }
        }

        test("an IPv4 address inside an IPv6 address is replaced as it is alone, or becomes unrecognizable") {
            val map = map()
            val alone = map.ip("198.51.100.7")
            map.ip(hex("00000000000000000000ffffc6336407").toArray()).toHex() shouldBe "00000000000000000000ffff$alone"
            map.ip("::ffff:0:c633:6407") shouldBe "0000000000000000ffff0000$alone"
            map.ip("64:ff9b::c633:6407") shouldBe "0064ff9b0000000000000000$alone"
            map.ip("::c633:6407") shouldBe "0".repeat(24) + alone
            // 6to4, Teredo (with the address inverted) and ISATAP.
            val hidden = listOf("2002:c633:6407::1", "2001:0:c633:6407:0:ffff:39cc:9bf8", "2001:db8::5efe:c633:6407")
            hidden.map(map::ip).forEach {
                withClue(it) {
                    it.contains("c6336407") shouldBe false
                    it.contains("39cc9bf8") shouldBe false
                }
            }
        }

        test("a solicited-node group, its link-layer group and the link-layer address follow the address") {
            val map = map()
            val address = map.ip("2001:db8:1:2:211:22ff:fe33:4455")
            val last = address.substring(26)
            last shouldNotBe "334455"
            map.ip("ff02::1:ff33:4455") shouldBe "ff0200000000000000000001ff$last"
            map.ip("ff02::2:ff33:4455") shouldBe "ff0200000000000000000002ff$last"
            map.link("3333ff334455") shouldBe "3333ff$last"
            map.ip("fe80::211:22ff:fe33:4455").substring(16) shouldBe address.substring(16)
            val link = map.link("001122334455")
            address.substring(16) shouldBe
                "%02x".format(link.take(2).toInt(16) xor 2) + link.substring(2, 6) + "fffe" + link.substring(6)
            link shouldNotBe "001122334455"
        }

        test("a network in a multicast address is replaced as it is in an address, and nothing follows it") {
            val map = map()
            val network = map.ip("2001:db8:1:2::1").take(16)
            map.ip("ff3e:40:2001:db8:1:2:0:9") shouldBe "ff3e0040${network}00000009"
            map.ip("ff7e:140:2001:db8:1:2:0:9") shouldBe "ff7e0140${network}00000009"
            map.ip("ff3e:20:2001:db8::9") shouldBe "ff3e0020${network.take(8)}0000000000000009"
            // A length of more than 64 bits counts as 64; bits after the prefix must be zeros, but are not always.
            map.ip("ff3e:ff:2001:db8:1:2:0:9") shouldBe "ff3e00ff${network}00000009"
            map.ip("ff3e:20:2001:db8:c633:6407:0:9").contains("c6336407") shouldBe false
        }

        test("groups have the link-layer address of their replacement") {
            val map = map()
            listOf("239.1.2.3", "239.255.1.9", "232.77.200.9", "233.250.1.2").forEach {
                val group = hex(map.ip(it)).u32(0).toInt() and 0x7fffff
                map.link("01005e%06x".format(hex(plain(it)).u32(0).toInt() and 0x7fffff)) shouldBe
                    "01005e%06x".format(group)
            }
            listOf("ff15::1234:5678", "ff08::8765:4321", "ff02::1:ff12:3456").forEach {
                map.link("3333" + plain(it).takeLast(8)) shouldEndWith map.ip(it).takeLast(8)
                map.ip(it).takeLast(8) shouldNotBe plain(it).takeLast(8)
            }
        }

        test("hosts of one vendor keep a common prefix, and the bits local and group are unchanged") {
            val map = map()
            map.link("001122334455").take(6) shouldBe map.link("001122998877").take(6)
            val random = Random(74)
            repeat(1000) {
                val address = random.nextBytes(6)
                val bits = address[0].toInt() and 3
                if (bits and 1 == 0) {
                    map.link(address.toHex()).take(2).toInt(16) and 3 shouldBe bits
                }
            }
        }

        test("the link-layer address of the end of a tunnel is an IP address") {
            val map = map()
            map.link("c6336407") shouldBe map.ip("198.51.100.7")
            map.link("20010db8000000000000000000000001") shouldBe map.ip("2001:db8::1")
        }
    })
