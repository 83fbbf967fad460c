package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackEvent
import dev.nfkit.conntrack.ConntrackEventOptions
import dev.nfkit.conntrack.ConntrackEvents
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * Opens a session of conntrack's events, runs a block with it, and closes it.
 *
 * ```
 * transport.useConntrackEvents({ filter(ConntrackFilter.all().mark(7)) }) {
 *     launchTheTraffic()
 *     events.take(10).collect { println(it) }
 *     println(stats())
 * }
 * ```
 *
 * The block starts when the socket is in all its groups: what happens from then on is told. Its end closes the session,
 * whether it returns, fails or is cancelled. Events that were not collected by then are discarded and counted; call
 * [ConntrackEventScope.stop] and collect to the end to lose none. This function returns when the socket is closed and the
 * reader thread has ended.
 *
 * **Threads.** The session is opened, read and closed by a daemon thread of its own (`nfkit-conntrack-events`), never by
 * the caller's dispatcher. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the session is being opened, while the reader is blocked in the
 * kernel, and while it waits for a slow collector.
 *
 * **Errors** are thrown as they are, never wrapped. What fails while reading reaches the collector of
 * [ConntrackEventScope.events]; if the block returns without having met it, it is thrown here. A loss of events is no
 * error: it comes as a [ConntrackEvent.Overrun].
 *
 * @param configure sets what to listen to; all that happens to connections by default
 * @param block works with the open session
 * @return what the block returns
 * @throws IllegalArgumentException if an option is out of range, or the filters are more than the kernel takes
 * @throws dev.nfkit.KernelRefusedException if the kernel refuses it, such as EPERM without `CAP_NET_ADMIN`
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.useConntrackEvents(
    configure: ConntrackEventOptionsBuilder.() -> Unit = {},
    block: suspend ConntrackEventScope.() -> R,
): R {
    val builder = ConntrackEventOptionsBuilder().apply(configure)
    val reader = reader(builder.build(), builder.batchCapacity)
    return reader.use { ConntrackEventScope(it.session, reader).block() }
}

/**
 * Conntrack's events as a cold flow: each collection opens a session of its own and closes it when it ends.
 *
 * ```
 * transport.conntrackEvents { kinds(ConntrackEventKind.DESTROYED) }
 *     .filterIsInstance<ConntrackEvent.Destroyed>()
 *     .collect { println(it.entry()) }
 * ```
 *
 * It is the shorthand of [useConntrackEvents] for who needs neither to know when it is listened to, nor statistics.
 * Events are owned: they may be kept, and read by any thread.
 *
 * The kernel tells of connections while somebody listens: by default (`net.netfilter.nf_conntrack_events=2`, since Linux
 * 5.19) it does not gather events of connections that began before. [conntrackChanges] knows those, too.
 *
 * A slow collector makes the kernel's buffer fill up. In the place of events that no longer fit there stands a
 * [ConntrackEvent.Overrun] with their number.
 *
 * The flow does not end by itself. When its collector is done, fails or is cancelled, the session is closed and what was
 * not collected is discarded; collecting returns when the socket is closed. Cancellation takes effect at once, also
 * while the session is being opened or waits in the kernel. A failure to open or to receive is thrown to the collector
 * as it is, and so is what the collector itself throws.
 *
 * @param configure sets what to listen to; it is called once, now
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it, such as EPERM
 *   without `CAP_NET_ADMIN`, IllegalArgumentException if the filters are more than it takes, or another
 *   [dev.nfkit.NetlinkException] if a system call fails
 * @throws IllegalArgumentException if an option is out of range
 */
public fun NetlinkTransport.conntrackEvents(
    configure: ConntrackEventOptionsBuilder.() -> Unit = {},
): Flow<ConntrackEvent> {
    val builder = ConntrackEventOptionsBuilder().apply(configure)
    val options = builder.build()
    return flowOf { reader(options, builder.batchCapacity) }
}

private fun NetlinkTransport.reader(
    options: ConntrackEventOptions,
    batchCapacity: Int,
): SessionReader<ConntrackEventSource, ConntrackEvent> =
    SessionReader("nfkit-conntrack-events", batchCapacity, this, { it !is ConntrackEvent.Overrun }) {
        ConntrackEventSource(ConntrackEvents.open(it, options))
    }
