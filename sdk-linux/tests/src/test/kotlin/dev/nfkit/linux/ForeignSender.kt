// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** A multicast group to which the kernel sends nothing unless rules count accounting objects. */
internal const val NFNLGRP_ACCT_QUOTA = 8

/** Sends to other sockets, as only the kernel should. */
internal class ForeignSender : AutoCloseable {
    private val fd = Descriptor.open(Netlink.NETLINK_NETFILTER)

    /** Sends to one socket. Returns the kernel's error for the sender, or null if the datagram arrived. */
    fun unicast(
        portId: Long,
        datagram: ByteArray = EVENT,
    ): Errno? = send(datagram, portId, 0)

    /** Sends to the members of a group; groups count from 1. */
    fun multicast(
        group: Int,
        datagram: ByteArray = EVENT,
    ) {
        val refused = send(datagram, 0, 1 shl (group - 1))
        check(refused == null) { "multicast to group $group: $refused" }
    }

    private fun send(
        datagram: ByteArray,
        portId: Long,
        groups: Int,
    ): Errno? {
        val address = NativeBlock(Abi.SOCKADDR_NL_SIZE)
        address.bytes.putShort(Abi.NL_FAMILY, Abi.AF_NETLINK.toShort())
        address.bytes.putInt(Abi.NL_PID, portId.toInt())
        address.bytes.putInt(NL_GROUPS, groups)
        val message = NativeBlock(datagram.size)
        message.bytes.put(0, datagram)
        val length = datagram.size.toLong()
        val sent = TestLibC.sendto(fd, message.address, length, 0, address.address, Abi.SOCKADDR_NL_SIZE)
        val errno =
            if (sent < 0) {
                Errno.of(
                    com.sun.jna.Native
                        .getLastError(),
                )
            } else {
                null
            }
        address.keep()
        message.keep()
        return errno
    }

    override fun close() {
        LibC.close(fd)
    }

    private companion object {
        const val NL_GROUPS = 8

        /** A message of type 0x400 whose other bytes are zero. */
        val EVENT: ByteArray =
            ByteBuffer
                .allocate(64)
                .order(ByteOrder.nativeOrder())
                .putInt(0, 64)
                .putShort(4, 0x400)
                .array()
    }
}
