// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Counters
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo
import dev.nfkit.conntrack.ConntrackAttribute.Tcp
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackExpectation
import dev.nfkit.conntrack.ConntrackMessage
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.wire.AttributeType
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val SPACE = 2048

internal fun address(text: String): InetAddress = InetAddress.getByName(text)

/** A TCP connection between two documentation addresses. */
internal val web: ConntrackTuple = ConntrackTuple.tcp(address("192.0.2.1"), 40000, address("198.51.100.2"), 443)

internal fun MessageWriter.nest(
    type: AttributeType,
    members: MessageWriter.() -> Unit,
) {
    val nest = beginNest(type.code())
    members()
    endNest(nest)
}

internal fun MessageWriter.tuples(
    original: ConntrackTuple,
    reply: ConntrackTuple = original.inverted(),
) {
    original.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
    reply.writeTo(this, ConntrackAttribute.TUPLE_REPLY.code())
}

internal fun MessageWriter.tcpState(state: Int) =
    nest(ConntrackAttribute.PROTOINFO) { nest(ProtoInfo.TCP) { u8(Tcp.STATE.code(), state) } }

internal fun MessageWriter.counters(
    attribute: ConntrackAttribute,
    packets: Long,
    bytes: Long,
) = nest(attribute) {
    be64(Counters.PACKETS.code(), packets)
    be64(Counters.BYTES.code(), bytes)
}

/** A complete message as a datagram. */
internal fun datagram(
    message: ConntrackMessage,
    flags: Int = 0,
    sequence: Long = 0,
    order: ByteOrder = ByteOrder.nativeOrder(),
    family: Int = 2,
    attributes: MessageWriter.() -> Unit,
): ByteArray {
    val writer = MessageWriter(SPACE, order).begin(message.type(), flags, sequence).nfgenmsg(family, 0)
    val datagram = writer.apply(attributes).end().datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

private fun cursor(datagram: ByteArray): MessageCursor =
    MessageCursor()
        .wrap(ByteBuffer.wrap(datagram), 0, datagram.size, ByteOrder.nativeOrder())
        .also { check(it.next()) }

/** An entry with the given attributes. */
internal fun entry(attributes: MessageWriter.() -> Unit): ConntrackEntry =
    ConntrackEntry.read(cursor(datagram(ConntrackMessage.CT_NEW, attributes = attributes)))

/** An expectation with the given attributes. */
internal fun expectation(attributes: MessageWriter.() -> Unit): ConntrackExpectation =
    ConntrackExpectation.read(
        cursor(datagram(ConntrackMessage.EXP_NEW, Netlink.NLM_F_CREATE, attributes = attributes)),
    )
