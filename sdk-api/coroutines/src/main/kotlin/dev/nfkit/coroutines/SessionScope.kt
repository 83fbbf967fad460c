// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.NetfilterSession
import dev.nfkit.netfilter.SessionStatistics
import java.time.Duration

/**
 * An open session inside the block that uses it: of NFLOG ([NflogScope]), NFQUEUE ([NfqueueScope]), conntrack's events
 * ([ConntrackEventScope]) or the paths of packets ([PacketPathScope]). Its members may be used by any thread; the session
 * ends with the block.
 *
 * ```
 * suspend fun reportEvery(time: Duration, session: SessionScope) {
 *     while (true) {
 *         delay(time)
 *         val counts = session.statistics()
 *         println("${counts.delivered()} delivered, ${counts.socketDrops()} lost at the socket")
 *     }
 * }
 * ```
 */
public sealed class SessionScope(
    private val core: NetfilterSession,
) {
    /**
     * The receive buffer in force, in bytes as the kernel counts them: twice the requested size, or less if
     * `net.core.rmem_max` caps it.
     */
    public val receiveBuffer: Int get() = core.receiveBuffer()

    /**
     * The port id of the session's socket, which identifies it in the kernel, as the owner of its groups or queues or as
     * the listener of its events: 1 to 2³²−1.
     */
    public val portId: Long get() = core.portId()

    /**
     * The counters since the session was opened. Also valid after the block's end.
     *
     * @return a snapshot
     */
    public abstract fun statistics(): SessionStatistics

    /**
     * Begins a graceful end. What the kernel already has for the session is delivered, and then the flows, and
     * [NfqueueScope.decide], complete:
     * - NFLOG: the groups are unbound, which makes the kernel deliver the packets it holds.
     * - NFQUEUE: the queues accept no further packets. Waiting packets are delivered and have the
     *   [settle time][NfqueueOptionsBuilder.settleTime] to be answered, and the rest gets the close verdict.
     * - conntrack's events: the memberships are dropped, and events that the kernel has sent are delivered.
     * - paths of packets: the rule is removed, and the paths of what the kernel has sent are delivered.
     *
     * Idempotent; does not wait.
     */
    public fun stop() {
        core.stop()
    }
}

/** A core session as a source for the reader. [poll] polls it with a timeout, and passes on owned copies. */
internal class SessionSource<S : NetfilterSession, T : Any>(
    val session: S,
    private val poll: S.(take: (T) -> Unit, timeout: Duration) -> Int,
) : Source<T> {
    override fun poll(take: (T) -> Unit): Int = session.poll(take, UNBOUNDED)

    override fun wakeup() {
        session.wakeup()
    }

    override fun close() {
        session.close()
    }
}
