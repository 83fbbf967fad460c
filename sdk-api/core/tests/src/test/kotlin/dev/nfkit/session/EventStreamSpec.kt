// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.MalformedMessageException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.time.Duration
import java.util.logging.Level
import java.util.logging.Logger

/** A number that the handler cannot read, and one that the session's filter does not match. */
private const val UNREADABLE = 13
private const val EXCLUDED = 14

/** The log of the streams, which is not printed. */
private val log = Logger.getLogger(StreamRig::class.java.name).also { it.level = Level.OFF }

/** A stream over a socket that follows a script. What it delivers is a line each. */
private class StreamRig {
    val rig = LoopRig()
    val memberships = mutableListOf<String>()
    val seen = mutableListOf<String>()
    var drops = 0L

    /** Whether the receives to come report that datagrams were lost; after the last one none does. */
    val overruns = ArrayDeque<Boolean>()

    /** The filter that the kernel applies. */
    var installed: EventFilter? = null

    /** What happens at an event, after it is in [seen]. */
    var onEvent: (String) -> Unit = {}
    private val socket =
        object : NetlinkSocket by rig.socket {
            override fun set(
                option: SocketOption,
                value: Int,
            ) {
                if (option == SocketOption.ADD_MEMBERSHIP || option == SocketOption.DROP_MEMBERSHIP) {
                    memberships += "$option $value"
                }
            }

            override fun get(option: SocketOption): Int = 1_000_000

            override fun drops(): Long = drops

            override fun filter(filter: EventFilter?) {
                installed = filter
            }

            override fun receive(
                batch: DatagramBatch,
                timeoutNanos: Long,
            ): Int {
                val count = rig.socket.receive(batch, timeoutNanos)
                if (overruns.removeFirstOrNull() == true) batch.markOverrun()
                return count
            }
        }
    val filter: EventFilter = EventFilter.builder().build()
    val stream: EventStream<StreamRig> =
        EventStream(
            rig.clock,
            socket,
            EventStream.Subscription(StreamRig::class.java, listOf(5, 6), filter, 1000),
            { message, _, sink -> handle(message.sequence().toInt(), sink) },
            { lost, sink -> sink.see("lost $lost") },
        )

    private fun handle(
        number: Int,
        sink: StreamRig,
    ): Boolean {
        when (number) {
            UNREADABLE -> {
                stream.malformed(MalformedMessageException("event", 0, "a number", "13"))
            }

            EXCLUDED -> {
                stream.filtered()
            }

            else -> {
                stream.delivered()
                sink.see("$number")
                return true
            }
        }
        return false
    }

    private fun see(event: String) {
        seen += event
        onEvent(event)
    }

    fun poll(timeout: Duration = Duration.ZERO): Int = stream.poll<RuntimeException>(this, timeout)

    fun count(counter: EventCounter): Long = stream.counts().get(counter)
}

class EventStreamSpec :
    FunSpec({
        test("the groups are joined at the opening, and left when the stream is stopped") {
            val rig = StreamRig()
            rig.memberships shouldContainExactly listOf("ADD_MEMBERSHIP 5", "ADD_MEMBERSHIP 6")
            rig.rig.arrive(packet(1))
            rig.stream.stop()
            rig.rig.looks(4)
            var delivered = 0
            while (!rig.stream.ended()) delivered += maxOf(rig.poll(), 0)
            delivered shouldBe 1
            rig.seen shouldContainExactly listOf("1")
            rig.memberships.drop(2) shouldContainExactly listOf("DROP_MEMBERSHIP 5", "DROP_MEMBERSHIP 6")
            rig.poll() shouldBe -1
        }

        test("the session's filter is applied by the kernel, and the socket has its buffer and its address") {
            val rig = StreamRig()
            rig.installed shouldBeSameInstanceAs rig.filter
            rig.stream.receiveBuffer() shouldBe 1_000_000
            rig.stream.portId() shouldBe 1
        }

        test("a datagram that is larger than any notification is counted, and is a loss of one") {
            val rig = StreamRig()
            rig.rig.arrive(message(PACKET, 1, 9000))
            while (rig.poll() > 0) continue
            rig.seen shouldContainExactly listOf("lost 1")
            rig.count(EventCounter.TRUNCATED_DATAGRAMS) shouldBe 1
        }

        test("while a loss is ahead the next poll does not wait for events, whatever its timeout is") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 3
            rig.rig.arrive(*Array(128) { packet(100 + it) }) // all slots: the socket may have more
            rig.poll(Duration.ofDays(1)) shouldBe 128
            rig.poll(Duration.ofDays(1)) shouldBe 1
            rig.seen.last() shouldBe "lost 3"
            rig.rig.now shouldBe 0
        }

        test("a loss that the kernel reported and did not count is delivered as 0") {
            val rig = StreamRig()
            rig.overruns += true
            rig.poll() shouldBe 1
            rig.poll() shouldBe 0
            rig.seen shouldContainExactly listOf("lost 0")
        }

        test("a stream that ends while a loss is ahead delivers it as the last") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 3
            rig.rig.looks(1)
            rig.rig.during { rig.stream.close() }
            rig.poll() shouldBe 1
            rig.poll() shouldBe -1
            rig.seen shouldContainExactly listOf("lost 3")
        }

        test("a loss follows the events that the socket had queued before it") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 7
            rig.rig.looks(1)
            rig.rig.arrive(packet(1), packet(2))
            rig.rig.arrive(packet(3))
            while (rig.poll() > 0) continue
            rig.seen shouldContainExactly listOf("1", "2", "lost 7", "3")
            rig.count(EventCounter.OVERRUNS) shouldBe 1
            rig.count(EventCounter.SOCKET_DROPS) shouldBe 7
            rig.count(EventCounter.DELIVERED) shouldBe 3
        }

        test("a loss is delivered even if no event follows") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 2
            rig.poll(Duration.ofDays(1_000_000)) shouldBe 1
            rig.seen shouldContainExactly listOf("lost 2")
        }

        test("a loss at which the sink throws is delivered again, with what was lost since") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 2
            rig.onEvent = { throw IllegalArgumentException(it) }
            shouldThrow<IllegalArgumentException> { rig.poll() }.message shouldBe "lost 2"
            shouldThrow<IllegalArgumentException> { rig.poll() }.message shouldBe "lost 2"
            rig.onEvent = {}
            rig.rig.arrive(packet(1))
            rig.poll() shouldBe 1
            rig.poll() shouldBe 1
            rig.seen.drop(2) shouldContainExactly listOf("lost 2", "1")
        }

        test("each loss counts only what was lost since the one before it") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 2
            rig.poll()
            rig.overruns += true
            rig.drops = 5
            rig.poll()
            rig.seen shouldContainExactly listOf("lost 2", "lost 3")
        }

        test("an event at which the sink throws is not delivered again, and the next one is") {
            val rig = StreamRig()
            rig.rig.arrive(packet(1), packet(2), packet(3))
            rig.onEvent = { if (it == "2") throw IllegalArgumentException(it) }
            shouldThrow<IllegalArgumentException> { rig.poll() }
            rig.poll() shouldBe 1
            rig.seen shouldContainExactly listOf("1", "2", "3")
            rig.count(EventCounter.DELIVERED) shouldBe 3
        }

        test("an event that cannot be read is a loss after those received with it, and one that is excluded is none") {
            val rig = StreamRig()
            rig.rig.arrive(packet(1), packet(UNREADABLE), packet(EXCLUDED), packet(2))
            rig.rig.arrive(packet(3))
            while (rig.poll() > 0) continue
            rig.seen shouldContainExactly listOf("1", "2", "lost 1", "3")
            rig.count(EventCounter.MALFORMED) shouldBe 1
            rig.count(EventCounter.FILTERED) shouldBe 1
        }

        test("a wait that has only unreadable events ends with their loss") {
            val rig = StreamRig()
            rig.rig.arrive(packet(UNREADABLE))
            rig.poll(Duration.ofDays(1)) shouldBe 1
            rig.seen shouldContainExactly listOf("lost 1")
        }

        test("a wakeup ends the poll or the next one, and the stream goes on") {
            val rig = StreamRig()
            rig.rig.during { rig.stream.wakeup() }
            rig.poll(Duration.ofDays(1)) shouldBe 0
            rig.rig.now shouldBe 0
            rig.stream.wakeup()
            rig.poll(Duration.ofDays(1)) shouldBe 0
            rig.rig.now shouldBe 0
            rig.rig.arrive(packet(1))
            while (rig.seen.isEmpty()) rig.poll()
            rig.seen shouldContainExactly listOf("1")
        }

        test("a stream that is closed delivers nothing more, and counts what it discards") {
            val rig = StreamRig()
            rig.rig.arrive(packet(1), packet(2), packet(3))
            rig.onEvent = { rig.stream.close() }
            rig.poll()
            rig.poll() shouldBe -1
            rig.stream.ended() shouldBe true
            rig.seen shouldContainExactly listOf("1")
            rig.count(EventCounter.DISCARDED) shouldBe 2
            rig.stream.close()
        }

        test("a stopped stream delivers a loss before its end") {
            val rig = StreamRig()
            rig.overruns += true
            rig.drops = 4
            rig.stream.stop()
            rig.rig.looks(1)
            rig.rig.arrive(packet(1))
            while (!rig.stream.ended() || rig.poll() > 0) rig.poll()
            rig.seen shouldContainExactly listOf("1", "lost 4")
        }

        test("run delivers until the end") {
            val rig = StreamRig()
            rig.rig.arrive(packet(1), packet(UNREADABLE))
            rig.onEvent = { if (it.startsWith("lost")) rig.stream.stop() }
            rig.stream.run<RuntimeException>(rig) shouldBe 2
            rig.seen shouldContainExactly listOf("1", "lost 1")
        }

        test("a poll in a poll, and a negative timeout, are refused") {
            val rig = StreamRig()
            rig.rig.arrive(packet(1))
            rig.onEvent = { rig.poll() }
            shouldThrow<IllegalStateException> { rig.poll() }
            shouldThrow<IllegalArgumentException> { rig.poll(Duration.ofSeconds(-1)) }
        }
    })
