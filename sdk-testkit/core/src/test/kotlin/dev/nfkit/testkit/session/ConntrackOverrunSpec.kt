// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEventSink
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

private const val SLOTS = 128

/** A session on a kernel whose clock stands still: waiting for more than has arrived never ends. */
private class Listening(
    configure: ConntrackEventOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val transport = FakeNetfilter(TestClock.manual())
    val events: ConntrackEvents =
        ConntrackEvents.open(transport, ConntrackEventOptions.builder().apply(configure).build())
    private var connections = 0

    fun connections(count: Int) =
        repeat(count) {
            val tuple = SampleTuple.udp("10.0.0.1", ++connections, "10.0.0.2", 53)
            transport.conntrack().add(SampleConntrack.of(tuple))
        }

    /** The kinds of events that one poll delivers, each with the number of consecutive ones. */
    fun kinds(): List<Any> =
        poll().fold(emptyList()) { before, event ->
            val kind = if (event is ConntrackEvent.New) "New" else event
            val last = before.lastOrNull()
            if (last is Pair<*, *> && last.second == kind) {
                before.dropLast(1) + ((last.first as Int + 1) to kind)
            } else {
                before + (1 to kind)
            }
        }

    /** Polls without a timeout. Returns what arrived. */
    fun poll(): List<ConntrackEvent> {
        val received = mutableListOf<ConntrackEvent>()
        val sink = ConntrackEventSink<RuntimeException> { received += it.copy() }
        CompletableFuture
            .supplyAsync { events.poll(sink, Duration.ofSeconds(Long.MAX_VALUE)) }
            .get(30, TimeUnit.SECONDS) shouldBe received.size
        return received
    }

    override fun close() = events.close()
}

class ConntrackOverrunSpec :
    FunSpec({
        test("an overrun without later events is reported at once, however long a poll may wait") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is reported after as many events as one receive takes, even if no more arrive") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.connections(SLOTS)
                listening.poll().size shouldBe SLOTS
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is reported at once even if all that arrived with it is malformed, which is lost as well") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.transport.socket().effect(SocketEffect.Datagram(Bytes.of(20, 0, 0, 0)))
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(4))
            }
        }

        test("an overrun is not reported at a receive that a wakeup kept from the events before it") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.connections(SLOTS + 5)
                listening.kinds() shouldBe listOf(SLOTS to "New")
                listening.events.wakeup()
                listening.kinds() shouldBe listOf(5 to "New", 1 to ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is not reported after a receive whose last slots contain foreign datagrams") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.connections(SLOTS - 2)
                repeat(2) { listening.transport.socket().effect(SocketEffect.Foreign(Bytes.of(20, 0, 0, 0))) }
                listening.kinds() shouldBe listOf(SLOTS - 2 to "New")
                listening.connections(SLOTS - 2) // without those of foreign senders
                listening.kinds() shouldBe listOf(SLOTS - 2 to "New", 1 to ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is reported once more has arrived than the receive buffer holds, even if it is never empty") {
            Listening { receiveBuffer(100_000) }.use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                val full = listOf<Any>(SLOTS to "New")
                var polls = 0
                var last = full
                while (last == full && polls++ < 100) {
                    listening.connections(SLOTS)
                    last = listening.kinds()
                }
                last shouldBe full + (1 to ConntrackEvent.Overrun(3))
                polls shouldBeGreaterThan 1
                listening.transport.socket().effect(SocketEffect.Overrun(4)) // whose bytes count from zero
                listening.connections(SLOTS)
                listening.kinds() shouldBe full
            }
        }

        test("a second overrun waits for its own position, even if that of the first was reached") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(3))
                listening.transport.socket().effect(SocketEffect.Overrun(4))
                listening.connections(SLOTS)
                listening.kinds() shouldBe listOf(SLOTS to "New")
                listening.kinds() shouldBe listOf(1 to ConntrackEvent.Overrun(4))
            }
        }
    })
