// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec
import java.time.Duration
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

/** What fails in a session that is closed while its decider hangs. */
private enum class WhileHanging(
    val words: String,
) {
    DECIDER("the decider, once it continues,"),
    HOLDING_DECIDER("the decider, once it continues and has held its packet,"),
    SEND("the transport's send"),
    RECEIVE("the transport's receive"),
    CLOSE_CALL("the transport's close"),
    ;

    val isDecider: Boolean get() = this == DECIDER || this == HOLDING_DECIDER
}

private const val PACKETS = 4
private const val HANGS_AT = 2L

/** One combination. It needs a separate thread group. */
private class HangingDeciderRun(
    private val callback: WhileHanging,
    kind: Thrown,
    private val deadline: Boolean,
) {
    private val kernel = FakeNetfilter(TestClock.manual())
    private val bomb = Bomb(callback, kind)
    private val log = LogTap {}
    private val hanging = CountDownLatch(1)
    private val release = CountDownLatch(1)

    fun check() = log.during { play() }

    private fun play() {
        val session = NfqueueSession.open(Tap(kernel, before = ::before), options())
        kernel.nfqueue().let { queue -> repeat(PACKETS) { queue.enqueue(0, SamplePackets.udp4()) } }
        var ofPoll: Throwable? = null
        val poller =
            thread {
                try {
                    session.poll(Decider<Exception>(::decide), Duration.ZERO)
                } catch (e: Throwable) {
                    ofPoll = e
                }
            }
        hanging.await()
        bomb.arm()
        // The close returns while the decider hangs; otherwise this test would hang.
        val ofClose = runCatching { session.close() }.exceptionOrNull()
        Thread.interrupted()
        released(session)
        left()
        release.countDown()
        poller.join()
        check(session.ended()) { "the session has not ended" }
        if (callback.isDecider) {
            check(ofPoll === bomb.thrown.single()) { "the poll has thrown $ofPoll" }
            check(ofClose == null) { "the close has thrown $ofClose" }
        } else {
            visible(listOfNotNull(ofPoll, ofClose))
        }
        balanced(session.statistics())
    }

    private fun options(): NfqueueOptions {
        val options = NfqueueOptions.builder().queue(0)
        if (deadline) options.deadline(Duration.ofHours(1))
        return options.build()
    }

    private fun before(call: Call) {
        when (call) {
            Call.SEND -> bomb.at(WhileHanging.SEND)
            Call.RECEIVE -> bomb.at(WhileHanging.RECEIVE)
            Call.CLOSE -> bomb.at(WhileHanging.CLOSE_CALL)
            Call.KERNEL_VIEW -> Unit
        }
    }

    private fun decide(packet: QueuedPacket): Verdict {
        if (packet.id() == HANGS_AT) {
            hanging.countDown()
            release.await()
            if (callback == WhileHanging.HOLDING_DECIDER) packet.hold()
            bomb.at(callback)
        }
        return Verdict.DROP
    }

    private fun released(session: NfqueueSession) {
        check(session.ended()) { "the session has not ended" }
        check(kernel.openSockets() == 0) { "the socket is still open" }
        check(kernel.nfqueue().queues().isEmpty()) { "the queue is still bound" }
    }

    /** Each packet has left once, and none is accepted. */
    private fun left() {
        val left = kernel.nfqueue().decided()
        check(left.map { it.id() }.sorted() == (1L..PACKETS).toList()) { "have left: $left" }
        check(left.none { it.passed() }) { "passed undecided: $left" }
    }

    private fun visible(thrown: List<Throwable>) {
        // A session that is closed during its decider receives nothing more.
        val expected = bomb.thrown.firstOrNull() ?: return check(callback == WhileHanging.RECEIVE)
        val seen = (thrown + log.thrown()).flatMap { it.family() }
        check(seen.any { it === expected }) { "it is lost: thrown $thrown, logged ${log.messages()}" }
        check(thrown.all { each -> each.family().any { it === expected } }) { "something else was thrown: $thrown" }
    }

    private fun balanced(statistics: NfqueueStatistics) {
        val sum =
            with(statistics) { decided() + answered() + failed() + forgotten() + expired() + settled() + held() }
        check(statistics.held() == 0L) { "packets are held after the end: $statistics" }
        check(sum == PACKETS.toLong()) { "the sum is $sum in $statistics" }
    }
}

/**
 * A session is closed while its decider hangs, and something else fails. The close returns nevertheless, the socket is
 * released, no packet is accepted undecided, the failure is reported, and the statistics balance. Each run waits for
 * the bound of the close, so all run concurrently.
 */
class HangingDeciderSpec :
    FunSpec({
        for (callback in WhileHanging.entries) {
            context("closed while the decider hangs, and ${callback.words} fails") {
                Thrown.entries
                    .flatMap { kind -> listOf(false, true).map { kind to it } }
                    .map { (kind, deadline) ->
                        val name = "$kind " + if (deadline) "with a deadline" else "without a deadline"
                        name to SeparateRun(name) { HangingDeciderRun(callback, kind, deadline).check() }
                    }.forEach { (name, run) -> test(name) { run.join() } }
            }
        }
    })
