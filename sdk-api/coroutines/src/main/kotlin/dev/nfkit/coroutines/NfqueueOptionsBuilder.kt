// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueQueue
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.nftables.PacketRule
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * The options of an NFQUEUE session: its queues, its socket, the treatment of packets without a verdict, and the number
 * of packets that may wait for the deciding coroutine. Defaults and ranges are those of [NfqueueOptions.Builder]; a
 * value out of range is refused when it is set. One thread at a time.
 */
@NfkitDsl
public class NfqueueOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = NfqueueOptions.builder()

    /**
     * The receive buffer to request, in bytes: 4096 to 1073741823, or null, the default, for the size that the kernel
     * charges for the maximum number of waiting packets, at most 64 MiB; it uses memory only while packets wait.
     * Without the privilege to exceed `net.core.rmem_max` the session gets at most that; [NfqueueScope.receiveBuffer]
     * is the actual size.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int? = null
        set(bytes) {
            bytes?.let { NfqueueOptions.builder().receiveBuffer(it) } // checks the range
            field = bytes
        }

    /**
     * The send buffer to request, in bytes: 4096 to 1073741823; 1 MiB by default. The verdicts of a batch are sent in
     * one datagram if they fit, and in several otherwise.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var sendBuffer: Int = DEFAULTS.sendBuffer()
        set(bytes) {
            builder.sendBuffer(bytes)
            field = bytes
        }

    /**
     * The maximum number of packets that are received at once, 1 to 1024; 64 by default. The verdicts of deciders that
     * do not suspend are sent with their batch: use a smaller number for a decider that computes for a long time, down
     * to 1.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var batchSize: Int = DEFAULTS.batchSize()
        set(packets) {
            builder.batchSize(packets)
            field = packets
        }

    /**
     * The time that the reader thread spins before it sleeps: zero, the default, to one second. Spinning saves a packet
     * the time of waking the thread (about 10 µs), and uses a whole processor.
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
     * It also applies at the deadline and at the end, unless these have their own. [Verdict.DROP] by default: it fails
     * closed.
     *
     * @throws IllegalArgumentException if it is set to HELD, or to one with changes other than mark and priority
     */
    public var failureVerdict: Verdict = DEFAULTS.failureVerdict()
        set(verdict) {
            builder.failureVerdict(verdict)
            field = verdict
        }

    /**
     * The longest time that the application may take for a packet, from its receipt to its verdict: 1 ms to one day, or
     * null, the default, for no bound. After it the packet gets the failure verdict, or that of [deadline], and a later
     * verdict of the application is [counted as late][dev.nfkit.nfqueue.NfqueueStatistics.late]. The decider is not
     * cancelled.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var deadline: Duration? = null
        set(time) {
            time?.let { NfqueueOptions.builder().deadline(it.toJavaDuration()) } // checks the range
            field = time
        }

    /**
     * The longest time that the application may take for a packet, and the verdict after it.
     *
     * @param time from 1 ms to one day
     * @param verdict not HELD, and without changes other than mark and priority
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
     * The verdict of packets that are undecided when the session ends, or whose decider is cancelled; null, the
     * default, for the failure verdict. The kernel itself drops waiting packets if the process is killed.
     *
     * @throws IllegalArgumentException if it is set to HELD, or to one with changes other than mark and priority
     */
    public var closeVerdict: Verdict? = null
        set(verdict) {
            verdict?.let { NfqueueOptions.builder().closeVerdict(it) } // checks it
            field = verdict
        }

    /**
     * The time that a graceful [stop][NfqueueScope.stop] waits for packets to be decided, before they get the close
     * verdict: zero to one day; one second by default.
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
     * @throws IllegalArgumentException if it is out of range or was already added
     */
    public fun queue(
        queue: Int,
        configure: NfqueueQueueBuilder.() -> Unit = {},
    ) {
        queue(NfqueueQueueBuilder(queue).apply(configure).build())
    }

    /**
     * Adds a queue with options that are already built.
     *
     * @param queue the queue's options
     * @throws IllegalArgumentException if the queue was already added
     */
    public fun queue(queue: NfqueueQueue) {
        builder.queue(queue)
    }

    /**
     * Adds a range of queues, as for a rule that balances over them (`--queue-balance 0:3`). All share one socket and
     * one reader thread.
     *
     * @param first the first queue, 0 to 65535
     * @param last the last one, not below the first
     * @param configure sets the options of each
     * @throws IllegalArgumentException if the range is empty or exceeds 0 to 65535, or a queue was already added
     */
    public fun queues(
        first: Int,
        last: Int,
        configure: NfqueueQueueBuilder.() -> Unit = {},
    ) {
        builder.queues(first, last) { NfqueueQueueBuilder(it).configure() }
    }

    /**
     * Sets the handler of malformed messages, which are also counted. Without a handler they are logged as warnings:
     * the first, then when their number has doubled or a minute has passed.
     *
     * @param handler called on the session's reader thread, which waits for it; its exceptions make the session fail
     *     and are thrown to the collector or the caller of [NfqueueScope.decide]
     */
    public fun onMalformed(handler: MalformedHandler) {
        builder.onMalformed(handler)
    }

    /**
     * Sets the handler of verdicts that the kernel refused, which are also counted.
     *
     * @param handler called on the session's reader thread, which waits for it. Its exceptions are logged; its Errors
     *     make the session fail
     */
    public fun onRefused(handler: Consumer<VerdictRefusal>) {
        builder.onRefused(handler)
    }

    /**
     * Installs a rule that queues packets for the session, while the session is open: to its queue, or by a hash of
     * their addresses to all of its queues. [PacketRule] describes where it is, what happens if the process is killed,
     * and what its removal means for the queues of other processes.
     *
     * @param match matches in the language of nft, such as `udp dport 53`; empty for all packets
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule
     * @throws IllegalArgumentException if it does more than to match
     */
    public fun rule(match: String) {
        builder.rule(match)
    }

    /**
     * Installs a rule that queues packets for the session, while the session is open.
     *
     * @param rule the rule
     */
    public fun rule(rule: PacketRule) {
        builder.rule(rule)
    }

    /**
     * Sets the handler of packets that were not answered and got the verdict of their deadline or of the session's end.
     * Without a handler they are logged as warnings that name some of them: the first, then when their number has
     * doubled or a minute has passed.
     *
     * @param handler called after the verdict was sent, on a separate report thread of the session, or at the session's
     *     end on its reader thread; it delays no verdict. Its exceptions are logged
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
