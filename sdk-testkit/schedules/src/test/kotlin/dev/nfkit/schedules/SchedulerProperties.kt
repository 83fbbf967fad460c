// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** Checks that the scheduler finds known failures: without this, a property that holds proves nothing. */
@Suppress("PLATFORM_CLASS_MAPPED_TO_KOTLIN") // a monitor to wait for
class SchedulerProperties :
    FunSpec({
        test("an update that is not atomic is found") {
            shouldThrow<AssertionError> {
                explore {
                    val count = AtomicInteger()
                    val threads = List(2) { thread("adder-$it") { count.set(count.get() + 1) } }
                    threads.forEach { it.join() }
                    check(count.get() == 2) { "lost an update" }
                }
            }.message shouldContain "lost an update"
        }

        test("a deadlock of two locks is found") {
            shouldThrow<AssertionError> {
                explore {
                    val locks = List(2) { ReentrantLock() }
                    val threads =
                        List(2) { thread("locker-$it") { locks[it].withLock { locks[1 - it].withLock { } } } }
                    threads.forEach { it.join() }
                }
            }.message shouldContain "Deadlock"
        }

        test("a notification before the wait is found") {
            shouldThrow<AssertionError> {
                explore {
                    val monitor = Object()
                    var ready = false
                    val waiter =
                        thread("waiter") {
                            if (!synchronized(monitor) { ready }) synchronized(monitor) { monitor.wait() }
                        }
                    synchronized(monitor) {
                        ready = true
                        monitor.notifyAll()
                    }
                    waiter.join()
                }
            }.message shouldContain "Deadlock"
        }

        test("a thread that is left is found") {
            shouldThrow<AssertionError> {
                explore {
                    thread("idler") { while (true) Thread.sleep(10) }
                }
            }.message shouldContain "idler"
        }

        test("time passes when all threads wait, and only then does a long wait end") {
            explore(0.2) {
                val begun = System.nanoTime()
                CountDownLatch(1).await(1, TimeUnit.HOURS) shouldBe false
                val hours = TimeUnit.NANOSECONDS.toMinutes(System.nanoTime() - begun) / 60.0
                check(hours in 1.0..1.1) { "$hours hours" }
            }
        }

        test("a schedule repeats by its seed") {
            val orders = mutableMapOf<Long, MutableList<String>>()
            repeat(2) {
                explore(0.1) {
                    val order = StringBuilder()
                    val threads =
                        List(3) { n -> thread("n-$n") { repeat(4) { synchronized(order) { order.append(n) } } } }
                    threads.forEach { it.join() }
                    orders.getOrPut(seed, ::mutableListOf) += order.toString()
                }
            }
            // The number of schedules that there is time for differs; those that both had are compared.
            val repeated = orders.values.filter { it.size > 1 }
            repeated.size shouldBeGreaterThan WARM_UP
            repeated.filter { it.toSet().size > 1 }.shouldBeEmpty()
            check(repeated.toSet().size > repeated.size / 3) { "few schedules differ: $repeated" }
        }

        test("a schedule that depends on more than its seed is found") {
            var runs = 0
            shouldThrow<AssertionError> {
                explore {
                    val count = AtomicInteger()
                    val times = ++runs
                    val threads = List(2) { thread("adder-$it") { repeat(times) { count.incrementAndGet() } } }
                    threads.forEach { it.join() }
                }
            }.message shouldContain "does not repeat"
        }
    })
