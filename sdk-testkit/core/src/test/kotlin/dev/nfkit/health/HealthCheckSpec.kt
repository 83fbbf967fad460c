// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.health

import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import java.time.Duration
import java.util.OptionalInt

private val udp = SamplePackets.udp4()

/** A queue of 10 packets with a deadline of a second, its check, and one time for both. */
private class Watched : AutoCloseable {
    val clock: TestClock = TestClock.manual()
    val kernel = FakeNetfilter(clock)
    val session: NfqueueSession =
        NfqueueSession.open(
            kernel,
            NfqueueOptions
                .builder()
                .queue(3) { it.maximumLength(10) }
                .deadline(Duration.ofSeconds(1))
                .build(),
        )
    val check: HealthCheck = HealthCheck.of(session, kernel::nanoTime)

    fun arrive(packets: Int) = repeat(packets) { kernel.nfqueue().enqueue(3, udp) }

    fun decide(decider: () -> Verdict = { Verdict.ACCEPT }) {
        try {
            session.poll<RuntimeException>({ decider() }, Duration.ZERO)
        } catch (_: IllegalStateException) {
            // the decider's
        }
    }

    fun found() = check.look().findings().map { "${it.state()} ${it.code()}" }

    override fun close() = session.close()
}

class HealthCheckSpec :
    FunSpec({
        test("a session that decides all its packets is well") {
            Watched().use { watched ->
                watched.check.look().state() shouldBe HealthState.OK
                watched.arrive(7)
                watched.decide()
                watched.check
                    .look()
                    .findings()
                    .shouldBeEmpty()
            }
        }

        test("a queue is nearly full from 80 % on, full at its length, and well when packets are decided") {
            Watched().use { watched ->
                watched.arrive(7)
                watched.found().shouldBeEmpty()
                watched.arrive(1)
                watched.found() shouldContainExactly listOf("WARNING queue-nearly-full")
                watched.check
                    .look()
                    .findings()
                    .single()
                    .reason() shouldBe "8 of at most 10 packets wait in queue 3"
                watched.arrive(2)
                watched.found() shouldContainExactly listOf("PROBLEM queue-nearly-full")
                watched.decide()
                watched.found().shouldBeEmpty()
            }
        }

        test("drops are a problem for a minute after their last rise, for each look, with their sum") {
            Watched().use { watched ->
                watched.arrive(12)
                watched.decide()
                repeat(2) { watched.found() shouldContainExactly listOf("PROBLEM queue-full") }
                watched.clock.advance(Duration.ofSeconds(59))
                watched.arrive(11)
                watched.decide()
                watched.check
                    .look()
                    .findings()
                    .single()
                    .reason() shouldBe
                    "3 packets were dropped because a queue was full"
                watched.clock.advance(Duration.ofSeconds(59))
                watched.check.look().state() shouldBe HealthState.PROBLEM
                watched.clock.advance(Duration.ofSeconds(1))
                watched.check.look().state() shouldBe HealthState.OK
                watched.arrive(11)
                watched.decide()
                watched.check
                    .look()
                    .findings()
                    .single()
                    .reason() shouldBe
                    "1 packets were dropped because a queue was full"
            }
        }

        test("what happened before the check was made is no finding") {
            Watched().use { watched ->
                watched.arrive(12)
                watched.decide()
                HealthCheck.of(watched.session).look().state() shouldBe HealthState.OK
            }
        }

        test("verdicts of deadline and failure are warnings") {
            Watched().use { watched ->
                watched.arrive(1)
                watched.decide { error("the directory is down") }
                watched.arrive(1)
                watched.decide { Verdict.HELD }
                watched.check
                    .look()
                    .findings()
                    .single()
                    .reason() shouldBe "2 packets got the failure verdict"
                watched.arrive(1)
                watched.decide {
                    watched.clock.advance(Duration.ofSeconds(2))
                    Verdict.ACCEPT
                }
                watched.found() shouldContainExactly listOf("WARNING deadline", "WARNING failure")
            }
        }

        test("verdicts that find no packet are a warning") {
            Watched().use { watched ->
                watched.kernel.nfqueue().enqueue(3, SampleNfqueue.of(udp).inDevice(7))
                watched.decide {
                    watched.kernel.nfqueue().deviceDown(7)
                    Verdict.ACCEPT
                }
                watched.decide()
                watched.found() shouldContainExactly listOf("WARNING gone")
            }
        }

        test("the worst finding comes first, and a session that has ended is a problem") {
            Watched().use { watched ->
                watched.arrive(1)
                watched.decide { error("the directory is down") }
                watched.session.close()
                watched.found() shouldContainExactly listOf("PROBLEM ended", "WARNING failure")
            }
        }

        test("losses of logged packets and of events are problems") {
            val kernel = FakeNetfilter().strictBatches(false)
            val options =
                NflogOptions
                    .builder()
                    .group(30) { it.threshold(1) }
                    .receiveBuffer(8_192)
                    .build()
            NflogSession.open(kernel, options).use { session ->
                val check = HealthCheck.of(session)
                repeat(300) { kernel.nflog().log(30, udp) }
                while (session.poll<RuntimeException>({ }, Duration.ZERO) > 0) {
                    // all that the buffer has
                }
                kernel.nflog().log(30, udp)
                session.poll<RuntimeException>({ }, Duration.ZERO)
                val found = check.look().findings().single()
                found.code() shouldBe "receive-buffer-full"
                found.reason() shouldEndWith "lost because the receive buffer was full"
            }
            ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build()).use { session ->
                val check = HealthCheck.of(session)
                kernel.socket().effect(SocketEffect.Overrun(12))
                session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe 1
                check
                    .look()
                    .findings()
                    .single()
                    .reason() shouldBe
                    "12 events were lost because the receive buffer was full"
            }
        }

        test("a datagram that is lost without a gap in the numbers is found, also after losses that left gaps") {
            val clock = TestClock.manual()
            var now = Statistics.none().withSequenceGaps(1)
            val check = HealthCheck({ now }, { false }, { OptionalInt.empty() }, { clock.nanoTime() })
            for (drops in 2L..4L) {
                now = now.withSocketDrops(drops)
                check.look().state() shouldBe HealthState.PROBLEM
                clock.advance(Duration.ofMinutes(1))
                check.look().state() shouldBe HealthState.OK
            }
        }

        test("workers are looked at together, each queue by its own length") {
            val kernel = FakeNetfilter()
            val options = NfqueueOptions.builder().queues(0, 1) { it.maximumLength(10) }.build()
            NfqueueWorkers.open(kernel, options).use { workers ->
                val check = HealthCheck.of(workers)
                repeat(9) { kernel.nfqueue().enqueue(1, udp) }
                check
                    .look()
                    .findings()
                    .single()
                    .reason() shouldBe "9 of at most 10 packets wait in queue 1"
                HealthCheck.ofStatistics(workers::statistics).look().state() shouldBe HealthState.OK
                workers.sessions()[0].close()
                check.look().state() shouldBe HealthState.PROBLEM
            }
        }
    })
