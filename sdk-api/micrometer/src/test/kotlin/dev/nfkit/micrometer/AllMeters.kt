// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.nftables.trace.PathStatistics
import dev.nfkit.testkit.FakeNetfilter
import io.micrometer.core.instrument.MeterRegistry

/** All meters that there are, over sessions of each kind. */
internal class AllMeters : AutoCloseable {
    private val kernel = FakeNetfilter()
    private val nflog = NflogSession.open(kernel, NflogOptions.builder().group(5).build())
    private val nfqueue =
        NfqueueSession.open(
            kernel,
            NfqueueOptions
                .builder()
                .queue(3)
                .queue(4)
                .build(),
        )
    private val events = ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build())
    private val rules = NftablesEvents.open(kernel, NftablesEventOptions.builder().build())
    private val table = Conntrack.open(kernel)
    private val mirror = ConntrackMirror(table, ConntrackFilter.all())
    private val meters =
        listOf(
            NfkitMeters.nflog("log", nflog::statistics),
            NfkitMeters.nfqueue("queue", nfqueue),
            NfkitMeters.conntrackEvents("connections", events::statistics),
            NfkitMeters.nftablesEvents("rules", rules::statistics),
            NfkitMeters.traceEvents("trace", events::statistics),
            NfkitMeters.packetPaths("paths") { PathStatistics(1, 2, 3, 4) },
            NfkitMeters.conntrackTable("table", table),
            NfkitMeters.conntrackMirror("mirror", mirror),
        )

    fun bindTo(registry: MeterRegistry) = meters.forEach { it.bindTo(registry) }

    override fun close() {
        (meters + table + rules + events + nfqueue + nflog).forEach { it.close() }
    }
}
