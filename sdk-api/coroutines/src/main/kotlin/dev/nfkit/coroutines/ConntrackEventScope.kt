package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackEvent
import dev.nfkit.conntrack.ConntrackEventSink
import dev.nfkit.conntrack.ConntrackEventStatistics
import dev.nfkit.conntrack.ConntrackEvents
import kotlinx.coroutines.flow.Flow

/**
 * An open session of conntrack's events, inside the block of [useConntrackEvents]. Its members are for any thread; the
 * session ends with the block.
 */
public class ConntrackEventScope internal constructor(
    private val session: ConntrackEvents,
    private val reader: SessionReader<ConntrackEventSource, ConntrackEvent>,
) {
    /**
     * What happens to connections, in the order of arrival. Each event is owned: it may be kept, and read by any thread.
     * Where events were lost, because they were not collected in time, stands a [ConntrackEvent.Overrun] with their
     * number.
     *
     * One collector at a time; a second one at once fails with IllegalStateException. Collectors may follow each other:
     * each goes on behind the last event that was emitted to the one before, however that ended, so that
     * `events.take(10)` or a collection that is cancelled loses nothing.
     *
     * Collecting suspends while there is no event. It ends normally once the session has ended, after [stop] when
     * everything is delivered. If the session fails, it throws that very exception behind the last event. Cancelling a
     * collector ends its collection at once, not the session.
     *
     * A slow collector makes the kernel's buffer fill up, as [ConntrackEventOptionsBuilder.batchCapacity] says.
     */
    public val events: Flow<ConntrackEvent> = reader.elements()

    /**
     * The receive buffer in force, in bytes as the kernel counts them: twice what was asked, or less where
     * `net.core.rmem_max` caps it.
     */
    public val receiveBuffer: Int get() = session.receiveBuffer()

    /**
     * What was received and lost since the session was opened. Also after the block's end.
     *
     * Events that wait to be collected count as delivered until the block ends; those that then still wait are
     * [discarded][ConntrackEventStatistics.discarded].
     *
     * @return a snapshot
     */
    public fun stats(): ConntrackEventStatistics {
        val uncollected = reader.discarded()
        val all = session.statistics()
        return ConntrackEventStatistics(
            all.events() - uncollected,
            all.lost(),
            all.overruns(),
            all.filtered(),
            all.malformed(),
            all.truncatedDatagrams(),
            all.foreign(),
            all.discarded() + uncollected,
        )
    }

    /**
     * Begins a graceful end: leaves the groups. [events] emits everything that the kernel told until then, and completes.
     * Idempotent; does not wait.
     */
    public fun stop() {
        session.stop()
    }
}

/** The session of events as the reader sees it. */
internal class ConntrackEventSource(
    val session: ConntrackEvents,
) : Source<ConntrackEvent> {
    override fun poll(take: (ConntrackEvent) -> Unit): Int =
        session.poll(ConntrackEventSink<RuntimeException> { take(it.copy()) }, UNBOUNDED)

    override fun wakeup() {
        session.wakeup()
    }

    override fun close() {
        session.close()
    }
}
