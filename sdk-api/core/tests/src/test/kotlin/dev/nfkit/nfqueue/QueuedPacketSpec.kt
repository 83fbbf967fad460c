// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.AddressFamily
import dev.nfkit.Hook
import dev.nfkit.MalformedMessageException
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.property.Arb
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

internal fun message(
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    header: Boolean = true,
    write: MessageWriter.() -> Unit = {},
): MessageCursor {
    val writer = MessageWriter(70_000, order)
    writer.begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0).nfgenmsg(2, 7)
    if (header) writer.bytes(1, 0xff.toByte(), 0, 0, 5, 0x08, 0, 3)
    writer.write()
    writer.end()
    return MessageCursor().wrap(writer.datagram(), 0, writer.length(), order).also { it.next() }
}

private fun borrowed(cursor: MessageCursor) = QueuedPacket(Lending.NONE, null).wrap(cursor, 5)

class QueuedPacketSpec :
    FunSpec({
        test("queue, id, family, hook and protocol are read, in both byte orders") {
            for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                val packet = QueuedPacket.read(message(order), 5)
                packet.queue() shouldBe 7
                packet.id() shouldBe 0xff000005L
                packet.family() shouldBe AddressFamily.IPV4
                packet.hook() shouldBeSameInstanceAs Hook.LOCAL_OUT
                packet.hwProtocol() shouldBe 0x0800
                packet.capturedAtNanos() shouldBe 5L
            }
        }

        test("if the kernel sends no protocol, the family and the payload's version determine it") {
            fun etherType(vararg payload: Byte) =
                borrowed(
                    message(header = false) {
                        bytes(1, 0, 0, 0, 5, 0, 0, 3)
                        if (payload.isNotEmpty()) bytes(10, *payload)
                    },
                ).let { packet ->
                    packet.hwProtocol() shouldBe 0
                    packet.copy().etherType() shouldBe packet.etherType()
                    packet.etherType()
                }
            etherType(0x45, 0) shouldBe 0x0800
            etherType() shouldBe 0x0800
            etherType(0x60, 0) shouldBe 0
            borrowed(message { bytes(10, 0x60, 0) }).etherType() shouldBe 0x0800
        }

        test("mark, priority and flags are 0 if they are absent, all other attributes report why") {
            val packet = borrowed(message())
            packet.mark() shouldBe 0L
            packet.priority() shouldBe 0L
            packet.skbInfo() shouldBe 0L
            packet.checksumNotReady() shouldBe false
            shouldThrow<NoSuchElementException> { packet.uid() }.message shouldContain
                "NFQA_UID is absent: switch it on"
            shouldThrow<NoSuchElementException> { packet.securityContext() }.message shouldContain "NFQA_SECCTX"
            shouldThrow<NoSuchElementException> { packet.cgroupClassId() }.message shouldContain "6.4"
            shouldThrow<NoSuchElementException> { packet.conntrackInfo() }.message shouldContain "conntrack(true)"
            shouldThrow<NoSuchElementException> { packet.vlan() }
            shouldThrow<NoSuchElementException> { packet.hardwareAddress() }
        }

        test("every attribute is typed") {
            val packet =
                borrowed(
                    message {
                        be32(3, 0xffff_fffeL)
                        be32(14, 3)
                        be32(16, 1000).be32(17, 1001)
                        bytes(18, *"user_u:role".toByteArray())
                        val vlan = beginNest(19)
                        be16(2, 0x2005).be16(1, 0x8100)
                        endNest(vlan)
                        be32(21, 0x10002).be32(22, 0x20003).be32(12, 2)
                    },
                )
            packet.mark() shouldBe 4294967294L
            packet.checksumNotReady() shouldBe true
            packet.gso() shouldBe true
            packet.uid() shouldBe 1000L
            packet.gid() shouldBe 1001L
            packet.securityContext() shouldBe "user_u:role"
            packet.vlan() shouldBe VlanTag(0x8100, 0x2005)
            packet.priority() shouldBe 0x10002L
            packet.cgroupClassId() shouldBe 0x20003L
            packet.conntrackInfo() shouldBe ConntrackInfo.NEW
            borrowed(message { string(18, "with_nul") }).securityContext() shouldBe "with_nul"
        }

        test("a connection is unconfirmed if it has a status without that bit") {
            fun unconfirmed(write: MessageWriter.() -> Unit): Boolean =
                borrowed(
                    message {
                        val nest = beginNest(NfqueueAttribute.CT.code())
                        write()
                        endNest(nest)
                    },
                ).unconfirmed()
            unconfirmed { be32(3, 1 shl 3) } shouldBe false
            unconfirmed { be32(3, 0x1f7L) } shouldBe true
            unconfirmed { be32(8, 5) } shouldBe false // no status
            borrowed(message()).unconfirmed() shouldBe false
        }

        test("interfaces are those of their own attributes") {
            val packet =
                borrowed(
                    message {
                        listOf(
                            NfqueueAttribute.IFINDEX_INDEV,
                            NfqueueAttribute.IFINDEX_OUTDEV,
                            NfqueueAttribute.IFINDEX_PHYSINDEV,
                            NfqueueAttribute.IFINDEX_PHYSOUTDEV,
                        ).forEachIndexed { at, each -> be32(each.code(), at + 1L) }
                    },
                )
            listOf(
                packet.inInterface(),
                packet.outInterface(),
                packet.physInInterface(),
                packet.physOutInterface(),
            ) shouldBe listOf(1L, 2L, 3L, 4L)
        }

        test("a borrowed packet lends its connection, that of the message at hand, and a copy has one of its own") {
            fun connection(status: Long) =
                message {
                    val nest = beginNest(NfqueueAttribute.CT.code())
                    be32(3, status)
                    endNest(nest)
                }
            val packet = QueuedPacket(Lending.NONE, null).wrap(connection(8), 5)
            val entry = packet.conntrack()
            entry.`is`(ConntrackStatus.CONFIRMED) shouldBe true
            packet.conntrack() shouldBeSameInstanceAs entry
            val copy = packet.copy().conntrack()
            packet.release()
            shouldThrow<IllegalStateException> { entry.`is`(ConntrackStatus.CONFIRMED) }
            copy.`is`(ConntrackStatus.CONFIRMED) shouldBe true
            packet.wrap(connection(2), 6).conntrack().`is`(ConntrackStatus.CONFIRMED) shouldBe false
            packet.conntrack().`is`(ConntrackStatus.SEEN_REPLY) shouldBe true
        }

        test("a packet that is cut before its attributes, or inside its VLAN tag, is malformed") {
            val writer = MessageWriter(64, ByteOrder.LITTLE_ENDIAN)
            writer.begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0).end()
            val cut =
                MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN).also { it.next() }
            shouldThrow<MalformedMessageException> { borrowed(cut) }
            val packet = QueuedPacket(Lending.NONE, null)
            val tag =
                message {
                    val nest = beginNest(NfqueueAttribute.VLAN.code())
                    bytes(2, 1)
                    endNest(nest)
                }
            repeat(2) {
                shouldThrow<MalformedMessageException> { packet.wrap(tag, 5) }.path() shouldContain "NFQA_VLAN"
                shouldThrow<IllegalStateException> { packet.id() }
            }
        }

        test("a security context is shortened by one NUL at its end, and may be empty") {
            fun context(vararg text: Byte) = borrowed(message { bytes(18, *text) }).securityContext()
            context() shouldBe ""
            context(0) shouldBe ""
            context(65) shouldBe "A"
            context(65, 0) shouldBe "A"
            context(65, 0, 0) shouldBe "A\u0000"
            context(0, 65) shouldBe "\u0000A"
        }

        test("offloads of the packet are separate bits") {
            val packets = (0..2).map { bit -> borrowed(message { be32(14, 1L shl bit) }) }
            packets.map { it.checksumNotReady() } shouldBe listOf(true, false, false)
            packets.map { it.gso() } shouldBe listOf(false, true, false)
        }

        test("only a held packet can be answered, once, and its answer is known from then on") {
            val rig = BatchRig()
            val lending =
                object : Lending {
                    override fun hold(
                        packet: QueuedPacket,
                        deadline: Duration?,
                        verdict: Verdict?,
                    ) = rig.hold(1, deadline, verdict)

                    override fun verdict(number: Int): Verdict = Verdict.of(number)
                }
            val packet = QueuedPacket(lending, null).wrap(message { bytes(10, 1, 2) }, 5)
            packet.answered() shouldBe false
            shouldThrow<IllegalStateException> { packet.answer(Verdict.ACCEPT) }.message shouldContain
                "answered by the decider's verdict"
            shouldThrow<IllegalStateException> { packet.copy().answer(Verdict.ACCEPT) }.message shouldContain
                "this packet is a copy"
            val held = packet.hold()
            packet.release()
            held.answered() shouldBe false
            held.payload().toHex() shouldBe "0102"
            held.answer(Verdict.ACCEPT) shouldBe true
            held.answered() shouldBe true
            shouldThrow<IllegalStateException> { held.answer(Verdict.DROP) }.message shouldContain "answered before"
            rig.sent() shouldBe listOf("0: 1 NF_ACCEPT")
            val late = packet.wrap(message(), 5).hold()
            rig.verdicts.settle(Verdict.DROP)
            late.answer(Verdict.ACCEPT) shouldBe false
            rig.answers.lateCount() shouldBe 1
        }

        test("a released packet gives no verdict, and a packet that is wrapped again shows nothing of the last one") {
            val packet = QueuedPacket(Lending.NONE, null).wrap(message { bytes(10, 1, 2) }, 5)
            packet.payload().length() shouldBe 2
            packet.wrap(message { bytes(10, 3) }, 6).payload().toHex() shouldBe "03"
            packet.wrap(message(), 6).payload().length() shouldBe 0
            shouldThrow<MalformedMessageException> { packet.wrap(message(header = false), 7) }
            shouldThrow<IllegalStateException> { packet.queue() }
            shouldThrow<IllegalStateException> { packet.accept() }
        }

        test("a packet as text names its queue, id, hook and length") {
            val packet = borrowed(message { bytes(10, *ByteArray(20)) })
            packet.toString() shouldBe "NFQUEUE 7 packet 4278190085, LOCAL_OUT, 20 bytes"
            borrowed(message { bytes(10, *ByteArray(20)).be32(13, 64) }).toString() shouldBe
                "NFQUEUE 7 packet 4278190085, LOCAL_OUT, 64 bytes (truncated)"
            packet.release()
            packet.toString() shouldBe "NFQUEUE packet (released)"
        }

        test("the kernel's length shows that a packet was truncated") {
            val cut = borrowed(message { bytes(10, *ByteArray(64)).be32(13, 1500) })
            cut.truncated() shouldBe true
            cut.originalLength() shouldBe 1500
            val whole = borrowed(message { bytes(10, *ByteArray(64)) })
            whole.truncated() shouldBe false
            whole.originalLength() shouldBe 64
            borrowed(message()).truncated() shouldBe true
        }

        test("a packet without an id is malformed") {
            shouldThrow<MalformedMessageException> {
                borrowed(
                    message(header = false) { be32(3, 1) },
                )
            }.message shouldContain
                "NFQA_PACKET_HDR"
        }

        test("a borrowed packet expires with its loan, and a copy stays valid but cannot be answered or held") {
            val packet = borrowed(message { bytes(10, 1, 2, 3) })
            val payload = packet.payload()
            val copy = packet.copy()
            packet.release()
            shouldThrow<IllegalStateException> { packet.id() }
            shouldThrow<IllegalStateException> { packet.payload() }
            payload.length() shouldBe -1
            copy.payload().toHex() shouldBe "010203"
            copy.copy() shouldBeSameInstanceAs copy
            shouldThrow<IllegalStateException> { copy.answer(Verdict.ACCEPT) }.message shouldContain "hold()"
            shouldThrow<IllegalStateException> { copy.hold() }
            copy.accept() shouldBeSameInstanceAs Verdict.ACCEPT
        }

        test("the queue and id of a packet are found in arbitrary bytes, without reading outside them") {
            val good = message()
            val found = PacketId.find(good.buffer(), good.offset(), good.length(), ByteOrder.LITTLE_ENDIAN)
            PacketId.queue(found) shouldBe 7
            PacketId.id(found).toUInt() shouldBe 0xff000005u
            PacketId.find(good.buffer(), good.offset(), 27, ByteOrder.LITTLE_ENDIAN) shouldBe PacketId.NONE
            checkAll(2000, Arb.byteArray(Arb.int(0..80), Arb.byte())) { bytes ->
                if (bytes.size > 6) {
                    bytes[4] = 0
                    bytes[5] = 3
                }
                PacketId.find(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN)
            }
        }
    })
