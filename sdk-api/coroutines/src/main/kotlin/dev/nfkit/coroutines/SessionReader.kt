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
import java.util.concurrent.locks.LockSupport

/** What the reader needs of a session of the core. */
internal interface Source<T : Any> : AutoCloseable {
    /** Waits for elements and gives an owned one of each to [take]; negative once the session has ended. */
    fun poll(take: (T) -> Unit): Int

    /** Makes the poll in progress, or the next, return. Any thread. */
    fun wakeup()
}

/** As long as it takes: a poll without a deadline. */
internal val UNBOUNDED: Duration = Duration.ofSeconds(Long.MAX_VALUE)

/**
 * Gives the open session to a block and closes it afterwards. Throws what the session failed with, unless the block has
 * met it. That failure takes precedence over a cancellation: a caller that sees only its own cancellation would not learn
 * that the session had failed.
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

/** What a session receives as a cold flow: each collection has a reader of its own, which [make] gives. */
internal fun <S : Source<T>, T : Any> flowOf(make: () -> SessionReader<S, T>): Flow<T> =
    flow {
        val reader = make()
        reader.use { reader.emitTo(this) }
    }

/**
 * The bridge between a blocking session and a collector: a thread of its own that opens the session, polls it, and puts
 * what it receives into a bounded queue, a batch at a time. The session is the thread's alone: it closes it, too.
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

    // A Result, since a deferred that fails may throw a copy of what it failed with.
    private val opened = CompletableDeferred<Result<S>>()
    private val done = Job()

    // A daemon, which must not hold up the JVM; without the thread locals of whoever happens to start it.
    private val thread = Thread(null, ::read, name, 0, false).apply { isDaemon = true }
    private val discarded = AtomicLong()

    @Volatile private var source: S? = null

    /** Why the thread could not be woken. */
    @Volatile private var disturbance: Throwable? = null

    // A child of the caller's job: its end, by a cancellation as well, is the session's, whatever the caller is at then.
    private var guard: CompletableJob? = null

    // The reader's: what it gathers, and how much it gathered last.
    private var gathered = ArrayList<T>()

    // The collector's: what it has taken and not yet emitted. Guarded by collecting.
    private val collecting = AtomicBoolean()
    private var taken: List<T> = emptyList()
    private var next = 0

    /** Starts the thread and waits until the session is open. */
    suspend fun open(): S {
        guard = Job(currentCoroutineContext()[Job]).apply { invokeOnCompletion { abandon() } }
        try {
            thread.start()
        } catch (e: Throwable) {
            done.complete() // or close would wait for a thread that never ran
            throw e
        }
        return opened.await().getOrThrow()
    }

    /** How many elements that count were received and thrown away, because they were not collected before the close. */
    fun discarded(): Long = discarded.get()

    /** Why the session failed, if no collector was told. */
    fun unseenFailure(): Throwable? = queue.unseenFailure()

    /**
     * What is received, for collectors that follow each other. What is behind [map] has been seen: the builder of a flow
     * looks for cancellation when it emits, and an element that it holds back then is the next collector's.
     */
    fun elements(): Flow<T> = flow { drain { emit(taken[next]) } }.map { element -> element.also { next++ } }

    /** As [elements], as many at once as were received at once. */
    fun batches(): Flow<List<T>> =
        flow { drain { emit(if (next == 0) taken else taken.subList(next, taken.size)) } }
            .map { batch -> batch.also { next = taken.size } }

    /** Emits to the only collector until the session ends. */
    suspend fun emitTo(collector: FlowCollector<T>) {
        drain { collector.emit(taken[next++]) }
    }

    /**
     * Gives each element to [take] until the session ends. An element counts as taken once [ready] has returned, and
     * [behindBatch] is called before this may wait for more.
     */
    suspend inline fun forEach(
        behindBatch: () -> Unit,
        ready: () -> Unit,
        take: (T) -> Unit,
    ) {
        drain(behindBatch) {
            ready()
            take(taken[next++])
        }
    }

    private suspend inline fun drain(
        behindBatch: () -> Unit = {},
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
                behindBatch()
                taken = queue.take() ?: break
            }
            currentCoroutineContext().ensureActive() // a cancellation is no regular end
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

    /** Has the thread end the session, whatever it is at. Any thread; does not wait. */
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

    /** Closes the session after its user has failed, and gives what is to be thrown. */
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

    /** Ends the session and returns when its socket is closed and the thread has ended, cancelled or not. */
    suspend fun close() {
        guard?.complete()
        discardTaken()
        withContext(NonCancellable) { done.join() }
        if (Thread.currentThread() !== thread) { // which an unconfined coroutine may be on
            thread.join()
        }
    }

    private fun read() {
        var failure = caught { open(transport).use(::pollAll) }
        caught { flush() }?.let { failure = failure?.joined(it) ?: it }
        if (source == null) {
            caught { transport.close() } // without memory a session may be lost as soon as it is open
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

    /** Takes a step that others wait for: while memory is lacking it is tried again. */
    private inline fun insist(step: () -> Unit) {
        while (true) {
            try {
                return step()
            } catch (e: OutOfMemoryError) {
                LockSupport.parkNanos(RETRY_NANOS)
            }
        }
    }

    /** Whether it says no more than that the socket was closed meanwhile, as it is when the session is given up. */
    private fun Throwable.comesOfClosing() =
        this is CancellationException || (this is SystemCallException && errno() == Errno.EBADF)

    private fun pollAll(session: S) {
        source = session
        opened.complete(Result.success(session))
        val take = { element: T ->
            gathered.add(element)
            if (gathered.size == MAX_BATCH && !flush()) {
                session.close() // inside a callback it only marks
            }
        }
        while (!queue.abandoned && session.poll(take) >= 0) {
            flush()
        }
    }

    /** Puts what is gathered into the queue; false if nobody wants it any more. */
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
        const val RETRY_NANOS = 10_000_000L
    }
}
