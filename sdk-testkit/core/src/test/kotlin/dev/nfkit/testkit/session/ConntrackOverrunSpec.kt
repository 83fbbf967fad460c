package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackEvent
import dev.nfkit.conntrack.ConntrackEventOptions
import dev.nfkit.conntrack.ConntrackEventSink
import dev.nfkit.conntrack.ConntrackEvents
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

/** A session on a kernel whose clock stands still: what waits for more than is there waits forever. */
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

    /** The kinds of events that one poll brings, each with its number in a row. */
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

    /** Polls without a bound; what came. */
    fun poll(): List<ConntrackEvent> {
        val told = mutableListOf<ConntrackEvent>()
        val sink = ConntrackEventSink<RuntimeException> { told += it.copy() }
        CompletableFuture
            .supplyAsync { events.poll(sink, Duration.ofSeconds(Long.MAX_VALUE)) }
            .get(30, TimeUnit.SECONDS) shouldBe told.size
        return told
    }

    override fun close() = events.close()
}

class ConntrackOverrunSpec :
    FunSpec({
        test("an overrun with nothing behind it is told at once, however long a poll may wait") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is told behind as many events as one receive takes, though none comes after") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.connections(SLOTS)
                listening.poll().size shouldBe SLOTS
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is told at once though nothing that came with it can be read, which is lost as well") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.transport.socket().effect(SocketEffect.Datagram(Bytes.of(20, 0, 0, 0)))
                listening.poll() shouldContainExactly listOf(ConntrackEvent.Overrun(4))
            }
        }

        test("an overrun is not told at a receive that a wakeup kept from the events before it") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.connections(SLOTS + 5)
                listening.kinds() shouldBe listOf(SLOTS to "New")
                listening.events.wakeup()
                listening.kinds() shouldBe listOf(5 to "New", 1 to ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is not told behind a receive whose last slots were taken by datagrams of other senders") {
            Listening().use { listening ->
                listening.transport.socket().effect(SocketEffect.Overrun(3))
                listening.connections(SLOTS - 2)
                repeat(2) { listening.transport.socket().effect(SocketEffect.Foreign(Bytes.of(20, 0, 0, 0))) }
                listening.kinds() shouldBe listOf(SLOTS - 2 to "New")
                listening.connections(SLOTS - 2) // with none of others
                listening.kinds() shouldBe listOf(SLOTS - 2 to "New", 1 to ConntrackEvent.Overrun(3))
            }
        }

        test("an overrun is told once more than the receive buffer holds has come, though the socket is never empty") {
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
                listening.transport.socket().effect(SocketEffect.Overrun(4)) // whose bytes count anew
                listening.connections(SLOTS)
                listening.kinds() shouldBe full
            }
        }

        test("a second overrun waits for its own place, though that of the first was reached") {
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
