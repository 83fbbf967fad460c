// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.coroutines

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.test.TestCoroutineScheduler
import kotlinx.coroutines.test.TestResult
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Returns a clock of netlink doubles that follows this test's virtual time, so that a `delay` of the test also advances
 * the deadlines of its sessions and the flush timeouts of its fake kernel.
 *
 * ```kotlin
 * runTest {
 *     val kernel = FakeNetfilter(netlinkClock())
 *     kernel.useNfqueue({ queue(0); deadline = 2.seconds }) {
 *         val deciding = launch { decide { delay(3.seconds); Verdict.ACCEPT } }
 *         kernel.nfqueue().enqueue(0, SampleNfqueue.of(SamplePackets.udp4()))
 *         kernel.nfqueue().decided(1).single().dropped() shouldBe true
 *         deciding.cancel()
 *     }
 * }
 * ```
 *
 * Virtual time advances only by the delays of the test and of its deciders, as soon as all of them wait. A socket that
 * waits neither advances it nor holds it back: a packet that a session's thread is delivering while time jumps may
 * arrive before or after the jump. What falls due in a jump happens in order, on the threads of the sessions, a few
 * milliseconds of real time later: await it, as with [decided].
 *
 * @throws IllegalStateException if the caller is not in a coroutine test: neither `runTest` nor one of Kotest's with
 *     `coroutineTestScope`
 */
public suspend fun netlinkClock(): TestClock =
    checkNotNull(currentCoroutineContext()[TestCoroutineScheduler]) {
        "netlinkClock() is for coroutine tests: runTest, or Kotest's with coroutineTestScope"
    }.netlinkClock()

/**
 * Runs a coroutine test whose virtual time this kernel follows: a kernel that was created before the test, as a parameter
 * of a JUnit test.
 *
 * ```kotlin
 * @Test
 * fun dropsWhatTakesTooLong(@FakeKernel(time = Time.VIRTUAL) kernel: FakeNetfilter) = kernel.runTest {
 *     kernel.useNfqueue({ queue(0); deadline = 2.seconds }) {
 *         val deciding = launch { decide { delay(3.seconds); Verdict.ACCEPT } }
 *         kernel.nfqueue().enqueue(0, SamplePackets.udp4())
 *         assertTrue(kernel.nfqueue().decided(1).single().dropped())
 *         deciding.cancel()
 *     }
 * }
 * ```
 *
 * Time advances as described at [netlinkClock]. After the test the kernel's time stands still.
 *
 * @param timeout how long the test may take in real time
 * @param testBody the test
 * @throws IllegalStateException if the kernel's clock is not one of [TestClock.virtual]
 */
public fun FakeNetfilter.runTest(
    timeout: Duration = 60.seconds,
    testBody: suspend TestScope.() -> Unit,
): TestResult {
    val scheduler = TestCoroutineScheduler()
    clock().follow { scheduler.nanos() }
    return runTest(scheduler, timeout, testBody)
}

/** Returns a clock of netlink doubles that follows this scheduler's virtual time; see [netlinkClock]. */
public fun TestCoroutineScheduler.netlinkClock(): TestClock = TestClock.following { nanos() }

@OptIn(ExperimentalCoroutinesApi::class) // for currentTime
private fun TestCoroutineScheduler.nanos() = TimeUnit.MILLISECONDS.toNanos(currentTime)
