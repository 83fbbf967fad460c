// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.socket.ForwardingNetlinkSocket
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer

/** A transport before some of whose batches another writer changes the ruleset. */
class MovingTransport(
    private val transport: NetlinkTransport,
) : NetlinkTransport by transport {
    private var left = 0
    private var change: (Int) -> Unit = {}

    /** Makes a change before each of the next batches. It gets the number of those to come. */
    fun beforeBatches(
        count: Int,
        change: (Int) -> Unit,
    ) {
        left = count
        this.change = change
    }

    override fun open(protocol: Int): NetlinkSocket =
        object : ForwardingNetlinkSocket(transport.open(protocol)) {
            override fun send(datagram: ByteBuffer) {
                val type =
                    datagram
                        .duplicate()
                        .order(order())
                        .getShort(datagram.position() + 4)
                        .toInt()
                if (type == Netlink.NFNL_MSG_BATCH_BEGIN && left > 0) change(--left)
                super.send(datagram)
            }
        }
}
