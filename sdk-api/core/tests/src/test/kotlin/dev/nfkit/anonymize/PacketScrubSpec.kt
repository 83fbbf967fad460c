// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import dev.nfkit.Bytes
import dev.nfkit.packet.ChecksumState
import dev.nfkit.packet.IpProtocol
import dev.nfkit.packet.Ipv4View
import dev.nfkit.packet.PacketBuilder
import dev.nfkit.packet.PacketChecksums
import dev.nfkit.packet.hex
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldStartWith
import kotlin.random.Random

private const val SECRET = "The secret of the tests, which is long enough to be found again anywhere. "

private fun scrubbed(
    packet: ByteArray,
    seed: String = "seed",
): ByteArray = packet.copyOf().also { PacketScrub(Scrub(seed.toByteArray())).replace(Region(it, 0, it.size)) }

private fun states(packet: ByteArray): List<ChecksumState> =
    PacketChecksums().let {
        if (it.wrap(Bytes.of(*packet))) listOf(it.header(), it.transport()) else emptyList()
    }

private fun ByteArray.toHex(): String = Bytes.of(*this).toHex()

private fun ByteArray.finds(run: ByteArray): Boolean =
    (0..size - run.size).any { at -> run.indices.all { this[at + it] == run[it] } }

/** Whether eight consecutive bytes of a secret still exist. */
private fun ByteArray.leaks(secret: ByteArray): Boolean =
    (0..secret.size - 8).any { finds(secret.copyOfRange(it, it + 8)) }

private fun addresses(packet: PacketBuilder): List<ByteArray> =
    listOf(hex(packet.source).toArray(), hex(packet.destination).toArray())

private val headers =
    listOf(
        0 to PacketBuilder.HOP_BY_HOP,
        60 to PacketBuilder.DESTINATION,
        43 to PacketBuilder.FINISHED_ROUTE,
        43 to PacketBuilder.UNFINISHED_ROUTE,
        44 to PacketBuilder.ATOMIC_FRAGMENT,
        60 to PacketBuilder.HOME_ADDRESS,
    )

private fun anyPacket(random: Random): PacketBuilder {
    val version = if (random.nextBoolean()) 4 else 6
    val tcpOptions = listOf("", "020405b4", "0101080a 00000001 00000002", "1312 00112233445566778899aabbccddeeff 0000")
    return PacketBuilder(
        version = version,
        protocol = (protocols - IpProtocol.IPV6).random(random),
        options =
            if (version ==
                4
            ) {
                listOf("", "9404000001000000", "07070408080808 00", "8307040a090009 00").random(random).replace(" ", "")
            } else {
                ""
            },
        extensions = if (version == 6) List(random.nextInt(3)) { headers.random(random) } else emptyList(),
        fragment = if (version == 4) listOf(0, 0, 0, 0x2000, 0x2010, 0x0010).random(random) else 0,
        tcpOptions = tcpOptions.random(random).replace(" ", ""),
        payload = SECRET.repeat(random.nextInt(1, 4)).toByteArray(),
        checksum = listOf(ChecksumState.RIGHT, ChecksumState.WRONG, ChecksumState.NOT_READY).random(random),
    )
}

class PacketScrubSpec :
    FunSpec({
        test(
            "no payload and no address survives, in any packet, complete or truncated, and checksums stay correct or wrong",
        ) {
            val random = Random(58)
            repeat(3000) {
                val builder = anyPacket(random)
                val whole = builder.bytes()
                val packet = if (random.nextInt(4) == 0) whole.copyOf(random.nextInt(whole.size)) else whole
                val result = scrubbed(packet)
                withClue("$builder ${packet.toHex()} -> ${result.toHex()}") {
                    result.size shouldBe packet.size
                    result.leaks(builder.payload).shouldBeFalse()
                    addresses(builder).forEach { result.finds(it).shouldBeFalse() }
                    states(result) shouldContainExactly states(packet)
                }
            }
        }

        test("headers keep fields that identify nothing, and a packet is replaced the same way each time") {
            val packet = PacketBuilder(protocol = IpProtocol.TCP, tcpOptions = "020405b4").bytes()
            val result = scrubbed(packet)
            result.copyOfRange(0, 10).toList() shouldBe packet.take(10)
            result.copyOfRange(20, 36).toList() shouldBe packet.slice(20..35)
            result.copyOfRange(38, 44).toList() shouldBe packet.slice(38..43)
            scrubbed(packet).toList() shouldBe result.toList()
            scrubbed(packet, "another").toList() shouldNotBe result.toList()
        }

        test("the packet that an ICMP error quotes is replaced as a packet, truncated as it is") {
            val quoted = PacketBuilder(protocol = IpProtocol.UDP, payload = SECRET.toByteArray())
            val error =
                PacketBuilder(
                    protocol = IpProtocol.ICMP,
                    icmp = "0301",
                    source = "c0000201",
                    payload = quoted.bytes().copyOf(48),
                ).bytes()
            val result = scrubbed(error)
            states(result) shouldContainExactly listOf(ChecksumState.RIGHT, ChecksumState.RIGHT)
            result.leaks(SECRET.toByteArray()).shouldBeFalse()
            val inner = result.copyOfRange(28, result.size)
            val alone = scrubbed(quoted.bytes())
            inner.slice(12..19) shouldBe alone.slice(12..19)
            inner.slice(20..23) shouldBe quoted.bytes().slice(20..23)
            states(inner)[0] shouldBe ChecksumState.RIGHT
        }

        test("neighbour discovery: the target and its link-layer address are replaced, the group follows the address") {
            val target = "fd090000000000000000000000abcdef"
            val solicitation =
                PacketBuilder(
                    version = 6,
                    protocol = IpProtocol.ICMPV6,
                    icmp = "8700",
                    destination = "ff0200000000000000000001ffabcdef",
                    payload = hex(target + "0101 0a0b0c0d0e0f").toArray(),
                ).bytes()
            val result = scrubbed(solicitation)
            states(result)[1] shouldBe ChecksumState.RIGHT
            val text = result.toHex()
            text.contains("0a0b0c0d0e0f").shouldBeFalse()
            text.substring(2 * 24, 2 * 37) shouldBe "ff0200000000000000000001ff"
            text.substring(2 * 37, 2 * 40) shouldBe text.substring(2 * 61, 2 * 64)
            text.substring(2 * 48) shouldStartWith "fd"
            text.substring(2 * 66, 2 * 67).toInt(16) and 3 shouldBe 2
        }

        test("ARP and link-layer headers lose their addresses, and broadcast is kept") {
            val links = LinkScrub(Scrub("seed".toByteArray()))
            val arp = hex("0001 0800 06 04 0001 0a0b0c0d0e0f c0a80101 000000000000 c0a80102").toArray()
            val region = Region(arp, 0, arp.size)
            LinkScrub.isArp(region).shouldBeTrue()
            links.arp(region)
            arp.finds(hex("0a0b0c0d0e0f").toArray()).shouldBeFalse()
            arp.finds(hex("c0a801").toArray()).shouldBeFalse()
            arp.copyOfRange(18, 24).toList() shouldBe List(6) { 0.toByte() }
            val header = hex("ffffffffffff 0a0b0c0d0e0f 8100 0007 0800").toArray()
            links.header(Region(header, 0, header.size))
            header.toHex() shouldStartWith "ffffffffffff"
            header[6].toInt() and 3 shouldBe 2
            header.toHex().substring(24) shouldBe "810000070800"
            val tunnel = hex("0a0b0c0d0e0f 0a0b0c0d0e0f 0800 4500").toArray()
            links.header(Region(tunnel, 0, tunnel.size))
            tunnel.finds(hex("0a0b0c0d").toArray()).shouldBeFalse()
        }

        test("arbitrary bytes are accepted") {
            val random = Random(59)
            repeat(5000) {
                val bytes = random.nextBytes(random.nextInt(200))
                if (bytes.isNotEmpty() && random.nextBoolean()) bytes[0] = if (random.nextBoolean()) 0x45 else 0x60
                scrubbed(bytes).size shouldBe bytes.size
            }
            Ipv4View().wrap(Bytes.of(*scrubbed(PacketBuilder().bytes()))).shouldBeTrue()
        }
    })
