// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_CMD
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_FLAGS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_MASK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_PARAMS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_UNBIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_CONFIG
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
import dev.nfkit.nfqueue.NfqueueConfig.NF_ACCEPT
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.wire.MessageWriter

internal const val COPY_NONE = 0
internal const val COPY_META = 1
internal const val COPY_PACKET = 2

/** A request that configures a queue. */
internal fun Speaker.configureQueue(
    queue: Int,
    command: Int? = null,
    what: String = "configure",
    flags: Int = REQUEST or ACK,
    family: Int = 0,
    version: Int = 0,
    more: MessageWriter.() -> Unit = {},
) {
    message("$what queue $queue", NFQNL_MSG_CONFIG, queue, flags, family, version) {
        command?.let { bytes(NFQA_CFG_CMD, it.toByte(), 0, 0, 2) }
        more()
    }
    send()
}

/** Binds a queue, by default in copy mode PACKET. */
internal fun Speaker.bindQueue(
    queue: Int,
    more: MessageWriter.() -> Unit = { params(COPY_PACKET) },
) = configureQueue(queue, NFQNL_CFG_CMD_BIND, "bind", more = more)

internal fun Speaker.unbindQueue(queue: Int) = configureQueue(queue, NFQNL_CFG_CMD_UNBIND, "unbind")

internal fun MessageWriter.params(
    mode: Int,
    range: Long = 0,
) = bytes(NFQA_CFG_PARAMS, *be32(range), mode.toByte())

internal fun MessageWriter.maxLength(packets: Long) = be32(NFQA_CFG_QUEUE_MAXLEN, packets)

internal fun MessageWriter.queueFlags(
    flags: Int,
    mask: Int = flags,
) = be32(NFQA_CFG_MASK, mask.toLong()).be32(NFQA_CFG_FLAGS, flags.toLong())

/** Adds a verdict to the current datagram, by default without a request for an acknowledgement. */
internal fun Speaker.verdictMessage(
    queue: Int,
    id: Long,
    verdict: Int = NF_ACCEPT,
    batch: Boolean = false,
    flags: Int = REQUEST,
    more: MessageWriter.() -> Unit = {},
) {
    val what = if (batch) "verdict for all up to" else "verdict for"
    message(
        "0x${verdict.toUInt().toString(16)} as $what queue $queue id $id",
        if (batch) NFQNL_MSG_VERDICT_BATCH else NFQNL_MSG_VERDICT,
        queue,
        flags,
    ) {
        bytes(NfqueueAttribute.VERDICT_HDR.code(), *be32(verdict.toLong()), *be32(id))
        more()
    }
}

internal fun Speaker.verdict(
    queue: Int,
    id: Long,
    verdict: Int = NF_ACCEPT,
    batch: Boolean = false,
    flags: Int = REQUEST or ACK,
    more: MessageWriter.() -> Unit = {},
) {
    verdictMessage(queue, id, verdict, batch, flags, more)
    send()
}

internal fun MessageWriter.mark(mark: Long) = be32(NfqueueAttribute.MARK.code(), mark)

internal fun MessageWriter.priority(priority: Long) = be32(NfqueueAttribute.PRIORITY.code(), priority)

/** The packet of a scenario with other data, with correct lengths and checksums. */
internal fun MessageWriter.payload(vararg data: Byte) =
    bytes(
        NfqueueAttribute.PAYLOAD.code(),
        *SamplePackets.udp("127.0.0.1", SOURCE_PORT, "127.0.0.1", PORT, *data),
    )
