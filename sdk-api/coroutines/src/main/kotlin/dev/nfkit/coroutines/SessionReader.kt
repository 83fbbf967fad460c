// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.withContext
import java.time.Duration
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong

/** What a reader reads: a session, or a long answer of the table. */
internal interface Source<T : Any> : AutoCloseable {
    /** Waits for elements and passes an owned copy of each to [take]; negative after the end. */
    fun poll(take: (T) -> Unit): Int

    /** Makes the poll in progress, or the next, return. Any thread. */
    fun wakeup()
}

/** The timeout of a poll without a deadline. */
internal val UNBOUNDED: Duration = Duration.ofSeconds(Long.MAX_VALUE)

/**
 * Passes the open session to a block and closes it afterwards. Throws the session's failure, unless the block has
 * received it. That failure takes precedence over a cancellation: otherwise the caller would get only its own
 * cancellation.
 */
internal suspend inline fun <S : Source<T>, T : Any, R> SessionReader<S, T>.use(block: suspend (S) -> R): R {
    val result =
        try {
            block(open())
        } catch (e: Throwable) {
            throw closeAfter(e)
        }
    close()
    unseenFailure()?.let { throw it }
    return result
}

/** The elements of a session as a cold flow: each collection has its own reader, which [make] returns. */
internal fun <S : Source<T>, T : Any> flowOf(make: () -> SessionReader<S, T>): Flow<T> =
    flow {
        val reader = make()
        reader.use { reader.emitTo(this) }
    }

/**
 * The bridge between a blocking session and a collector: a separate thread opens the session, polls it, and puts
 * received elements into a bounded queue, a batch at a time. Only this thread uses the session, and it closes it, too.
 */
internal class SessionReader<S : Source<T>, T : Any>(
    name: String,
    capacity: Int,
    transport: NetlinkTransport,
    private val counts: (T) -> Boolean = { true },
    private val open: (NetlinkTransport) -> S,
) {
    private val transport = WatchedTransport(transport)
    private val queue = BatchQueue<T>(capacity)

    // A Result, because a failed deferred may throw a copy of its exception.
    private val opened = CompletableDeferred<Result<S>>()
    private val done = Job()

    // A daemon, so that it does not keep the JVM alive; without the inheritable thread locals of the starting thread.
    private val thread = Thread(null, ::read, name, 0, false).apply { isDaemon = true }
    private val discarded = AtomicLong()

    @Volatile private var source: S? = null

    /** The reason why the thread could not be woken. */
    @Volatile private var disturbance: Throwable? = null

    // A child of the caller's job: its end, also by a cancellation, ends the session, whatever the caller is doing.
    private var guard: CompletableJob? = null

    // Used by the reader: the elements it collects, and their last number.
    private var gathered = ArrayList<T>()

    // Used by the collector: the elements it has taken and not yet emitted. Guarded by collecting.
    private val collecting = AtomicBoolean()
    private var taken: List<T> = emptyList()
    private var next = 0

    /** Starts the thread and waits until the session is open. The end of the caller's job ends the session. */
    suspend fun open(): S = open(currentCoroutineContext()[Job])

    /** As [open], for a session that ends with another job. */
    suspend fun open(parent: Job?): S {
        guard = Job(parent).apply { invokeOnCompletion { abandon() } }
        try {
            thread.start()
        } catch (e: Throwable) {
            done.complete() // otherwise close would wait for a thread that never ran
            throw e
        }
        return opened.await().getOrThrow()
    }

    /** The number of received elements that were discarded because they were not collected before the close. */
    fun discarded(): Long = discarded.get()

    /** The session's failure, if no collector has received it. */
    fun unseenFailure(): Throwable? = queue.unseenFailure()

    /**
     * The received elements, for collectors that follow each other. An element that has passed [map] counts as
     * collected: the flow builder checks for cancellation when it emits, and an element that it then holds back goes to
     * the next collector.
     */
    fun elements(): Flow<T> = flow { drain { emit(taken[next]) } }.map { element -> element.also { next++ } }

    /** As [elements], in the batches in which they were received. */
    fun batches(): Flow<List<T>> =
        flow { drain { emit(if (next == 0) taken else taken.subList(next, taken.size)) } }
            .map { batch -> batch.also { next = taken.size } }

    /** Emits to the only collector until the session ends. */
    suspend fun emitTo(collector: FlowCollector<T>) {
        drain { collector.emit(taken[next++]) }
    }

    /**
     * Passes each element to [take] until the session ends. An element counts as taken after [ready] has returned, and
     * [afterBatch] is called before this may wait for more.
     */
    suspend inline fun forEach(
        afterBatch: () -> Unit,
        ready: () -> Unit,
        take: (T) -> Unit,
    ) {
        drain(afterBatch) {
            ready()
            take(taken[next++])
        }
    }

    private suspend inline fun drain(
        afterBatch: () -> Unit = {},
        emitNext: () -> Unit,
    ) {
        check(collecting.compareAndSet(false, true)) {
            "what this session receives is being collected already: collect one after the other, or use shareIn"
        }
        try {
            while (true) {
                while (next < taken.size) {
                    emitNext()
                }
                taken = emptyList() // holds no element while it waits
                next = 0
                afterBatch()
                taken = queue.take() ?: break
            }
            currentCoroutineContext().ensureActive() // a cancellation is not a regular end
        } finally {
            collecting.set(false)
            if (queue.abandoned) {
                discardTaken()
            }
        }
    }

    private fun discardTaken() {
        if (collecting.compareAndSet(false, true)) {
            discard(taken.subList(next, taken.size))
            taken = emptyList()
            next = 0
            collecting.set(false)
        }
    }

    private fun discard(elements: List<T>) {
        discarded.addAndGet(elements.count(counts).toLong())
    }

    /** Makes the thread end the session, whatever it is doing. Any thread; does not wait. */
    private fun abandon() {
        try {
            queue.abandon().forEach(::discard)
        } finally {
            wake()
        }
    }

    private fun wake() {
        val session = source
        if (session == null) {
            transport.close() // nothing else ends a request that waits for its answer
            return
        }
        try {
            session.wakeup()
        } catch (e: Throwable) {
            disturbance = e
            transport.close() // a receive that cannot be woken ends with its socket
        }
    }

    /** Closes the session after a failure of the block, and returns the exception to throw. */
    suspend fun closeAfter(reason: Throwable): Throwable {
        try {
            close()
        } catch (e: Throwable) {
            reason.joined(e)
        }
        val own = unseenFailure()
        return when {
            own == null -> reason
            reason is CancellationException -> own.joined(reason)
            else -> reason.joined(own)
        }
    }

    /** Ends the session and returns after its socket was closed and the thread has ended, whether cancelled or not. */
    suspend fun close() {
        guard?.complete()
        discardTaken()
        withContext(NonCancellable) { done.join() }
        if (Thread.currentThread() !== thread) { // an unconfined coroutine may run on it
            thread.join()
        }
    }

    private fun read() {
        var failure = caught { open(transport).use(::pollAll) }
        caught { flush() }?.let { failure = failure?.joined(it) ?: it }
        if (source == null) {
            caught { transport.close() } // without memory, a session may be lost right after it was opened
        }
        disturbance?.let { failure = failure?.joined(it) ?: it }
        val reason = failure?.takeUnless { queue.abandoned && it.comesOfClosing() }
        insist { queue.end(reason) }
        failure?.let { insist { opened.complete(Result.failure(it)) } } // without effect if it was open
        insist { done.complete() }
    }

    private inline fun caught(step: () -> Unit): Throwable? =
        try {
            step()
            null
        } catch (e: Throwable) {
            e
        }

    /** Whether it only reports that the socket was closed in the meantime, as when the session is abandoned. */
    private fun Throwable.comesOfClosing() =
        this is CancellationException || (this is SystemCallException && errno() == Errno.EBADF)

    private fun pollAll(session: S) {
        source = session
        opened.complete(Result.success(session))
        val take = { element: T ->
            gathered.add(element)
            if (gathered.size == MAX_BATCH && !flush()) {
                session.close() // inside a callback it only marks the session
            }
        }
        while (!queue.abandoned && session.poll(take) >= 0) {
            flush()
        }
    }

    /** Puts the collected elements into the queue; false if the queue was abandoned. */
    private fun flush(): Boolean {
        val batch = gathered
        if (batch.isEmpty()) {
            return true
        }
        gathered = ArrayList(batch.size)
        val wanted = queue.put(batch)
        if (!wanted) {
            discard(batch)
        }
        return wanted
    }

    private companion object {
        const val MAX_BATCH = 1024
    }
}
