// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowMeterOptions
import dev.nfkit.process.ProcessResolver
import java.time.InstantSource
import java.util.Optional
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * The options of a meter of flows, and of the queue between the reader and the collector. Defaults and ranges are those of
 * [FlowMeterOptions.Builder]; a value out of range is refused when it is set. One thread at a time.
 */
@NfkitDsl
public class FlowMeterOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = FlowMeterOptions.builder()
    private val values: FlowMeterOptions get() = builder.build()

    internal var lost: suspend (FlowLoss) -> Unit = {}
        private set

    /**
     * The host's name in reports; that of this machine by default.
     *
     * @throws IllegalArgumentException if it is set to an empty text
     */
    public var host: String
        get() = values.host()
        set(name) {
            builder.host(name)
        }

    /**
     * The longest time that an open flow carries something without a record, 1 second to 1 day; one minute by default.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var activeTimeout: Duration
        get() = values.activeTimeout().toKotlinDuration()
        set(time) {
            builder.activeTimeout(time.toJavaDuration())
        }

    /**
     * The greatest number of open flows that the meter remembers, from 1; one million by default.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var maxFlows: Int
        get() = values.maxFlows()
        set(number) {
            builder.maxFlows(number)
        }

    /** Whether the meter receives changes of connections, as [FlowMeterOptions.Builder.changes]; false by default. */
    public var changes: Boolean
        get() = values.changes()
        set(receive) {
            builder.changes(receive)
        }

    /** The connections to meter; all by default. */
    public var filter: ConntrackFilter
        get() = values.filter()
        set(selected) {
            builder.filter(selected)
        }

    /**
     * The receive buffer to request, in bytes.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int
        get() = values.receiveBuffer()
        set(bytes) {
            builder.receiveBuffer(bytes)
        }

    /** The clock of times that the kernel does not give; the system's by default. */
    public var clock: InstantSource
        get() = values.clock()
        set(source) {
            builder.clock(source)
        }

    /** Finds the process of a connection when it begins; none by default. The caller closes it. */
    public var processes: ProcessResolver
        get() = values.processes()
        set(resolver) {
            builder.processes(resolver)
        }

    /**
     * Finds the interface of a connection.
     *
     * @param find called with the original tuple when a record is made, on the meter's thread; null if it is unknown
     */
    public fun interfaceOf(find: (ConntrackTuple) -> String?) {
        builder.interfaceOf { Optional.ofNullable(find(it)) }
    }

    /**
     * Takes the losses of [flows], whose elements are records only. Without it they are only in the log. Not used by
     * [useFlowMeter], whose reports contain them.
     *
     * @param take called in the collector's context, in the place of the loss
     */
    public fun onLoss(take: suspend (FlowLoss) -> Unit) {
        lost = take
    }

    internal fun build(): FlowMeterOptions = builder.build()
}
