// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.fault.Fault
import dev.nfkit.testkit.fault.FaultPlan
import dev.nfkit.testkit.fault.FaultyTransport
import dev.nfkit.trace.RecordingTransport
import dev.nfkit.trace.TraceSink
import io.kotest.core.spec.style.FunSpec
import java.nio.ByteBuffer

/** How long a request waits for an answer that is lost, plus some time for the next one. */
private const val LOST_MILLIS = 8_000L

/** More requests than one session sends. */
private const val MOST_ACKNOWLEDGEMENTS = 60

private val HOLD_PLANS = listOf(Plan.HOLD_FAILS, Plan.HOLD_FAILS_AND_ACCEPT) + ALL

private fun Throwable.isErrno(errno: Errno) = this is SystemCallException && errno() == errno

/** Applies to a transport the plan of faults that one of the trial's seeds determines. */
private fun Trial.faulty(plan: FaultPlan.() -> FaultPlan): (NetlinkTransport) -> NetlinkTransport =
    { FaultyTransport(it, FaultPlan.seeded(seed).plan()) }

private fun FaultPlan.losingSome(more: Int) = withProbability(0.5, Fault.MissingAcknowledgement()).limit(1 + more)

private fun FaultPlan.losingAllFrom(first: Int) =
    (first..first + MOST_ACKNOWLEDGEMENTS).fold(this) { plan, number ->
        plan.at(number.toLong(), Fault.MissingAcknowledgement())
    }

/** A sink that fails at some of its calls, with an exception or an Error. */
private class FailingSink(
    private val trial: Trial,
) : TraceSink {
    private fun call() {
        when (trial.random.nextInt(20)) {
            0 -> throw DeliberateLack()
            1 -> throw IllegalStateException("deliberate")
        }
    }

    override fun socket(
        protocol: Int,
        portId: Long,
    ): TraceSink.Socket {
        call()
        return Socket()
    }

    override fun note(
        epochNanos: Long,
        protocol: Int,
        text: String,
    ) = call()

    override fun flush() = call()

    override fun pendingEntries(): Long = 0

    private inner class Socket : TraceSink.Socket {
        override fun toKernel(
            epochNanos: Long,
            datagram: ByteBuffer,
        ) = call()

        override fun fromKernel(
            epochNanos: Long,
            source: ByteBuffer,
            offset: Int,
            length: Int,
            truncated: Boolean,
        ) = call()

        override fun overrun(
            epochNanos: Long,
            drops: Long,
        ) = call()

        override fun note(
            epochNanos: Long,
            text: String,
        ) = call()

        override fun closed() = call()
    }
}

/**
 * Failures from outside: each packet leaves once and none undecided, the socket is closed, and the counters balance.
 */
class FaultProperties :
    FunSpec({
        test("no packet is accepted undecided, whichever send fails") {
            explore {
                session(
                    BATCHES,
                    { if (chance(2)) deadline(DEADLINE) },
                    { onPurpose = { it.isErrno(Errno.ENOBUFS) } },
                ) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    val saboteur =
                        thread("saboteur") {
                            repeat(1 + random.nextInt(3)) {
                                Thread.sleep(random.nextLong(10))
                                kernel.socket().effect(SocketEffect.SendFailure(Errno.ENOBUFS))
                            }
                        }
                    traffic(this)
                    val closer = soon("closer", 60) { end(session) }
                    listOf(answerer, saboteur, closer).forEach { it.join() }
                }
            }
        }

        test("no packet is accepted undecided, whatever a send throws on any thread") {
            explore {
                session(
                    ALL,
                    { if (chance(2)) deadline(DEADLINE) },
                    {
                        lacksMemory = true
                        onPurpose = { it is DeliberateError || it is DeliberateLack }
                    },
                    faulty {
                        withProbability(0.1, Fault.ThrowingSend(::DeliberateError))
                            .withProbability(0.1, Fault.ThrowingSend(::DeliberateLack))
                            .limit(1 + random.nextInt(4))
                    },
                ) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    traffic(this)
                    val closer = soon("closer", 60) { end(session) }
                    listOf(answerer, closer).forEach { it.join() }
                }
            }
        }

        test("a packet that cannot be held gets the verdict of its decider, and other deadlines pass") {
            explore {
                session(HOLD_PLANS, { if (chance(2)) deadline(DEADLINE) }, { lacksMemory = true }) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    traffic(this)
                    val stopper = soon("stopper", 60) { end(session) }
                    listOf(answerer, stopper).forEach { it.join() }
                }
            }
        }

        test("a session ends with each packet decided, whichever acknowledgement is lost") {
            explore {
                session(
                    ALL,
                    { if (chance(2)) deadline(DEADLINE) },
                    { onPurpose = { it.isErrno(Errno.ETIMEDOUT) } },
                    faulty { if (chance(2)) losingSome(random.nextInt(4)) else losingAllFrom(1 + random.nextInt(4)) },
                ) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    val asker = thread("asker") { ask(session, 2, LOST_MILLIS) }
                    traffic(this)
                    val closer = soon("closer", 60) { end(session) }
                    listOf(answerer, asker, closer).forEach { it.join() }
                }
            }
        }

        test("a recording that fails does not affect the session") {
            explore {
                session(
                    ALL,
                    { if (chance(2)) deadline(DEADLINE) },
                    disturb = { RecordingTransport(it, FailingSink(this)) },
                ) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    val asker = thread("asker") { ask(session, 1) }
                    traffic(this)
                    val closer = soon("closer", 60) { end(session) }
                    listOf(answerer, asker, closer).forEach { it.join() }
                }
            }
        }
    })
