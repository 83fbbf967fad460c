// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.ReplayMismatchError
import dev.nfkit.testkit.ReplayPace
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.Traces
import dev.nfkit.trace.RecordingTransport
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.nio.ByteOrder
import java.time.Duration
import java.util.concurrent.atomic.AtomicReference

private val ORDERS = listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)

/** Records what a piece of code exchanges with a kernel in memory, for each socket. */
internal fun record(
    kernel: FakeNetfilter,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    code: (NetlinkTransport) -> Unit,
): Trace {
    val recordings = mutableListOf<Pair<TraceWriter, ByteArrayOutputStream>>()
    kernel.order(order).kernel().conntrackGlue(true)
    code(
        object : NetlinkTransport by kernel {
            override fun open(protocol: Int): NetlinkSocket {
                val stream = ByteArrayOutputStream()
                val writer = TraceWriter(stream, order, "test")
                recordings += writer to stream
                return RecordingTransport(kernel, writer).open(protocol)
            }
        },
    )
    val entries =
        recordings.flatMapIndexed { socket, (writer, stream) ->
            writer.close()
            Trace.read(ByteArrayInputStream(stream.toByteArray()), "recorded").entries().map {
                val comment = it.comment().orElse(null)
                TraceEntry(it.kind(), it.epochNanos(), it.protocol(), it.datagram(), it.truncated(), comment, socket)
            }
        }
    return Trace(entries, order)
}

private fun connection() =
    SampleConntrack
        .of(SampleTuple.tcp("10.0.0.1", 4000, "10.0.0.2", 80))
        .tcp(3)
        .mark(7)
        .labels(1, 33)

private fun nflog(): NflogOptions = NflogOptions.builder().group(5) { it.threshold(1).conntrack(true) }.build()

/** Reads packets until there are none. Returns the fields that the test compares. */
private fun log(
    transport: NetlinkTransport,
    before: () -> Unit = {},
    stopAt: Int = Int.MAX_VALUE,
): List<String> {
    val seen = mutableListOf<String>()
    NflogSession.open(transport, nflog()).use { session ->
        before()
        while (session.poll<RuntimeException>(
                {
                    seen +=
                        "${it.prefix()} ${it.payload().length()} ${it.conntrack().mark()} ${it.conntrack().labels()}"
                    if (seen.size == stopAt) session.stop()
                },
                Duration.ZERO,
            ) > 0
        ) {
            // until nothing comes
        }
    }
    return seen
}

private fun logged(order: ByteOrder): Pair<Trace, List<String>> {
    val kernel = FakeNetfilter()
    var seen = emptyList<String>()
    val trace =
        record(kernel, order) { transport ->
            seen =
                log(transport, before = {
                    repeat(3) {
                        kernel.nflog().log(
                            5,
                            SampleNflog
                                .of(SamplePackets.udp4(it.toByte()))
                                .prefix("p$it")
                                .conntrack(connection().toAttributes(order))
                                .conntrackInfo(2),
                        )
                    }
                })
        }
    return trace to seen
}

private fun decide(
    transport: NetlinkTransport,
    kernel: FakeNetfilter?,
    decider: (QueuedPacket) -> Verdict,
) {
    val options = NfqueueOptions.builder().queue(3).build()
    NfqueueSession.open(transport, options).use { session ->
        for (round in 1..3) {
            repeat(round) { kernel?.nfqueue()?.enqueue(3, SampleNfqueue.of(SamplePackets.udp4(it.toByte()))) }
            while (session.poll(Decider<RuntimeException>(decider), Duration.ZERO) > 0) {
                // until nothing comes
            }
        }
    }
}

private fun decided(decider: (QueuedPacket) -> Verdict): Trace {
    val kernel = FakeNetfilter()
    return record(kernel) { decide(it, kernel, decider) }
}

class ReplayedSessionsSpec :
    FunSpec({
        for (order in ORDERS) {
            test("$order: a log session does and receives the same again") {
                val (trace, seen) = logged(order)
                trace.order() shouldBe order
                seen.size shouldBe 3
                seen[1] shouldBe "p1 29 7 {1, 33}"
                Traces.replay(trace).use { log(it) shouldContainExactly seen }
            }

            test("$order: a client of the table sends and receives the same again") {
                val kernel = FakeNetfilter()
                kernel.conntrack().add(connection())

                fun look(transport: NetlinkTransport): List<String> =
                    Conntrack.open(transport).use { table ->
                        val entry = table.list(ConntrackFilter.all()).single()
                        val found = table.get(entry.original()).get()
                        listOf("${entry.mark()} ${entry.labels()}", "$found", "${table.statistics().entries()}")
                    }
                var seen = emptyList<String>()
                val trace = record(kernel, order) { seen = look(it) }
                seen[0] shouldBe "7 {1, 33}"
                Traces.replay(trace).use { look(it) shouldContainExactly seen }
            }
        }

        test("a queue's session gives the same verdicts again, and different ones are reported") {
            val trace = decided { if (it.payload().u8(28) == 1) Verdict.DROP else it.accept().mark(it.id()) }
            Traces.replay(trace).use { transport ->
                decide(transport, null) { if (it.payload().u8(28) == 1) Verdict.DROP else it.accept().mark(it.id()) }
            }
            val transport = Traces.replay(trace)
            shouldThrow<ReplayMismatchError> { decide(transport, null) { Verdict.ACCEPT } }.message shouldContain
                "NFQA_MARK = 1"
            shouldThrow<AssertionError> { transport.close() }.message shouldContain "NFQNL_MSG_VERDICT"
        }

        test("a mismatch on a thread that ignores it still fails the test") {
            val transport = Traces.replay(decided { Verdict.ACCEPT })
            val kept = AtomicReference<Throwable>()
            val worker =
                Thread {
                    try {
                        decide(transport, null) { Verdict.DROP }
                    } catch (e: Throwable) {
                        kept.set(e)
                    }
                }
            worker.start()
            worker.join()
            val received = shouldThrow<AssertionError> { transport.close() }
            received.cause shouldBe kept.get()
            received.message shouldContain "-   NFQA_VERDICT_HDR = NF_ACCEPT, id 1"
            received.message shouldContain "+   NFQA_VERDICT_HDR = NF_DROP, id 1"
        }

        test("packets that a close discards fail the test") {
            val transport = Traces.replay(logged(ByteOrder.LITTLE_ENDIAN).first)
            NflogSession.open(transport, nflog()).close()
            shouldThrow<AssertionError> { transport.close() }.message shouldContain
                "the session of socket 4711 was closed and discarded 3 messages that were not delivered"
        }

        test("a session that stops early still receives what was recorded before its unbind") {
            Traces.replay(logged(ByteOrder.LITTLE_ENDIAN).first).use { log(it, stopAt = 1).size shouldBe 3 }
        }

        test("a session that only runs receives everything and then the end") {
            Traces.replay(logged(ByteOrder.LITTLE_ENDIAN).first).use { transport ->
                NflogSession.open(transport, nflog()).use { session ->
                    session.run<RuntimeException> {} shouldBe 3
                    session.ended() shouldBe true
                }
            }
        }

        test("a session is driven step by step") {
            val (trace, _) = logged(ByteOrder.LITTLE_ENDIAN)
            Traces.replay(trace).pace(ReplayPace.STEPPED).use { transport ->
                NflogSession.open(transport, nflog()).use { session ->
                    var packets = 0

                    fun poll() = session.poll<RuntimeException>({ packets++ }, Duration.ofMillis(1))
                    poll() shouldBe 0
                    transport.step(2)
                    poll() shouldBe 2
                    poll() shouldBe 0
                    transport.step()
                    session.run<RuntimeException> { packets++ } shouldBe 1
                    packets shouldBe 3
                }
            }
        }

        test("events are replayed to members of their groups") {
            val kernel = FakeNetfilter()
            val options = ConntrackEventOptions.builder().build()

            fun listen(
                transport: NetlinkTransport,
                before: () -> Unit,
            ): List<String> {
                val seen = mutableListOf<String>()
                ConntrackEvents.open(transport, options).use { events ->
                    before()
                    while (events.poll<RuntimeException>(
                            { if (it is ConntrackEvent.OfConnection) seen += "${it::class.simpleName} ${it.entry()}" },
                            Duration.ZERO,
                        ) > 0
                    ) {
                        // until nothing comes
                    }
                }
                return seen
            }
            var seen = emptyList<String>()
            val trace =
                record(kernel) { transport ->
                    seen =
                        listen(transport) {
                            val id = kernel.conntrack().add(connection())
                            kernel.conntrack().remove(id)
                        }
                }
            seen.size shouldBe 2
            Traces.replay(trace).use { listen(it) {} shouldContainExactly seen }
            ReplayTransport.lenient(trace).use { listen(it) {} shouldContainExactly seen }
        }
    })
