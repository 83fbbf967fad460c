// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEventSink
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.EntrySink
import dev.nfkit.netfilter.PacketSink
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.time.Duration

/** A message with a length that exceeds its datagram. */
private val DAMAGED = ByteArray(20).also { it[0] = 77 }

private fun thrown(action: () -> Unit): Throwable? =
    try {
        action()
        null
    } catch (e: Throwable) {
        e
    } finally {
        Thread.interrupted()
    }

/** Polls until nothing is left. */
private fun drain(poll: () -> Int) {
    var count = 1
    while (count > 0) count = poll()
}

private fun FakeNetfilter.connect(count: Int) =
    repeat(count) { conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1000 + it, "10.0.0.2", 53))) }

/** The sessions without verdicts, and those of workers: exceptions of callbacks are reported, and no socket is left. */
class SessionFailureSpec :
    FunSpec({
        for (kind in Thrown.entries) {
            test("$kind of onMalformed while a session of NFLOG is opened leaves no socket") {
                val kernel = FakeNetfilter()
                val failure = kind.create()
                var first = true
                val transport =
                    Tap(kernel) { call ->
                        if (call == Call.RECEIVE && first) {
                            first = false
                            kernel.socket().deliver(*DAMAGED)
                        }
                    }
                val options =
                    NflogOptions
                        .builder()
                        .group(30)
                        .onMalformed { throw failure }
                        .build()
                thrown { NflogSession.open(transport, options) } shouldBeSameInstanceAs failure
                kernel.openSockets() shouldBe 0
                kernel.nflog().groups().shouldBeEmpty()
            }

            test("$kind of a sink of NFLOG reaches the caller, and the session continues") {
                val kernel = FakeNetfilter()
                val failure = kind.create()
                val options = NflogOptions.builder().group(30) { it.threshold(1) }.build()
                val session = NflogSession.open(kernel, options)
                repeat(3) { kernel.nflog().log(30, SamplePackets.udp4()) }
                var seen = 0
                val sink =
                    PacketSink<NflogPacket, Exception> {
                        if (++seen == 2) throw failure
                    }
                thrown { drain { session.poll(sink, Duration.ZERO) } } shouldBeSameInstanceAs failure
                drain { session.poll(sink, Duration.ZERO) }
                seen shouldBe 3
                session.close()
                kernel.openSockets() shouldBe 0
            }

            test("$kind of a transport's close keeps no other session of the workers open") {
                val kernel = FakeNetfilter()
                val failure = kind.create()
                var closes = -1
                val transport =
                    Tap(kernel) { call ->
                        if (call == Call.CLOSE && closes >= 0 && ++closes == 1) throw failure
                    }
                val workers = NfqueueWorkers.open(transport, NfqueueOptions.builder().queues(0, 2) { }.build())
                closes = 0
                thrown { workers.close() } shouldBeSameInstanceAs failure
                kernel.openSockets() shouldBe 0
                kernel.nfqueue().queues().shouldBeEmpty()
                workers.sessions().all { it.ended() } shouldBe true
            }

            test("$kind of a sink of conntrack events reaches the caller, and the other events follow") {
                val kernel = FakeNetfilter()
                val failure = kind.create()
                val events = ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build())
                kernel.connect(3)
                var seen = 0
                val sink =
                    ConntrackEventSink<Exception> {
                        if (++seen == 2) throw failure
                    }
                thrown { drain { events.poll(sink, Duration.ZERO) } } shouldBeSameInstanceAs failure
                drain { events.poll(sink, Duration.ZERO) }
                seen shouldBe 3
                events.close()
                kernel.openSockets() shouldBe 0
            }

            test("$kind of the sink of a dump reaches the caller, and the next dump is complete") {
                val kernel = FakeNetfilter()
                val failure = kind.create()
                kernel.connect(5)
                val table = Conntrack.open(kernel)
                thrown { table.dump(EntrySink<Exception> { throw failure }) } shouldBeSameInstanceAs failure
                var seen = 0
                table.dump(EntrySink<Exception> { seen++ })
                seen shouldBe 5
                table.close()
                kernel.openSockets() shouldBe 0
            }
        }
    })
