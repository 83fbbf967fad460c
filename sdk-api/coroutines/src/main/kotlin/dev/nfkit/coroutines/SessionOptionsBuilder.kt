// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

/**
 * The option that all sessions have in Kotlin: the queue between the reader and the collector. The builder of each kind
 * of session adds the options of the core.
 */
@NfkitDsl
public sealed class SessionOptionsBuilder {
    /**
     * The maximum number of batches that wait for the collector or the deciding coroutine: 1 to 1024; 16 by default. A
     * batch is the result of one read of the socket. At the maximum, the reader thread stops reading until a batch is
     * taken, and the kernel keeps what arrives meanwhile:
     * - NFLOG: packets wait in the receive buffer, and those that no longer fit are lost and counted as
     *   [socketDrops][dev.nfkit.netfilter.Statistics.socketDrops]. A batch has 1 to 1024 packets of about 256 KiB at
     *   most.
     * - NFQUEUE: packets wait in the queue. If that is full ([NfqueueQueueBuilder.maximumLength]), further packets are
     *   dropped, or pass if the queue fails open. A batch has [NfqueueOptionsBuilder.batchSize] packets at most.
     * - conntrack's events: events wait in the receive buffer, and in place of those that no longer fit the collector
     *   gets an [Overrun][dev.nfkit.conntrack.event.ConntrackEvent.Overrun]. A batch has 1 to 128 events.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var batchCapacity: Int = BatchQueue.DEFAULT_CAPACITY
        set(batches) {
            field = BatchQueue.checkedCapacity(batches)
        }
}
