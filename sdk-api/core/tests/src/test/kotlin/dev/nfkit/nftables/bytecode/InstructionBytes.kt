// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode

import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.HexFormat

private const val HEADERS = Netlink.NLMSG_HDRLEN + Netlink.NLA_HDRLEN

/** The content of `NFTA_RULE_EXPRESSIONS`. */
internal fun encode(
    instructions: List<Instruction>,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
): ByteArray {
    val writer = MessageWriter(1 shl 18, order).begin(0, 0, 0)
    InstructionWriter.write(writer, 4, instructions)
    val datagram = writer.end().datagram()
    return ByteArray(datagram.remaining() - HEADERS).also { datagram.get(HEADERS, it) }
}

internal fun decode(
    bytes: ByteArray,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    reader: InstructionReader = InstructionReader(),
): List<Instruction> = reader.readList(cursor(bytes, order))

internal fun cursor(
    bytes: ByteArray,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
): AttributeCursor = AttributeCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order, "NFTA_RULE_EXPRESSIONS")

/** Attributes in little-endian order: each a number and its content. */
internal fun attributes(vararg attributes: Pair<Int, ByteArray>): ByteArray {
    val writer = MessageWriter(1 shl 17, ByteOrder.LITTLE_ENDIAN).begin(0, 0, 0)
    for ((number, content) in attributes) {
        writer.bytes(number, *content)
    }
    val datagram = writer.end().datagram()
    return ByteArray(datagram.remaining() - Netlink.NLMSG_HDRLEN).also { datagram.get(Netlink.NLMSG_HDRLEN, it) }
}

/** One element of a list: an instruction of a name with attributes, null for none. */
internal fun element(
    name: String,
    data: ByteArray?,
): ByteArray {
    val named = 1 to name.toByteArray() + 0
    return attributes(1 to if (data == null) attributes(named) else attributes(named, 2 to data))
}

internal fun be32(value: Long): ByteArray = ByteBuffer.allocate(4).putInt(value.toInt()).array()

internal fun hex(text: String): ByteArray = HexFormat.of().parseHex(text.replace(" ", ""))
