// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output

import dev.nfkit.Bytes
import dev.nfkit.testkit.SamplePackets
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private fun described(vararg packet: Byte): String {
    val ip = IpGlance()
    ip.wrap(Bytes.of(*packet)) shouldBe true
    return StringBuilder().also(ip::describe).toString()
}

/** An IPv4 header without a valid checksum, which nothing here reads. */
private fun ipv4(
    protocol: Int,
    vararg rest: Byte,
): ByteArray =
    byteArrayOf(0x45, 0, 0, (20 + rest.size).toByte(), 0, 0, 0, 0, 64, protocol.toByte(), 0, 0) +
        byteArrayOf(10, 9, 0, 1, 10, 9, 0, 2) + rest

class IpGlanceSpec :
    FunSpec({
        val query = SamplePackets.udp("10.9.0.2", 4000, "10.9.0.1", 53)

        test("a TCP packet has its flags") {
            described(*SamplePackets.tcp("10.9.0.1", 4000, "10.9.0.2", 80, 0x12)) shouldBe
                "TCP 10.9.0.1:4000 > 10.9.0.2:80, Flags [S.]"
            described(*SamplePackets.tcp("fd00::1", 4000, "fd00::2", 80, 0)) shouldBe
                "TCP [fd00::1]:4000 > [fd00::2]:80, Flags [none]"
        }

        test("an echo has its id and number, and an error the packet that it is about") {
            described(*ipv4(1, 8, 0, 0, 0, 0, 7, 0, 1)) shouldBe "ICMP 10.9.0.1 > 10.9.0.2, echo request, id 7, seq 1"
            described(*ipv4(1, 3, 3, 0, 0, 0, 0, 0, 0, *query)) shouldBe
                "ICMP 10.9.0.1 > 10.9.0.2, unreachable port (UDP 10.9.0.2:4000 > 10.9.0.1:53)"
            described(*ipv4(1, 3, 1, 0, 0, 0, 0, 0, 0, 1, 2)) shouldBe "ICMP 10.9.0.1 > 10.9.0.2, unreachable host"
        }

        test("a packet that is cut before its header has addresses only") {
            described(*ipv4(6, 1, 2, 3)) shouldBe "TCP 10.9.0.1 > 10.9.0.2"
            described(*ipv4(1, 8, 0)) shouldBe "ICMP 10.9.0.1 > 10.9.0.2"
            described(*ipv4(58, 128.toByte(), 0, 0, 0, 0, 7, 0, 1)) shouldBe "ICMPv6 10.9.0.1 > 10.9.0.2"
            described(*query) shouldBe "UDP 10.9.0.2:4000 > 10.9.0.1:53"
        }
    })
