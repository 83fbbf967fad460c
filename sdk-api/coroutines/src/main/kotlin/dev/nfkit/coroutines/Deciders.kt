package dev.nfkit.coroutines

import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn

/**
 * One call of [NfqueueScope.decide]. A loop takes the packets and starts the decider on each, without a coroutine of its
 * own for each: most deciders don't suspend, and their verdicts gather until the batch is through. Only one that suspends
 * becomes a coroutine, which answers when it is done.
 */
internal class Deciders(
    private val decider: suspend (QueuedPacket) -> Verdict,
    private val concurrency: Int,
    private val options: NfqueueOptions,
    private val tally: Tally,
) {
    private val permits = Semaphore(concurrency)
    private val failure = AtomicReference<Throwable>()
    private var context: CoroutineContext = EmptyCoroutineContext
    private lateinit var job: CompletableJob

    // The loop's: verdicts to send, and permits that no suspended decider has.
    private val answers = Answers()
    private var free = 0

    suspend fun run(reader: SessionReader<*, QueuedPacket>) {
        job = Job(currentCoroutineContext()[Job])
        context = currentCoroutineContext() + job
        try {
            withContext(job) {
                decideAll(reader)
                awaitSuspended()
            }
        } catch (e: Throwable) {
            fail(e)
        }
        withContext(NonCancellable) {
            awaitSuspended()
            job.complete()
            job.join()
        }
        failure.get()?.let { throw it }
    }

    private suspend fun decideAll(reader: SessionReader<*, QueuedPacket>) {
        try {
            reader.forEach(
                behindBatch = {
                    send()
                    yield() // else the other coroutines of a lone thread would have to wait for an empty queue
                },
                ready = {
                    if (free == 0) {
                        permits.acquire()
                        free++
                    }
                },
                take = ::begin,
            )
        } catch (e: Throwable) {
            fail(e) // before what sending may throw
        } finally {
            send()
        }
    }

    private fun begin(packet: QueuedPacket) {
        if (packet.answered()) {
            return // its deadline has passed
        }
        val decision = Decision(packet)
        if (start(decision) === COROUTINE_SUSPENDED) {
            free--
            decision.suspended()
            send() // the packets before it do not wait for it
        }
    }

    private fun start(decision: Decision): Any? {
        val packet = decision.packet
        try {
            val outcome = decider.startCoroutineUninterceptedOrReturn(packet, decision)
            if (outcome !== COROUTINE_SUSPENDED && outcome !== Verdict.HELD) {
                answers.add(packet, outcome as Verdict)
            }
            return outcome
        } catch (e: Throwable) {
            val cancelled = !job.isActive
            val verdict = if (cancelled) options.closeVerdict() else options.failureVerdict()
            if (!packet.answered() && answers.add(packet, verdict)) {
                (if (cancelled) tally.settled else tally.failed).increment()
            }
            throw e
        }
    }

    private fun send() {
        if (answers.size() > 0) {
            answers.send()
        }
    }

    /** Waits until no decider is suspended any more. */
    private suspend fun awaitSuspended() {
        while (free < concurrency) {
            permits.acquire()
            free++
        }
    }

    /**
     * Ends it all. The first failure is thrown, later ones are suppressed exceptions of it; a cancellation gives way to a
     * failure, which its caller would not learn of otherwise.
     */
    private fun fail(reason: Throwable) {
        val before = failure.compareAndExchange(null, reason)
        when {
            before == null -> {
                job.cancel()
            }

            before is CancellationException && reason !is CancellationException -> {
                if (failure.compareAndSet(before, reason)) reason.joined(before) else failure.get().joined(reason)
            }

            reason !is CancellationException -> {
                before.joined(reason)
            }
        }
    }

    /** The decision of one packet, where the decider's coroutine ends if it has suspended. */
    private inner class Decision(
        val packet: QueuedPacket,
    ) : Continuation<Verdict> {
        override val context: CoroutineContext get() = this@Deciders.context

        @Volatile private var ended = false

        @Volatile private var guard: CompletableJob? = null
        private var claimed = false

        /** From now on a cancellation gives the close verdict at once, whether the decider heeds it or not. */
        fun suspended() {
            guard = Job(job).apply { invokeOnCompletion { cause -> cause?.let { giveUp() } } }
            if (ended) {
                guard?.complete()
            }
        }

        override fun resumeWith(result: Result<Verdict>) {
            ended = true
            guard?.complete()
            try {
                result.fold(::decided, ::failed)
            } catch (e: Throwable) {
                fail(e)
            } finally {
                permits.release()
            }
        }

        private fun decided(verdict: Verdict) {
            if (claim() && verdict !== Verdict.HELD) {
                packet.answer(verdict)
            }
        }

        private fun failed(reason: Throwable) {
            if (!job.isActive) {
                try {
                    cancelled()
                } finally {
                    fail(reason) // its own failure, if it is no answer to the cancellation
                }
                return
            }
            try {
                if (claim() && packet.answer(options.failureVerdict())) {
                    tally.failed.increment()
                }
            } finally {
                fail(reason)
            }
        }

        private fun giveUp() {
            try {
                cancelled()
            } catch (e: Throwable) {
                // nothing may leave a completion handler
                fail(e)
            }
        }

        private fun cancelled() {
            // Where the session ends as well, the packet may have its verdict already.
            if (claim() && !packet.answered() && packet.answer(options.closeVerdict())) {
                tally.settled.increment()
            }
        }

        private fun claim(): Boolean = synchronized(this) { !claimed.also { claimed = true } }
    }
}
