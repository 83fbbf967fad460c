// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** A report thread, what its reports have done, and its own warnings. */
private class ReportRig {
    val done = LinkedBlockingQueue<Any>()
    val warnings = LinkedBlockingQueue<String>()
    val thread = ReportThread(warnings::add)

    fun submit(what: Any) = thread.submit { done += what }

    /** Waits for the next report. */
    fun next(): Any = checkNotNull(done.poll(1, TimeUnit.MINUTES)) { "no report" }

    /** Submits a report that hangs until the result is called. */
    fun hang(): () -> Unit {
        val begun = CountDownLatch(1)
        val go = CountDownLatch(1)
        thread.submit {
            begun.countDown()
            go.await()
        }
        begun.await(1, TimeUnit.MINUTES).shouldBeTrue()
        return go::countDown
    }
}

private fun Thread.waitsForLong() {
    val stop = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
    while (state != Thread.State.TIMED_WAITING && System.nanoTime() < stop) Thread.sleep(1)
    state shouldBe Thread.State.TIMED_WAITING
}

class ReportThreadSpec :
    FunSpec({
        test("reports are made in their order on one daemon thread, also after it has waited, whatever they throw") {
            val rig = ReportRig()
            rig.thread.submit { rig.done += Thread.currentThread() }
            val thread = rig.next() as Thread
            thread.name shouldBe "nfqueue-reports"
            thread.isDaemon shouldBe true
            thread.waitsForLong()
            rig.thread.submit { throw OutOfMemoryError("by the test") }
            rig.thread.submit {
                Thread.currentThread().interrupt() // does not concern the next report
            }
            listOf(1, 2, 3).forEach(rig::submit)
            List(3) { rig.next() } shouldContainExactly listOf(1, 2, 3)
            thread.waitsForLong()
            rig.thread.submit { rig.done += Thread.currentThread() }
            rig.next() shouldBeSameInstanceAs thread
            rig.warnings.shouldBeEmpty()
            rig.thread.end()
            thread.join(60_000)
            thread.isAlive shouldBe false
        }

        test("more reports than it keeps are counted, and reported once they have been made") {
            val rig = ReportRig()
            val go = rig.hang()
            repeat(1024 + 3) { rig.submit(it) }
            go()
            List(1024) { rig.next() } shouldContainExactly List(1024) { it }
            rig.warnings.poll(1, TimeUnit.MINUTES) shouldBe
                "3 reports were dropped, because too many came at once"
            rig.submit("later")
            rig.next() shouldBe "later"
            rig.thread.end()
            rig.warnings.shouldBeEmpty()
            rig.done.shouldBeEmpty()
        }

        test("the end waits for the reports in progress, also if it is interrupted, and drops later ones") {
            val rig = ReportRig()
            rig.thread.submit { rig.done += Thread.currentThread() }
            val reporter = rig.next() as Thread
            val go = rig.hang()
            rig.submit("last")
            val interrupted = LinkedBlockingQueue<Boolean>()
            val ending =
                Thread {
                    Thread.currentThread().interrupt()
                    rig.thread.end()
                    rig.done += "ended"
                    interrupted += Thread.interrupted()
                }
            ending.start()
            ending.waitsForLong()
            go()
            rig.next() shouldBe "last"
            rig.next() shouldBe "ended"
            interrupted.poll(1, TimeUnit.MINUTES) shouldBe true
            reporter.join(60_000)
            rig.submit("too late")
            rig.thread.end()
            rig.done.shouldBeEmpty()
        }

        test("the end does not wait for ever, and not at all for itself or for nothing") {
            val rig = ReportRig()
            rig.thread.submit {
                rig.thread.end()
                rig.done += Thread.interrupted()
            }
            rig.next() shouldBe false
            val hanging = ReportRig()
            val go = hanging.hang()
            hanging.thread.end()
            hanging.submit("after the end, but the thread still is there")
            go()
            hanging.next()
            val idle = ReportRig()
            idle.thread.end()
            idle.submit("no thread starts")
            idle.done.poll(20, TimeUnit.MILLISECONDS) shouldBe null
        }
    })
