// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import dev.nfkit.AddressFamily
import dev.nfkit.netfilter.CopyMode
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder
import java.time.Duration

private fun MessageWriter.hex(): String {
    val datagram = datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }.joinToString("") { "%02x".format(it) }
}

private fun head(
    length: Int,
    family: Int = 0,
    group: Int = 0x1234,
) = "%02x000000 0104 0500 07000000 00000000 %02x 00 %04x".format(length, family, group)

private fun String.packed() = replace(" ", "")

class GroupRequestsSpec :
    FunSpec({
        val requests = GroupRequests(ByteOrder.LITTLE_ENDIAN)

        test("a group is bound and configured by one message, command first") {
            val group =
                NflogGroup
                    .builder(0x1234)
                    .copyRange(0xab_cd)
                    .timeout(Duration.ofMillis(2_560))
                    .threshold(0x0102)
                    .sequence(true)
                    .sequenceGlobal(true)
                    .build()
            requests.bind(7, group, 0x01_02_03).hex() shouldBe
                (
                    head(72) + "0500 0100 01 000000" + "0a00 0200 0000abcd 02 00 0000" + "0800 0300 00010203" +
                        "0800 0400 00000100" + "0800 0500 00000102" + "0600 0600 0003 0000"
                ).packed()
        }

        test("each flag has its bit, and metadata its mode") {
            fun flags(configure: NflogGroup.Builder.() -> NflogGroup.Builder) =
                requests
                    .bind(
                        7,
                        NflogGroup
                            .builder(1)
                            .sequence(false)
                            .configure()
                            .build(),
                        1,
                    ).hex()
                    .takeLast(8)
            flags { this } shouldBe "00000000"
            flags { sequence(true) } shouldBe "00010000"
            flags { sequenceGlobal(true) } shouldBe "00020000"
            flags { conntrack(true) } shouldBe "00040000"
            val metadata = NflogGroup.builder(1).copyMode(CopyMode.META).build()
            requests.bind(7, metadata, 1).hex().substring(56, 72) shouldBe "0a0002000000fffb"
            requests.bind(7, metadata, 1).hex().substring(72, 76) shouldBe "0100"
        }

        test("a group is unbound, and a family's logger claimed, by a command alone") {
            requests.bind(6, NflogGroup.builder(1).build(), 1)
            requests.unbind(7, NflogGroup.builder(0x1234).build()).hex() shouldBe
                (head(28) + "0500 0100 02 000000").packed()
            requests.claimLogger(7, AddressFamily.IPV6).hex() shouldBe
                (head(28, 10, 0) + "0500 0100 03 000000").packed()
        }
    })
