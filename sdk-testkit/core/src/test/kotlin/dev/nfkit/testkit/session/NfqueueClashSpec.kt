// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder
import java.time.Duration

private class Queued(
    afterConntrack: Boolean = true,
    glue: Boolean = false,
) : AutoCloseable {
    val kernel =
        FakeNetfilter().apply {
            nfqueue().afterConntrack(afterConntrack)
            kernel().conntrackGlue(glue)
        }
    val session: NfqueueSession =
        NfqueueSession.open(
            kernel,
            NfqueueOptions
                .builder()
                .queue(0) { it.conntrack(glue) }
                .queue(1)
                .build(),
        )

    fun enqueue(vararg packets: ByteArray) = packets.forEach { kernel.nfqueue().enqueue(0, it) }

    fun decide(decider: (QueuedPacket) -> Verdict) {
        while (session.poll<RuntimeException>({ decider(it) }, Duration.ZERO) > 0) {
            // until nothing is left
        }
    }

    fun hold(): List<QueuedPacket> {
        val held = mutableListOf<QueuedPacket>()
        decide {
            held += it.hold()
            Verdict.HELD
        }
        return held
    }

    /** The departures of all packets so far. */
    fun left(): List<Departure> = kernel.nfqueue().decided().map { it.departure() }

    override fun close() = session.close()
}

private fun pings(count: Int) = Array(count) { SamplePackets.ping4(it) }

private fun accept(held: List<QueuedPacket>) = held.forEach { it.answer(Verdict.ACCEPT) }

/** HeldConnectionsSpec compares this with the running kernel. */
class NfqueueClashSpec :
    FunSpec({
        test("of the packets of one new connection that were held together, all but the first accepted are dropped") {
            for (order in listOf<(List<QueuedPacket>) -> List<QueuedPacket>>({ it }, { it.reversed() })) {
                Queued().use {
                    it.enqueue(*pings(3))
                    accept(order(it.hold()))
                    it.left() shouldContainExactly listOf(Departure.VERDICT, Departure.CLASH, Departure.CLASH)
                    it.session.statistics().clashed() shouldBe 2
                    it.session.statistics().answered() shouldBe 3
                }
            }
        }

        test("none is lost if the first is accepted before the others arrive, in either direction") {
            Queued().use {
                it.enqueue(SamplePackets.udp("192.0.2.1", 1, "192.0.2.2", 2))
                it.enqueue(SamplePackets.tcp("192.0.2.1", 1, "192.0.2.2", 2, 2))
                accept(it.hold())
                it.enqueue(SamplePackets.tcp("192.0.2.1", 1, "192.0.2.2", 2, 16))
                it.enqueue(SamplePackets.tcp("192.0.2.2", 2, "192.0.2.1", 1, 18))
                accept(it.hold())
                it.kernel
                    .nfqueue()
                    .decided()
                    .all { packet -> packet.passed() } shouldBe true
                it.session.statistics().clashed() shouldBe 0
            }
        }

        test("separate connections, UDP, and packets queued before connection tracking do not clash") {
            Queued().use {
                it.enqueue(SamplePackets.ping4(1), SamplePackets.ping6(1), SamplePackets.tcp4(), SamplePackets.tcp6())
                it.enqueue(SamplePackets.udp("192.0.2.1", 1, "192.0.2.2", 2))
                it.enqueue(SamplePackets.udp("192.0.2.1", 1, "192.0.2.2", 2))
                accept(it.hold())
                it.session.statistics().clashed() shouldBe 0
            }
            Queued(afterConntrack = false).use {
                it.enqueue(*pings(3))
                accept(it.hold())
                it.session.statistics().clashed() shouldBe 0
            }
        }

        test("a dropped packet confirms nothing, and one that goes to another queue keeps its entry") {
            Queued().use {
                it.enqueue(*pings(3))
                val held = it.hold()
                held[0].answer(Verdict.DROP)
                held[1].answer(Verdict.queue(1))
                held[2].answer(Verdict.ACCEPT)
                it.decide { Verdict.ACCEPT }
                it.left().last() shouldBe Departure.CLASH
                it.session.statistics().clashed() shouldBe 1
            }
        }

        test("packets dropped before the session was opened, or after its end, are not counted for the session") {
            val kernel = FakeNetfilter()
            val settings = kernel.conntrack().settings()

            fun dropped(count: Long) =
                settings
                    .statistic(1, StatisticsAttribute.INSERT_FAILED, count)
                    .statistic(1, StatisticsAttribute.DROP, count + 7)
            dropped(0xffff_fffe)
            val session = NfqueueSession.open(kernel, NfqueueOptions.builder().queue(0).build())
            session.use {
                it.statistics().clashed() shouldBe 0
                dropped(3)
                it.statistics().clashed() shouldBe 5
            }
            dropped(9)
            session.statistics().clashed() shouldBe 5
            session.statistics().plus(session.statistics()).clashed() shouldBe 5
        }

        test("a kernel without connection tracking reports no clash") {
            val kernel = FakeNetfilter()
            kernel.conntrack().settings().available(false)
            NfqueueSession.open(kernel, NfqueueOptions.builder().queue(0).build()).use {
                it.statistics().clashed() shouldBe 0
            }
        }

        test("packets of an unconfirmed connection are distinguishable, so that they can be accepted at once") {
            Queued(glue = true).use {
                val tuple = SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)
                for (status in listOf(0L, 8L)) {
                    val entry = SampleConntrack.of(tuple).status(status).toAttributes(ByteOrder.nativeOrder())
                    it.kernel.nfqueue().enqueue(0, SampleNfqueue.of(SamplePackets.udp4()).conntrack(entry))
                }
                it.kernel.nfqueue().enqueue(1, SampleNfqueue.of(SamplePackets.udp4()))
                val unconfirmed = mutableListOf<Boolean>()
                it.decide { packet ->
                    unconfirmed += packet.unconfirmed()
                    Verdict.ACCEPT
                }
                unconfirmed shouldContainExactly listOf(true, false, false)
            }
        }
    })
