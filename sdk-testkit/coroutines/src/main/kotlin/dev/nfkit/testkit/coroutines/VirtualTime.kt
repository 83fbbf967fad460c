package dev.nfkit.testkit.coroutines

import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.test.TestCoroutineScheduler
import java.util.concurrent.TimeUnit

/**
 * A clock of netlink doubles that stands where this test's virtual time stands, so that a `delay` of the test moves the
 * deadlines of its sessions and the flush timeouts of its fake kernel as well.
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
 * Virtual time moves by the delays of the test and of its deciders only, as soon as all of them wait; a socket that waits
 * does not move it, nor does it hold it back: a packet that a session's thread is handing over while time jumps may come
 * before the jump or behind it. What falls due in a jump happens in order, on the threads of the sessions, a few
 * milliseconds of real time later: await it, as with [decided].
 *
 * @throws IllegalStateException if the caller is in no coroutine test: neither `runTest` nor one of Kotest's with
 *     `coroutineTestScope`
 */
public suspend fun netlinkClock(): TestClock =
    checkNotNull(currentCoroutineContext()[TestCoroutineScheduler]) {
        "netlinkClock() is for coroutine tests: runTest, or Kotest's with coroutineTestScope"
    }.netlinkClock()

/** A clock of netlink doubles that stands where this scheduler's virtual time stands; see [netlinkClock]. */
@OptIn(ExperimentalCoroutinesApi::class) // its time
public fun TestCoroutineScheduler.netlinkClock(): TestClock =
    TestClock.following { TimeUnit.MILLISECONDS.toNanos(currentTime) }
