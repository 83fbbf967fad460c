// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.testkit.FakeConntrack
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeNetlinkSocket
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import java.time.Duration
import java.time.Instant
import java.time.InstantSource

internal const val SECOND = 1_000_000_000L

/** A meter on a fake kernel, whose clock the test moves. */
internal class Metering(
    val transport: FakeNetfilter = FakeNetfilter(TestClock.manual()),
    kernel: FakeConntrack.() -> Unit = {},
    configure: FlowMeterOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val conntrack: FakeConntrack = transport.conntrack().apply { settings().accounting(true) }.apply(kernel)
    val clock = InstantSource { Instant.EPOCH.plusNanos(transport.clock().epochNanos()) }
    val meter: FlowMeter =
        FlowMeter.open(
            transport,
            FlowMeterOptions
                .builder()
                .host("fw1")
                .clock(clock)
                .apply(configure)
                .build(),
        )
    val reports = mutableListOf<FlowReport>()

    val records: List<FlowRecord>
        get() = reports.filterIsInstance<FlowRecord>()

    val losses: List<FlowLoss>
        get() = reports.filterIsInstance<FlowLoss>()

    val statistics: FlowStatistics
        get() = meter.flowStatistics()

    val now: Long
        get() = transport.clock().epochNanos()

    /** The socket of the events, which the meter opens first. */
    fun events(): FakeNetlinkSocket = transport.sockets().first { !it.isClosed }

    /** Polls once. */
    fun poll(
        timeout: Duration = Duration.ZERO,
        sink: FlowSink<RuntimeException>,
    ): Int = meter.poll(sink, timeout)

    /** Polls until nothing more comes; returns what came. */
    fun poll(): List<FlowReport> {
        val before = reports.size
        var idle = 0
        while (idle < 4) {
            val delivered = poll { reports += it }
            if (delivered < 0) break
            idle = if (delivered == 0) idle + 1 else 0
        }
        return reports.drop(before)
    }

    fun advance(seconds: Long): List<FlowReport> {
        transport.clock().advance(Duration.ofSeconds(seconds))
        return poll()
    }

    /** Stops the meter, and returns its last reports. */
    fun stop(): List<FlowReport> {
        meter.stop()
        return poll()
    }

    override fun close() = meter.close()
}

internal fun tcp(
    port: Int,
    state: Int = 1,
): SampleConntrack = SampleConntrack.of(SampleTuple.tcp("10.0.0.1", port, "10.0.0.2", 443)).tcp(state)

internal fun udp(port: Int): SampleConntrack = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53))
