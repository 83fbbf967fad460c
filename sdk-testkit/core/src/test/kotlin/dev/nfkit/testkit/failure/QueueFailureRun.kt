// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.trace.RecordingTransport
import java.time.Duration
import java.util.concurrent.locks.LockSupport

private val DEADLINE = Duration.ofSeconds(1)

/** More polls than any run here needs. */
private const val POLLS = 40

/** One combination, in a session that fails closed. It needs a separate thread group. */
internal class QueueFailureRun(
    private val failure: QueueFailure,
) {
    private val callback = failure.callback
    private val phase = failure.phase
    private val clock = TestClock.manual().also { it.patience(Duration.ofSeconds(5)) }
    private val kernel = FakeNetfilter(clock)
    private val bomb = Bomb(callback, failure.kind, failure.always)
    private val log = LogTap { if (callback.isLog) bomb.at(callback) }
    private val tap = Tap(kernel, ::received, ::before)
    private val recording = RecordingTransport(tap, ThrowingSink { call -> call.callback?.let(bomb::at) })
    private val runner = Thread.currentThread()

    /** The decider's verdict for each packet that it got; packets for which it threw are to be dropped. */
    private val wanted = mutableMapOf<Long, Verdict>()
    private val caught = mutableListOf<Throwable>()
    private var enqueued = 0
    private var damage = Damage.NOTHING
    private var arriveWhileOpening = false

    fun check() =
        log.during {
            var session: NfqueueSession? = null
            try {
                if (phase == QueuePhase.OPEN) {
                    session = whileOpening()
                } else {
                    session = NfqueueSession.open(transport(), options())
                    play(session)
                }
                // Logging happens on a separate thread.
                check(eventually { bomb.thrown.isNotEmpty() }) { "the callback was not called: the row proves nothing" }
                flagIsKept()
                session?.let(::end)
                released()
                reached()
                left()
                session?.let(::balanced)
            } finally {
                bomb.disarm()
                Thread.interrupted()
                session?.let { runCatching(it::close) } // it must not outlast its test
            }
        }

    // --- the session and what is under it

    private fun transport() = if (callback.isTrace) recording else tap

    private fun options(): NfqueueOptions {
        val options =
            NfqueueOptions
                .builder()
                .queue(0)
                .queue(1)
                .settleTime(Duration.ZERO)
        if (failure.deadline) options.deadline(DEADLINE)
        if (!callback.logsOnly) {
            options.onMalformed {
                bomb.at(QueueCallback.ON_MALFORMED)
                bomb.at(QueueCallback.ON_UNREADABLE)
            }
            options.onRefused { bomb.at(QueueCallback.ON_REFUSED) }
            options.onUnanswered {
                bomb.at(QueueCallback.ON_UNANSWERED)
                if (callback == QueueCallback.LOG_OF_HANDLER) throw UnsupportedOperationException("a handler's own bug")
            }
        }
        return options.build()
    }

    private fun before(call: Call) {
        if (call == Call.SEND && arriveWhileOpening && kernel.nfqueue().queues().isNotEmpty()) {
            arriveWhileOpening = false
            damage = callback.damage
            enqueue(1)
        }
        when (call) {
            Call.KERNEL_VIEW -> bomb.at(QueueCallback.KERNEL_VIEW)
            Call.SEND -> bomb.at(QueueCallback.SEND)
            Call.RECEIVE -> bomb.at(QueueCallback.RECEIVE)
            Call.CLOSE -> bomb.at(QueueCallback.CLOSE_CALL)
        }
    }

    private fun received(batch: DatagramBatch) {
        if (damage.to(batch)) damage = Damage.NOTHING
    }

    private fun enqueue(count: Int) =
        repeat(count) {
            enqueued++
            kernel.nfqueue().enqueue(0, SamplePackets.udp4())
        }

    private fun attempt(action: () -> Unit) {
        try {
            action()
        } catch (e: Throwable) {
            caught += e
        }
    }

    private fun poll(
        session: NfqueueSession,
        decider: (QueuedPacket) -> Verdict,
    ): Int =
        session.poll(
            Decider<Exception> { packet ->
                wanted[packet.id()] = Verdict.DROP
                decider(packet).also { wanted[packet.id()] = it }
            },
            Duration.ZERO,
        )

    /** Polls until nothing is left, whatever polls throw; false if the session has ended. */
    private fun pollAll(
        session: NfqueueSession,
        decider: (QueuedPacket) -> Verdict,
    ): Boolean {
        repeat(POLLS) {
            var count = 1
            attempt { count = poll(session, decider) }
            if (count < 0) return false
            if (count == 0 && kernel.socket().pending() == 0) return true
        }
        throw AssertionError("$POLLS polls, and it continues; caught $caught")
    }

    private fun hold(packet: QueuedPacket): Verdict {
        packet.hold()
        return Verdict.HELD
    }

    // --- the phases

    /** A packet of the first queue arrives before the second one is bound. */
    private fun whileOpening(): NfqueueSession? {
        if (callback == QueueCallback.KERNEL_VIEW) kernel.kernel().ownQueue(1, OTHER_PORT)
        arriveWhileOpening = true
        bomb.arm()
        var session: NfqueueSession? = null
        attempt { session = NfqueueSession.open(transport(), options()) }
        return session
    }

    private fun play(session: NfqueueSession) {
        enqueue(2)
        pollAll(session) { if (it.id() == 1L && holdsFirst()) hold(it) else Verdict.ACCEPT }
        check(caught.isEmpty()) { "it failed too early: $caught" }
        when (phase) {
            QueuePhase.HELD -> {
                deadlinePasses(session)
            }

            QueuePhase.CONFIGURE -> {
                prepare(3)
                attempt {
                    session.configure(
                        session
                            .options(0)
                            .toBuilder()
                            .maximumLength(64)
                            .build(),
                    )
                }
                pollAll(session, ::decide)
            }

            QueuePhase.STOP -> {
                prepare(4, session)
                session.stop()
                if (neverEnds()) {
                    repeat(POLLS) { attempt { poll(session, ::decide) } }
                    attempt { session.close() }
                } else {
                    check(!pollAll(session, ::decide)) { "the stop has not ended the session" }
                }
                released()
            }

            QueuePhase.CLOSE -> {
                prepare(4, session)
                if (callback.isDecider) {
                    pollAll(session) { packet ->
                        if (packet.id() == FAILING) session.close()
                        decide(packet)
                    }
                } else {
                    attempt { session.close() }
                }
                released()
            }

            else -> {
                prepare(4, session)
                pollAll(session, ::decide)
            }
        }
    }

    /** The first packet is held, and never answered. */
    private fun holdsFirst() = failure.deadline || phase == QueuePhase.STOP || phase == QueuePhase.CLOSE

    /** A stop is repeated with each poll as long as its requests cannot be sent, or their answers not received. */
    private fun neverEnds() = failure.always && (callback == QueueCallback.SEND || callback == QueueCallback.RECEIVE)

    private fun prepare(
        count: Int,
        session: NfqueueSession? = null,
    ) {
        if (callback == QueueCallback.ON_REFUSED && session != null && phase != QueuePhase.POLL) {
            // Verdicts for packets that are gone. Their refusals are received in the phase itself.
            enqueue(2)
            poll(session) { packet ->
                Verdict.ACCEPT.also {
                    if (packet.id() ==
                        FAILING
                    ) {
                        kernel.nfqueue().hookRemoved()
                    }
                }
            }
        }
        if (callback == QueueCallback.KERNEL_VIEW && phase == QueuePhase.CONFIGURE) {
            kernel.onRequest { it.type() == NfqueueConfig.NFQNL_MSG_CONFIG }.refuse(Errno.EPERM).times(1)
        }
        damage = callback.damage
        enqueue(count)
        bomb.arm()
    }

    private fun decide(packet: QueuedPacket): Verdict {
        if (packet.id() == FAILING) {
            when (callback) {
                QueueCallback.HOLDING_DECIDER -> packet.hold()
                QueueCallback.ON_REFUSED -> kernel.nfqueue().hookRemoved()
                QueueCallback.LOG_OF_SLOW_DECIDER -> pass(DEADLINE)
                else -> Unit
            }
            bomb.at(QueueCallback.DECIDER)
            bomb.at(QueueCallback.HOLDING_DECIDER)
        }
        return if (packet.id() % 2 == 0L) Verdict.DROP else Verdict.ACCEPT
    }

    private fun deadlinePasses(session: NfqueueSession) {
        enqueue(2)
        pollAll(session) { if (it.id() == FAILING) hold(it) else Verdict.ACCEPT }
        if (callback.isDecider) {
            enqueue(1)
            bomb.arm()
            pollAll(session) {
                pass(DEADLINE)
                bomb.at(callback)
                Verdict.ACCEPT
            }
        } else {
            bomb.arm()
            pass(DEADLINE)
        }
        check(eventually { bomb.thrown.isNotEmpty() }) { "nothing has failed" }
    }

    /** Time passes, and all waiting packets get the verdict of their deadline. */
    private fun pass(time: Duration) {
        clock.advance(time)
        // A packet whose id cannot be read is known to the kernel only, which drops it when the queue ends.
        val unknown = if (callback.damage == Damage.MESSAGE) 1 else 0
        kernel.nfqueue().awaitDecided(enqueued - unknown)
    }

    /** The session continues: other packets are decided, and other deadlines pass. */
    private fun end(session: NfqueueSession) {
        bomb.disarm()
        Thread.interrupted()
        if (phase != QueuePhase.STOP && phase != QueuePhase.CLOSE) {
            val failures = caught.size
            val first = enqueued + 1L
            enqueue(3)
            pollAll(session) { packet ->
                if (packet.id() == first && failure.deadline) hold(packet) else decideOther(packet)
            }
            check(caught.size == failures) { "the session does not continue: $caught" }
            if (failure.deadline) pass(DEADLINE)
        }
        session.close()
        check(session.ended()) { "the session has not ended" }
        check(poll(session) { Verdict.ACCEPT } == -1) { "a poll of an ended session returns something else" }
    }

    private fun decideOther(packet: QueuedPacket) = if (packet.id() % 2 == 0L) Verdict.DROP else Verdict.ACCEPT

    // --- what has to hold

    private fun flagIsKept() {
        if (failure.kind == Thrown.INTERRUPTED_WITH_FLAG && callback.reach(phase) == Reach.CALLER) {
            check(Thread.currentThread().isInterrupted) { "the interrupt is swallowed" }
        }
    }

    private fun released() {
        check(kernel.openSockets() == 0) { "the socket is still open; caught $caught" }
        check(kernel.nfqueue().queues().isEmpty()) { "queues are still bound" }
        check(eventually { ownThreads().isEmpty() }) { "threads are left: ${ownThreads()}" }
    }

    private fun eventually(condition: () -> Boolean): Boolean {
        val deadline = System.nanoTime() + PATIENCE_NANOS
        while (!condition() && System.nanoTime() < deadline) LockSupport.parkNanos(STEP_NANOS)
        return condition()
    }

    private fun ownThreads(): List<Thread> {
        val threads = arrayOfNulls<Thread>(MOST_THREADS)
        runner.threadGroup.enumerate(threads)
        return threads.filterNotNull().filter { it !== runner }
    }

    private fun reached() {
        val first = bomb.thrown.first()
        val seen = caught.flatMap { it.family() }
        when (callback.reach(phase)) {
            Reach.CALLER -> {
                check(caught.firstOrNull() === first) { "the caller has caught $caught" }
                check(bomb.thrown.all { each -> seen.any { it === each } }) { "of ${bomb.thrown}, caught $seen" }
            }

            Reach.CALLER_OR_LOG -> {
                check(eventually { visible(seen) }) { "it is lost: caught $caught, logged ${log.messages()}" }
            }

            Reach.RECORDING -> {
                check(caught.isEmpty()) { "the recording disturbs the session: $caught" }
                val reason = recording.failure().orElse(null)
                check(reason != null && reason.family().any { it === first }) { "the recording failed by $reason" }
            }

            Reach.ANYWHERE -> {}
        }
        val strange = caught.filterNot { each -> each is KernelRefusedException || bomb.thrown.any { it === each } }
        check(strange.isEmpty()) { "something else was thrown: $strange" }
    }

    private fun visible(seen: List<Throwable>): Boolean {
        val all = seen + log.thrown().flatMap { it.family() }
        return all.any { it === bomb.thrown.first() }
    }

    /** Each packet has left once, and none is accepted that was not decided so. */
    private fun left() {
        val left = kernel.nfqueue().decided()
        check(left.size == enqueued) { "of $enqueued packets have left $left" }
        check(left.map { it.id() }.toSet().size == enqueued) { "a packet has left twice: $left" }
        val passed = left.filter { it.passed() }.map { it.id() }.toSet()
        val accepted = wanted.filterValues { it == Verdict.ACCEPT }.keys
        check(accepted.containsAll(passed)) { "passed undecided: ${passed - accepted} of $left" }
        if (callback.sendsAsDecided) {
            check(
                passed == accepted,
            ) { "accepted, but dropped: ${accepted - passed} of $left" }
        }
    }

    private fun balanced(session: NfqueueSession) {
        val statistics = session.statistics()
        val received = statistics.received()
        val sum =
            with(statistics) { decided() + answered() + failed() + forgotten() + expired() + settled() + held() }
        check(statistics.held() == 0L) { "packets are held after the end: $statistics" }
        check(received.delivered() + received.discarded() == sum) { "the sum is $sum in $statistics" }
        val uncounted = callback == QueueCallback.RECEIVE && failure.always // what the socket holds is unknown
        check(
            uncounted || sum + received.malformed() == enqueued.toLong(),
        ) { "$enqueued packets, but $sum in $statistics" }
    }

    private companion object {
        const val OTHER_PORT = 99L
        const val FAILING = 4L
        const val PATIENCE_NANOS = 10_000_000_000L
        const val STEP_NANOS = 500_000L
        const val MOST_THREADS = 16
    }
}

private val SinkCall.callback: QueueCallback?
    get() =
        when (this) {
            SinkCall.SOCKET -> QueueCallback.TRACE_SOCKET
            SinkCall.NOTE -> QueueCallback.TRACE_NOTE
            SinkCall.TO_KERNEL -> QueueCallback.TRACE_TO_KERNEL
            SinkCall.FROM_KERNEL -> QueueCallback.TRACE_FROM_KERNEL
            SinkCall.FLUSH -> QueueCallback.TRACE_FLUSH
            SinkCall.CLOSED -> QueueCallback.TRACE_CLOSED
        }
