// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.trace.TraceKind
import dev.nfkit.trace.recording
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import java.nio.ByteBuffer

private const val NFULNL_MSG_PACKET = 0x400
private const val NFULA_PAYLOAD = 9

/** The packets in a recording of NFLOG, from their IP headers on. */
fun payloads(name: String): List<Bytes> {
    val trace = recording(name)
    return trace.entries().filter { it.kind() == TraceKind.FROM_KERNEL }.flatMap { entry ->
        val buffer = ByteBuffer.wrap(entry.datagram().toArray())
        val message = MessageCursor().wrap(buffer, 0, buffer.capacity(), trace.order())
        val found = mutableListOf<Bytes>()
        while (message.next()) {
            if (message.type() != NFULNL_MSG_PACKET) continue
            val attribute = AttributeCursor().wrap(message, "packet")
            while (attribute.next()) {
                if (attribute.type() == NFULA_PAYLOAD) found += attribute.bytes(BytesView()).copy()
            }
        }
        found
    }
}
