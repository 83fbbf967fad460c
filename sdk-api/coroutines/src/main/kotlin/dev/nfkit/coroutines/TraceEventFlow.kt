// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.trace.TraceEvent
import dev.nfkit.nftables.trace.TraceEventOptions
import dev.nfkit.nftables.trace.TraceEventSink
import dev.nfkit.nftables.trace.TraceEvents
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * Trace messages as a cold flow: what rules did with the packets that a rule with `meta nftrace set 1` marked, whichever
 * process installed it. Each collection opens its own session and closes it when it ends.
 *
 * ```
 * transport.traceEvents()
 *     .filterIsInstance<TraceStep>()
 *     .filter { it.verdict() == TraceVerdict.DROP }
 *     .collect { println(it) }
 * ```
 *
 * Events are owned: they may be kept, and read by any thread. [packetPaths] composes them to the paths of packets, and
 * installs the rule that traces.
 *
 * With a slow collector, the kernel's buffer fills up. A [TraceEvent.Overrun] takes the place of messages that no longer
 * fit, with their number.
 *
 * The flow does not end by itself. When its collector completes, fails or is cancelled, the session is closed and messages
 * that were not collected are discarded; collecting returns after the socket was closed. Cancellation takes effect at once,
 * also while the session is being opened or waits in the kernel. A failure to open or to receive is thrown to the collector
 * unchanged, and so are the collector's own exceptions.
 *
 * @param configure sets the options; it is called once, immediately
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it, such as EPERM
 *   without `CAP_NET_ADMIN`, or another [dev.nfkit.NetlinkException] if a system call fails
 * @throws IllegalArgumentException if an option is out of range
 */
public fun NetlinkTransport.traceEvents(configure: TraceEventOptionsBuilder.() -> Unit = {}): Flow<TraceEvent> {
    val builder = TraceEventOptionsBuilder().apply(configure)
    val options = builder.build()
    return flowOf {
        SessionReader("nfkit-trace-events", builder.batchCapacity, this, { it !is TraceEvent.Overrun }) {
            openTraceEvents(it, options)
        }
    }
}

private fun openTraceEvents(
    transport: NetlinkTransport,
    options: TraceEventOptions,
): SessionSource<TraceEvents, TraceEvent> =
    SessionSource(TraceEvents.open(transport, options)) { take, timeout ->
        poll(TraceEventSink<RuntimeException> { take(it.copy()) }, timeout)
    }
