// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * Opens a session of the ruleset's events, runs a block with it, and closes it.
 *
 * ```
 * transport.useNftablesEvents({ table(TableId.inet("filter")) }) {
 *     changeTheRules()
 *     events.takeWhile { it !is NftablesEvent.Committed }.collect { println(it.toText()) }
 * }
 * ```
 *
 * The block starts when the session listens: events from then on are delivered. Its end closes the session, whether it
 * returns, fails or is cancelled. Events that were not collected by then are discarded and counted; call
 * [NftablesEventScope.stop] and collect to the end to lose none. This function returns after the socket was closed and
 * the reader thread has ended.
 *
 * **Threads.** The session is opened, read and closed by a separate daemon thread (`nfkit-nftables-events`), never by
 * the caller's dispatcher. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the session is being opened, while the reader is blocked in the
 * kernel, and while it waits for a slow collector.
 *
 * **Errors** are thrown unchanged, never wrapped. A failure while reading is thrown to the collector of
 * [NftablesEventScope.events]; if the block returns before that, it is thrown here. A loss of events is not an error:
 * it is delivered as a [NftablesEvent.Overrun].
 *
 * @param configure sets the options; by default all events of all tables are delivered
 * @param block works with the open session
 * @return the block's result
 * @throws IllegalArgumentException if an option is out of range
 * @throws dev.nfkit.KernelRefusedException if the kernel refuses it, such as EPERM without `CAP_NET_ADMIN`
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.useNftablesEvents(
    configure: NftablesEventOptionsBuilder.() -> Unit = {},
    block: suspend NftablesEventScope.() -> R,
): R {
    val builder = NftablesEventOptionsBuilder().apply(configure)
    val reader = nftablesEventReader(builder.build(), builder.batchCapacity)
    return reader.use { NftablesEventScope(it.session, reader).block() }
}

/**
 * The ruleset's events as a cold flow: each collection opens its own session and closes it when it ends.
 *
 * ```
 * transport.nftablesEvents { kinds(ObjectKind.RULE) }
 *     .filterIsInstance<NftablesEvent.Added>()
 *     .collect { println(it.toText()) }
 * ```
 *
 * It is the short form of [useNftablesEvents] for callers that need neither the time from which events are delivered
 * nor statistics. Events are immutable: they may be kept, and read by any thread.
 *
 * With a slow collector, the kernel's buffer fills up. A [NftablesEvent.Overrun] takes the place of events that no
 * longer fit.
 *
 * The flow does not end by itself. When its collector completes, fails or is cancelled, the session is closed and
 * events that were not collected are discarded; collecting returns after the socket was closed. Cancellation takes
 * effect at once, also while the session is being opened or waits in the kernel. A failure to open or to receive is
 * thrown to the collector unchanged, and so are the collector's own exceptions.
 *
 * @param configure sets the options; it is called once, immediately
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it, such as EPERM
 *   without `CAP_NET_ADMIN`, or another [dev.nfkit.NetlinkException] if a system call fails
 * @throws IllegalArgumentException if an option is out of range
 */
public fun NetlinkTransport.nftablesEvents(
    configure: NftablesEventOptionsBuilder.() -> Unit = {},
): Flow<NftablesEvent> {
    val builder = NftablesEventOptionsBuilder().apply(configure)
    val options = builder.build()
    return flowOf { nftablesEventReader(options, builder.batchCapacity) }
}

internal fun NetlinkTransport.nftablesEventReader(
    options: NftablesEventOptions,
    batchCapacity: Int,
): SessionReader<SessionSource<NftablesEvents, NftablesEvent>, NftablesEvent> =
    SessionReader("nfkit-nftables-events", batchCapacity, this, { it !is NftablesEvent.Overrun }) {
        openNftablesEvents(it, options)
    }
