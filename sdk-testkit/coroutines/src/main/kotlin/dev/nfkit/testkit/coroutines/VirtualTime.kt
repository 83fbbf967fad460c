package dev.nfkit.testkit.coroutines

import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeNfqueue
import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.test.TestCoroutineScheduler
import kotlinx.coroutines.test.TestScope
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
 * before the jump or behind it. What falls due in a jump happens in order, on the threads of the sessions, a few milliseconds of real
 * time later: await it, as with [decided].
 */
public fun TestScope.netlinkClock(): TestClock = testScheduler.netlinkClock()

/** A clock of netlink doubles that stands where this scheduler's virtual time stands; see [TestScope.netlinkClock]. */
@OptIn(ExperimentalCoroutinesApi::class) // its time
public fun TestCoroutineScheduler.netlinkClock(): TestClock =
    TestClock.following { TimeUnit.MILLISECONDS.toNanos(currentTime) }

/** A kernel in memory whose time is this test's virtual time; see [TestScope.netlinkClock]. */
public fun TestScope.fakeNetfilter(): FakeNetfilter = FakeNetfilter(netlinkClock())

/**
 * Suspends until so many packets have left the queues, in real time, for as long as the clock's
 * [patience][TestClock.patience]; virtual time may move meanwhile. What blocks the test's thread, as
 * [awaitDecided][FakeNfqueue.awaitDecided] does, would keep its deciders from deciding. A cancellation ends it.
 *
 * @param count how many at least, counted from the start
 * @return all that have left, in the order in which they did
 * @throws AssertionError where fewer have left in that time
 */
public suspend fun FakeNfqueue.decided(count: Int): List<DecidedPacket> =
    runInterruptible(Dispatchers.IO) { awaitDecided(count) }
