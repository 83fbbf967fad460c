package dev.nfkit.testkit.coroutines

import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNflog
import dev.nfkit.testkit.FakeNfqueue
import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

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

/**
 * Suspends until a queue is bound, in real time, for as long as the clock's [patience][TestClock.patience]. A cancellation
 * ends it.
 *
 * @param queue the queue, 0 to 65535
 * @throws AssertionError where it is not bound in that time
 */
public suspend fun FakeNfqueue.bound(queue: Int): Unit = runInterruptible(Dispatchers.IO) { awaitBound(queue) }

/**
 * Suspends until a group is bound, in real time, for as long as the clock's [patience][TestClock.patience]. A cancellation
 * ends it.
 *
 * @param group the group, 0 to 65535
 * @throws AssertionError where it is not bound in that time
 */
public suspend fun FakeNflog.bound(group: Int): Unit = runInterruptible(Dispatchers.IO) { awaitBound(group) }
