// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.Bytes
import dev.nfkit.netfilter.NetfilterSession
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** What the contract needs of one kind of session: to open it, to let elements arrive, and to receive them. */
interface SessionHarness<S : NetfilterSession> {
    fun open(fake: FakeNetfilter): S

    /** The kernel sends packets or events to the session. */
    fun arrive(
        fake: FakeNetfilter,
        count: Int,
    )

    fun poll(
        session: S,
        timeout: Duration = Duration.ZERO,
        take: () -> Unit = {},
    ): Int

    fun run(
        session: S,
        take: () -> Unit = {},
    ): Long
}

private val LONG = Duration.ofDays(1)

/**
 * The contract of every [NetfilterSession], as its Javadoc states it. A subclass provides the harness of a kind of
 * session. Waits have bounds that only a failure reaches; no test depends on how long something takes.
 */
abstract class NetfilterSessionContract<S : NetfilterSession>(
    private val harness: SessionHarness<S>,
) : FunSpec() {
    private fun S.poll(
        timeout: Duration = Duration.ZERO,
        take: () -> Unit = {},
    ) = harness.poll(this, timeout, take)

    private fun S.run(take: () -> Unit = {}) = harness.run(this, take)

    /** A session on a fake kernel whose clock stands still unless a poll waits. */
    private fun onSession(body: (session: S, fake: FakeNetfilter) -> Unit) {
        val fake = FakeNetfilter()
        harness.open(fake).use { body(it, fake) }
        fake.openSockets() shouldBe 0
        fake.verify()
    }

    /** A session that runs in another thread, which waits for the second element. */
    private fun whileRunning(
        take: () -> Unit = {},
        body: (session: S, end: () -> Long) -> Unit,
    ) {
        val fake = FakeNetfilter(TestClock.real())
        harness.open(fake).use { session ->
            val first = CountDownLatch(1)
            var delivered = -1L
            val runner =
                thread {
                    delivered =
                        session.run {
                            take()
                            first.countDown()
                        }
                }
            harness.arrive(fake, 1)
            first.await(10, TimeUnit.SECONDS) shouldBe true
            body(session) {
                runner.join(10_000)
                runner.isAlive shouldBe false
                delivered
            }
        }
        fake.openSockets() shouldBe 0
    }

    init {
        delivering()
        waking()
        stopping()
        closing()
        reporting()
    }

    private fun delivering() {
        test("a poll delivers what is there, and returns its number") {
            onSession { session, fake ->
                session.poll() shouldBe 0
                harness.arrive(fake, 3)
                var taken = 0
                generateSequence { session.poll { taken++ } }.takeWhile { it > 0 }.sum() shouldBe 3
                taken shouldBe 3
            }
        }

        test("what a sink throws passes through poll, and the next poll delivers what comes after that element") {
            onSession { session, fake ->
                harness.arrive(fake, 3)
                var taken = 0
                shouldThrow<IOException> {
                    repeat(3) { session.poll { if (++taken == 2) throw IOException("full") } }
                }.message shouldBe "full"
                session.ended() shouldBe false
                while (session.poll { taken++ } > 0) {
                    // The next receive.
                }
                taken shouldBe 3
            }
        }

        test("a negative timeout is refused") {
            onSession { session, _ ->
                shouldThrow<IllegalArgumentException> { session.poll(Duration.ofNanos(-1)) }
            }
        }

        test("only one thread polls at a time, and not inside a callback") {
            onSession { session, fake ->
                harness.arrive(fake, 1)
                session.poll {
                    shouldThrow<IllegalStateException> { session.poll() }.message shouldContain "inside a callback"
                    var other: Throwable? = null
                    thread { other = runCatching { session.poll() }.exceptionOrNull() }.join()
                    other?.message shouldContain "another thread polls"
                } shouldBe 1
            }
        }

        test("an interrupted run returns with the flag set, and the session stays open") {
            onSession { session, fake ->
                harness.arrive(fake, 1)
                session.run { Thread.currentThread().interrupt() } shouldBe 1
                Thread.interrupted() shouldBe true
                session.ended() shouldBe false
            }
        }
    }

    private fun waking() {
        test("a wakeup before a poll makes the next one return 0 at once, and only that one") {
            onSession { session, fake ->
                session.wakeup()
                val start = fake.nanoTime()
                session.poll(LONG) shouldBe 0
                fake.nanoTime() shouldBe start
                harness.arrive(fake, 1)
                session.poll(LONG) shouldBe 1
            }
        }

        test("a wakeup inside a callback ends the next poll") {
            onSession { session, fake ->
                harness.arrive(fake, 1)
                session.poll { session.wakeup() } shouldBe 1
                session.poll(LONG) shouldBe 0
            }
        }

        test("a wakeup does not end a run, and has no effect after the end") {
            whileRunning { session, end ->
                session.wakeup()
                session.ended() shouldBe false
                session.stop()
                end() shouldBe 1
                session.wakeup()
                session.poll(LONG) shouldBe -1
            }
        }
    }

    private fun stopping() {
        test("a stop delivers what the kernel has, and then ends the session") {
            onSession { session, fake ->
                harness.arrive(fake, 3)
                session.stop()
                session.stop()
                session.ended() shouldBe false
                var taken = 0
                session.run { taken++ } shouldBe 3
                taken shouldBe 3
                session.ended() shouldBe true
                session.statistics().delivered() shouldBe 3
                session.statistics().discarded() shouldBe 0
            }
        }

        test("a stop inside a callback delivers the rest") {
            onSession { session, fake ->
                harness.arrive(fake, 3)
                session.run { session.stop() } shouldBe 3
                session.ended() shouldBe true
            }
        }

        test("a stop from another thread ends a run that waits") {
            whileRunning { session, end ->
                session.stop()
                end() shouldBe 1
                session.ended() shouldBe true
            }
        }

        test("a poll after a stop returns −1 once everything was delivered, and from then on") {
            onSession { session, fake ->
                harness.arrive(fake, 1)
                session.stop()
                session.poll() shouldBe 1
                repeat(3) { session.poll(LONG) shouldBe -1 }
                session.run() shouldBe 0
                session.stop()
                session.ended() shouldBe true
            }
        }
    }

    private fun closing() {
        test("a close discards what was not delivered, and counts it; a second close has no effect") {
            onSession { session, fake ->
                harness.arrive(fake, 3)
                repeat(2) {
                    session.close()
                    session.ended() shouldBe true
                    session.statistics().delivered() shouldBe 0
                    session.statistics().discarded() shouldBe 3
                }
            }
        }

        test("a poll after a close returns −1, and a run returns") {
            onSession { session, _ ->
                session.close()
                session.poll(LONG) shouldBe -1
                session.run() shouldBe 0
            }
        }

        test("a close after a stop does not wait for a poll") {
            onSession { session, fake ->
                harness.arrive(fake, 2)
                session.stop()
                session.close()
                session.ended() shouldBe true
                session.statistics().discarded() shouldBe 2
            }
        }

        test("a close inside a callback ends the session when the callback returns") {
            onSession { session, fake ->
                harness.arrive(fake, 3)
                session.poll {
                    session.close()
                    session.ended() shouldBe false
                } shouldBe 1
                session.ended() shouldBe true
                session.statistics().discarded() shouldBe 2
                session.poll(LONG) shouldBe -1
            }
        }

        test("a close from another thread ends a run that waits, without an exception") {
            whileRunning { session, end ->
                session.close()
                end() shouldBe 1
                session.ended() shouldBe true
            }
        }
    }

    private fun reporting() {
        test("a session has an address of its own and a receive buffer, also after its end") {
            onSession { session, fake ->
                session.portId() shouldBeInRange 1L..0xffff_ffffL
                val (port, buffer) = session.portId() to session.receiveBuffer()
                fake.open(12).use { it.portId() shouldNotBe port }
                (buffer > 0) shouldBe true
                session.close()
                session.portId() shouldBe port
                session.receiveBuffer() shouldBe buffer
            }
        }

        test("what is lost before a sink is counted by its cause") {
            onSession { session, fake ->
                val socket = fake.socket()
                socket.effect(SocketEffect.Foreign(Bytes.of(20, 0, 0, 0)))
                socket.effect(SocketEffect.Truncated(Bytes.of(20, 0, 0, 0)))
                socket.effect(SocketEffect.Datagram(Bytes.of(20, 0, 0, 0)))
                socket.effect(SocketEffect.Overrun(3))
                harness.arrive(fake, 1)
                repeat(9) { session.poll() }
                val counts = session.statistics()
                counts.foreign() shouldBe 1
                counts.truncatedDatagrams() shouldBe 1
                counts.malformed() shouldBe 1
                counts.socketDrops() shouldBe 3
                counts.delivered() shouldBe 1
                counts.discarded() shouldBe 0
            }
        }

        test("statistics are a snapshot, and the same after the end") {
            onSession { session, fake ->
                val before = session.statistics()
                harness.arrive(fake, 2)
                session.stop()
                session.run() shouldBe 2
                before.delivered() shouldBe 0
                val after = session.statistics()
                after.delivered() shouldBe 2
                session.close()
                session.statistics() shouldBe after
                session.statistics().hashCode() shouldBe after.hashCode()
                session.statistics().toString() shouldBe after.toString()
                after shouldNotBe before
                after.toString() shouldContain "delivered=2"
            }
        }
    }
}
