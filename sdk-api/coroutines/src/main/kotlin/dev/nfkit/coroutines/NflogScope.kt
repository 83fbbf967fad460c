// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.PacketSink
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * An open NFLOG session, inside the block of [useNflog].
 */
public class NflogScope internal constructor(
    private val session: NflogSession,
    private val reader: SessionReader<SessionSource<NflogSession, NflogPacket>, NflogPacket>,
) : SessionScope(session) {
    /**
     * The packets of all groups of the session, in the order of arrival. Each is owned: it may be kept, and read by any
     * thread.
     *
     * Only one collector at a time; a concurrent one fails with IllegalStateException. Collectors may follow each
     * other: each continues after the last packet that was emitted to the previous one, however that ended, so that
     * `packets.take(10)` or a cancelled collection loses nothing.
     *
     * Collecting suspends while there is no packet. It completes after the session has ended, which after [stop] is
     * when everything was delivered. If the session fails, it throws the same exception after the last packet.
     * Cancelling a collector ends its collection at once, not the session.
     *
     * With a slow collector, the kernel's buffer fills up, as described for [NflogOptionsBuilder.batchCapacity].
     */
    public val packets: Flow<NflogPacket> = reader.elements()

    /**
     * The NLBUFSIZ in force for a group: the configured one, or one that fits the receive buffer.
     *
     * @param group a group of this session
     * @return bytes
     * @throws IllegalArgumentException if the session does not have the group
     */
    public fun bufferSize(group: Int): Int = session.bufferSize(group)

    /**
     * The counters of received and lost packets since the session was opened. Also valid after the block's end.
     *
     * Packets that wait to be collected count as delivered until the block ends; those that still wait then are
     * [discarded][Statistics.discarded].
     *
     * @return a snapshot
     */
    public override fun statistics(): Statistics {
        val uncollected = reader.discarded()
        val all = session.statistics()
        return all
            .withDelivered(all.delivered() - uncollected)
            .withDiscarded(all.discarded() + uncollected)
    }
}

/** Opens a session as a source for the reader. */
internal fun openNflog(
    transport: NetlinkTransport,
    options: NflogOptions,
): SessionSource<NflogSession, NflogPacket> =
    SessionSource(NflogSession.open(transport, options)) { take, timeout ->
        poll(PacketSink<NflogPacket, RuntimeException> { take(it.copy()) }, timeout)
    }
