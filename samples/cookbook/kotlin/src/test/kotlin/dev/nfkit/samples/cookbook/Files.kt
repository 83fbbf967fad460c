// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.nflog.NflogPacket
import dev.nfkit.packet.IpSummary
import dev.nfkit.trace.Trace
import dev.nfkit.wire.MessageCursor
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path

/** The lower port of each packet in a capture of NFLOG: that of the server. */
internal fun ports(file: Path): List<Int> =
    Trace.read(file).entries().map { entry ->
        val datagram = entry.datagram().toArray()
        val cursor = MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.size, ByteOrder.nativeOrder())
        cursor.next()
        val ip = IpSummary().apply { wrap(NflogPacket.read(cursor, 0).payload()) }
        minOf(ip.sourcePort(), ip.destinationPort())
    }
