// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.EventStatistics
import dev.nfkit.nftables.Generation
import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEventSink
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * An open session of the ruleset's events, inside the block of [useNftablesEvents].
 */
public class NftablesEventScope internal constructor(
    private val session: NftablesEvents,
    private val reader: SessionReader<SessionSource<NftablesEvents, NftablesEvent>, NftablesEvent>,
) : SessionScope(session) {
    /**
     * The events, in the order of arrival. Each event is immutable: it may be kept, and read by any thread. A
     * [NftablesEvent.Overrun] takes the place of events that were lost because they were not collected in time.
     *
     * Only one collector at a time; a concurrent one fails with IllegalStateException. Collectors may follow each
     * other: each continues after the last event that was emitted to the previous one, however that ended, so that
     * `events.take(10)` or a cancelled collection loses nothing.
     *
     * Collecting suspends while there is no event. It completes after the session has ended, which after [stop] is when
     * everything was delivered. If the session fails, it throws the same exception after the last event. Cancelling a
     * collector ends its collection at once, not the session.
     *
     * With a slow collector, the kernel's buffer fills up, as described for
     * [NftablesEventOptionsBuilder.batchCapacity].
     */
    public val events: Flow<NftablesEvent> = reader.elements()

    /**
     * The state of the ruleset at the beginning: the events of all later transactions are delivered, and no others.
     */
    public val generation: Generation get() = session.generation()

    /**
     * The counters of received and lost events since the session was opened. Also valid after the block's end.
     *
     * Events that wait to be collected count as delivered until the block ends; those that still wait then are
     * [discarded][EventStatistics.discarded].
     *
     * @return a snapshot
     */
    public override fun statistics(): EventStatistics {
        val uncollected = reader.discarded()
        val all = session.statistics()
        return all
            .withDelivered(all.delivered() - uncollected)
            .withDiscarded(all.discarded() + uncollected)
    }
}

/** Opens a session as a source for the reader. */
internal fun openNftablesEvents(
    transport: NetlinkTransport,
    options: NftablesEventOptions,
): SessionSource<NftablesEvents, NftablesEvent> =
    SessionSource(NftablesEvents.open(transport, options)) { take, timeout ->
        poll(NftablesEventSink<RuntimeException> { take(it) }, timeout)
    }
