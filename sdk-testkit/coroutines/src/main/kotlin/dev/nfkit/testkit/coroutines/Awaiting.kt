// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.coroutines

import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNflog
import dev.nfkit.testkit.FakeNfqueue
import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

/**
 * Suspends until a number of packets have left the queues, in real time, for as long as the clock's
 * [patience][TestClock.patience]. Virtual time may advance meanwhile. Blocking the test's thread, as
 * [awaitDecided][FakeNfqueue.awaitDecided] does, would prevent its deciders from running. Can be cancelled.
 *
 * @param count the minimum number, counted from the start
 * @return all packets that have left, in order
 * @throws AssertionError if fewer have left in that time
 */
public suspend fun FakeNfqueue.decided(count: Int): List<DecidedPacket> =
    runInterruptible(Dispatchers.IO) { awaitDecided(count) }

/**
 * Suspends until a queue is bound, in real time, for as long as the clock's [patience][TestClock.patience]. Can be
 * cancelled.
 *
 * @param queue the queue, 0 to 65535
 * @throws AssertionError if it is not bound in that time
 */
public suspend fun FakeNfqueue.bound(queue: Int): Unit = runInterruptible(Dispatchers.IO) { awaitBound(queue) }

/**
 * Suspends until a group is bound, in real time, for as long as the clock's [patience][TestClock.patience]. Can be
 * cancelled.
 *
 * @param group the group, 0 to 65535
 * @throws AssertionError if it is not bound in that time
 */
public suspend fun FakeNflog.bound(group: Int): Unit = runInterruptible(Dispatchers.IO) { awaitBound(group) }
