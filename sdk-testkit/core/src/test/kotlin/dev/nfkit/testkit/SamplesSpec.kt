// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.AddressFamily
import dev.nfkit.MalformedMessageException
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Instant

private val orders = listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)

private fun read(
    datagram: ByteArray,
    order: ByteOrder,
): NflogPacket {
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.size, order)
    cursor.next() shouldBe true
    return NflogPacket.read(cursor, 0)
}

private fun readQueued(
    datagram: ByteArray,
    order: ByteOrder,
): QueuedPacket {
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.size, order)
    cursor.next() shouldBe true
    return QueuedPacket.read(cursor, 0)
}

/** The one's complement sum of a packet's parts, which is 0xffff if the checksum is correct. */
private fun sum(vararg parts: ByteArray): Int {
    var sum = 0L
    for (part in parts) {
        part.forEachIndexed { index, byte -> sum += (byte.toLong() and 0xff) shl (if (index % 2 == 0) 8 else 0) }
    }
    while (sum > 0xffff) sum = (sum and 0xffff) + (sum shr 16)
    return sum.toInt()
}

class SamplesSpec :
    FunSpec({
        test("every attribute that is set is read back, in either byte order") {
            val sample =
                SampleNflog
                    .of(SamplePackets.udp6(1, 2))
                    .group(31)
                    .hook(3)
                    .mark(0xffffffffL)
                    .timestamp(Instant.ofEpochSecond(1_700_000_000, 123_456_000))
                    .inDevice(1)
                    .outDevice(2)
                    .physicalInDevice(3)
                    .physicalOutDevice(4)
                    .hardwareAddress(1, 2, 3, 4, 5, 6)
                    .prefix("grüße ")
                    .uid(1000)
                    .gid(0xfffffffeL)
                    .sequence(9)
                    .globalSequence(10)
                    .hardwareHeader(1, *ByteArray(14) { it.toByte() })
                    .conntrack(byteArrayOf(8, 0, 3, 0, 0, 0, 0, 1))
                    .conntrackInfo(2)
                    .vlan(0x8100, 0x6064)
                    .layer2Header(byteArrayOf(7, 8))
                    .attribute(60, 1)
            for (order in orders) {
                val packet = read(sample.toDatagram(order), order)
                packet.group() shouldBe 31
                packet.family() shouldBe AddressFamily.IPV6
                packet.hwProtocol() shouldBe 0x86dd
                packet.hook().number() shouldBe 3
                packet.mark() shouldBe 0xffffffffL
                packet.timestampNanos() shouldBe 1_700_000_000_123_456_000L
                packet.inInterface() shouldBe 1
                packet.outInterface() shouldBe 2
                packet.physInInterface() shouldBe 3
                packet.physOutInterface() shouldBe 4
                packet.hardwareAddress().toString() shouldBe "01:02:03:04:05:06"
                packet.prefix() shouldBe "grüße "
                packet.uid() shouldBe 1000
                packet.gid() shouldBe 0xfffffffeL
                packet.sequence() shouldBe 9
                packet.sequenceGlobal() shouldBe 10
                packet.hardwareType() shouldBe 1
                packet.hardwareHeaderLength() shouldBe 14
                packet.bytes(NflogAttribute.CT).length() shouldBe 8
                packet.conntrackInfo() shouldBe ConntrackInfo.NEW
                packet.l2Header().toHex() shouldBe "0708"
                packet.payload().toArray() shouldBe SamplePackets.udp6(1, 2)
                NflogAttribute.entries.filterNot { packet.has(it) } shouldBe emptyList()
            }
        }

        test("every attribute of a queued packet that is set is read back, in either byte order") {
            val sample =
                SampleNfqueue
                    .of(SamplePackets.udp6(1, 2))
                    .queue(31)
                    .id(0xfffffffeL)
                    .hook(1)
                    .mark(0xffffffffL)
                    .priority(0x10002)
                    .timestamp(Instant.ofEpochSecond(1_700_000_000, 123_456_000))
                    .inDevice(1)
                    .outDevice(2)
                    .physicalInDevice(3)
                    .physicalOutDevice(4)
                    .hardwareAddress(1, 2, 3, 4, 5, 6)
                    .uid(1000)
                    .gid(0xfffffffeL)
                    .cgroupClassId(0x100001)
                    .securityContext(*"system_u:object_r".toByteArray())
                    .conntrack(byteArrayOf(8, 0, 3, 0, 0, 0, 0, 1))
                    .conntrackInfo(2)
                    .capturedLength(1500)
                    .skbInfo(3)
                    .vlan(0x8100, 0x6064)
                    .layer2Header(byteArrayOf(7, 8))
                    .attribute(60, 1)
            for (order in orders) {
                val packet = readQueued(sample.toDatagram(order), order)
                packet.queue() shouldBe 31
                packet.id() shouldBe 0xfffffffeL
                packet.family() shouldBe AddressFamily.IPV6
                packet.hwProtocol() shouldBe 0x86dd
                packet.hook().number() shouldBe 1
                packet.mark() shouldBe 0xffffffffL
                packet.priority() shouldBe 0x10002
                packet.timestampNanos() shouldBe 1_700_000_000_123_456_000L
                packet.inInterface() shouldBe 1
                packet.outInterface() shouldBe 2
                packet.physInInterface() shouldBe 3
                packet.physOutInterface() shouldBe 4
                packet.hardwareAddress().toString() shouldBe "01:02:03:04:05:06"
                packet.uid() shouldBe 1000
                packet.gid() shouldBe 0xfffffffeL
                packet.cgroupClassId() shouldBe 0x100001
                packet.securityContext() shouldBe "system_u:object_r"
                packet.bytes(NfqueueAttribute.CT).length() shouldBe 8
                packet.conntrackInfo() shouldBe ConntrackInfo.NEW
                packet.originalLength() shouldBe 1500
                packet.checksumNotReady() shouldBe true
                packet.gso() shouldBe true
                packet.vlan() shouldBe VlanTag(0x8100, 0x6064)
                packet.l2Header().toHex() shouldBe "0708"
                packet.payload().toArray() shouldBe SamplePackets.udp6(1, 2)
                val onlyWritten = setOf(NfqueueAttribute.VERDICT_HDR, NfqueueAttribute.EXP)
                NfqueueAttribute.entries.filterNot { packet.has(it) }.toSet() shouldBe onlyWritten
            }
        }

        test("a queued packet without its header, or with a short attribute, is malformed") {
            for (order in orders) {
                shouldThrow<MalformedMessageException> {
                    readQueued(SampleNfqueue.of(byteArrayOf(1)).withoutPacketHeader().toDatagram(order), order)
                }
                shouldThrow<MalformedMessageException> {
                    readQueued(
                        SampleNfqueue
                            .of(
                                byteArrayOf(1),
                            ).attribute(NfqueueAttribute.MARK.code(), 1, 2)
                            .toDatagram(order),
                        order,
                    )
                }
                val odd = SampleNfqueue.of(byteArrayOf(1, 2, 3)).toUnpaddedDatagram(order)
                odd.size % 4 shouldBe 3
                readQueued(odd, order).payload().toHex() shouldBe "010203"
            }
        }

        test("an unpadded end is valid, and a short attribute malformed") {
            for (order in orders) {
                val odd = SampleNflog.of(byteArrayOf(1, 2, 3)).toUnpaddedDatagram(order)
                odd.size % 4 shouldBe 3
                read(odd, order).payload().toHex() shouldBe "010203"
                shouldThrow<MalformedMessageException> {
                    read(SampleNflog.of(byteArrayOf(1)).attribute(2, 1, 2).toDatagram(order), order)
                }
            }
        }

        test("a batch ends with NLMSG_DONE without NLM_F_MULTI") {
            for (order in orders) {
                val datagram =
                    NflogMessages.batch(
                        order,
                        listOf(SampleNflog.of(byteArrayOf(1)), SampleNflog.of(byteArrayOf(2))),
                    )
                val cursor = MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.size, order)
                val types = mutableListOf<Int>()
                while (cursor.next()) types += cursor.type()
                types shouldContainExactly listOf(0x400, 0x400, Netlink.NLMSG_DONE)
                cursor.flags() shouldBe 0
            }
        }

        test("checksums of the sample packets are correct") {
            val v4 =
                listOf(
                    SamplePackets.udp4(1, 2, 3),
                    SamplePackets.tcp4(),
                    SamplePackets.tcp("10.0.0.1", 1, "10.0.0.2", 2, 24, 9, 9, 9),
                )
            for (packet in v4) {
                sum(packet.copyOf(20)) shouldBe 0xffff
                val segment = packet.copyOfRange(20, packet.size)
                sum(packet.copyOfRange(12, 20), byteArrayOf(0, packet[9]), length(segment), segment) shouldBe 0xffff
            }
            SamplePackets.ping4(7).let { sum(it.copyOfRange(20, it.size)) shouldBe 0xffff }
            for (packet in listOf(SamplePackets.udp6(1, 2, 3), SamplePackets.tcp6(), SamplePackets.ping6(1))) {
                val segment = packet.copyOfRange(40, packet.size)
                sum(packet.copyOfRange(8, 40), byteArrayOf(0, packet[6]), length(segment), segment) shouldBe 0xffff
            }
        }
    })

private fun length(segment: ByteArray) = byteArrayOf((segment.size shr 8).toByte(), segment.size.toByte())
