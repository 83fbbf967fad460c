// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.AddressFamily
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEventSink
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.netfilter.PacketSink
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.PacketPathSink
import dev.nfkit.nftables.trace.PacketPaths
import dev.nfkit.nftables.trace.TraceEventOptions
import dev.nfkit.nftables.trace.TraceEventSink
import dev.nfkit.nftables.trace.TraceEvents
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import java.time.Duration

private object Nflog : SessionHarness<NflogSession> {
    override fun open(fake: FakeNetfilter): NflogSession =
        NflogSession.open(fake, NflogOptions.builder().group(30) { it.threshold(1) }.build())

    override fun arrive(
        fake: FakeNetfilter,
        count: Int,
    ) = repeat(count) { fake.nflog().log(30, SampleNflog.of(ByteArray(20))) }

    override fun poll(
        session: NflogSession,
        timeout: Duration,
        take: () -> Unit,
    ): Int = session.poll(PacketSink<NflogPacket, RuntimeException> { take() }, timeout)

    override fun run(
        session: NflogSession,
        take: () -> Unit,
    ): Long = session.run(PacketSink<NflogPacket, RuntimeException> { take() })
}

private object Nfqueue : SessionHarness<NfqueueSession> {
    override fun open(fake: FakeNetfilter): NfqueueSession =
        NfqueueSession.open(fake, NfqueueOptions.builder().queue(3).build())

    override fun arrive(
        fake: FakeNetfilter,
        count: Int,
    ) = repeat(count) { fake.nfqueue().enqueue(3, SampleNfqueue.of(ByteArray(20))) }

    private fun decider(take: () -> Unit) = Decider<RuntimeException> { Verdict.ACCEPT.also { take() } }

    override fun poll(
        session: NfqueueSession,
        timeout: Duration,
        take: () -> Unit,
    ): Int = session.poll(decider(take), timeout)

    override fun run(
        session: NfqueueSession,
        take: () -> Unit,
    ): Long = session.run(decider(take))
}

private object Events : SessionHarness<ConntrackEvents> {
    override fun open(fake: FakeNetfilter): ConntrackEvents =
        ConntrackEvents.open(fake, ConntrackEventOptions.builder().build())

    override fun arrive(
        fake: FakeNetfilter,
        count: Int,
    ) = repeat(count) {
        val port = fake.conntrack().connections().size + 1
        fake.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53)))
    }

    override fun poll(
        session: ConntrackEvents,
        timeout: Duration,
        take: () -> Unit,
    ): Int = session.poll(ConntrackEventSink<RuntimeException> { take() }, timeout)

    override fun run(
        session: ConntrackEvents,
        take: () -> Unit,
    ): Long = session.run(ConntrackEventSink<RuntimeException> { take() })
}

/** A rule that traces packets and drops them, so that each has one message. */
private fun dropTraced(fake: FakeNetfilter) =
    Nftables.open(fake).use { client ->
        val table = TableId.inet("traced")
        client.commit(
            Batch()
                .create(Table.shared(table))
                .create(Chain.base(table, "in", ChainHook.of(AddressFamily.INET, ChainType.FILTER, "input", "filter")))
                .add(Rule.of(table, "in", "meta nftrace set 1 drop")),
        )
    }

private fun trace(
    fake: FakeNetfilter,
    count: Int,
) = repeat(count) { fake.packets().of(SamplePackets.udp4()).toInput() }

private object Traces : SessionHarness<TraceEvents> {
    override fun open(fake: FakeNetfilter): TraceEvents {
        dropTraced(fake)
        return TraceEvents.open(fake, TraceEventOptions.builder().build())
    }

    override fun arrive(
        fake: FakeNetfilter,
        count: Int,
    ) = trace(fake, count)

    override fun poll(
        session: TraceEvents,
        timeout: Duration,
        take: () -> Unit,
    ): Int = session.poll(TraceEventSink<RuntimeException> { take() }, timeout)

    override fun run(
        session: TraceEvents,
        take: () -> Unit,
    ): Long = session.run(TraceEventSink<RuntimeException> { take() })
}

private object Paths : SessionHarness<PacketPaths> {
    override fun open(fake: FakeNetfilter): PacketPaths {
        dropTraced(fake)
        return PacketPaths.open(fake, PacketPathOptions.builder().build())
    }

    override fun arrive(
        fake: FakeNetfilter,
        count: Int,
    ) = trace(fake, count)

    override fun poll(
        session: PacketPaths,
        timeout: Duration,
        take: () -> Unit,
    ): Int = session.poll(PacketPathSink<RuntimeException> { take() }, timeout)

    override fun run(
        session: PacketPaths,
        take: () -> Unit,
    ): Long = session.run(PacketPathSink<RuntimeException> { take() })
}

/** An NFLOG session satisfies the contract of sessions. */
class NflogSessionContractSpec : NetfilterSessionContract<NflogSession>(Nflog)

/** An NFQUEUE session satisfies the contract of sessions. */
class NfqueueSessionContractSpec : NetfilterSessionContract<NfqueueSession>(Nfqueue)

/** A session of conntrack's events satisfies the contract of sessions. */
class ConntrackEventsContractSpec : NetfilterSessionContract<ConntrackEvents>(Events)

/** A session of trace messages satisfies the contract of sessions. */
class TraceEventsContractSpec : NetfilterSessionContract<TraceEvents>(Traces)

/** A session of packets' paths satisfies the contract of sessions. */
class PacketPathsContractSpec : NetfilterSessionContract<PacketPaths>(Paths)
