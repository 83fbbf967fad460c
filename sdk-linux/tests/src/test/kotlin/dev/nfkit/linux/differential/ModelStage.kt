// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.linux.KernelVersion
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.packet.IpProtocol
import dev.nfkit.socket.NetAdmin
import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePacket
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import java.time.Duration

private const val LOCAL_OUT = 3
private const val LOOPBACK = 1L

/**
 * The model of the kernel. The path of a packet between its rules, which is not part of the model, is implemented here.
 */
internal class ModelStage : Stage() {
    private val clock = TestClock.manual()
    override val transport = FakeNetfilter(clock)

    private class Travelling(
        val bytes: ByteArray,
        val mark: Long,
        val priority: Long,
    ) {
        val data get() = bytes.copyOfRange(IP_AND_UDP, bytes.size)
    }

    private var hops = emptyList<Hop>()
    private val places = mutableMapOf<Int, Int>()
    private val out = mutableListOf<String>()
    private val arrived = mutableListOf<String>()

    init {
        transport.kernel().conntrackGlue(Facts.conntrackGlue)
        with(KernelVersion.running) { transport.conntrack().settings().kernelVersion(major, minor) }
        if (Facts.noFtpHelper == null) transport.conntrack().settings().helper("ftp", IpProtocol.TCP)
        transport.nfqueue().onDecided { follow(it) }
    }

    override fun rules(vararg hops: Hop) {
        this.hops = hops.toList()
        hops.forEachIndexed { place, hop -> if (hop is Hop.Queue) places[hop.number] = place }
    }

    override fun emit(data: ByteArray) {
        val bytes = SamplePackets.udp("127.0.0.1", SOURCE_PORT, "127.0.0.1", PORT, *data)
        go(Travelling(bytes, 0, 0), 0)
    }

    private fun go(
        packet: Travelling,
        from: Int,
    ) {
        var now = packet
        for (place in from until hops.size) {
            when (val hop = hops[place]) {
                is Hop.Mark -> {
                    now = Travelling(now.bytes, hop.mark.toLong(), now.priority)
                }

                is Hop.Log -> {
                    val sample = SampleNflog.of(now.bytes).prefix(hop.prefix).ruleThreshold(hop.threshold)
                    hop.size?.let { sample.ruleSize(it) }
                    transport.nflog().log(hop.group, local(sample, now.mark))
                }

                is Hop.Queue -> {
                    val sample = local(SampleNfqueue.of(now.bytes), now.mark)
                    if (now.priority != 0L) sample.priority(now.priority)
                    sample.skbInfo(NfqueueConfig.NFQA_SKB_CSUMNOTREADY.toLong())
                    transport.nfqueue().enqueue(hop.number, if (hop.bypass) sample.ruleBypass() else sample)
                    return
                }
            }
        }
        // As much as NFLOG reports on the other stage.
        out += logged(now.data.copyOf(minOf(now.data.size, NflogConfig.COPY_RANGE_MAX - IP_AND_UDP)), now.mark)
        arrived += logged(now.data)
    }

    private fun <S : SamplePacket<S>> local(
        sample: S,
        mark: Long,
    ): S {
        sample
            .hook(LOCAL_OUT)
            .outDevice(LOOPBACK)
            .uid(0)
            .gid(0)
        return if (mark == 0L) sample else sample.mark(mark)
    }

    /** Forwards a packet that left a queue. */
    private fun follow(left: DecidedPacket) {
        val place = places.getValue(left.queue())
        val packet = Travelling(left.payload().toArray(), left.mark(), left.priority())
        val verdict = left.verdict()
        when {
            verdict and 0xff == NfqueueConfig.NF_QUEUE -> places[verdict ushr 16] = place
            !left.passed() -> Unit
            verdict and 0xff == NfqueueConfig.NF_REPEAT -> go(packet, place)
            verdict and 0xff == NfqueueConfig.NF_STOP -> go(packet, hops.size)
            else -> go(packet, place + 1)
        }
    }

    override fun seen(): Pair<List<String>, List<String>> =
        (out.toList() to arrived.toList()).also {
            out.clear()
            arrived.clear()
        }

    override fun removeBaseChain() = transport.nfqueue().hookRemoved()

    override fun deprived(block: () -> Unit) {
        transport.kernel().netAdmin(NetAdmin.MISSING)
        try {
            block()
        } finally {
            transport.kernel().netAdmin(NetAdmin.HELD)
        }
    }

    override fun elapse(time: Duration) = clock.advance(time)

    private companion object {
        const val IP_AND_UDP = 28
    }
}
