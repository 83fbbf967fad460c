// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEventSink
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * The changes of the table of connections, as a cold flow: first each existing connection as
 * [Added][ConntrackChange.Added], then added, changed and removed connections.
 *
 * ```
 * transport.conntrackChanges(ConntrackFilter.all().mark(7)).collect { change ->
 *     when (change) {
 *         is ConntrackChange.Added -> show(change.entry())
 *         is ConntrackChange.Changed -> show(change.after())
 *         is ConntrackChange.Removed -> hide(change.entry())
 *     }
 * }
 * ```
 *
 * Each collection keeps a [ConntrackMirror] of the table, about 800 bytes for a connection, listens to events, and
 * dumps the table: at the beginning, after each loss of events, and periodically. The periodic dump finds changes
 * without events: by default (`net.netfilter.nf_conntrack_events=2`, since Linux 5.19) the kernel generates no events
 * for connections that began before there was a listener. No change is missed for long, but changes that cancel each
 * other between two dumps may not be reported. A connection that starts or stops matching the filter is added or
 * removed.
 *
 * Changes are owned: they may be kept, and read by any thread. A slow collector makes the reader wait. Events may then
 * be lost, after which the table is dumped again.
 *
 * The flow does not end by itself. A separate daemon thread reads it (`nfkit-conntrack-changes`). When its collector
 * completes, fails or is cancelled, the sockets are closed; collecting returns after that. Cancellation takes effect at
 * once, also while the sockets are being opened, during a dump, or while the reader waits in the kernel. A failure is
 * thrown to the collector unchanged, and so are the collector's own exceptions.
 *
 * @param filter selects the connections; all by default
 * @param refresh the time after a dump when the table is dumped again even if no event was lost: more than 0; 30
 *     seconds by default, and never with [Duration.INFINITE]
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it, such as EPERM
 *   without `CAP_NET_ADMIN`, IllegalArgumentException if the filter exceeds the kernel's limit, or another
 *   [dev.nfkit.NetlinkException] if a system call fails
 * @throws IllegalArgumentException if the time is not positive
 */
public fun NetlinkTransport.conntrackChanges(
    filter: ConntrackFilter = ConntrackFilter.all(),
    refresh: Duration = 30.seconds,
): Flow<ConntrackChange> {
    require(refresh.isPositive()) { "refresh $refresh is not positive" }
    return flowOf {
        SessionReader("nfkit-conntrack-changes", BatchQueue.DEFAULT_CAPACITY, this) {
            ConntrackChangesSource(it, filter, refresh)
        }
    }
}

/**
 * A mirror and its updates, as a source for the reader. It listens before the first dump, so that no change is missed
 * in between.
 */
private class ConntrackChangesSource(
    private val transport: NetlinkTransport,
    filter: ConntrackFilter,
    private val refresh: Duration,
) : Source<ConntrackChange> {
    // Only conditions that cannot change for a connection: that it no longer matches the others is a change, too.
    private val events =
        ConntrackEvents.open(transport, ConntrackEventOptions.builder().filter(filter.lasting()).build())
    private val table =
        try {
            Conntrack.open(transport)
        } catch (e: Throwable) {
            try {
                events.close()
            } catch (later: Throwable) {
                e.joined(later)
            }
            throw e
        }
    private val mirror = ConntrackMirror(table, filter)

    private var lookedAt = transport.nanoTime()
    private var lookAfter = Duration.ZERO

    override fun poll(take: (ConntrackChange) -> Unit): Int {
        val sink = ConntrackChange.Sink<RuntimeException> { take(it) }
        val left = lookAfter.inWholeNanoseconds - (transport.nanoTime() - lookedAt)
        if (lookAfter.isFinite() && left <= 0) {
            val whole = mirror.resynchronise(sink).complete()
            lookedAt = transport.nanoTime()
            lookAfter = if (whole) refresh else minOf(refresh, SOON)
            return 0
        }
        val wait = if (lookAfter.isFinite()) java.time.Duration.ofNanos(left) else UNBOUNDED
        return events.poll(
            ConntrackEventSink<RuntimeException> { event ->
                if (event is ConntrackEvent.Overrun) {
                    lookAfter = Duration.ZERO
                } else {
                    mirror.apply(event, sink)
                }
            },
            wait,
        )
    }

    override fun wakeup() {
        table.close() // the only way to end a dump
        events.wakeup()
    }

    override fun close() {
        table.use { events.close() }
    }

    private companion object {
        /** The time after which a table that was reorganised during all dumps is dumped again. */
        val SOON = 1.seconds
    }
}
