// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import dev.nfkit.trace.RecordingTransport
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.nio.ByteOrder
import java.time.Duration
import java.time.Instant

private val options =
    FlowMeterOptions
        .builder()
        .host("fw1")
        .clock { Instant.EPOCH } // what the kernel times is in the trace, the rest is not
        .build()

private fun FlowMeter.reports(work: (poll: () -> Unit) -> Unit): List<FlowReport> {
    val reports = mutableListOf<FlowReport>()
    val sink = FlowSink<RuntimeException> { reports += it }
    val poll: () -> Unit = { repeat(4) { poll(sink, Duration.ZERO) } }
    use { work(poll) }
    return reports
}

private fun replayed(transport: NetlinkTransport): List<FlowReport> =
    FlowMeter.open(transport, options).reports { poll -> repeat(20) { poll() } }

class FlowReplaySpec :
    FunSpec({
        test("a recording of a meter replays to the same records") {
            val kernel = FakeNetfilter(TestClock.manual())
            kernel
                .conntrack()
                .settings()
                .accounting(true)
                .timestamps(true)
            val file = ByteArrayOutputStream()
            val recorded =
                TraceWriter(file, ByteOrder.nativeOrder(), "test").use { writer ->
                    val transport = RecordingTransport(kernel, writer)
                    FlowMeter.open(transport, options).reports { poll ->
                        poll()
                        val ids =
                            (1..50).map { port ->
                                kernel.conntrack().add(
                                    SampleConntrack
                                        .of(SampleTuple.tcp("10.0.0.1", port, "10.0.0.2", 443))
                                        .sourceNat("203.0.113.7", 40_000 + port)
                                        .tcp(7)
                                        .timeout(600),
                                )
                            }
                        poll()
                        kernel.clock().advance(Duration.ofSeconds(3))
                        for (id in ids) {
                            kernel.conntrack().change(id) { it.counters(id % 9 + 1, 900, 3, 400) }
                            kernel.conntrack().remove(id)
                        }
                        poll()
                    }
                }
            recorded.size shouldBe 50
            val trace = Trace.read(ByteArrayInputStream(file.toByteArray()), "test")
            replayed(ReplayTransport.strict(trace).clock(TestClock.manual())) shouldContainExactly recorded
        }
    })
