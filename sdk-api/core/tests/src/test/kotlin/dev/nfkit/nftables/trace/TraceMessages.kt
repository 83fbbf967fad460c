// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace

import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The recorded messages of a running kernel, in order. */
val recorded: List<ByteArray> by lazy {
    val text = TraceStep::class.java.getResource("/nftables/trace.hex")!!.readText()
    text
        .lines()
        .filter { it.isNotBlank() && !it.startsWith("#") }
        .map { line -> line.chunked(2).map { it.toInt(16).toByte() }.toByteArray() }
}

fun cursor(bytes: ByteArray): MessageCursor =
    MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN).also { it.next() }

fun read(bytes: ByteArray): TraceStep = TraceStep.read(cursor(bytes))

/** A message as a kernel sends it. */
fun traceMessage(
    family: Int = 1,
    type: Int = MessageTypes.TRACE,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    content: MessageWriter.() -> Unit,
): MessageCursor {
    val writer = MessageWriter(4096, order)
    writer.begin(type, 0, 0).nfgenmsg(family, 0)
    writer.content()
    writer.end()
    val cursor = MessageCursor().wrap(writer.datagram(), 0, writer.length(), order)
    cursor.next()
    return cursor
}

/** The attributes that all messages have. */
fun MessageWriter.common(
    id: Long = 7,
    kind: Int = TraceType.RULE.number(),
    table: String = "t",
    chain: String = "c",
) = apply {
    be32(TraceAttribute.NFPROTO.code(), 2)
    be32(TraceAttribute.TYPE.code(), kind.toLong())
    hostWords(TraceAttribute.ID.code(), id.toInt())
    string(TraceAttribute.CHAIN.code(), chain)
    string(TraceAttribute.TABLE.code(), table)
}

fun MessageWriter.verdict(
    code: Int,
    chain: String? = null,
) = apply {
    val nest = beginNest(TraceAttribute.VERDICT.code())
    be32(TraceAttribute.Verdict.CODE.code(), code.toLong())
    if (chain != null) string(TraceAttribute.Verdict.CHAIN.code(), chain)
    endNest(nest)
}
