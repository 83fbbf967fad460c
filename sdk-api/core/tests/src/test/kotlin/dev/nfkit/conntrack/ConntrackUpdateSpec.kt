// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.time.Duration
import java.util.BitSet
import java.util.HexFormat

private fun hex(
    update: ConntrackUpdate,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
): String {
    val writer = MessageWriter(512, order)
    update.writeTo(writer)
    val datagram = writer.datagram()
    return HexFormat.of().formatHex(ByteArray(datagram.remaining()).also { datagram.duplicate().get(it) })
}

private fun bits(vararg set: Int) = BitSet().also { bits -> set.forEach(bits::set) }

class ConntrackUpdateSpec :
    FunSpec({
        test("a whole mark is sent without a mask, and some bits of it with their mask") {
            hex(ConntrackUpdate.none().mark(0xdeadbeefL)) shouldBe "08000800deadbeef"
            hex(ConntrackUpdate.none().mark(0x10, 0xf0)) shouldBe "0800080000000010" + "08001500000000f0"
        }

        test("bits outside the mask, which the kernel would toggle, are refused") {
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().mark(0x11, 0xf0) }.message shouldContain
                "toggle"
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().mark(-1) }
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().mark(1L shl 32) }
        }

        test("timeout and status are big-endian, the helper is a nest with a name") {
            hex(ConntrackUpdate.none().timeout(Duration.ofMinutes(2))) shouldBe "0800070000000078"
            hex(ConntrackUpdate.none().status(4)) shouldBe "0800030000000004"
            hex(ConntrackUpdate.none().helper("ftp")) shouldBe "0c000580" + "0800010066747000"
        }

        test("labels are longs of a 64-bit kernel, in the host's byte order") {
            val update = ConntrackUpdate.none().labels(bits(0, 33, 127))
            val ones = "ffffffffffffffffffffffffffffffff"
            hex(update) shouldBe "14001600" + "01000000" + "02000000" + "00000000" + "00000080" + "14001700" + ones
            hex(update, ByteOrder.BIG_ENDIAN) shouldBe
                "00140016" + "0000000200000001" + "8000000000000000" + "00140017" + ones
        }

        test("labels out of range, or set outside their mask, are refused") {
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().labels(bits(128)) }
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().labels(bits(1), bits(2)) }
        }

        test("a helper without a name or with a long one, and a timeout of half a second, are refused") {
            for (name in listOf("", "a".repeat(16), "f\u0000tp", "fü")) {
                shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().helper(name) }
            }
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().timeout(Duration.ofMillis(1500)) }
            shouldThrow<IllegalArgumentException> { ConntrackUpdate.none().timeout(Duration.ofSeconds(-1)) }
        }

        test("an update that would not change an entry is empty, one that differs in any property is not") {
            val entry = entryOf { everything() } // mark 0xfffffffe, status 0x18e, labels 0, 2 and 127, TCP ESTABLISHED
            val same =
                listOf(
                    ConntrackUpdate.none(),
                    ConntrackUpdate.none().mark(0xffff_fffeL),
                    ConntrackUpdate.none().mark(0xe, 0xf),
                    ConntrackUpdate.none().timeout(Duration.ofSeconds(431999)),
                    ConntrackUpdate.none().status(ConntrackStatus.ASSURED.bit()),
                    ConntrackUpdate.none().labels(bits(2), bits(1, 2)),
                    ConntrackUpdate.none().helper("ftp"),
                    ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.ESTABLISHED)),
                    ConntrackUpdate.none().protocol(ProtocolUpdate.tcpFlags(0x23, 0x23)),
                )
            for (update in same) withClue("$update") { update.changes(entry) shouldBe false }
            val other =
                listOf(
                    ConntrackUpdate.none().mark(0xf, 0xf),
                    ConntrackUpdate.none().timeout(Duration.ofSeconds(1)),
                    ConntrackUpdate.none().status(ConntrackStatus.DYING.bit()),
                    ConntrackUpdate.none().labels(bits(1), bits(1)),
                    ConntrackUpdate.none().labels(bits(), bits(2)),
                    ConntrackUpdate.none().helper("sip"),
                    ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.CLOSE)),
                    ConntrackUpdate.none().protocol(ProtocolUpdate.tcpFlags(0, 0x01)),
                    ConntrackUpdate.none().protocol(ProtocolUpdate.sctp(SctpState.ESTABLISHED, 0, 0)),
                )
            for (update in other) withClue("$update") { update.changes(entry) shouldBe true }
            ConntrackUpdate.none().labels(bits(1)).changes(entryOf { WEB.writeTo(this, 1) }) shouldBe true
            ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.CLOSE)).changes(entryOf { }) shouldBe true
        }

        test("an update is a value: a change gives a new one, and equal ones are equal") {
            val one = ConntrackUpdate.none().mark(1).timeout(Duration.ofSeconds(9))
            one shouldBe ConntrackUpdate.none().timeout(Duration.ofSeconds(9)).mark(1)
            one.toString() shouldBe "mark 0x1, timeout 9 s"
            val closed = ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.CLOSE).flags(8, 8))
            closed shouldBe ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.CLOSE).flags(8, 8))
            closed.isNone shouldBe false
            closed.toString() shouldBe "TCP CLOSE, flags 0x8/0x8 and 0x8/0x8"
            ConntrackUpdate.none().isNone shouldBe true
            ConntrackUpdate.none().toString() shouldBe "no change"
            val labels = bits(1)
            val labelled = ConntrackUpdate.none().labels(labels)
            labels.set(2)
            labelled shouldBe ConntrackUpdate.none().labels(bits(1))
        }

        test("a written update is a valid sequence of attributes") {
            val writer = MessageWriter(512, ByteOrder.LITTLE_ENDIAN)
            ConntrackUpdate
                .none()
                .mark(
                    1,
                    1,
                ).helper("sip")
                .labels(bits(5))
                .status(8)
                .timeout(Duration.ZERO)
                .writeTo(writer)
            val cursor = AttributeCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN, "CTA")
            val types = mutableListOf<Int>()
            while (cursor.next()) types += cursor.type()
            types shouldBe listOf(7, 3, 5, 8, 21, 22, 23)
        }
    })
