package dev.nfkit.testkit.coroutines

import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.test.TestCoroutineScheduler
import java.util.concurrent.TimeUnit

/**
 * Returns a clock of netlink doubles that follows this test's virtual time, so that a `delay` of the test also advances
 * the deadlines of its sessions and the flush timeouts of its fake kernel.
 *
 * ```kotlin
 * runTest {
 *     val kernel = FakeNetfilter(netlinkClock())
 *     kernel.useNfqueue({ queue(0); deadline = 2.seconds }) {
 *         val deciding = launch { decide { delay(3.seconds); Verdict.ACCEPT } }
 *         kernel.nfqueue().enqueue(0, SampleNfqueue.of(*SamplePackets.udp4()))
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

/** Returns a clock of netlink doubles that follows this scheduler's virtual time; see [netlinkClock]. */
@OptIn(ExperimentalCoroutinesApi::class) // for currentTime
public fun TestCoroutineScheduler.netlinkClock(): TestClock =
    TestClock.following { TimeUnit.MILLISECONDS.toNanos(currentTime) }
