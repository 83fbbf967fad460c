// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** A watchdog whose rounds a test carries out: each look waits for what it is to return. */
private class Watched {
    private val looks = LinkedBlockingQueue<Thread>()
    private val results = LinkedBlockingQueue<() -> Long>()
    val failures = LinkedBlockingQueue<Throwable>()
    val watchdog =
        Watchdog({
            looks += Thread.currentThread()
            results.take()()
        }, failures::add)

    /** Waits for the next look, and determines its result. */
    fun look(result: () -> Long): Thread {
        val thread = checkNotNull(looks.poll(1, TimeUnit.MINUTES)) { "no look" }
        results += result
        return thread
    }

    fun waiting(): Int = looks.size
}

private fun Thread.ends() {
    join(60_000)
    isAlive shouldBe false
}

/** Waits until the thread waits at the watchdog's monitor. Its stack shows it in one look, which its state and its blocker do not. */
internal fun Thread.waits() {
    val stop = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
    while (System.nanoTime() < stop) {
        if (stackTrace.any { it.className == "java.lang.Object" && it.methodName == "wait" }) return
        Thread.sleep(1)
    }
    error("$this does not wait: ${stackTrace.joinToString()}")
}

class WatchdogSpec :
    FunSpec({
        test("one thread looks, however often it is started, and ends") {
            val watched = Watched()
            repeat(3) { watched.watchdog.start() }
            val thread = watched.look { 1 }
            thread.isDaemon shouldBe true
            thread.name shouldBe "nfqueue-watchdog"
            watched.look { 0 } shouldBeSameInstanceAs thread // due now: it looks again by itself
            watched.look { 1 } shouldBeSameInstanceAs thread
            watched.look {
                watched.watchdog.end()
                1
            } shouldBeSameInstanceAs thread
            thread.ends()
        }

        test("with nothing due it looks once more, since a notice may have come, and then waits for one") {
            val watched = Watched()
            watched.watchdog.start()
            val thread = watched.look { -1 }
            watched.look { -1 }
            watched.watchdog.notice()
            watched.look { -1 }
            watched.look {
                watched.watchdog.notice() // not lost, though it looks just now
                -1
            }
            watched.look { -1 }
            watched.look { -1 }
            watched.watchdog.end()
            thread.ends()
            watched.waiting() shouldBe 0
        }

        test("a thread that waits without a deadline is woken by a notice and by the end") {
            val watched = Watched()
            watched.watchdog.start()
            val thread = watched.look { -1 }
            watched.look { -1 }
            thread.waits()
            watched.watchdog.notice()
            watched.look { -1 }
            watched.look { -1 }
            thread.waits()
            watched.watchdog.end()
            thread.ends()
        }

        test("however far the next deadline is, it looks again, for the clock may be another one") {
            val watched = Watched()
            watched.watchdog.start()
            val thread = watched.look { Long.MAX_VALUE }
            watched.look {
                watched.watchdog.end()
                0
            } shouldBeSameInstanceAs thread
            thread.ends()
        }

        test("a round that throws is reported and repeated") {
            val watched = Watched()
            watched.watchdog.start()
            val problem = IllegalStateException("by the test")
            val thread = watched.look { throw problem }
            watched.failures.poll(1, TimeUnit.MINUTES) shouldBeSameInstanceAs problem
            watched.look { -1 }
            watched.look { -1 }
            watched.watchdog.end()
            thread.ends()
            watched.failures.size shouldBe 0
        }
    })
