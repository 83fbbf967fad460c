package dev.nfkit.coroutines

import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueQueue
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * How an NFQUEUE session shall be: its queues, its socket, what becomes of packets without a verdict, and how many may
 * wait for the coroutine that decides. Defaults and ranges are those of [NfqueueOptions.Builder]; a value out of range is
 * refused where it is set. One thread at a time.
 */
@NfkitDsl
public class NfqueueOptionsBuilder internal constructor() {
    private val builder = NfqueueOptions.builder()

    /**
     * The receive buffer to ask for, in bytes: 4096 to 1073741823, or null, the default, for what the kernel charges for
     * as many packets as may wait, at most 64 MiB; it uses memory only while packets wait. Without the right to exceed
     * `net.core.rmem_max` the session gets what that allows; [NfqueueScope.receiveBuffer] tells what was reached.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int? = null
        set(bytes) {
            bytes?.let { NfqueueOptions.builder().receiveBuffer(it) } // checks the range
            field = bytes
        }

    /**
     * The send buffer to ask for, in bytes: 4096 to 1073741823; 1 MiB by default. The verdicts of a batch leave in one
     * datagram where they fit it, and in several where they don't.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var sendBuffer: Int = DEFAULTS.sendBuffer()
        set(bytes) {
            builder.sendBuffer(bytes)
            field = bytes
        }

    /**
     * The most packets that are received at once, 1 to 1024; 64 by default. The verdicts that deciders give without
     * suspending leave with their batch: a decider that computes for long does better with fewer, down to 1.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var batchSize: Int = DEFAULTS.batchSize()
        set(packets) {
            builder.batchSize(packets)
            field = packets
        }

    /**
     * How many batches wait for the coroutine that decides at most: 1 to 1024; 16 by default. When that many wait, the
     * reader thread stops reading until one is taken; packets then wait in the kernel's queue, and what finds that full
     * ([NfqueueQueueBuilder.maximumLength]) is dropped, or passes where the queue is open on failure.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var batchCapacity: Int = BatchQueue.DEFAULT_CAPACITY
        set(batches) {
            field = BatchQueue.checkedCapacity(batches)
        }

    /**
     * How long the reader thread looks for packets again and again before it sleeps: zero, the default, to one second. It
     * spares a packet the time that waking the thread takes (some 10 µs), and costs a whole processor for as long as it
     * spins.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var spin: Duration = DEFAULTS.spin().toKotlinDuration()
        set(time) {
            builder.spin(time.toJavaDuration())
            field = time
        }

    /**
     * The verdict of packets that the application fails to decide: the decider threw, or the packet could not be read.
     * Deadline and end have the same, unless they are given another. [Verdict.DROP] by default: it fails closed.
     *
     * @throws IllegalArgumentException if it is set to HELD, or to one with changes other than mark and priority
     */
    public var failureVerdict: Verdict = DEFAULTS.failureVerdict()
        set(verdict) {
            builder.failureVerdict(verdict)
            field = verdict
        }

    /**
     * The longest that the application may take over a packet, from its receipt to its verdict: 1 ms to one day, or null,
     * the default, for no bound. Then the packet gets the failure verdict, or that of [deadline], and a verdict that comes
     * behind it is [counted as late][dev.nfkit.nfqueue.NfqueueStatistics.late]. The decider is not cancelled.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var deadline: Duration? = null
        set(time) {
            time?.let { NfqueueOptions.builder().deadline(it.toJavaDuration()) } // checks the range
            field = time
        }

    /**
     * The longest that the application may take over a packet, and the verdict behind it.
     *
     * @param time from 1 ms to one day
     * @param verdict not HELD, and without changes but mark and priority
     * @throws IllegalArgumentException if one is out of range
     */
    public fun deadline(
        time: Duration,
        verdict: Verdict,
    ) {
        builder.deadline(time.toJavaDuration(), verdict)
        deadline = time
    }

    /**
     * The verdict of packets that are undecided when the session ends, or whose decider is cancelled; null, the default,
     * for the failure verdict. The kernel itself drops what waits when the process is killed.
     *
     * @throws IllegalArgumentException if it is set to HELD, or to one with changes other than mark and priority
     */
    public var closeVerdict: Verdict? = null
        set(verdict) {
            verdict?.let { NfqueueOptions.builder().closeVerdict(it) } // checks it
            field = verdict
        }

    /**
     * How long a graceful [stop][NfqueueScope.stop] waits for packets to be decided, before they get the close verdict:
     * zero to one day; one second by default.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var settleTime: Duration = DEFAULTS.settleTime().toKotlinDuration()
        set(time) {
            builder.settleTime(time.toJavaDuration())
            field = time
        }

    /**
     * Adds a queue.
     *
     * @param queue the queue, 0 to 65535; rules name it (`--queue-num`, `queue to`)
     * @param configure sets its options
     * @throws IllegalArgumentException if it is out of range or already there
     */
    public fun queue(
        queue: Int,
        configure: NfqueueQueueBuilder.() -> Unit = {},
    ) {
        queue(NfqueueQueueBuilder(queue).apply(configure).build())
    }

    /**
     * Adds a queue whose options were built before.
     *
     * @param queue the queue's options
     * @throws IllegalArgumentException if the queue is already there
     */
    public fun queue(queue: NfqueueQueue) {
        builder.queue(queue)
    }

    /**
     * Adds a range of queues, as a rule balances over (`--queue-balance 0:3`). One socket and one reader thread serve
     * them all.
     *
     * @param first the first queue, 0 to 65535
     * @param last the last one, not below the first
     * @param configure sets the options of each
     * @throws IllegalArgumentException if the range is empty or leaves 0 to 65535, or a queue is already there
     */
    public fun queues(
        first: Int,
        last: Int,
        configure: NfqueueQueueBuilder.() -> Unit = {},
    ) {
        builder.queues(first, last) { NfqueueQueueBuilder(it).configure() }
    }

    /**
     * Sets the handler of malformed messages, which are counted too. Without a handler they are logged as warnings: the
     * first, then when their number has doubled or a minute has passed.
     *
     * @param handler called on the session's reader thread, which waits for it; what it throws fails the session and reaches
     *   the collector or the caller of [NfqueueScope.decide]
     */
    public fun onMalformed(handler: MalformedHandler) {
        builder.onMalformed(handler)
    }

    /**
     * Sets the handler of verdicts that the kernel refused, which are counted too.
     *
     * @param handler called on the session's reader thread, which waits for it. Its exceptions are logged; its Errors fail
     *   the session
     */
    public fun onRefused(handler: Consumer<VerdictRefusal>) {
        builder.onRefused(handler)
    }

    /**
     * Sets the handler of packets that were not answered and got the verdict of their deadline or of the session's end.
     * Without a handler they are logged as warnings that name some of them: the first, then when their number has doubled or
     * a minute has passed.
     *
     * @param handler called after the verdict was sent, on a thread of the session that only makes reports, or at the
     *   session's end on its reader thread; it delays no verdict. Its exceptions are logged
     */
    public fun onUnanswered(handler: Consumer<Unanswered>) {
        builder.onUnanswered(handler)
    }

    internal fun build(): NfqueueOptions {
        receiveBuffer?.let(builder::receiveBuffer)
        deadline?.let { builder.deadline(it.toJavaDuration()) }
        closeVerdict?.let(builder::closeVerdict)
        return builder.build()
    }

    private companion object {
        val DEFAULTS: NfqueueOptions = NfqueueOptions.builder().queue(0).build()
    }
}
