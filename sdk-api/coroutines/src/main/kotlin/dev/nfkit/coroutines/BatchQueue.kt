package dev.nfkit.coroutines

import kotlinx.coroutines.channels.Channel
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Batches on their way from a thread that blocks to a coroutine that suspends, in order, [capacity] of them at most.
 *
 * Not a channel of batches: one that is handed to a receiver which is cancelled at that moment would be lost to the next
 * collector. Here only the news of a batch goes through a channel; the batch is taken by a coroutine that runs.
 */
internal class BatchQueue<T : Any>(
    private val capacity: Int,
) {
    private val lock = ReentrantLock()
    private val room = lock.newCondition()
    private val batches = ArrayDeque<List<T>>()
    private val news = Channel<Unit>(Channel.CONFLATED)
    private var ended = false
    private var failure: Throwable? = null
    private var failureSeen = false

    /** Whether nobody is going to take anything any more. */
    @Volatile
    var abandoned: Boolean = false
        private set

    /** Adds a batch, waiting for room; false if the queue is abandoned, before or meanwhile. */
    fun put(batch: List<T>): Boolean {
        lock.withLock {
            while (batches.size >= capacity && !abandoned) {
                room.awaitUninterruptibly()
            }
            if (abandoned) {
                return false
            }
            batches.addLast(batch)
        }
        news.trySend(Unit) // outside the lock: an unconfined collector runs in here
        return true
    }

    /** Says that no batch comes any more, and why if not by a regular end. */
    fun end(cause: Throwable?) {
        lock.withLock {
            ended = true
            failure = cause
        }
        news.trySend(Unit)
    }

    /** Takes the first batch, waiting for one; null at the end. Throws the failure once everything before it is taken. */
    suspend fun take(): List<T>? {
        while (true) {
            lock.withLock {
                val batch = batches.removeFirstOrNull()
                if (batch != null) {
                    room.signal()
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

    /** Throws everything away, lets [put] return, and lets [take] end. What was thrown away. */
    fun abandon(): List<List<T>> {
        val thrown =
            lock.withLock {
                abandoned = true
                room.signalAll()
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
