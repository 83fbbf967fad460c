// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.testkit.live.TestNamespace
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.core.test.config.DefaultTestConfig
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.time.Duration
import java.util.Optional

private val loopback: InetAddress = InetAddress.getByName("127.0.0.1")

private val live: (TestCase) -> Enabled = {
    TestNamespace.skipReason().map { Enabled.disabled(it) }.orElse(Enabled.enabled)
}

/** A meter in a namespace of the running kernel, which counts connections and keeps their times. */
private class LiveMeter(
    private val before: TestNamespace.() -> Unit = {},
    configure: FlowMeterOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val namespace: TestNamespace =
        TestNamespace.open().apply {
            set("nf_conntrack_acct", 1)
            set("nf_conntrack_timestamp", 1)
            rules("table inet track { chain out { type filter hook output priority 0; ct state new counter; }; }")
            before()
        }
    val table: Conntrack = Conntrack.open(namespace.transport())
    val meter: FlowMeter =
        FlowMeter.open(
            namespace.transport(),
            FlowMeterOptions
                .builder()
                .host("fw1")
                .apply(configure)
                .build(),
        )
    val reports = mutableListOf<FlowReport>()

    val records: List<FlowRecord>
        get() = reports.filterIsInstance<FlowRecord>()

    fun poll() {
        var idle = 0
        while (idle < 4) {
            val sink = FlowSink<RuntimeException> { reports += it }
            idle = if (meter.poll(sink, Duration.ofMillis(10)) <= 0) idle + 1 else 0
        }
    }

    /** Waits until a number of reports has come. */
    fun await(number: Int) {
        val stop = System.nanoTime() + Duration.ofMinutes(1).toNanos()
        while (reports.size < number && System.nanoTime() < stop) poll()
        reports.size shouldBe number
    }

    override fun close() {
        meter.close()
        table.close()
        namespace.close()
    }
}

private fun TestNamespace.set(
    name: String,
    value: Int,
) = exec("sh", "-c", "echo $value > /proc/sys/net/netfilter/$name")

private fun TestNamespace.exchange(bytes: Int): Int =
    call { ServerSocket(0, 1, loopback) }.use { server ->
        call { Socket(loopback, server.localPort) }.use { client ->
            server.accept().use { peer ->
                client.getOutputStream().write(ByteArray(bytes))
                peer.getInputStream().readNBytes(bytes)
            }
            client.getInputStream().read() shouldBe -1
            client.localPort
        }
    }

/** Sends datagrams to a port that takes them. */
private fun TestNamespace.datagrams(
    connections: Int,
    first: Int = 20_000,
) = call { DatagramSocket(0, loopback) }.use { taker ->
    call { DatagramSocket(0, loopback) }.use { sender ->
        repeat(connections) {
            sender.send(DatagramPacket(ByteArray(10), 10, loopback, first + it % 40_000))
        }
    }
    taker.localPort
}

class FlowMeterLiveSpec :
    FunSpec({
        defaultTestConfig = DefaultTestConfig(enabledOrReasonIf = live)
        test("a connection of TCP is counted as conntrack counts it, and timed by the kernel") {
            LiveMeter().use { live ->
                live.poll()
                val before = System.currentTimeMillis()
                val port = live.namespace.exchange(100_000)
                live.poll()
                val listed = live.namespace.exec("conntrack", "-L", "-o", "extended")
                live.table.flush()
                live.await(1)
                val record = live.records.single()
                record.original().sourcePort() shouldBe port
                record.tcpState() shouldBe Optional.of(TcpState.TIME_WAIT)
                record.reason() shouldBe FlowEnd.DELETED
                record.doubts().shouldBeEmpty()
                record.start().source() shouldBe FlowTime.Source.KERNEL
                record.end().source() shouldBe FlowTime.Source.KERNEL
                (record.start().epochNanos() / 1_000_000 - before) shouldBeGreaterThan -1000L
                for (direction in Direction.values()) {
                    val traffic = record.traffic(direction)
                    listed shouldContain "packets=${traffic.packets()} bytes=${traffic.bytes()}"
                }
                record.originalTraffic().bytes() shouldBeGreaterThan 100_000L
            }
        }

        test("a datagram's connection times out, and is evicted or closed never") {
            LiveMeter(before = { set("nf_conntrack_udp_timeout", 1) }).use { live ->
                live.poll()
                live.namespace.datagrams(1)
                live.poll()
                live.reports.shouldBeEmpty()
                Thread.sleep(1200)
                live.table.list(ConntrackFilter.all()) // a dump removes what has timed out
                live.await(1)
                live.records.single().reason() shouldBe FlowEnd.TIMED_OUT
                live.records
                    .single()
                    .originalTraffic()
                    .packets() shouldBe 1
            }
        }

        test("a connection that is older than the meter is lost sight of, for the kernel sends no event of its end") {
            LiveMeter(before = { datagrams(1) }) { activeTimeout(Duration.ofSeconds(1)) }.use { live ->
                live.poll()
                live.table.flush()
                live.await(1)
                val record = live.records.single()
                record.reason() shouldBe FlowEnd.LOST_SIGHT
                record.doubts() shouldBe setOf(FlowDoubt.BEGINNING_UNSEEN, FlowDoubt.END_UNSEEN)
                live.meter.flowStatistics().joined() shouldBe 1
            }
        }

        test("whatever the socket loses, records and the counted losses are all connections, to the last one") {
            LiveMeter { receiveBuffer(64 shl 10) }.use { live ->
                live.poll()
                val made = 20_000
                live.namespace.datagrams(made / 2)
                live.table.flush()
                live.poll()
                live.namespace.datagrams(made / 2)
                live.poll()
                live.table.flush()
                live.poll()
                val statistics = live.meter.flowStatistics()
                statistics.events().socketDrops() shouldBeGreaterThan 0L
                statistics.open() shouldBe 0
                live.records.size + statistics.unseen() shouldBe made
                live.reports.filterIsInstance<FlowLoss>().sumOf { it.events() } shouldBe
                    statistics.events().socketDrops()
            }
        }

        test("a translated connection has the addresses of both sides") {
            LiveMeter(before = {
                rules(
                    "table ip nat { chain out { type nat hook output priority -100; udp dport 53 dnat to 127.0.0.1:5353; }; }",
                )
            }).use { live ->
                live.poll()
                live.namespace.datagrams(1, first = 53)
                live.table.flush()
                live.await(1)
                val record = live.records.single()
                record.translated() shouldBe true
                listOf(record.original().destinationPort(), record.reply().sourcePort()) shouldContainExactly
                    listOf(53, 5353)
            }
        }
    })
