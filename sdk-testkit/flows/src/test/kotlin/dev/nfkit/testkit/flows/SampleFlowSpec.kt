// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.flows

import dev.nfkit.conntrack.TcpState
import dev.nfkit.flows.FlowDoubt
import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowMeter
import dev.nfkit.flows.FlowMeterOptions
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.time.Instant
import java.util.Optional

class SampleFlowSpec :
    FunSpec({
        test("a sample is a closed connection that carried something in both directions") {
            val record = SampleFlow.tcp("10.0.0.1", 40_000, "192.0.2.1", 443).record()
            record.host() shouldBe "fw1"
            record.reason() shouldBe FlowEnd.CLOSED
            record.tcpState() shouldBe Optional.of(TcpState.TIME_WAIT)
            record.translated() shouldBe false
            record.end().instant() shouldBe Instant.parse("2026-01-01T00:00:01Z")
            record.originalTraffic().packets() shouldBe 10
        }

        test("a translation shows in the reply") {
            val source = SampleFlow.udp("10.0.0.1", 1, "192.0.2.1", 53).sourceNat("203.0.113.7", 41_234).record()
            source.translated() shouldBe true
            source.reply().toString() shouldBe "udp src=192.0.2.1 dst=203.0.113.7 sport=53 dport=41234"
            val destination = SampleFlow.udp("10.0.0.1", 1, "192.0.2.1", 53).destinationNat("10.0.0.9", 5353).record()
            destination.reply().toString() shouldBe "udp src=10.0.0.9 dst=10.0.0.1 sport=5353 dport=1"
        }

        test("samples of one connection have its id, and others have another one") {
            fun sample() = SampleFlow.tcp("10.0.0.1", 40_000, "192.0.2.1", 443)
            val first = sample().end(FlowEnd.ACTIVE).record()
            sample()
                .sequence(1)
                .doubt(FlowDoubt.END_UNSEEN)
                .record()
                .flow() shouldBe first.flow()
            sample().host("fw2").record().flow() shouldNotBe first.flow()
        }

        test("a name is no address") {
            shouldThrow<IllegalArgumentException> { SampleFlow.tcp("localhost", 1, "10.0.0.1", 2) }
                .message shouldContain "localhost"
        }

        test("a list keeps what a meter reports, and waits for it") {
            val kernel = FakeNetfilter(TestClock.manual())
            val flows = FlowList()
            FlowMeter.open(kernel, FlowMeterOptions.builder().build()).use { meter ->
                kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53))).let {
                    kernel.conntrack().remove(it)
                }
                meter.poll(flows, Duration.ofSeconds(1))
            }
            flows.await(1, Duration.ofSeconds(1)).size shouldBe 1
            flows
                .records()
                .single()
                .original()
                .sourcePort() shouldBe 1
            flows.losses().size shouldBe 0
            shouldThrow<AssertionError> { flows.await(2, Duration.ofMillis(1)) }.message shouldContain "1 reports"
            flows.clear()
            flows.reports().size shouldBe 0
        }
    })
