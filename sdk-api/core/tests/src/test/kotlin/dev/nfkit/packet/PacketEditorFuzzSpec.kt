// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import kotlin.random.Random

private typealias Change = PacketEditor.() -> Unit

private fun Random.packet(): PacketBuilder {
    val version = if (nextBoolean()) 4 else 6
    val protocol = listOf(IpProtocol.TCP, IpProtocol.UDP, if (version == 4) 1 else 58).random(this)
    val extensions =
        listOf(
            0 to PacketBuilder.HOP_BY_HOP,
            60 to PacketBuilder.DESTINATION,
            43 to PacketBuilder.FINISHED_ROUTE,
            44 to PacketBuilder.ATOMIC_FRAGMENT,
        ).filter { version == 6 && nextInt(3) == 0 }
    val states =
        when (protocol) {
            IpProtocol.UDP -> ChecksumState.entries - ChecksumState.UNKNOWN
            IpProtocol.ICMP -> listOf(ChecksumState.RIGHT, ChecksumState.WRONG)
            else -> listOf(ChecksumState.RIGHT, ChecksumState.WRONG, ChecksumState.NOT_READY)
        }
    return PacketBuilder(
        version = version,
        protocol = protocol,
        source = Bytes.of(*nextBytes(if (version == 4) 4 else 16)).toHex(),
        destination = Bytes.of(*nextBytes(if (version == 4) 4 else 16)).toHex(),
        options = "01".repeat(4 * nextInt(11)),
        extensions = extensions,
        ports = Bytes.of(*nextBytes(4)).toHex(),
        tcpOptions = "01".repeat(4 * nextInt(11)),
        payload = nextBytes(size()),
        checksum = states.random(this),
    )
}

private fun Random.size(): Int = if (nextInt(50) == 0) nextInt(60_000) else nextInt(100)

private fun Random.change(packet: PacketBuilder): Change {
    val address = Bytes.of(*nextBytes(packet.source.length / 2))
    val port = nextInt(0x10000)
    val ports = packet.protocol == IpProtocol.TCP || packet.protocol == IpProtocol.UDP
    return when (nextInt(9)) {
        0 -> ({ source(address) })
        1 -> ({ destination(address) })
        2 -> if (packet.version == 4) ({ sourceBits(port) }) else ({ ttl(port and 0xff) })
        3 -> ({ ttl(port and 0xff) })
        4 -> ({ dscp(port and 0x3f) })
        5 -> ({ ecn(port and 3) })
        6 -> if (packet.protocol == IpProtocol.TCP) ({ tcpFlags(port and 0xff) }) else ({ dscp(port and 0x3f) })
        7 -> if (ports) ({ sourcePort(port) }) else ({ destination(address) })
        else -> nextBytes(size()).let { ({ payload(it) }) }
    }
}

class PacketEditorFuzzSpec :
    FunSpec({
        test("random edits of random packets keep lengths and checksums correct, and wrong ones wrong by as much") {
            val random = Random(70)
            val editor = PacketEditor()
            repeat(20_000) {
                val packet = random.packet()
                val bytes = packet.bytes()
                val wrongBy = Found(bytes).wrongBy
                // Borrowed bytes are anywhere in a larger buffer.
                val buffer = ByteBuffer.allocateDirect(bytes.size + 10).put(3, bytes)
                val changes = List(random.nextInt(1, 6)) { random.change(packet) }
                editor.edit(BytesView().wrap(buffer, 3, bytes.size))
                changes.forEach { editor.it() }
                val result = editor.result().toArray()
                val found = Found(result)
                check(found.consistent) { packet.toString() }
                when (packet.checksum) {
                    ChecksumState.WRONG -> found.wrongBy shouldBe wrongBy
                    ChecksumState.NONE -> u16(result, found.checksumAt) shouldBe 0
                    else -> u16(result, found.checksumAt) shouldBe found.right
                }
                ByteArray(bytes.size).also { buffer.get(3, it) }.contentEquals(bytes) shouldBe true

                // The same changes, each applied to the result of the previous one.
                var step = Bytes.of(*bytes)
                changes.forEach { change ->
                    step =
                        editor
                            .edit(step)
                            .apply(change)
                            .result()
                            .copy()
                }
                step.toArray().contentEquals(result) shouldBe true
            }
        }

        test("a view returns the changed fields, and all others are unchanged") {
            val random = Random(71)
            val editor = PacketEditor()
            repeat(5_000) {
                val packet = random.packet()
                val other =
                    packet.copy(
                        source = Bytes.of(*random.nextBytes(packet.source.length / 2)).toHex(),
                        destination = Bytes.of(*random.nextBytes(packet.source.length / 2)).toHex(),
                        ports = Bytes.of(*random.nextBytes(4)).toHex(),
                        payload = random.nextBytes(random.size()),
                        checksum = ChecksumState.RIGHT,
                    )
                editor
                    .edit(packet.copy(checksum = ChecksumState.RIGHT).toBytes())
                    .source(hex(other.source))
                    .destination(hex(other.destination))
                    .payload(other.payload)
                if (packet.protocol == IpProtocol.TCP || packet.protocol == IpProtocol.UDP) {
                    editor.sourcePort(hex(other.ports).u16(0)).destinationPort(hex(other.ports).u16(2))
                }
                // A packet that was built with these values.
                editor.result().toArray().contentEquals(other.bytes()) shouldBe true
            }
        }

        test("random and damaged bytes cause only the typed refusal, and are not changed") {
            val random = Random(72)
            val editor = PacketEditor()
            val checksums = PacketChecksums()
            repeat(200_000) {
                val bytes =
                    if (random.nextInt(3) == 0) {
                        random.nextBytes(random.nextInt(120)).also {
                            if (it.isNotEmpty()) it[0] = listOf(0x45, 0x60, 0x4f, it[0].toInt()).random(random).toByte()
                            if (it.size > 6) it[6] = listOf(0, 43, 44, 51, 60, it[6].toInt()).random(random).toByte()
                            if (it.size > 3 && it[0].toInt() shr 4 == 4) it.put16(2, it.size)
                            if (it.size > 40 && it[0].toInt() shr 4 == 6) it.put16(4, it.size - 40)
                        }
                    } else {
                        damaged(random)
                    }
                val before = bytes.copyOf()
                val source = BytesView().wrap(ByteBuffer.wrap(bytes), 0, bytes.size)
                if (checksums.wrap(source)) {
                    checksums.header()
                    checksums.transport()
                    if (checksums.known()) checksums.computeTransport()
                }
                val packet = random.packet()
                try {
                    editor.edit(source, random.nextInt(4) == 0)
                    repeat(random.nextInt(4)) {
                        try {
                            random.change(packet).invoke(editor)
                        } catch (e: PacketEditException) {
                            checkNotNull(e.reason())
                        }
                    }
                    check(editor.result().length() <= 65_575)
                } catch (e: PacketEditException) {
                    checkNotNull(e.reason())
                }
                check(bytes.contentEquals(before))
            }
        }
    })

private val SEEDS = Random(73).let { random -> List(200) { random.packet().bytes() }.filter { it.size < 300 } }

private fun damaged(random: Random): ByteArray {
    val bytes = SEEDS.random(random).copyOf()
    repeat(random.nextInt(1, 5)) {
        bytes[random.nextInt(minOf(bytes.size, 100))] = random.nextInt().toByte()
    }
    return if (random.nextInt(4) == 0) bytes.copyOf(random.nextInt(bytes.size + 1)) else bytes
}
