// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.coroutines

import dev.nfkit.coroutines.useNflog
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/** A decider takes three minutes, and the deadline drops its packet after two. */
private suspend fun TestScope.decidesTooLate(kernel: FakeNetfilter) {
    kernel.useNfqueue({
        queue(0)
        deadline = 2.minutes
        failureVerdict = Verdict.DROP
    }) {
        val deciding =
            launch {
                decide {
                    delay(3.minutes)
                    Verdict.ACCEPT
                }
            }
        kernel.nfqueue().enqueue(0, SamplePackets.udp4())
        kernel
            .nfqueue()
            .decided(1)
            .single()
            .dropped() shouldBe true
        deciding.cancel()
    }
}

@OptIn(ExperimentalCoroutinesApi::class)
class VirtualTimeSpec :
    FunSpec({
        fun FakeNetfilter.enqueue() = nfqueue().enqueue(0, SampleNfqueue.of(SamplePackets.udp4()))

        test("the clock follows the test's virtual time, whenever it is created") {
            runTest {
                advanceTimeBy(1.hours)
                val clock = netlinkClock()
                val start = clock.nanoTime()
                clock.nanoTime() shouldBe start
                delay(1500.milliseconds)
                clock.nanoTime() - start shouldBe 1_500_000_000
                clock.advance(1.seconds.toJavaDuration())
                clock.nanoTime() - start shouldBe 2_500_000_000
            }
        }

        test("a kernel that was created before shares the time of several coroutine tests") {
            val kernel = FakeNetfilter(TestClock.virtual())
            val start = kernel.clock().nanoTime()
            repeat(2) { time ->
                kernel.runTest {
                    delay(10.minutes)
                    (kernel.clock().nanoTime() - start).nanoseconds shouldBe 10.minutes * (time + 1)
                }
            }
            kernel.clock().nanoTime() - start shouldBe 20.minutes.inWholeNanoseconds
        }

        test("a deadline of a kernel that was created before falls due in the virtual time of the test") {
            val kernel = FakeNetfilter(TestClock.virtual())
            kernel.runTest {
                decidesTooLate(kernel)
            }
        }

        test("a kernel with another clock is refused") {
            shouldThrow<IllegalStateException> { FakeNetfilter().runTest {} }.message shouldContain
                "TestClock.virtual()"
        }

        test("a decider that takes longer than the deadline is too late, without real waiting") {
            runTest {
                val kernel = FakeNetfilter(netlinkClock())
                decidesTooLate(kernel)
                kernel.verify()
            }
        }

        test("a decider that takes less than the deadline decides") {
            runTest {
                val kernel = FakeNetfilter(netlinkClock())
                kernel.useNfqueue({
                    queue(0)
                    deadline = 2.minutes
                    failureVerdict = Verdict.DROP
                }) {
                    val deciding =
                        launch {
                            decide {
                                delay(119.seconds)
                                Verdict.ACCEPT
                            }
                        }
                    kernel.enqueue()
                    kernel
                        .nfqueue()
                        .decided(1)
                        .single()
                        .passed() shouldBe true
                    deciding.cancel()
                }
            }
        }

        test("a packet without an answer gets its verdict when the virtual time reaches the deadline") {
            runTest {
                val kernel = FakeNetfilter(netlinkClock())
                kernel.useNfqueue({
                    queue(0)
                    deadline = 2.seconds
                    failureVerdict = Verdict.DROP
                }) {
                    kernel.enqueue()
                    packets.first().answered() shouldBe false
                    delay(1.seconds)
                    kernel.nfqueue().decided() shouldBe emptyList()
                    delay(1.seconds)
                    kernel
                        .nfqueue()
                        .decided(1)
                        .single()
                        .dropped() shouldBe true
                }
            }
        }

        test("packets that a log group holds for a batch arrive after the flush timeout") {
            runTest {
                val kernel = FakeNetfilter(netlinkClock())
                kernel.useNflog({
                    group(30) {
                        threshold = 100
                        timeout = 30.seconds
                    }
                }) {
                    kernel.nflog().log(30, SampleNflog.of(SamplePackets.udp4()).prefix("held"))
                    val packet = launch { packets.first().prefix() shouldBe "held" }
                    delay(29.seconds)
                    packet.isCompleted shouldBe false
                    delay(1.seconds)
                    packet.join()
                    currentTime shouldBe 30_000
                }
            }
        }

        test("outside a coroutine test there is no virtual time") {
            shouldThrow<IllegalStateException> { netlinkClock() }.message!! shouldContain "runTest"
        }

        test("code that binds its queue and its group itself is awaited") {
            runTest {
                val kernel = FakeNetfilter(netlinkClock())
                val using = launch { kernel.useNfqueue({ queue(7) }) { awaitCancellation() } }
                val logging = launch { kernel.useNflog({ group(30) }) { awaitCancellation() } }
                kernel.nfqueue().bound(7)
                kernel.nflog().bound(30)
                using.cancel()
                logging.cancel()
            }
        }

        test("waiting for an unbound queue ends in real time, and the error names the bound queues") {
            val kernel = FakeNetfilter()
            kernel.clock().patience(50.milliseconds.toJavaDuration())
            shouldThrow<AssertionError> { kernel.nfqueue().bound(7) }.message!! shouldContain "queue 7 was not bound"
            shouldThrow<AssertionError> { kernel.nflog().bound(7) }.message!! shouldContain "group 7 was not bound"
        }

        test("waiting for missing packets ends in real time, and the error names the packets that left") {
            runTest {
                val kernel = FakeNetfilter(netlinkClock())
                kernel.clock().patience(50.milliseconds.toJavaDuration())
                val begun = System.nanoTime()
                shouldThrow<AssertionError> { kernel.nfqueue().decided(1) }.message!! shouldContain "1 packets"
                System.nanoTime() - begun shouldBeLessThan 10.seconds.inWholeNanoseconds
            }
        }
    })
