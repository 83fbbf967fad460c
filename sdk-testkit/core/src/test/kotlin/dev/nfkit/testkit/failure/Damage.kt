// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import java.nio.ByteOrder

/** What is damaged in the next packet that is received. */
internal enum class Damage {
    NOTHING,

    /** The length of its message: no part of it can be trusted. */
    MESSAGE,

    /** An attribute after its id, so that the id can still be read. */
    ATTRIBUTE,
}

/** Damages the first packet of a batch of one message in each datagram; false if there is none. */
internal fun Damage.to(
    batch: DatagramBatch,
    order: ByteOrder = ByteOrder.nativeOrder(),
): Boolean {
    for (index in 0 until batch.count()) {
        val message = MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), order)
        if (!message.next() || message.type() != NfqueueConfig.NFQNL_MSG_PACKET) continue
        val bytes = batch.buffer().duplicate().order(order)
        when (this) {
            Damage.NOTHING -> {
                return false
            }

            Damage.MESSAGE -> {
                bytes.putInt(message.offset(), batch.length(index) + 4)
            }

            Damage.ATTRIBUTE -> {
                val attributes = AttributeCursor().wrap(message, "packet")
                while (attributes.next() && attributes.type() != NfqueueAttribute.PAYLOAD.code()) { /* on */ }
                bytes.putShort(attributes.offset() - HEADER, 3) // less than the attribute's header
            }
        }
        return true
    }
    return false
}

private const val HEADER = 4
