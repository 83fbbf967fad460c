// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process

import dev.nfkit.MalformedMessageException
import dev.nfkit.process.SocketMessages.Ends
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.HexFormat
import java.util.Optional
import kotlin.random.Random

private fun message(
    type: Int,
    vararg body: Byte,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
): MessageCursor {
    val datagram =
        MessageWriter(512, order)
            .begin(type, 0, 7)
            .raw(*body)
            .end()
            .datagram()
    val bytes = ByteArray(datagram.remaining()).also { datagram.get(it) }
    return MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order).also { it.next() }
}

private fun socket(
    family: Int,
    local: ByteArray,
    remote: ByteArray,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
): ByteArray {
    val body = ByteBuffer.allocate(72).put(family.toByte()).put(1)
    body.position(4).putShort(54450.toShort()).putShort(44447.toShort())
    body.position(8).put(local)
    body.position(24).put(remote)
    body.position(40)
    body.order(order).putInt(3)
    body.order(ByteOrder.BIG_ENDIAN).putLong(44, 42)
    return body
        .order(order)
        .putInt(64, -2)
        .putInt(68, 3_901_163)
        .array()
}

private fun ip(text: String) = InetAddress.getByName(text)

class SocketMessagesSpec :
    FunSpec({
        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            test("a socket is read in the byte order $order") {
                val body = socket(2, ip("10.0.0.1").address, ip("10.0.0.2").address, order)
                SocketMessages.read(message(20, *body, order = order), 6) shouldBe
                    SocketInfo(
                        6,
                        Optional.of(SocketState.ESTABLISHED),
                        ip("10.0.0.1"),
                        54450,
                        ip("10.0.0.2"),
                        44447,
                        0xffff_fffeL,
                        3_901_163,
                        3,
                        42,
                    )
            }
        }

        test("addresses of IPv4 that a socket of IPv6 has are of IPv4") {
            val mapped = ByteArray(10) + byteArrayOf(-1, -1, 10, 0, 0, 1)
            val read = SocketMessages.read(message(20, *socket(10, mapped, ip("fd00::2").address)), 6)
            read.localAddress() shouldBe ip("10.0.0.1")
            read.remoteAddress() shouldBe ip("fd00::2")
        }

        test("an unknown state is absent") {
            val body = socket(2, ip("10.0.0.1").address, ip("10.0.0.2").address)
            for ((number, state) in listOf(0 to null, 10 to SocketState.LISTEN, 14 to null, 255 to null)) {
                body[1] = number.toByte()
                val read = SocketMessages.read(message(20, *body), 6)
                read.state() shouldBe Optional.ofNullable(state)
                read.connected() shouldBe (state != SocketState.LISTEN)
            }
            SocketState.entries.forEach { SocketState.of(it.number()) shouldBe Optional.of(it) }
        }

        test("a request has the ends in network order, and all else in that of the host") {
            val ends = Ends(ip("10.0.0.1"), 4000, ip("10.0.0.2"), 443, 3, -1)
            val writer = MessageWriter(256, ByteOrder.LITTLE_ENDIAN).begin(20, 1, 7)
            SocketMessages.write(writer, 6, 1 shl 10, ends)
            val bytes = writer.end().datagram().let { sent -> ByteArray(sent.remaining()).also { sent.get(it) } }
            HexFormat.of().formatHex(bytes, 16, bytes.size) shouldBe
                "02060000" + "00040000" + "0fa001bb" + "0a000001" + "0".repeat(24) + "0a000002" + "0".repeat(24) +
                "03000000" + "f".repeat(16)
        }

        test("cut and foreign messages are malformed, with what was expected") {
            val body = socket(2, ip("10.0.0.1").address, ip("10.0.0.2").address)
            shouldThrow<MalformedMessageException> { SocketMessages.read(message(20, *body.copyOf(71)), 6) }
                .message shouldContain "expected 72 bytes, found 71 bytes"
            shouldThrow<MalformedMessageException> { SocketMessages.read(message(21, *body), 6) }
                .message shouldContain "expected type 20"
            shouldThrow<MalformedMessageException> { SocketMessages.read(message(20, *body.also { it[0] = 1 }), 6) }
                .message shouldContain "idiag_family"
            shouldThrow<MalformedMessageException> { RouteMessages.read(message(24, *ByteArray(11))) }
                .message shouldContain "expected 12 bytes"
            shouldThrow<MalformedMessageException> { RouteMessages.read(message(25, *ByteArray(12))) }
                .message shouldContain "expected type 24"
        }

        test("a route is local by its type, and has the interface of its attribute") {
            fun route(
                type: Int,
                vararg attributes: Byte,
            ) = RouteMessages.read(message(24, *ByteArray(12).also { it[7] = type.toByte() }, *attributes))
            val device = byteArrayOf(8, 0, 4, 0, 2, 0, 0, 0)
            route(2, *device) shouldBe RouteMessages.Route(true, 2)
            route(1, *device) shouldBe RouteMessages.Route(false, 2)
            route(5).local() shouldBe true
            route(3).local() shouldBe true
            route(7) shouldBe RouteMessages.Route.NONE
        }

        test("flipped bits and truncated ends cause only the malformed-message error") {
            val random = Random(4)
            val valid = socket(10, ip("fd00::1").address, ip("fd00::2").address)
            val route = ByteArray(12) + byteArrayOf(8, 0, 4, 0, 2, 0, 0, 0)
            var read = 0
            repeat(20_000) { round ->
                val whole = (if (round % 2 == 0) valid else route).copyOf()
                repeat(random.nextInt(0, 4)) {
                    val at = random.nextInt(whole.size)
                    whole[at] = (whole[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                val body = if (round % 3 == 0) whole.copyOf(random.nextInt(whole.size + 1)) else whole
                try {
                    if (round % 2 == 0) {
                        SocketMessages.read(message(20, *body), 6).toString()
                    } else {
                        RouteMessages.read(message(24, *body))
                    }
                    read++
                } catch (_: MalformedMessageException) {
                    // As it should be.
                }
            }
            read shouldBeGreaterThan 5_000
        }
    })
