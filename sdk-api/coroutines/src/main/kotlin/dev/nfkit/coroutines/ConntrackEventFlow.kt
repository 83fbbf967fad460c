// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * Opens a session of conntrack's events, runs a block with it, and closes it.
 *
 * ```
 * transport.useConntrackEvents({ filter(ConntrackFilter.all().mark(7)) }) {
 *     launchTheTraffic()
 *     events.take(10).collect { println(it) }
 *     println(statistics())
 * }
 * ```
 *
 * The block starts when the socket has joined all its groups: events from then on are delivered. Its end closes the
 * session, whether it returns, fails or is cancelled. Events that were not collected by then are discarded and counted;
 * call [ConntrackEventScope.stop] and collect to the end to lose none. This function returns after the socket was
 * closed and the reader thread has ended.
 *
 * **Threads.** The session is opened, read and closed by a separate daemon thread (`nfkit-conntrack-events`), never by
 * the caller's dispatcher. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the session is being opened, while the reader is blocked in the
 * kernel, and while it waits for a slow collector.
 *
 * **Errors** are thrown unchanged, never wrapped. A failure while reading is thrown to the collector of
 * [ConntrackEventScope.events]; if the block returns before that, it is thrown here. A loss of events is not an error:
 * it is delivered as a [ConntrackEvent.Overrun].
 *
 * @param configure sets the options; by default all events of connections are delivered
 * @param block works with the open session
 * @return the block's result
 * @throws IllegalArgumentException if an option is out of range, or the filters exceed the kernel's limit
 * @throws dev.nfkit.KernelRefusedException if the kernel refuses it, such as EPERM without `CAP_NET_ADMIN`
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.useConntrackEvents(
    configure: ConntrackEventOptionsBuilder.() -> Unit = {},
    block: suspend ConntrackEventScope.() -> R,
): R {
    val builder = ConntrackEventOptionsBuilder().apply(configure)
    val reader = conntrackEventReader(builder.build(), builder.batchCapacity)
    return reader.use { ConntrackEventScope(it.session, reader).block() }
}

/**
 * Conntrack's events as a cold flow: each collection opens its own session and closes it when it ends.
 *
 * ```
 * transport.conntrackEvents { kinds(ConntrackEventKind.DESTROYED) }
 *     .filterIsInstance<ConntrackEvent.Destroyed>()
 *     .collect { println(it.entry()) }
 * ```
 *
 * It is the short form of [useConntrackEvents] for callers that need neither the time from which events are delivered
 * nor statistics. Events are owned: they may be kept, and read by any thread.
 *
 * The kernel sends events only while there is a listener: by default (`net.netfilter.nf_conntrack_events=2`, since
 * Linux 5.19) it generates no events for connections that began before. [conntrackChanges] includes those connections,
 * too.
 *
 * With a slow collector, the kernel's buffer fills up. A [ConntrackEvent.Overrun] takes the place of events that no
 * longer fit, with their number.
 *
 * The flow does not end by itself. When its collector completes, fails or is cancelled, the session is closed and
 * events that were not collected are discarded; collecting returns after the socket was closed. Cancellation takes
 * effect at once, also while the session is being opened or waits in the kernel. A failure to open or to receive is
 * thrown to the collector unchanged, and so are the collector's own exceptions.
 *
 * @param configure sets the options; it is called once, immediately
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it, such as EPERM
 *   without `CAP_NET_ADMIN`, IllegalArgumentException if the filters exceed the kernel's limit, or another
 *   [dev.nfkit.NetlinkException] if a system call fails
 * @throws IllegalArgumentException if an option is out of range
 */
public fun NetlinkTransport.conntrackEvents(
    configure: ConntrackEventOptionsBuilder.() -> Unit = {},
): Flow<ConntrackEvent> {
    val builder = ConntrackEventOptionsBuilder().apply(configure)
    val options = builder.build()
    return flowOf { conntrackEventReader(options, builder.batchCapacity) }
}

internal fun NetlinkTransport.conntrackEventReader(
    options: ConntrackEventOptions,
    batchCapacity: Int,
): SessionReader<SessionSource<ConntrackEvents, ConntrackEvent>, ConntrackEvent> =
    SessionReader("nfkit-conntrack-events", batchCapacity, this, { it !is ConntrackEvent.Overrun }) {
        openConntrackEvents(it, options)
    }
