package dev.nfkit.coroutines

import dev.nfkit.netfilter.PacketSink
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import kotlinx.coroutines.flow.Flow

/**
 * An open NFLOG session, inside the block of [useNflog]. Its members may be used by any thread; the session ends with
 * the block.
 */
public class NflogScope internal constructor(
    private val session: NflogSession,
    private val reader: SessionReader<NflogSource, NflogPacket>,
) {
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
     * The receive buffer in force, in bytes as the kernel counts them: twice the requested size, or less if
     * `net.core.rmem_max` caps it.
     */
    public val receiveBuffer: Int get() = session.receiveBuffer()

    /** The port id of the session's socket, which identifies the owner of the groups in the kernel: 1 to 2³²−1. */
    public val portId: Long get() = session.portId()

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
    public fun statistics(): Statistics {
        val uncollected = reader.discarded()
        val all = session.statistics()
        return all
            .withDelivered(all.delivered() - uncollected)
            .withDiscarded(all.discarded() + uncollected)
    }

    /**
     * Begins a graceful end: unbinds the groups, which makes the kernel deliver the packets it holds. [packets] emits
     * everything that was logged until then, and completes. Idempotent; does not wait.
     */
    public fun stop() {
        session.stop()
    }
}

/** NFLOG's session as a source for the reader. */
internal class NflogSource(
    val session: NflogSession,
) : Source<NflogPacket> {
    override fun poll(take: (NflogPacket) -> Unit): Int =
        session.poll(PacketSink<NflogPacket, RuntimeException> { take(it.copy()) }, UNBOUNDED)

    override fun wakeup() {
        session.wakeup()
    }

    override fun close() {
        session.close()
    }
}
