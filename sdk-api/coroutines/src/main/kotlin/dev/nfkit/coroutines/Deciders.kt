// SPDX-License-Identifier: Apache-2.0
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
 * One call of [NfqueueScope.decide]. A loop takes the packets and starts the decider on each, without a coroutine for
 * each: most deciders do not suspend, and their verdicts are collected until the end of the batch. Only a decider that
 * suspends becomes a coroutine, which answers when it completes.
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

    // Used by the loop only: verdicts to send, and permits that no suspended decider holds.
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
                afterBatch = {
                    send()
                    yield() // otherwise the other coroutines of a single thread would have to wait for an empty queue
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
            fail(e) // before sending, which may throw
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

    /** Waits until no decider is suspended. */
    private suspend fun awaitSuspended() {
        while (free < concurrency) {
            permits.acquire()
            free++
        }
    }

    /**
     * Ends the call. The first failure is thrown, with later ones as suppressed exceptions. A failure takes precedence
     * over a cancellation, because the caller would not get it otherwise.
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

    /** The decision of one packet, which completes the decider's coroutine if it has suspended. */
    private inner class Decision(
        val packet: QueuedPacket,
    ) : Continuation<Verdict> {
        override val context: CoroutineContext get() = this@Deciders.context

        @Volatile private var ended = false

        @Volatile private var guard: CompletableJob? = null
        private var claimed = false

        /** From now on a cancellation gives the close verdict at once, whether the decider reacts to it or not. */
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
                    fail(reason) // its own failure, unless it is caused by the cancellation
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
                // a completion handler must not throw
                fail(e)
            }
        }

        private fun cancelled() {
            // If the session ends as well, the packet may already have its verdict.
            if (claim() && !packet.answered() && packet.answer(options.closeVerdict())) {
                tally.settled.increment()
            }
        }

        private fun claim(): Boolean = synchronized(this) { !claimed.also { claimed = true } }
    }
}
