// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SentMessage
import dev.nfkit.testkit.TestClock
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

private val PACKET: SampleNfqueue = SampleNfqueue.of(SamplePackets.udp4())

private val HOLD_DEADLINE = Duration.ofMillis(20)

/**
 * A kernel with one queue, a decider that follows a plan, and a record of when each packet was accepted. The kernel
 * reports each packet when it leaves the queue, so that a packet that is accepted undecided is detected.
 */
internal class QueueWorld(
    private val trial: Trial,
    packets: Int,
    plans: List<Plan>,
    disturb: (NetlinkTransport) -> NetlinkTransport = { it },
) {
    val kernel = FakeNetfilter(TestClock.real()).strictBatches(false)
    private val clock = FailingClock(disturb(kernel))

    /** The kernel, as the session sees it. */
    val transport: NetlinkTransport get() = clock
    val plan = List(packets) { plans[trial.random.nextInt(plans.size)] }

    /** Whether undecided packets may be accepted from now on. */
    var open = false

    /**
     * Whether a lack of memory is on purpose: then a batch may drop packets that may have been lost, even if there are
     * none.
     */
    var lacksMemory = false

    /** Which failures of the transport are on purpose. */
    var onPurpose: (Throwable) -> Boolean = { false }

    /** What a decider does in addition. */
    var act: (NfqueueSession) -> Unit = {}

    lateinit var session: NfqueueSession

    private val held = LinkedBlockingQueue<QueuedPacket>()
    private val permitted = BooleanArray(packets + 1)
    private val returned = arrayOfNulls<Verdict>(packets + 1)
    private val answers = arrayOfNulls<Pair<Verdict, Boolean>>(packets + 1)
    private val violations = mutableListOf<String>()
    private var enqueued = 0

    init {
        kernel.nfqueue().onDecided(::left)
    }

    private fun left(packet: DecidedPacket) {
        val id = packet.id().toInt()
        if (id == 0 || !packet.passed()) return
        if (!open && !permitted[id]) {
            violations += "packet $id (${plan[id - 1]}) passed by ${packet.departure()} before it was accepted"
        }
        if (returned[id] == Verdict.DROP && plan[id - 1] == Plan.DROP) {
            violations += "packet $id passed by ${packet.departure()}, though its decider had returned a drop"
        }
    }

    /** Opens the session; null if that fails on purpose, which leaves nothing. */
    fun open(options: NfqueueOptions): NfqueueSession? =
        try {
            NfqueueSession.open(transport, options).also { session = it }
        } catch (e: Throwable) {
            if (!onPurpose(e)) throw e
            verifyClosed()
            null
        }

    /** Ends the session, by a stop or a close, whatever fails on purpose meanwhile. */
    fun end(session: NfqueueSession) = sending { if (trial.chance(2)) session.stop() else session.close() }

    fun enqueue(count: Int) {
        repeat(count) {
            enqueued++
            kernel.nfqueue().enqueue(QUEUE, PACKET)
        }
    }

    /** Decides as planned. */
    val decider =
        Decider<Deliberate> { packet ->
            act(session)
            val id = packet.id().toInt()
            when (plan[id - 1]) {
                Plan.ACCEPT -> {
                    accept(id, Verdict.ACCEPT)
                }

                Plan.MARK -> {
                    accept(id, packet.accept().mark(id.toLong()))
                }

                Plan.DROP -> {
                    Verdict.DROP.also { returned[id] = it }
                }

                Plan.THROW -> {
                    throw Deliberate()
                }

                Plan.FORGET -> {
                    Verdict.HELD
                }

                Plan.DAWDLE -> {
                    dawdle(id, DAWDLE_MILLIS)
                }

                Plan.DAWDLE_LONG -> {
                    dawdle(id, DAWDLE_LONG_MILLIS)
                }

                Plan.HOLD_AND_THROW -> {
                    held += packet.hold()
                    throw Deliberate()
                }

                Plan.HOLD_FAILS -> {
                    hold(packet)
                }

                Plan.HOLD_FAILS_AND_ACCEPT -> {
                    try {
                        hold(packet)
                    } catch (e: DeliberateLack) {
                        accept(id, Verdict.ACCEPT)
                    }
                }

                else -> {
                    Verdict.HELD.also { held += packet.hold() }
                }
            }
        }

    /** Tries to hold a packet with a deadline of its own, which reads the time. */
    private fun hold(packet: QueuedPacket): Verdict =
        clock.failing { Verdict.HELD.also { held += packet.hold(HOLD_DEADLINE, Verdict.DROP) } }

    private fun dawdle(
        id: Int,
        millis: Long,
    ): Verdict {
        Thread.sleep(millis)
        return accept(id, Verdict.ACCEPT)
    }

    private fun accept(
        id: Int,
        verdict: Verdict,
    ): Verdict {
        permitted[id] = true
        returned[id] = verdict
        return verdict
    }

    /** Calls the session as a callback may, and throws what a callback may throw. */
    fun meddle(session: NfqueueSession) {
        when (trial.random.nextInt(20)) {
            0 -> session.stop()
            1 -> session.wakeup()
            2 -> session.close()
            3 -> throw Deliberate()
            4 -> throw DeliberateError()
        }
    }

    /** Answers held packets as planned, until the session has ended. */
    fun answerAll(session: NfqueueSession) {
        while (true) {
            val packet = held.poll(ANSWER_STEP_MILLIS, TimeUnit.MILLISECONDS)
            if (packet == null) {
                if (session.ended()) return
            } else {
                val verdict = planned(packet) ?: continue
                sending { answers[packet.id().toInt()] = verdict to packet.answer(verdict) }
            }
        }
    }

    /** Answers as [answerAll] does, several packets at a time. */
    fun answerTogether(session: NfqueueSession) {
        while (true) {
            val first = held.poll(ANSWER_STEP_MILLIS, TimeUnit.MILLISECONDS)
            if (first == null) {
                if (session.ended()) return
                continue
            }
            val together = Answers()
            generateSequence(first) { held.poll() }.forEach { packet ->
                planned(packet)?.let { verdict ->
                    if (!together.add(packet, verdict)) answers[packet.id().toInt()] = verdict to false
                }
            }
            sending { together.send() }
        }
    }

    private fun planned(packet: QueuedPacket): Verdict? {
        val id = packet.id().toInt()
        if (plan[id - 1] == Plan.HOLD_FOR_EVER) return null
        val verdict = if (plan[id - 1] == Plan.HOLD_AND_DROP) Verdict.DROP else Verdict.ACCEPT
        permitted[id] = verdict == Verdict.ACCEPT
        return verdict
    }

    /** Runs a send, which fails once the socket is closed, or on purpose. */
    private fun sending(action: () -> Unit) {
        try {
            action()
        } catch (e: Throwable) {
            if (!(e is SystemCallException && e.errno() == Errno.EBADF) && !onPurpose(e)) throw e
        }
    }

    /** Configures the queue, which fails once the socket is closed, and takes no longer than documented. */
    fun ask(
        session: NfqueueSession,
        times: Int,
        longest: Long = LONG_MILLIS,
    ) {
        repeat(times) {
            val begun = System.nanoTime()
            val queue =
                session
                    .options(QUEUE)
                    .toBuilder()
                    .maximumLength(100 + it)
                    .build()
            sending { session.configure(queue) }
            val millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)
            check(millis < longest) { "an answer took $millis ms" }
        }
    }

    /** Runs the session to its end, whatever a decider or a failing send throws meanwhile. */
    fun run(session: NfqueueSession) {
        while (true) {
            try {
                session.run(decider)
                return
            } catch (e: Throwable) {
                if (e !is Deliberate && e !is DeliberateError && e !is DeliberateLack && !onPurpose(e)) throw e
            }
        }
    }

    /** Checks what must hold when the session has ended. */
    fun verify(statistics: NfqueueStatistics) {
        val gone = kernel.nfqueue().decided()
        check(violations.isEmpty()) { violations }
        verifyClosed()
        check(gone.size == enqueued) { "$enqueued packets came, ${gone.size} have left" }
        val entered = gone.filter { it.id() != 0L }
        check(entered.distinctBy { it.id() }.size == entered.size) { "twice: $gone" }
        verifySent(kernel.sent())
        entered.forEach(::verifyAnswer)
        verifySum(statistics, entered.size)
        kernel.verify()
    }

    private fun verifyClosed() {
        check(kernel.openSockets() == 0) { "a socket is left" }
        check(kernel.nfqueue().queues().isEmpty()) { "a queue is bound still" }
    }

    private fun verifyAnswer(packet: DecidedPacket) {
        val id = packet.id().toInt()
        val (verdict, accepted) = answers[id] ?: return
        if (accepted) {
            check(packet.passed() == (verdict == Verdict.ACCEPT)) { "packet $id was answered, but left as $packet" }
        } else {
            check(open || packet.dropped()) { "packet $id was answered late, but left as $packet" }
        }
    }

    /** Checks that the result of the decider took effect, in a session without deadlines that was not closed early. */
    fun verifyReturned() {
        kernel.nfqueue().decided().filter { it.id() != 0L }.forEach { packet ->
            val verdict = returned[packet.id().toInt()] ?: return@forEach
            check(
                packet.passed() == (verdict != Verdict.DROP),
            ) { "the decider returned $verdict, packet left as $packet" }
        }
    }

    /** Checks that each verdict that was sent found a packet waiting for it. */
    private fun verifySent(sent: List<SentMessage>) {
        val waiting = (1..enqueued).toMutableSet()
        for (message in sent) {
            val header = message.attribute(VERDICT_HDR).orElse(null)
            if (message.type() == NfqueueConfig.NFQNL_MSG_VERDICT) {
                val id = header.u32(4).toInt()
                check(waiting.remove(id)) { "packet $id got a second verdict" }
            } else if (message.type() == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH) {
                val last = header.u32(4)
                val covered = waiting.filter { it <= last }
                val sweeps = lacksMemory && header.u32(0) == 0L
                check(covered.isNotEmpty() || last > enqueued || sweeps) { "a batch up to $last covers nothing" }
                waiting.removeAll(covered.toSet())
            }
        }
    }

    private fun verifySum(
        statistics: NfqueueStatistics,
        entered: Int,
    ) {
        val received = statistics.received()
        val came = received.delivered() + received.discarded()
        val sum =
            with(statistics) { decided() + answered() + failed() + forgotten() + expired() + settled() + held() }
        check(came == sum) { "$came packets came, $sum are counted: $statistics" }
        check(came <= entered) { "$came packets are counted, $entered entered: $statistics" }
        check(statistics.held() == 0L) { "some are held after the end: $statistics" }
        check(statistics.gone() == 0L && statistics.refused() == 0L) { "verdicts were refused: $statistics" }
    }

    companion object {
        const val QUEUE = 0
        const val LONG_MILLIS = 3000L
        private const val DAWDLE_MILLIS = 30L
        private const val DAWDLE_LONG_MILLIS = 1500L
        private const val ANSWER_STEP_MILLIS = 20L
        private const val VERDICT_HDR = 2

        fun options(): NfqueueOptions.Builder =
            NfqueueOptions
                .builder()
                .queue(QUEUE) { it.copyRange(64) }
                .batchSize(4)
                .receiveBuffer(1 shl 16)
                .settleTime(Duration.ofMillis(100))
                .onUnanswered { }
    }
}
