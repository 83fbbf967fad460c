// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.CountDownLatch
import java.util.concurrent.FutureTask
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

private const val SECOND = 1_000_000_000L

private fun LoopRig.call() = loop.nextSequence().let { loop.call("bind", it, request(it)) }

private fun LoopRig.ask() = loop.nextSequence().let { loop.ask("configure", it, request(it)) }

/** What an action on another thread returns or throws; the bound is only reached by a failure. */
private fun <T> elsewhere(action: () -> T): FutureTask<Result<T>> =
    FutureTask { runCatching(action) }.also { thread(isDaemon = true) { it.run() } }

private fun <T> FutureTask<Result<T>>.outcome(): Result<T> = get(60, TimeUnit.SECONDS)

/** Waits for something that another thread does; the bound is only reached by a failure. */
private fun until(condition: () -> Boolean) {
    val stop = System.nanoTime() + 60 * SECOND
    while (!condition()) {
        check(System.nanoTime() < stop)
        Thread.sleep(1)
    }
}

/** Requests and their answers, before the first poll and beside polls. */
class RequesterSpec :
    FunSpec({
        context("before the first poll") {
            test("a request waits five seconds for its answer, and what comes before it is delivered later, in order") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { listOf(packet(7), packet(8)).also { rig.now += 2 * SECOND } }
                rig.arrive(packet(9), answer(1), packet(10))
                rig.call()
                rig.waits shouldContainExactly listOf(5 * SECOND, 3 * SECOND)
                rig.arrive(packet(11))
                rig.drain()
                rig.delivered shouldContainExactly listOf(7, 8, 9, 10, 11)
            }

            test("a refusal is thrown, with the request and its reason") {
                val rig = LoopRig()
                rig.arrive(answer(1, 22))
                val refused = shouldThrow<KernelRefusedException> { rig.call() }
                refused.errno() shouldBe Errno.EINVAL
                refused.message shouldContain "bind"
                rig.arrive(answer(2))
                rig.call()
            }

            for (late in listOf(0L, 1L)) {
                test("without an answer it ends after five seconds, whatever else comes: $late") {
                    val rig = LoopRig()
                    rig.script += LoopRig.Step { listOf(packet(7)).also { rig.now += 5 * SECOND + late } }
                    val lost = shouldThrow<SystemCallException> { rig.call() }
                    lost.errno() shouldBe Errno.ETIMEDOUT
                    lost.message shouldContain "no answer came"
                    rig.waits shouldContainExactly listOf(5 * SECOND)
                    rig.drain()
                    rig.delivered shouldContainExactly listOf(7)
                }
            }

            test("an answer of the last moment counts") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { listOf(answer(1)).also { rig.now += 5 * SECOND } }
                rig.call()
            }

            test("a closed socket ends it") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { null }
                val closed = shouldThrow<SystemCallException> { rig.call() }
                closed.errno() shouldBe Errno.EBADF
                closed.message shouldContain "closed before the kernel's answer came"
            }

            test("an answer to another request is not its own") {
                val rig = LoopRig()
                rig.arrive(answer(2, 22), answer(1))
                rig.call()
                rig.calls shouldContainExactly listOf("send", "unclaimed 2")
            }

            test("a send that fails leaves no request that waits") {
                val rig = LoopRig()
                rig.onSend = { throw failure() }
                shouldThrow<SystemCallException> { rig.call() }
                rig.waits.size shouldBe 0
                rig.onSend = {}
                rig.loop.stop()
                rig.arrive(answer(2))
                rig.poll(0) shouldBe -1
                rig.calls.count { it == "rest" } shouldBe 1 // nothing is unanswered, so it is not repeated
            }

            test("a receive that fails reports that messages may be lost, and the next request goes on") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { throw failure() }
                shouldThrow<SystemCallException> { rig.call() }.errno() shouldBe Errno.ENOMEM
                rig.calls shouldContainExactly listOf("send", "missed")
                rig.loop.inbound().currentEpoch() shouldBe 1
            }
        }

        context("beside polls") {
            test("a request without a poll receives its answer itself, and gives the turn back") {
                val rig = LoopRig()
                rig.script +=
                    LoopRig.Step {
                        rig.loop.inside() shouldBe true
                        rig.loop.polling() shouldBe false
                        listOf(packet(7), answer(1))
                    }
                rig.ask()
                rig.waits shouldContainExactly listOf(5 * SECOND)
                rig.loop.inside() shouldBe false
                rig.poll(0) shouldBe 1
                rig.delivered shouldContainExactly listOf(7)
            }

            test("packets that a poll left come before those that a request receives") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                rig.onPacket = { error("full") }
                shouldThrow<IllegalStateException> { rig.poll(0) }
                rig.onPacket = {}
                rig.arrive(packet(3), answer(1))
                rig.ask()
                rig.drain()
                rig.delivered shouldContainExactly listOf(1, 2, 3)
            }

            test("a request inside a callback is refused before it is sent") {
                val rig = LoopRig()
                rig.arrive(packet(1))
                rig.onPacket = {
                    shouldThrow<IllegalStateException> { rig.ask() }.message shouldContain "not inside a callback"
                }
                rig.poll(0) shouldBe 1
                rig.calls shouldNotContain "send"
            }

            test("a poll in progress receives the answer of another thread's request") {
                val rig = LoopRig()
                lateinit var asked: FutureTask<Result<Unit>>
                rig.during {
                    asked = elsewhere { rig.ask() }
                    until { "send" in rig.calls }
                }
                rig.arrive(answer(1, 1), packet(2))
                rig.poll(0) shouldBe 0
                rig.poll(0) shouldBe 1
                asked
                    .outcome()
                    .exceptionOrNull()
                    .let { it as KernelRefusedException }
                    .errno() shouldBe Errno.EPERM
            }

            test("a request gives the turn to a poll that wants it, which then receives its answer") {
                val rig = LoopRig()
                lateinit var polled: FutureTask<Result<Int>>
                rig.during {
                    polled = elsewhere { rig.poll(0) }
                    until { "wakeup" in rig.calls }
                }
                rig.arrive(answer(1), packet(2))
                rig.ask()
                polled.outcome().getOrThrow() shouldBe 1
                rig.waits shouldContainExactly listOf(5 * SECOND, 0L)
                rig.calls.count { it == "wakeup" } shouldBe 1
                rig.arrive(answer(2))
                rig.ask() // no poll wants the turn any more
            }

            test("a request that no thread receives for ends after five seconds") {
                val rig = LoopRig()
                rig.arrive(packet(1))
                rig.onPacket = {
                    val asked = elsewhere { rig.ask() }
                    until { "send" in rig.calls }
                    rig.now += 6 * SECOND
                    val lost = asked.outcome().exceptionOrNull() as SystemCallException
                    lost.errno() shouldBe Errno.ETIMEDOUT
                    lost.message shouldContain "configure"
                    lost.message shouldContain "make it again"
                }
                rig.poll(0) shouldBe 1
            }

            test("a request that waits ends when the session is closed") {
                val rig = LoopRig()
                rig.arrive(packet(1))
                rig.onPacket = {
                    val asked = elsewhere { rig.ask() }
                    until { "send" in rig.calls }
                    rig.loop.close()
                    val closed = asked.outcome().exceptionOrNull() as SystemCallException
                    closed.errno() shouldBe Errno.EBADF
                    closed.message shouldContain "the session was closed"
                }
                rig.poll(0) shouldBe 1
            }

            test("a request of a closed session ends at once, if it can be sent at all") {
                val rig = LoopRig()
                rig.loop.close()
                (shouldThrow<SystemCallException> { rig.ask() }).errno() shouldBe Errno.EBADF
            }

            test("a receive that fails is thrown, and the session can be polled") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { throw failure() }
                shouldThrow<SystemCallException> { rig.ask() }.errno() shouldBe Errno.ENOMEM
                rig.arrive(packet(2))
                rig.poll(0) shouldBe 1
            }

            test("a close while a request receives ends the session") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { listOf(packet(4), answer(1)).also { rig.loop.close() } }
                rig.ask()
                rig.loop.ended() shouldBe true
                rig.calls shouldContain "discarded 4"
            }

            test("a close and a failure while a request receives end the session too") {
                val rig = LoopRig()
                rig.script +=
                    LoopRig.Step {
                        rig.loop.close()
                        throw failure()
                    }
                shouldThrow<SystemCallException> { rig.ask() }.errno() shouldBe Errno.ENOMEM
                rig.loop.ended() shouldBe true
            }

            test("an interrupt does not end the wait, and stays") {
                val rig = LoopRig()
                rig.arrive(packet(1))
                val waiting = CountDownLatch(1)
                lateinit var asker: Thread
                var interrupted = false
                rig.onPacket = {
                    asker =
                        thread(isDaemon = true) {
                            waiting.countDown()
                            rig.ask()
                            interrupted = Thread.currentThread().isInterrupted
                        }
                    waiting.await(60, TimeUnit.SECONDS) shouldBe true
                    until { "send" in rig.calls }
                    asker.interrupt()
                    rig.arrive(answer(1))
                }
                rig.poll(0) shouldBe 1
                asker.join(60_000)
                interrupted shouldBe true
            }
        }
    })
