// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.NetlinkException
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.TestClock
import java.time.Duration
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.locks.LockSupport
import java.util.random.RandomGenerator
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.hours

/** What a decider or a sink of a test throws. */
internal class Deliberate : RuntimeException("thrown by the test")

/** The timeout of a test of many runs: the sum of the limits of its runs. */
internal val LONG = 10.hours

/** The number of polls in which a session must end. */
internal const val POLLS = 400

/** One run's kernel, and the transport with its faults. */
internal class Scenario(
    val run: FaultRun,
    clock: TestClock = TestClock.automatic(),
) {
    val kernel = FakeNetfilter(clock).also { it.clock().patience(Duration.ofSeconds(5)) }
    val transport = run.over(kernel)
    val random: RandomGenerator = run.random()

    /** The result of the body, or null if it fails in a documented way. Other exceptions fail the run. */
    fun <T : Any> ours(body: () -> T): T? =
        try {
            body()
        } catch (expected: NetlinkException) {
            null
        } catch (expected: Deliberate) {
            null
        }

    /** Whether no fault of these kinds was injected. */
    fun without(vararg kinds: Class<out Fault>): Boolean =
        run.injected().none { each -> kinds.any { it.isInstance(each.fault()) } }

    fun chance(one: Int): Boolean = random.nextInt(one) == 0

    /** Polls until the session has ended. */
    fun untilEnd(poll: () -> Int) {
        repeat(POLLS) {
            if (ours(poll) == -1) return
        }
        throw AssertionError("the session has not ended in $POLLS polls")
    }

    /** Polls until another thread has ended the session. The limit of the run applies. */
    fun untilEndedBy(
        other: Thread,
        poll: () -> Int,
    ) {
        while (ours(poll) != -1) {
            if (!other.isAlive) return untilEnd(poll)
        }
        other.join()
    }

    /** Checks the end of a run: none of its sockets is left. */
    fun ended() {
        check(kernel.openSockets() == 0) { "sockets are left open" }
        check(kernel.nflog().groups().isEmpty()) { "groups are left bound" }
        check(kernel.nfqueue().queues().isEmpty()) { "queues are left bound" }
    }
}

/**
 * Runs a scenario of many threads, with a clock that advances on its own thread: an automatic one would be advanced by
 * any waiting thread.
 */
internal fun exploreThreads(
    usual: Int,
    body: Scenario.() -> Unit,
) = FaultRuns.of(usual).within(Duration.ofSeconds(20)).check { run ->
    val clock = TestClock.manual()
    val over = AtomicBoolean()
    val ticking =
        thread(name = "ticking", isDaemon = true) {
            while (!over.get()) {
                clock.advance(Duration.ofMillis(50))
                LockSupport.parkNanos(50_000)
            }
        }
    try {
        Scenario(run, clock).body()
    } finally {
        over.set(true)
        ticking.join()
    }
}

/** Runs a scenario with the number of seeds in the property, or [usual]. */
internal fun explore(
    usual: Int,
    body: Scenario.() -> Unit,
) = FaultRuns.of(usual).within(Duration.ofSeconds(20)).check { Scenario(it).body() }
