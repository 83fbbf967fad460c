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
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

private const val SLOTS = 128

/** A session on a kernel whose clock stands still: what waits for more than is there waits forever. */
private class Listening : AutoCloseable {
    val transport = FakeNetfilter(TestClock.manual())
    private val events = ConntrackEvents.open(transport, ConntrackEventOptions.builder().build())

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
                for (port in 1..SLOTS) {
                    val tuple = SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53)
                    listening.transport.conntrack().add(SampleConntrack.of(tuple))
                }
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
    })
