// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.Bytes
import dev.nfkit.Hook
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.IpProtocol
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.nio.ByteOrder
import kotlin.time.Instant

private val ORDER = ByteOrder.nativeOrder()

private fun cursor(write: (MessageWriter) -> MessageWriter): MessageCursor {
    val message = write(MessageWriter(4096, ORDER))
    return MessageCursor().wrap(message.datagram(), 0, message.length(), ORDER).also { it.next() }
}

private fun logged(sample: SampleNflog): NflogPacket =
    NflogPacket.read(cursor(sample::write), 1_500_000_000_000_000_007)

private fun queued(sample: SampleNfqueue): QueuedPacket = QueuedPacket.read(cursor(sample::write), 5)

class PropertiesSpec :
    FunSpec({
        test("a property of a logged packet has the value of the accessor") {
            val packet =
                logged(
                    SampleNflog
                        .of(SamplePackets.udp4())
                        .group(31)
                        .prefix("dns ")
                        .sequence(0xffff_ffff)
                        .hook(3)
                        .mark(0x8000_0001)
                        .uid(1000)
                        .outDevice(3),
                )
            packet.group shouldBe 31
            packet.prefix shouldBe "dns "
            packet.sequence shouldBe UInt.MAX_VALUE
            packet.hook shouldBe Hook.LOCAL_OUT
            packet.mark shouldBe 0x8000_0001u
            packet.uid shouldBe 1000u
            packet.outInterface shouldBe 3
            packet.receivedAt shouldBe Instant.fromEpochSeconds(1_500_000_000, 7)
            packet.payload.size shouldBe packet.originalLength
        }

        test("what the kernel did not send is null, not an exception") {
            val packet = logged(SampleNflog.of(SamplePackets.udp4()))
            packet.gid.shouldBeNull()
            packet.vlan.shouldBeNull()
            packet.physInInterface.shouldBeNull()
            packet.conntrack.shouldBeNull()
            packet.conntrackInfo.shouldBeNull()
            packet.l2Header.shouldBeNull()
            val queued = queued(SampleNfqueue.of(SamplePackets.udp4()))
            queued.securityContext.shouldBeNull()
            queued.cgroupClassId.shouldBeNull()
            queued.uid.shouldBeNull()
            queued.mark shouldBe 0u
            queued.priority shouldBe 0u
        }

        test("a property of a queued packet has the value of the accessor") {
            val packet =
                queued(
                    SampleNfqueue
                        .of(SamplePackets.udp4())
                        .queue(7)
                        .id(0xffff_fffe)
                        .uid(7)
                        .priority(9),
                )
            packet.queue shouldBe 7
            packet.id shouldBe 0xffff_fffeu
            packet.uid shouldBe 7u
            packet.priority shouldBe 9u
        }

        test("headers are read as nested properties") {
            val packet = queued(SampleNfqueue.of(SamplePackets.udp("10.0.0.1", 4000, "10.0.0.2", 53)))
            val ip = packet.ip.shouldNotBeNull()
            ip.udp?.destinationPort shouldBe 53
            ip.udp?.sourcePort shouldBe 4000
            ip.destinationPort shouldBe 53
            ip.tcp.shouldBeNull()
            ip.icmp.shouldBeNull()
            ip.v6.shouldBeNull()
            ip.version shouldBe 4
            ip.protocol shouldBe IpProtocol.UDP
            ip.source shouldBe InetAddress.getByName("10.0.0.1")
            ip.destination shouldBe InetAddress.getByName("10.0.0.2")
            ip.toString() shouldBe "10.0.0.1:4000 > 10.0.0.2:53"
        }

        test("headers of IPv6 are read as those of IPv4") {
            val ip =
                SamplePackets
                    .udp("fd00::1", 4000, "fd00::2", 53)
                    .asBytes()
                    .ip
                    .shouldNotBeNull()
            ip.version shouldBe 6
            ip.v4.shouldBeNull()
            ip.v6?.hopLimit() shouldBe 64
            ip.udp?.destinationPort shouldBe 53
            ip.source shouldBe InetAddress.getByName("fd00::1")
            ip.toString() shouldBe "[fd00::1]:4000 > [fd00::2]:53"
        }

        test("a payload that is no IP packet, or a cut header, has no headers") {
            byteArrayOf(1, 2, 3).asBytes().ip.shouldBeNull()
            byteArrayOf().asBytes().ip.shouldBeNull()
            val cut = SamplePackets.udp4().copyOf(24).asBytes()
            cut.ip
                .shouldNotBeNull()
                .udp
                .shouldBeNull()
        }

        test("bytes are read as a Kotlin array is") {
            val bytes = "nfkit".encodeToByteArray()
            val view = bytes.asBytes()
            view.size shouldBe 5
            view[0] shouldBe 'n'.code.toUByte()
            view.decodeToString() shouldBe "nfkit"
            view.toByteArray() shouldBe bytes
            bytes[0] = 'N'.code.toByte()
            view.decodeToString() shouldBe "Nfkit"
            shouldThrow<IndexOutOfBoundsException> { view[5] }
        }

        test("a verdict takes Kotlin's types") {
            Verdict.ACCEPT.mark(0xffff_ffffu) shouldBe Verdict.ACCEPT.mark(0xffff_ffffL)
            Verdict.ACCEPT.payload(byteArrayOf(1, 2)) shouldBe Verdict.ACCEPT.payload(Bytes.of(1, 2))
        }

        test("each value of a packet is a property") {
            val properties =
                Class
                    .forName("dev.nfkit.kotlin.PacketPropertiesKt")
                    .methods
                    .map { it.name.removePrefix("get").replaceFirstChar(Char::lowercase) }
                    .toSet()
            val ours = Class.forName("dev.nfkit.kotlin.IpHeadersKt").methods.map { it.name }
            withClue(ours) { ours.contains("getIp") shouldBe true }
            val values =
                listOf(NflogPacket::class, QueuedPacket::class)
                    .flatMap { it.java.methods.toList() }
                    .filter { it.parameterCount == 0 && it.declaringClass.name.startsWith("dev.nfkit") }
                    .filterNot {
                        java.lang.reflect.Modifier
                            .isStatic(it.modifiers)
                    }.map { it.name.removeSuffix("Nanos") }
                    .toSet()
            (values - properties - NOT_PROPERTIES).shouldBeEmpty()
        }
    })

/** Members that are actions, rare values, or parts of another property. */
private val NOT_PROPERTIES =
    setOf(
        "copy",
        "owned",
        "toString", // about the object, not the packet
        "hold",
        "answered",
        "accept",
        "drop",
        "repeat",
        "stop", // decisions
        "hwProtocol", // etherType is right in all cases
        "unconfirmed",
        "skbInfo",
        "checksumNotReady",
        "gso", // questions
        "sequenceGlobal",
        "hardwareHeaderLength", // rare
    )
