// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import kotlinx.coroutines.channels.Channel
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * A queue of batches from a blocking thread to a suspending coroutine, in order, with [capacity] batches at most.
 *
 * It is not a channel of batches: a batch that is passed to a receiver at the moment of its cancellation would be lost
 * to the next collector. Here only a notification of a batch goes through a channel; a running coroutine then takes the
 * batch.
 */
internal class BatchQueue<T : Any>(
    private val capacity: Int,
) {
    private val lock = ReentrantLock()
    private val notFull = lock.newCondition()
    private val batches = ArrayDeque<List<T>>()
    private val news = Channel<Unit>(Channel.CONFLATED)
    private var ended = false
    private var failure: Throwable? = null
    private var failureSeen = false

    /** Whether no more batches will be taken. */
    @Volatile
    var abandoned: Boolean = false
        private set

    /** Adds a batch, waiting for space; false if the queue was or is abandoned. */
    fun put(batch: List<T>): Boolean {
        lock.withLock {
            while (batches.size >= capacity && !abandoned) {
                notFull.awaitUninterruptibly()
            }
            if (abandoned) {
                return false
            }
            batches.addLast(batch)
        }
        news.trySend(Unit) // outside the lock: an unconfined collector runs in here
        return true
    }

    /** Marks the end of the batches, with the cause if it is not a regular end. */
    fun end(cause: Throwable?) {
        lock.withLock {
            ended = true
            failure = cause
        }
        news.trySend(Unit)
    }

    /**
     * Takes the first batch, waiting for one; null at the end. Throws the failure after all batches before it were
     * taken.
     */
    suspend fun take(): List<T>? {
        while (true) {
            lock.withLock {
                val batch = batches.removeFirstOrNull()
                if (batch != null) {
                    notFull.signal()
                    return batch
                }
                if (abandoned) {
                    return null
                }
                if (ended) {
                    failure?.let {
                        failureSeen = true
                        throw it
                    }
                    return null
                }
            }
            news.receive()
        }
    }

    /** Discards all batches, and makes [put] return and [take] end. Returns the discarded batches. */
    fun abandon(): List<List<T>> {
        val thrown =
            lock.withLock {
                abandoned = true
                notFull.signalAll()
                batches.toList().also { batches.clear() }
            }
        news.trySend(Unit)
        return thrown
    }

    /** The failure, if [take] has not thrown it. */
    fun unseenFailure(): Throwable? = lock.withLock { failure.takeUnless { failureSeen } }

    companion object {
        const val DEFAULT_CAPACITY = 16
        private const val MAX_CAPACITY = 1024

        /** The value of the option `batchCapacity`, checked. */
        fun checkedCapacity(batches: Int): Int {
            require(batches in 1..MAX_CAPACITY) { "batchCapacity $batches is out of 1 to $MAX_CAPACITY" }
            return batches
        }
    }
}
