package dev.nfkit.coroutines

import dev.nfkit.conntrack.Conntrack
import dev.nfkit.conntrack.ConntrackChange
import dev.nfkit.conntrack.ConntrackEvent
import dev.nfkit.conntrack.ConntrackEventOptions
import dev.nfkit.conntrack.ConntrackEventSink
import dev.nfkit.conntrack.ConntrackEvents
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackMirror
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * What changes in the table of connections, as a cold flow: first each connection that is there as
 * [Added][ConntrackChange.Added], then what comes, changes and goes.
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
 * Each collection keeps a [ConntrackMirror] of the table, some 800 bytes for a connection, listens to events, and dumps
 * the table: at the beginning, after each loss of events, and once in a while. The latter finds what events don't tell: by
 * default (`net.netfilter.nf_conntrack_events=2`, since Linux 5.19) the kernel does not gather events of connections that
 * began before anybody listened. Nothing is missed for long, and changes that cancel each other between two looks may not
 * show. A connection that begins or ceases to match the filter is added or removed.
 *
 * Changes are owned: they may be kept, and read by any thread. A slow collector makes the reader wait, and events then be
 * lost, after which the table is looked at again.
 *
 * The flow does not end by itself. It is read by a daemon thread of its own (`nfkit-conntrack-changes`). When its
 * collector is done, fails or is cancelled, the sockets are closed; collecting returns when they are. Cancellation takes
 * effect at once, also while they are being opened, during a dump, or while the reader waits in the kernel. A failure is
 * thrown to the collector as it is, and so is what the collector itself throws.
 *
 * @param filter which connections; all by default
 * @param refresh how long after a dump the table is dumped again, though no event was lost: more than 0; 30 seconds by
 *   default, and never with [Duration.INFINITE]
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it, such as EPERM
 *   without `CAP_NET_ADMIN`, IllegalArgumentException if the filter is more than it takes, or another
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

/** A mirror and what keeps it up to date, as the reader sees it. Listens first, so that no change is between. */
private class ConntrackChangesSource(
    private val transport: NetlinkTransport,
    filter: ConntrackFilter,
    private val refresh: Duration,
) : Source<ConntrackChange> {
    // Only what can't change about a connection: that it no longer matches the rest is news, too.
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
        table.close() // a dump ends no other way
        events.wakeup()
    }

    override fun close() {
        table.use { events.close() }
    }

    private companion object {
        /** When to look again at a table that changed its shape all the time. */
        val SOON = 1.seconds
    }
}
