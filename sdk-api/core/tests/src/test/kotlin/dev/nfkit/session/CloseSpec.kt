// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.logging.Level
import kotlin.concurrent.thread

/** From open to ended by a close. */
class CloseSpec :
    FunSpec({
        context("a close") {
            test("asks for the rest, counts what comes, and closes the socket last") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                rig.looks(1)
                rig.arrive(packet(3), answer(1))
                rig.loop.close()
                rig.calls shouldContainExactly
                    listOf("wakeup", "rest", "send", "discarded 1", "discarded 2", "discarded 3", *END)
                rig.waits shouldContainExactly List(5) { 0L } // two of them find the socket empty
                rig.loop.ended() shouldBe true
                rig.loop.close()
                rig.calls.count { it == "close" } shouldBe 1
            }

            test("after a stop does not ask again") {
                val rig = LoopRig()
                rig.loop.stop()
                rig.arrive(packet(1), answer(1))
                rig.poll(0) shouldBe 1
                rig.loop.close()
                rig.calls.count { it == "rest" } shouldBe 1
            }

            test("ends although nothing can be sent or received, and logs why") {
                val rig = LoopRig()
                val cause = failure(Errno.ENOBUFS)
                rig.life.on["rest"] = { throw cause }
                repeat(3) { rig.script += LoopRig.Step { throw failure() } }
                rig.arrive(packet(1))
                logged { rig.loop.close() } shouldContainExactly listOf(Level.FINE to cause)
                cause.suppressed.size shouldBe 3
                rig.script.size shouldBe 1 // it has given up
                rig.calls.takeLast(4) shouldContainExactly END.toList()
            }

            test("counts what comes after receives that fail, up to the third") {
                val rig = LoopRig()
                repeat(2) { rig.script += LoopRig.Step { throw failure() } }
                rig.arrive(packet(1))
                rig.loop.close()
                rig.calls.count { it == "discarded 1" } shouldBe 1
                rig.waits.size shouldBe 5
            }

            test("a socket that is closed ends the counting") {
                val rig = LoopRig()
                rig.script += LoopRig.Step { null }
                rig.arrive(packet(1))
                rig.loop.close()
                rig.waits.size shouldBe 1
            }

            test("counts on after exceptions of handlers, and logs them") {
                val rig = LoopRig()
                val thrown = mutableListOf<RuntimeException>()
                rig.life.on["discarded"] = { throw IllegalStateException("no").also { thrown += it } }
                rig.arrive(packet(1), packet(2), packet(3))
                val records = logged { rig.loop.close() }
                records shouldContainExactly listOf(Level.FINE to thrown[0])
                thrown[0].suppressed.toList() shouldContainExactly thrown.drop(1)
                thrown.size shouldBe 3
                rig.calls.takeLast(4) shouldContainExactly END.toList()
            }

            test("counts on after errors of handlers, and throws the first one") {
                val rig = LoopRig()
                val thrown = mutableListOf<Throwable>()
                rig.life.on["discarded"] = { throw AssertionError("no").also { thrown += it } }
                rig.arrive(*Array(4) { packet(it) })
                shouldThrow<AssertionError> { rig.loop.close() } shouldBe thrown[0]
                thrown.size shouldBe 4
                thrown[0].suppressed.size shouldBe 3
                rig.calls.takeLast(4) shouldContainExactly END.toList()
            }

            test("gives up counting a batch after the third lack of memory") {
                val rig = LoopRig()
                rig.life.on["discarded"] = { throw OutOfMemoryError() }
                rig.arrive(*Array(4) { packet(it) })
                shouldThrow<OutOfMemoryError> { rig.loop.close() }
                rig.calls.count { it.startsWith("discarded") } shouldBe 3
                rig.calls.takeLast(4) shouldContainExactly END.toList()
            }

            for (step in END) {
                test("carries out the other steps if one throws: $step") {
                    val rig = LoopRig()
                    val wrong = IllegalStateException(step)
                    if (step == "close") rig.onClose = { throw wrong } else rig.life.on[step] = { throw wrong }
                    shouldThrow<IllegalStateException> { rig.loop.close() } shouldBe wrong
                    rig.calls.takeLast(4) shouldContainExactly END.toList()
                    rig.loop.ended() shouldBe true
                    rig.poll(0) shouldBe -1
                }
            }

            test("throws the first failure, with the others as suppressed") {
                val rig = LoopRig()
                val failures = END.associateWith { IllegalStateException(it) }
                rig.onClose = { throw failures.getValue("close") }
                for (step in END) if (step != "close") rig.life.on[step] = { throw failures.getValue(step) }
                val first = shouldThrow<IllegalStateException> { rig.loop.close() }
                first.message shouldBe "last"
                first.suppressed.map { it.message } shouldContainExactly listOf("close", "ended", "closed")
            }

            test("logs last verdicts that cannot be sent") {
                val rig = LoopRig()
                val cause = failure()
                rig.life.on["last"] = { throw cause }
                logged { rig.loop.close() } shouldContainExactly listOf(Level.WARNING to cause)
            }

            test("a failing wakeup does not keep the socket open") {
                val rig = LoopRig()
                rig.onWakeup = { error("no") }
                shouldThrow<IllegalStateException> { rig.loop.close() }
                rig.socket.closed shouldBe true
            }
        }

        context("a close beside a callback") {
            test("waits for the callback, whose thread ends the session") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                val inCallback = CountDownLatch(1)
                lateinit var ender: Thread
                rig.life.on["ended"] = { ender = Thread.currentThread() }
                rig.onPacket = {
                    inCallback.countDown()
                    while ("wakeup" !in rig.calls) Thread.sleep(1)
                    rig.socket.closed shouldBe false
                }
                var polled = 0
                val poller = thread { polled = rig.poll(0) }
                inCallback.await(60, TimeUnit.SECONDS) shouldBe true
                rig.loop.close()
                rig.loop.ended() shouldBe true
                poller.join()
                polled shouldBe 1
                ender shouldBe poller
                rig.calls.takeLast(4) shouldContainExactly END.toList()
            }

            test("a poll of another thread ends the same way while the socket is being closed") {
                val rig = LoopRig()
                var polled = 0
                rig.life.on["last"] = { thread { polled = rig.poll(-1) }.join() }
                rig.loop.close()
                polled shouldBe -1
            }

            test("after a second closes the socket, and the callback's thread ends the session when it returns") {
                val rig = LoopRig()
                rig.arrive(packet(1), packet(2))
                val inCallback = CountDownLatch(1)
                val closed = CountDownLatch(1)
                rig.onPacket = {
                    inCallback.countDown()
                    closed.await(60, TimeUnit.SECONDS) shouldBe true
                }
                var polled = 0
                val poller = thread { polled = rig.poll(0) }
                inCallback.await(60, TimeUnit.SECONDS) shouldBe true
                rig.loop.close()
                rig.loop.ended() shouldBe true
                rig.socket.closed shouldBe true
                rig.calls.takeLast(3) shouldContainExactly listOf("last", "close", "closed")
                closed.countDown()
                poller.join()
                polled shouldBe 1
                rig.calls.count { it == "ended" } shouldBe 1
                rig.calls.count { it == "discarded 2" } shouldBe 1
                rig.calls.takeLast(4) shouldContainExactly END.toList()
                rig.poll(0) shouldBe -1
                rig.calls.count { it == "ended" } shouldBe 1
            }

            test("ends after a callback that throws, whose exception comes first") {
                val rig = LoopRig()
                rig.arrive(packet(1))
                rig.life.on["closed"] = { throw IllegalArgumentException("closed") }
                rig.onPacket = {
                    rig.loop.close()
                    error("callback")
                }
                val thrown = shouldThrow<IllegalStateException> { rig.poll(0) }
                thrown.message shouldBe "callback"
                thrown.suppressed.map { it.message } shouldContainExactly listOf("closed")
                rig.loop.ended() shouldBe true
            }
        }
    })
