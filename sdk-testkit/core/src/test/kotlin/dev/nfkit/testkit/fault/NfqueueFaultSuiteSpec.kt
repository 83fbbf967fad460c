// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import io.kotest.core.spec.style.FunSpec
import java.time.Duration
import kotlin.concurrent.thread

internal val QUEUED = SampleNfqueue.of(SamplePackets.udp4(1, 2, 3))

/** A queue, and an id in it. */
internal typealias PacketId = Pair<Int, Long>

/** A session of NFQUEUE with any faults. */
private class QueueScenario(
    val scenario: Scenario,
) {
    private val random = scenario.random
    private val model = scenario.kernel.nfqueue()
    private val queues = 1 + random.nextInt(2)
    private val deadline = scenario.chance(5)
    private val closeAccepts = scenario.chance(3)

    /** No batch covers packets after a held one: half of the runs hold none. */
    private val holds = scenario.chance(2)
    private var enqueued = 0
    private var delivered = 0L
    private val held = mutableListOf<QueuedPacket>()
    private val dropped = mutableSetOf<PacketId>()
    private val accepted = mutableSetOf<PacketId>()

    /** Packets dropped in a poll that failed: they may wait until the end, and no batch may accept them. */
    private val doubtful = mutableSetOf<PacketId>()

    /** The verdicts of the current poll. */
    private val decided = mutableMapOf<PacketId, Verdict>()

    private fun options(): NfqueueOptions {
        val options = NfqueueOptions.builder().onUnanswered { }.onRefused { }
        repeat(queues) { queue -> options.queue(queue) { it.copyRange(256).maximumLength(20 + random.nextInt(50)) } }
        if (deadline) options.deadline(Duration.ofMillis(100 + random.nextLong(900)))
        if (scenario.chance(3)) options.batchSize(1 + random.nextInt(4))
        if (closeAccepts) options.closeVerdict(Verdict.ACCEPT)
        return options.build()
    }

    fun run() =
        with(scenario) {
            val session = ours { NfqueueSession.open(transport, options()) }
            if (session != null) {
                repeat(4 + random.nextInt(24)) { step(session) }
                end(session)
                counted(session.statistics())
            }
            ended()
            allLeft()
        }

    private fun step(session: NfqueueSession) {
        when (random.nextInt(12)) {
            0, 1, 2, 3 -> {
                repeat(1 + random.nextInt(9)) { enqueue() }
            }

            4, 5, 6 -> {
                poll(session, Duration.ZERO)
            }

            7 -> {
                poll(session, Duration.ofMillis(20))
            }

            8 -> {
                answer()
            }

            9 -> {
                scenario.kernel.clock().advance(Duration.ofMillis(random.nextLong(1500)))
            }

            10 -> {
                scenario.ours {
                    session.configure(
                        session
                            .options(0)
                            .toBuilder()
                            .maximumLength(64)
                            .build(),
                    )
                }
            }

            else -> {
                session.wakeup()
            }
        }
    }

    private fun enqueue() {
        enqueued++
        model.enqueue(random.nextInt(queues), QUEUED)
    }

    private fun poll(
        session: NfqueueSession,
        timeout: Duration,
    ): Int? {
        decided.clear()
        val count = scenario.ours { session.poll(Decider<Deliberate> { decide(session, it) }, timeout) }
        if (count != null && scenario.without(Fault.FlippedBit::class.java, Fault.Closed::class.java)) {
            val left = model.decided().map { it.queue() to it.id() }.toSet()
            check(left.containsAll(decided.keys)) { "decided, but still waiting: ${decided.keys - left}" }
            dropped += decided.filterValues { it == Verdict.DROP }.keys
            accepted += decided.filterValues { it == Verdict.ACCEPT }.keys
        } else if (count == null) {
            doubtful += decided.filterValues { it == Verdict.DROP }.keys
        }
        return count
    }

    private fun decide(
        session: NfqueueSession,
        packet: QueuedPacket,
    ): Verdict {
        delivered++
        val id = packet.queue() to packet.id()
        val verdict =
            when (random.nextInt(if (holds) 0 else 3, 20)) {
                0, 1 -> {
                    held += packet.hold()
                    return Verdict.HELD
                }

                2 -> {
                    held += packet.hold(Duration.ofMillis(50), Verdict.DROP)
                    return Verdict.HELD
                }

                3 -> {
                    packet.accept().mark(7)
                }

                4 -> {
                    Verdict.HELD
                }

                // that none of them holds
                5 -> {
                    if (scenario.chance(3)) throw Deliberate() else Verdict.ACCEPT
                }

                6 -> {
                    if (scenario.chance(10)) Verdict.ACCEPT.also { session.close() } else Verdict.ACCEPT
                }

                7, 8, 9, 10 -> {
                    Verdict.DROP
                }

                else -> {
                    Verdict.ACCEPT
                }
            }
        decided[id] = if (verdict == Verdict.DROP || verdict == Verdict.ACCEPT) verdict else Verdict.REPEAT
        return verdict
    }

    private fun answer() {
        if (held.isEmpty()) return
        if (random.nextBoolean()) {
            val packet = held.removeAt(random.nextInt(held.size))
            scenario.ours { packet.answer(Verdict.ACCEPT) }
        } else {
            val answers = Answers()
            held.forEach { answers.add(it, Verdict.ACCEPT) }
            scenario.ours { answers.send() }
            held.clear()
        }
    }

    private fun end(session: NfqueueSession) {
        when (random.nextInt(4)) {
            0 -> {
                session.close()
            }

            1 -> {
                val kill = random.nextBoolean()
                val other = thread(name = "closer") { if (kill) session.close() else session.stop() }
                scenario.untilEndedBy(other) { poll(session, Duration.ofMillis(20)) ?: 0 }
            }

            else -> {
                session.stop()
                scenario.untilEnd {
                    if (scenario.chance(3)) answer()
                    poll(session, Duration.ofSeconds(1)) ?: 0
                }
            }
        }
        session.close()
        check(session.ended())
        check(poll(session, Duration.ofSeconds(1)) == -1) { "polled after the end" }
        answer() // too late, and harmless
    }

    /** The documented sum of the statistics. */
    private fun counted(statistics: NfqueueStatistics) {
        val received = statistics.received()
        val sum =
            with(statistics) { decided() + answered() + failed() + forgotten() + expired() + settled() + held() }
        if (scenario.without(Fault.FlippedBit::class.java)) {
            check(received.delivered() + received.discarded() == sum) { "the sum is $sum in $statistics" }
            check(received.delivered() >= delivered) { "$delivered were delivered, $statistics" }
        }
    }

    /** Each packet has left the kernel's model once, with its verdict. */
    private fun allLeft() {
        val left = model.decided()
        check(left.size == enqueued) { "$enqueued were enqueued, ${left.size} have left" }
        // The kernel neither reorders nor repeats nor loses what it has queued: a batch covers what comes before its
        // id.
        val faithful =
            scenario.without(
                Fault.FlippedBit::class.java,
                Fault.Reordered::class.java,
                Fault.Duplicated::class.java,
                Fault.Overrun::class.java,
            )
        if (!faithful || deadline) return
        val passed = left.filter { it.passed() }.map { it.queue() to it.id() }.toSet()
        check(dropped.none { it in passed }) { "should be dropped, but passed: ${dropped.filter { it in passed }}" }
        val wrong = if (closeAccepts) setOf() else doubtful.filter { it in passed }
        check(wrong.isEmpty()) { "their drop was not sent, and another verdict let them pass: $wrong" }
        val sent = scenario.without(Fault.FailedSend::class.java, Fault.Closed::class.java)
        if (sent) check(passed.containsAll(accepted)) { "should pass, but did not: ${accepted - passed}" }
    }
}

class NfqueueFaultSuiteSpec :
    FunSpec({
        test("with any faults, each packet of a session of NFQUEUE leaves as decided, and the session ends")
            .config(timeout = LONG) {
                explore(200) { QueueScenario(this).run() }
            }
    })
