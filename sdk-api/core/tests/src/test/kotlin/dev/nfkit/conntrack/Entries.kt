// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.conntrack.codec.MessageTypes
import dev.nfkit.wire.MessageWriter
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder

internal val CLIENT: InetAddress = InetAddress.getByName("10.0.0.1")
internal val SERVER: InetAddress = InetAddress.getByName("10.0.0.2")
internal val CLIENT6: InetAddress = InetAddress.getByName("fd00::1")
internal val SERVER6: InetAddress = InetAddress.getByName("fd00::2")
internal val WEB: ConntrackTuple = ConntrackTuple.tcp(CLIENT, 40000, SERVER, 443)

/** The attributes that a block writes, as the kernel nests them in a message. */
internal fun attributes(
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    write: MessageWriter.() -> Unit,
): ByteArray {
    val writer = MessageWriter(4096, order)
    writer.begin(MessageTypes.CT_NEW, 0, 0)
    writer.write()
    writer.end()
    val datagram = writer.datagram()
    return ByteArray(datagram.remaining() - 16).also { datagram.position(16).get(it) }
}

internal fun entryOf(
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    write: MessageWriter.() -> Unit,
): ConntrackEntry = ConntrackEntry(attributes(order, write).let { EntryAttributes(null).wrap(it, order) })

/** Aims at attributes. */
internal fun EntryAttributes.wrap(
    bytes: ByteArray,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
): EntryAttributes = wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order)

internal fun MessageWriter.nest(
    type: Int,
    members: MessageWriter.() -> Unit,
) {
    val mark = beginNest(type)
    members()
    endNest(mark)
}

/** Every attribute that the kernel can send of a connection, and some unknown ones, at each depth. */
internal fun MessageWriter.everything() {
    nest(1) {
        nest(1) { bytes(1, *CLIENT.address).bytes(2, *SERVER.address).be32(60, 1) }
        nest(2) { u8(1, 6).be16(2, 40000).be16(3, 443).be32(61, 1) }
        be16(3, 5)
        be32(62, 1)
    }
    ConntrackTuple.tcp(SERVER, 8443, CLIENT, 40000).writeTo(this, 2)
    be32(3, 0x18e)
    nest(4) {
        nest(1) {
            u8(1, 3)
                .u8(2, 7)
                .u8(3, 8)
                .bytes(4, 0x23, 0xff.toByte())
                .bytes(5, 0x33, 0xff.toByte())
                .u8(63, 1)
        }
    }
    nest(5) { string(1, "ftp").bytes(2, 1, 2, 3) }
    nest(6) {
        bytes(1, *CLIENT.address).bytes(2, *SERVER.address)
        nest(3) { be16(1, 1024).be16(2, 2048) }
    }
    be32(7, 431999)
    be32(8, 0xffff_fffeL)
    nest(9) { be64(1, 10).be64(2, 1000) }
    nest(10) { be64(1, 20).be64(2, -1) }
    be32(11, 2)
    be32(12, 0xdead_beefL)
    nest(13) { bytes(4, *CLIENT6.address) }
    ConntrackTuple.tcp(CLIENT, 40001, SERVER, 21).writeTo(this, 14)
    nest(15) { be32(1, 0xffff_ffffL).be32(2, -5L).be32(3, 6) }
    nest(16) { be32(1, 1).be32(2, 2).be32(3, 3) }
    be16(18, 9)
    nest(19) { string(1, "system_u:object_r:unlabeled_t:s0") }
    nest(20) { be64(1, 1_700_000_000_000_000_000L).be64(2, 1_700_000_001_000_000_000L) }
    hostLongs(22, 0x5, Long.MIN_VALUE)
    nest(24) { be32(1, 1).be32(2, 2).be32(3, 0xffff_ffffL) }
    be64(27, 1_700_000_002_000_000_000L)
    be32(63, 1)
    bytes(200, 1, 2, 3)
}
