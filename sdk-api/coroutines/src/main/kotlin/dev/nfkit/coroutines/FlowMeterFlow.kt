// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowMeter
import dev.nfkit.flows.FlowMeterOptions
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowReport
import dev.nfkit.flows.FlowSink
import dev.nfkit.flows.FlowStatistics
import dev.nfkit.netfilter.EventStatistics
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.transform

/**
 * Opens a meter of flows, runs a block with it, and closes it.
 *
 * ```
 * transport.useFlowMeter({ activeTimeout = 1.minutes }) {
 *     reports.collect { report ->
 *         when (report) {
 *             is FlowRecord -> println("${report.original()} ${report.originalTraffic().bytes()} bytes")
 *             is FlowLoss -> println("lost: $report")
 *         }
 *     }
 * }
 * ```
 *
 * The block starts when the meter has read the table. Its end closes the meter, whether it returns, fails or is cancelled;
 * reports that were not collected by then are discarded. Call [FlowMeterScope.stop] and collect to the end to get the last
 * records of open flows, too. This function returns after the sockets were closed and the reader thread has ended.
 *
 * **Threads.** The meter is opened, read and closed by a separate daemon thread (`nfkit-flows`), never by the caller's
 * dispatcher. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the meter is being opened, while the reader is blocked in the kernel, and
 * while it waits for a slow collector.
 *
 * **Errors** are thrown unchanged, never wrapped. A failure while reading is thrown to the collector of
 * [FlowMeterScope.reports]; if the block returns before that, it is thrown here.
 *
 * @param configure sets the options
 * @param block works with the open meter
 * @return the block's result
 * @throws IllegalArgumentException if an option is out of range
 * @throws dev.nfkit.KernelRefusedException if the kernel refuses it, such as EPERM without `CAP_NET_ADMIN`
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.useFlowMeter(
    configure: FlowMeterOptionsBuilder.() -> Unit = {},
    block: suspend FlowMeterScope.() -> R,
): R {
    val builder = FlowMeterOptionsBuilder().apply(configure)
    val reader = flowReader(builder.build(), builder.batchCapacity)
    return reader.use { FlowMeterScope(it.session, reader).block() }
}

/**
 * The flows of a host as a cold flow of their records: each collection opens its own meter, and closes it when it ends. It is
 * the short form of [useFlowMeter] for callers that need no statistics.
 *
 * ```
 * transport.flows { onLoss { log.warn("lost: $it") } }
 *     .filter { it.originalTraffic().bytes() > 1_000_000 }
 *     .collect { println(it) }
 * ```
 *
 * The flow does not end by itself. When its collector completes, fails or is cancelled, the meter is closed and reports that
 * were not collected are discarded; collecting returns after the sockets were closed. A failure to open or to receive is
 * thrown to the collector unchanged, and so are the collector's own exceptions.
 *
 * @param configure sets the options; it is called once, immediately
 * @return a cold flow; collecting it throws as [useFlowMeter]
 * @throws IllegalArgumentException if an option is out of range
 */
public fun NetlinkTransport.flows(configure: FlowMeterOptionsBuilder.() -> Unit = {}): Flow<FlowRecord> {
    val builder = FlowMeterOptionsBuilder().apply(configure)
    val options = builder.build()
    val lost = builder.lost
    return flowOf { flowReader(options, builder.batchCapacity) }.transform { report ->
        when (report) {
            is FlowRecord -> emit(report)
            is FlowLoss -> lost(report)
        }
    }
}

/** An open meter of flows, inside the block of [useFlowMeter]. */
public class FlowMeterScope internal constructor(
    private val session: FlowMeter,
    reader: SessionReader<SessionSource<FlowMeter, FlowReport>, FlowReport>,
) : SessionScope(session) {
    /**
     * Records and losses, in their order.
     *
     * Only one collector at a time; a concurrent one fails with IllegalStateException. Collectors may follow each other:
     * each continues after the last report that was emitted to the previous one.
     *
     * Collecting suspends while there is no report. It completes after the meter has ended, which after [stop] is when
     * everything was delivered. If the meter fails, it throws the same exception after the last report. Cancelling a collector
     * ends its collection at once, not the meter.
     */
    public val reports: Flow<FlowReport> = reader.elements()

    /**
     * The counters of received and lost events since the meter was opened. Also valid after the block's end.
     *
     * @return a snapshot
     */
    public override fun statistics(): EventStatistics = session.statistics()

    /**
     * The counts of connections and reports since the meter was opened. Also valid after the block's end.
     *
     * @return a snapshot
     */
    public fun flowStatistics(): FlowStatistics = session.flowStatistics()
}

private fun NetlinkTransport.flowReader(
    options: FlowMeterOptions,
    batchCapacity: Int,
): SessionReader<SessionSource<FlowMeter, FlowReport>, FlowReport> =
    SessionReader("nfkit-flows", batchCapacity, this, { true }) { transport ->
        SessionSource(FlowMeter.open(transport, options)) { take, timeout ->
            poll(FlowSink<RuntimeException> { take(it) }, timeout)
        }
    }
