package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackEventKind
import dev.nfkit.conntrack.ConntrackEventOptions
import dev.nfkit.conntrack.ConntrackFilter

/**
 * What a session of conntrack's events listens to, and the queue between the kernel and the collector. Defaults and
 * ranges are those of [ConntrackEventOptions.Builder]; a value out of range is refused where it is set. One thread at a
 * time.
 */
@NfkitDsl
public class ConntrackEventOptionsBuilder internal constructor() {
    private val builder = ConntrackEventOptions.builder()
    private val values: ConntrackEventOptions get() = builder.build()

    /**
     * The receive buffer to ask for, in bytes: 4096 to 1073741823; 64 MiB by default, which uses memory only while
     * events wait. The kernel charges about 1 KiB for an event. Without the right to exceed `net.core.rmem_max` the
     * session gets what that allows; [ConntrackEventScope.receiveBuffer] tells what was reached.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int
        get() = values.receiveBuffer()
        set(bytes) {
            builder.receiveBuffer(bytes)
        }

    /**
     * How many batches wait for the collector at most: 1 to 1024; 16 by default. A batch is what one read of the socket
     * gave, 1 to 128 events. When that many wait, the reader thread stops reading until one is collected; events then
     * wait in the kernel's receive buffer, and in place of those that no longer fit there the collector gets a
     * [ConntrackEvent.Overrun][dev.nfkit.conntrack.ConntrackEvent.Overrun].
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var batchCapacity: Int = BatchQueue.DEFAULT_CAPACITY
        set(batches) {
            field = BatchQueue.checkedCapacity(batches)
        }

    /**
     * What to be told of, in place of the default, which is all that happens to connections and nothing of expectations.
     *
     * @param first one kind
     * @param more others
     */
    public fun kinds(
        first: ConntrackEventKind,
        vararg more: ConntrackEventKind,
    ) {
        builder.kinds(first, *more)
    }

    /**
     * Has the kernel tell only of connections that a filter means; of several, those that one of them means. It is
     * compared in the kernel, before an event takes room on the socket, and once more on receipt. Events may lack what a
     * filter asks for: the end of a connection lacks the state of TCP before Linux 5.11, for one, and does not match
     * then. Expectations are told of in any case.
     *
     * @param filter which connections
     */
    public fun filter(filter: ConntrackFilter) {
        builder.filter(filter)
    }

    internal fun build(): ConntrackEventOptions = builder.build()
}
