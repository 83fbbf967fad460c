// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private const val HEADERS = 20

/** A verdict for packet 0xfedcba98 of queue 65534, in the kernel's bytes. */
private fun written(verdict: Verdict): ByteArray {
    val writer = MessageWriter(1 shl 18, ByteOrder.LITTLE_ENDIAN)
    VerdictMessages.single(writer, 7, 65534, 0xfedc_ba98.toInt(), verdict)
    return ByteArray(writer.length()).also { writer.datagram().get(0, it) }
}

private fun ByteArray.hex(from: Int = 0) = drop(from).joinToString("") { "%02x".format(it) }

/** The attributes after the verdict's header. */
private fun changes(verdict: Verdict) = written(verdict).hex(HEADERS + 12)

class VerdictMessagesSpec :
    FunSpec({
        test("a verdict names its queue, its packet and its number") {
            written(Verdict.queue(7, true)).hex() shouldBe
                "20000000" + "0103" + "0100" + "07000000" + "00000000" + "0000fffe" +
                "0c000200" + "00078003" + "fedcba98"
        }

        test("a batch is marked as one, and has mark and priority") {
            val writer = MessageWriter(256, ByteOrder.LITTLE_ENDIAN)
            VerdictMessages.batch(writer, 7, 3, 9, Verdict.ACCEPT.mark(0x11).priority(0x22))
            ByteArray(writer.length()).also { writer.datagram().get(0, it) }.hex() shouldBe
                "30000000" + "0303" + "0100" + "07000000" + "00000000" + "00000003" +
                "0c000200" + "00000001" + "00000009" + "08000300" + "00000011" + "08001500" + "00000022"
        }

        test("each change is an attribute, and none is there that was not asked for") {
            changes(Verdict.ACCEPT) shouldBe ""
            changes(Verdict.ACCEPT.mark(0)) shouldBe "08000300" + "00000000"
            changes(Verdict.ACCEPT.priority(0x10002)) shouldBe "08001500" + "00010002"
            changes(Verdict.ACCEPT.payload(Bytes.of(1, 2, 3, 4, 5))) shouldBe "09000a00" + "0102030405000000"
            changes(Verdict.ACCEPT.l2Header(Bytes.of(6, 7))) shouldBe "06001400" + "06070000"
            changes(Verdict.ACCEPT.vlan(VlanTag(0x88a8, 0x2005))) shouldBe
                "14001380" + "06000200" + "20050000" + "06000100" + "88a80000"
            changes(Verdict.ACCEPT.conntrack(ConntrackUpdate.none().mark(5))) shouldBe
                "0c000b80" + "08000800" + "00000005"
        }

        test("no verdict is larger than the size that is reckoned with") {
            for (length in 0..9) {
                val bytes = Bytes.of(*ByteArray(length))
                val header = Bytes.of(*ByteArray(length + 300))
                for (verdict in listOf(
                    Verdict.ACCEPT,
                    Verdict.ACCEPT.payload(bytes),
                    Verdict.ACCEPT.l2Header(header),
                    Verdict.ACCEPT
                        .payload(header)
                        .l2Header(header)
                        .vlan(VlanTag(0x8100, 5))
                        .mark(1)
                        .priority(2)
                        .conntrack(ConntrackUpdate.none().mark(5)),
                )) {
                    written(verdict).size shouldBeLessThanOrEqual VerdictMessages.size(verdict)
                }
            }
        }
    })
