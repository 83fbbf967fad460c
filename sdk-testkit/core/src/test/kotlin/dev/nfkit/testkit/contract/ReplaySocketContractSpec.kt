// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.Bytes
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.Netlink
import java.nio.ByteOrder

/** A replay satisfies the contract as far as a recording permits. */
class ReplaySocketContractSpec : NetlinkSocketContract({ ReplayHarness(ByteOrder.LITTLE_ENDIAN) })

/** A replay of a big-endian machine's recording too. */
class BigEndianReplaySocketContractSpec : NetlinkSocketContract({ ReplayHarness(ByteOrder.BIG_ENDIAN) })

internal class ReplayHarness(
    private val order: ByteOrder,
) : SocketHarness {
    override val name = "the replay"
    override val transport = ReplayTransport.lenient(Trace(emptyList(), order))
    override val abilities = emptySet<Ability>()

    override fun open(deliveries: List<Delivery>): NetlinkSocket {
        val entries =
            deliveries.map {
                it as Delivery.Datagram
                TraceEntry(
                    TraceKind.FROM_KERNEL,
                    RECORDED_AT,
                    Netlink.NETLINK_NETFILTER,
                    Bytes.of(*message(order, it.sequence, it.size)),
                    false,
                    null,
                )
            }
        return ReplayTransport.lenient(Trace(entries, order)).open(Netlink.NETLINK_NETFILTER)
    }

    override fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    ) = error("a recording is complete before it is replayed")

    override fun signal(
        socket: NetlinkSocket,
        receiver: Thread,
    ) = error("no signal reaches a recording")

    override fun openDescriptors(): Int = 0

    override fun close() = Unit

    private companion object {
        const val RECORDED_AT = 1_700_000_000_000_000_000L
    }
}
