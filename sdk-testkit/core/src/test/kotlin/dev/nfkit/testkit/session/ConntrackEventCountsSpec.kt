// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEventSink
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.SocketEffect
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.time.Duration

private fun FakeNetfilter.connection(port: Int) =
    conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53)))

private fun ConntrackEvents.drain(): Int {
    var events = 0
    val sink = ConntrackEventSink<RuntimeException> { events++ }
    while (poll(sink, Duration.ZERO) > 0) {
        // The next receive.
    }
    return events
}

class ConntrackEventCountsSpec :
    FunSpec({
        test("events that were delivered, cut, malformed and discarded are counted apart") {
            val fake = FakeNetfilter()
            val events = ConntrackEvents.open(fake, ConntrackEventOptions.builder().build())
            repeat(3) { fake.connection(it + 1) }
            fake.socket().effect(SocketEffect.Datagram(Bytes.of(20, 0, 0, 0)))
            fake.socket().effect(SocketEffect.Truncated(Bytes.of(20, 0, 0, 0)))
            events.drain()
            repeat(2) { fake.connection(it + 11) }
            events.close()
            val counts = events.statistics()
            listOf(counts.delivered(), counts.malformed(), counts.truncatedDatagrams(), counts.discarded()) shouldBe
                listOf(3L, 1L, 1L, 2L)
        }

        test("no event comes after a stop but those that the kernel had sent") {
            val fake = FakeNetfilter()
            ConntrackEvents.open(fake, ConntrackEventOptions.builder().build()).use { events ->
                fake.connection(1)
                events.stop()
                val sink = ConntrackEventSink<RuntimeException> { }
                events.poll(sink, Duration.ZERO) shouldBe 1
                fake.connection(2)
                events.poll(sink, Duration.ZERO) shouldBe -1
            }
        }
    })
