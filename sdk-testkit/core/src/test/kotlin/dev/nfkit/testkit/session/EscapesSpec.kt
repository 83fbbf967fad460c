// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.Traces
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.time.Duration

private fun connection() = SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 4000, "10.0.0.2", 80)).mark(7)

private fun sample() =
    SampleNflog
        .of(SamplePackets.udp4(1))
        .group(5)
        .prefix("p")
        .conntrack(connection().toAttributes(ByteOrder.nativeOrder()))
        .conntrackInfo(2)

/** What a background thread does with a borrowed view. It does not report its failures. */
private fun background(use: () -> Unit) {
    val thread =
        Thread {
            try {
                use()
            } catch (e: IllegalStateException) {
                // ignored, as applications do
            }
        }
    thread.start()
    thread.join()
}

private fun logged(borrow: (NflogPacket) -> () -> Unit): FakeNetfilter {
    val kernel = FakeNetfilter()
    kernel.kernel().conntrackGlue(true)
    val options = NflogOptions.builder().group(5) { it.threshold(1).conntrack(true) }.build()
    NflogSession.open(kernel, options).use { session ->
        kernel.nflog().log(5, sample())
        var use: () -> Unit = {}
        session.poll<RuntimeException>({ use = borrow(it) }, Duration.ZERO) shouldBe 1
        background(use)
    }
    return kernel
}

private fun decided(decide: (QueuedPacket, MutableList<() -> Unit>) -> Verdict): FakeNetfilter {
    val kernel = FakeNetfilter()
    NfqueueSession.open(kernel, NfqueueOptions.builder().queue(3).build()).use { session ->
        kernel.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4(1)))
        val uses = mutableListOf<() -> Unit>()
        session.poll(Decider<RuntimeException> { decide(it, uses) }, Duration.ZERO) shouldBe 1
        uses.forEach(::background)
    }
    return kernel
}

private fun FakeNetfilter.escape(what: String): String {
    val reported = shouldThrow<AssertionError> { verify() }
    val message = reported.message.shouldNotBeNull()
    message shouldContain
        "a borrowed $what was used after its callback had returned, at dev.nfkit.testkit.session.EscapesSpec"
    message shouldContain "it was handed out at dev.nfkit.testkit.session.EscapesSpec"
    reported.cause
        ?.cause
        .shouldNotBeNull()
        .message shouldBe "the $what was handed out here"
    return message
}

class EscapesSpec :
    FunSpec({
        test("a packet used by another thread fails the test with both places, even if the error is ignored") {
            logged { packet -> { packet.mark() } }.escape("packet") shouldContain "(thread Thread-"
        }

        test("so do its payload, parts of it, and any attribute's bytes") {
            fun bytes(borrow: (NflogPacket) -> Bytes) =
                logged { packet -> borrow(packet).let { view -> { view.u8(0) } } }.escape("packet")
            bytes { it.payload() }
            bytes { it.payload().slice(2, 4) }
            bytes { it.bytes(dev.nfkit.nflog.NflogAttribute.PREFIX) }
            bytes { it.conntrack().attributes() }
        }

        test("so does its connection") {
            logged { packet -> packet.conntrack().let { entry -> { entry.mark() } } }.escape("packet")
        }

        test("so does a borrowed verdict, in whatever way it is used") {
            decided { packet, uses -> packet.accept().also { uses += { it.mark(1) } } }.escape("packet")
            decided { packet, uses -> packet.drop().also { uses += { it.copy() } } }.escape("packet")
            decided { packet, uses ->
                uses += { packet.accept() }
                Verdict.ACCEPT
            }.escape("packet")
        }

        test("so does an event, and an entry of a dump") {
            val kernel = FakeNetfilter()
            ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build()).use { events ->
                kernel.conntrack().add(connection())
                var kept: ConntrackEntry? = null
                events.poll<RuntimeException>(
                    { kept = (it as ConntrackEvent.OfConnection).entry() },
                    Duration.ZERO,
                ) shouldBe 1
                background { kept?.mark() }
            }
            kernel.escape("event")

            val table = FakeNetfilter()
            table.conntrack().add(connection())
            Conntrack.open(table).use { client ->
                val kept = mutableListOf<ConntrackEntry>()
                client.dump<RuntimeException> { kept += it }
                background { kept[0].mark() }
            }
            table.escape("entry")
        }

        test("copies, and views used in time, fail nothing") {
            val kernel = logged { packet -> packet.copy().let { copy -> { copy.mark() + copy.payload().u8(0) } } }
            kernel.verify()
            decided { packet, uses ->
                val verdict = packet.accept().mark(3)
                val copy = verdict.copy()
                uses.add { copy.mark(4) }
                verdict
            }.verify()
        }

        test("a verdict kept for the next packet is refused there") {
            val kernel = FakeNetfilter()
            NfqueueSession.open(kernel, NfqueueOptions.builder().queue(3).build()).use { session ->
                repeat(2) { kernel.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4(1))) }
                var kept: Verdict? = null
                shouldThrow<IllegalStateException> {
                    session.poll(
                        Decider<RuntimeException> { packet -> kept ?: packet.accept().also { kept = it } },
                        Duration.ZERO,
                    )
                }.message shouldContain "this verdict was borrowed"
            }
            kernel.escape("packet")
        }

        test("a replay reports escapes, of all packets if it is set to, of none if it is set not to") {
            val entry =
                TraceEntry(
                    TraceKind.FROM_KERNEL,
                    1,
                    12,
                    Bytes.of(*sample().toDatagram(ByteOrder.nativeOrder())),
                    false,
                    null,
                )
            val trace = Trace(List(5_000) { entry }, ByteOrder.nativeOrder())

            /** Uses one packet too late. */
            fun escapes(
                number: Int,
                strictViews: Boolean?,
            ): Boolean {
                val transport = Traces.lenient(trace)
                strictViews?.let { transport.strictViews(it) }
                NflogSession.open(transport, NflogOptions.builder().group(5).build()).use { session ->
                    var seen = 0
                    var kept: NflogPacket? = null
                    session.run<RuntimeException> { if (++seen == number) kept = it }
                    background { kept?.mark() }
                }
                return try {
                    transport.close()
                    false
                } catch (e: AssertionError) {
                    e.message shouldContain "a borrowed packet was used after its callback had returned"
                    true
                }
            }
            escapes(1, null) shouldBe true
            escapes(4_096, null) shouldBe true
            escapes(4_999, null) shouldBe false
            escapes(4_999, true) shouldBe true
            escapes(1, false) shouldBe false
        }
    })
