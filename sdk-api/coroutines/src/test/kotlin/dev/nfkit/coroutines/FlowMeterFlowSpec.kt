// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowMeterOptions
import dev.nfkit.flows.FlowRecord
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The socket of the events, which the meter opens first. */
private fun events(transport: FakeNetfilter) = transport.sockets().first { !it.isClosed }

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53)).timeout(3600)

class FlowMeterFlowSpec :
    FunSpec({
        test("reports are collected, and a stop reports the open flows once more") {
            val transport = FakeNetfilter(TestClock.manual())
            transport.useFlowMeter({ host = "fw1" }) {
                transport.conntrack().add(udp(1))
                transport.conntrack().remove(transport.conntrack().add(udp(2)))
                val first = reports.first() as FlowRecord
                first.original().sourcePort() shouldBe 2
                first.host() shouldBe "fw1"
                stop()
                reports.toList().map { (it as FlowRecord).reason() } shouldContainExactly listOf(FlowEnd.ACTIVE)
                flowStatistics().begun() shouldBe 2
                statistics().delivered() shouldBe 3
            }
            transport.openSockets() shouldBe 0
        }

        test("the short form emits records, and passes losses to their handler in their place") {
            val transport = FakeNetfilter(TestClock.manual())
            val lost = CopyOnWriteArrayList<FlowLoss>()
            coroutineScope {
                val records = async(Dispatchers.Default) { transport.flows { onLoss { lost += it } }.take(2).toList() }
                transport.await("the meter") { transport.openSockets() == 3 }
                transport.conntrack().remove(transport.conntrack().add(udp(1)))
                transport.await("the first events") { events(transport).pending() == 0 }
                events(transport).effect(SocketEffect.Overrun(3))
                transport.await("the loss") { lost.isNotEmpty() }
                transport.conntrack().remove(transport.conntrack().add(udp(2)))
                records.await().map { it.original().sourcePort() } shouldContainExactly listOf(1, 2)
            }
            lost.sumOf { it.events() } shouldBe 3
            transport.openSockets() shouldBe 0
        }

        test("an option out of range is refused when it is set") {
            val transport = FakeNetfilter()
            shouldThrow<IllegalArgumentException> { transport.flows { activeTimeout = 1.milliseconds } }
                .message shouldContain "activeTimeout is from PT1S to PT24H, not PT0.001S"
            shouldThrow<IllegalArgumentException> { transport.flows { maxFlows = 0 } }.message shouldContain "maxFlows"
            shouldThrow<IllegalArgumentException> { transport.flows { host = " " } }.message shouldContain "host"
        }

        test("options have the defaults of the core, and are set") {
            val defaults = FlowMeterOptions.builder().build()
            with(FlowMeterOptionsBuilder()) {
                activeTimeout shouldBe 60.seconds
                maxFlows shouldBe defaults.maxFlows()
                receiveBuffer shouldBe defaults.receiveBuffer()
                changes shouldBe false
                changes = true
                maxFlows = 7
                interfaceOf { "eth0" }
                build().changes() shouldBe true
                build().maxFlows() shouldBe 7
            }
        }
    })
