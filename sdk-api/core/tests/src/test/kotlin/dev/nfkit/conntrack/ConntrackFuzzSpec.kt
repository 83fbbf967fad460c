// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.MalformedMessageException
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.conntrack.codec.MessageTypes
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private fun readAll(entry: ConntrackEntry) {
    entry.toString()
    entry.copy().toString()
    entry.attributes().toArray()
    val accessors: List<() -> Any?> =
        listOf(
            { entry.original().source() },
            { entry.reply().destination() },
            { entry.master() },
            { entry.labels() },
            { entry.helper() },
            { entry.helperInfo().toArray() },
            { entry.securityContext() },
            { entry.synProxy() },
            { entry.sourceNat().toString() },
            { entry.destinationNat().hashCode() },
            { entry.sequenceAdjustment(Direction.ORIGINAL) },
            { entry.sequenceAdjustment(Direction.REPLY) },
            { entry.protocolInfo().map(ProtocolInfo::stateName) },
            { entry.stopNanos() },
            { ConntrackFilter.all().original(TuplePattern.any().source(CLIENT, 8)).matches(entry) },
        )
    accessors.forEach {
        try {
            it()
        } catch (_: NoSuchElementException) {
            // absent
        }
    }
}

class ConntrackFuzzSpec :
    FunSpec({
        test("flipped bits and truncated ends cause only the malformed-message error, and no read after the end") {
            val valid = attributes { everything() }
            val random = Random(4)
            val attributes = EntryAttributes(null)
            val entry = ConntrackEntry(attributes)
            var read = 0
            repeat(40_000) { round ->
                val bytes = valid.copyOf()
                repeat(random.nextInt(0, 4)) {
                    val at = random.nextInt(bytes.size)
                    bytes[at] = (bytes[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                val end = if (round % 3 == 0) random.nextInt(bytes.size + 1) else bytes.size
                // Bytes after the end belong to other messages: a separate array makes reading them fail.
                val own = bytes.copyOf(end)
                try {
                    attributes.wrap(own)
                    readAll(entry)
                    read++
                } catch (_: MalformedMessageException) {
                    // the only error for malformed input
                }
                attributes.release()
            }
            read shouldBeGreaterThan 1000
        }

        test("expectations are as robust") {
            val writer = MessageWriter(4096, ByteOrder.BIG_ENDIAN)
            writer.begin(MessageTypes.EXP_NEW, 0, 0).nfgenmsg(2, 0)
            for (type in 1..3) WEB.writeTo(writer, type)
            writer
                .be32(4, 300)
                .be32(5, 7)
                .string(6, "ftp")
                .be16(7, 1)
                .be32(8, 1)
                .be32(9, 0)
            writer.nest(10) {
                be32(1, 1)
                WEB.writeTo(this, 2)
            }
            writer.string(11, "nat-follow-master").end()
            val valid = ByteArray(writer.length()).also { writer.datagram().get(it) }
            val random = Random(5)
            repeat(20_000) {
                val bytes = valid.copyOf(random.nextInt(20, valid.size + 1))
                bytes[2] = (bytes.size shr 8).toByte()
                bytes[3] = bytes.size.toByte()
                repeat(random.nextInt(0, 4)) {
                    val at = random.nextInt(20, bytes.size.coerceAtLeast(21)).coerceAtMost(bytes.size - 1)
                    bytes[at] = (bytes[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                }
                val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.BIG_ENDIAN)
                try {
                    cursor.next()
                    ConntrackExpectation.read(cursor).toString()
                } catch (_: MalformedMessageException) {
                    // the only error for malformed input
                }
            }
        }
    })
