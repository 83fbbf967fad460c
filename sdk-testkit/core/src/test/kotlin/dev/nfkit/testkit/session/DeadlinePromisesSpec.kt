// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.contract.eventually
import dev.nfkit.testkit.fault.Fault
import dev.nfkit.testkit.fault.FaultPlan
import dev.nfkit.testkit.fault.FaultyTransport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.concurrent.thread

private const val SESSION = "dev.nfkit.nfqueue.NfqueueSession"

/** Passes the log of the sessions to an action while a block runs. */
private fun logged(
    action: (LogRecord) -> Unit,
    block: () -> Unit,
) {
    val logger = Logger.getLogger(SESSION)
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) = action(record)

            override fun flush() = Unit

            override fun close() = Unit
        }
    val parents = logger.useParentHandlers
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = parents
    }
}

/** A session with a deadline of a second, on a manual clock. */
private class Late(
    configure: NfqueueOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val clock: TestClock = TestClock.manual()
    val kernel = FakeNetfilter(clock)
    val session: NfqueueSession =
        NfqueueSession.open(
            kernel,
            NfqueueOptions
                .builder()
                .queue(0)
                .deadline(Duration.ofSeconds(1))
                .apply(configure)
                .build(),
        )

    fun poll(decider: (QueuedPacket) -> Verdict): Int {
        kernel.nfqueue().enqueue(0, SamplePackets.udp4())
        return session.poll(Decider<RuntimeException> { decider(it) }, Duration.ZERO)
    }

    fun hold() = poll { Verdict.HELD.also { _ -> it.hold() } }

    /** Lets the deadline pass, and waits until the given number of packets have left in total. */
    fun expire(left: Int) {
        clock.advance(Duration.ofSeconds(1))
        eventually("$left packets have left") { kernel.nfqueue().decided().size == left }
    }

    override fun close() = session.close()
}

@Suppress("UNCHECKED_CAST")
private fun <E : Throwable> raise(problem: Throwable): Nothing = throw problem as E

class DeadlinePromisesSpec :
    FunSpec({
        listOf(
            IllegalStateException("by the test"),
            IOException("by the test, and not declared"),
            AssertionError("by the test"),
            OutOfMemoryError("by the test"),
            StackOverflowError("by the test"),
        ).forEach { problem ->
            test("deadlines continue after onUnanswered has thrown ${problem::class.simpleName}") {
                logged({}) {
                    val seen = CopyOnWriteArrayList<Long>()
                    Late {
                        onUnanswered {
                            seen += it.packet().id()
                            raise<RuntimeException>(problem)
                        }
                    }.use { late ->
                        late.hold()
                        late.expire(1)
                        late.hold()
                        late.expire(2)
                        eventually("both were reported") { seen.size == 2 }
                        late.session.statistics().expired() shouldBe 2
                    }
                    seen shouldContainExactly listOf(1L, 2L)
                }
            }

            test("deadlines continue while the log throws ${problem::class.simpleName}") {
                val tried = CountDownLatch(1)
                logged({
                    tried.countDown()
                    raise<RuntimeException>(problem)
                }) {
                    Late().use { late ->
                        late.hold()
                        late.expire(1)
                        tried.await(30, TimeUnit.SECONDS) shouldBe true
                        late.hold()
                        late.expire(2)
                    }
                }
            }
        }

        test("deadlines continue while a handler blocks, and the session can be closed") {
            val free = CountDownLatch(1)
            val blocked = CountDownLatch(1)
            Late {
                onUnanswered {
                    blocked.countDown()
                    free.await()
                }
            }.use { late ->
                late.hold()
                late.expire(1)
                blocked.await(30, TimeUnit.SECONDS) shouldBe true
                late.hold()
                late.expire(2)
                late.poll { Verdict.ACCEPT } shouldBe 1
                late.kernel
                    .nfqueue()
                    .decided()
                    .last()
                    .passed() shouldBe true
                late.session.close()
                late.kernel.openSockets() shouldBe 0
            }
            free.countDown()
        }

        test("verdicts and deadlines continue while the log blocks, and the session can be closed") {
            val free = CountDownLatch(1)
            val blocked = CountDownLatch(1)
            logged({
                blocked.countDown()
                free.await()
            }) {
                Late().use { late ->
                    late.poll {
                        late.expire(1) // while the decider runs
                        Verdict.ACCEPT
                    }
                    blocked.await(30, TimeUnit.SECONDS) shouldBe true
                    late.poll { Verdict.ACCEPT } shouldBe 1
                    late.hold()
                    late.expire(3)
                    late.session.close()
                    late.kernel.openSockets() shouldBe 0
                }
                free.countDown()
            }
        }

        test("a handler may close its session, while a decider hangs") {
            lateinit var closing: Late
            val closed = CountDownLatch(1)
            Late {
                onUnanswered {
                    closing.session.close()
                    closed.countDown()
                }
            }.use { late ->
                closing = late
                late.hold()
                late.expire(1)
                closed.await(30, TimeUnit.SECONDS) shouldBe true
                late.session.ended() shouldBe true
            }
        }

        test("a hundred packets that are unanswered one by one write a few lines, which contain their number") {
            val lines = CopyOnWriteArrayList<String>()
            logged({ lines += it.message }) {
                Late().use { late ->
                    repeat(100) {
                        late.hold()
                        late.expire(it + 1)
                    }
                    late.session.statistics().expired() shouldBe 100
                }
            }
            lines.size.toLong() shouldBeLessThan 10
            lines.last() shouldContain "so far"
        }

        test("a decider that returns HELD without holding is logged, once for many packets") {
            val lines = CopyOnWriteArrayList<String>()
            logged({ lines += it.message }) {
                Late().use { late -> repeat(3) { late.poll { Verdict.HELD } } }
            }
            lines shouldHaveSize 2 // at the first, and when the number had doubled
            lines[0] shouldContain "a decider returned HELD without calling hold()"
            lines[1] shouldContain "2 so far"
        }

        test("an answer does not throw the exception of another packet's handler") {
            logged({}) {
                Late {
                    onUnanswered { raise<RuntimeException>(IOException("of packet ${it.packet().id()}")) }
                }.use { late ->
                    val held = mutableListOf<QueuedPacket>()
                    repeat(2) { late.poll { Verdict.HELD.also { _ -> held += it.hold() } } }
                    late.clock.advance(Duration.ofSeconds(1))
                    runCatching { held[1].answer(Verdict.ACCEPT) shouldBe false }.exceptionOrNull().shouldBeNull()
                }
            }
        }

        test("packets that configure() sets aside keep the deadline of their receipt") {
            val clock = TestClock.manual()
            val kernel = FakeNetfilter(clock)
            val transport = DisturbedTransport(kernel)
            val options =
                NfqueueOptions
                    .builder()
                    .queue(0)
                    .deadline(Duration.ofSeconds(1))
                    .build()
            NfqueueSession.open(transport, options).use { session ->
                kernel.nfqueue().enqueue(0, SamplePackets.udp4()) // it comes before the acknowledgement
                session.configure(
                    session
                        .options(0)
                        .toBuilder()
                        .maximumLength(9)
                        .build(),
                )
                clock.advance(Duration.ofSeconds(1))
                eventually("its deadline has passed") { kernel.nfqueue().decided().size == 1 }
                session.poll(Decider<RuntimeException> { error("it is too late") }, Duration.ZERO) shouldBe 0
                session.statistics().expired() shouldBe 1
            }
        }

        test("a poll continues after a configure() whose acknowledgement is lost, and decides waiting packets") {
            val kernel = FakeNetfilter(TestClock.manual())
            val plan = FaultPlan.none().at(2, Fault.MissingAcknowledgement()) // 1 opens the session
            val transport = DisturbedTransport(FaultyTransport(kernel, plan))
            NfqueueSession.open(transport, NfqueueOptions.builder().queue(0).build()).use { session ->
                val receiving = CountDownLatch(1)
                transport.beforeReceive = { if (Thread.currentThread().name == "asker") receiving.countDown() }
                var flag = false
                val asker =
                    thread(name = "asker") {
                        val nine = session.options(0).toBuilder().maximumLength(9)
                        shouldThrow<SystemCallException> { session.configure(nine.build()) }.errno() shouldBe
                            Errno.EBADF
                        flag = Thread.currentThread().isInterrupted
                    }
                receiving.await(30, TimeUnit.SECONDS) shouldBe true
                kernel.nfqueue().enqueue(0, SamplePackets.udp4())
                var decided = 0
                while (decided == 0) decided = session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ZERO)
                kernel
                    .nfqueue()
                    .decided()
                    .single()
                    .passed() shouldBe true
                asker.isAlive shouldBe true
                asker.interrupt()
                session.close()
                asker.join()
                flag shouldBe true // it failed, and kept its interrupt flag
            }
        }
    })
