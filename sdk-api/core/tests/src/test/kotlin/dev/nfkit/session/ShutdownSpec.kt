// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.util.concurrent.TimeUnit
import java.util.logging.Level

private val SLICE = TimeUnit.MILLISECONDS.toNanos(5)

/** From open to ended by a stop. */
class ShutdownSpec :
    FunSpec({
        test("a stop asks for the rest once, looks without waiting, and ends when the socket is empty") {
            val rig = LoopRig()
            rig.loop.stop()
            rig.loop.stop()
            rig.arrive(packet(1), answer(1))
            rig.poll(-1) shouldBe 1
            rig.looks(1)
            rig.arrive(packet(2))
            rig.poll(-1) shouldBe 1
            rig.looks(2)
            rig.poll(-1) shouldBe -1
            rig.waits shouldContainExactly List(7) { 0L } // two more find the socket empty at the end
            rig.loop.ended() shouldBe true
            rig.calls.filter { it != "resume" && it != "done" }.take(8) shouldContainExactly
                listOf("wakeup", "rest", "send", "may end", *END)
            rig.poll(-1) shouldBe -1
        }

        test("a stop whose answer is lost asks again, three times at most") {
            for (lost in 0..4) {
                val rig = LoopRig()
                rig.loop.stop()
                repeat(lost) { rig.looks(2) }
                if (lost < 4) rig.arrive(answer(lost + 1L))
                rig.poll(0) shouldBe -1
                rig.calls.count { it == "rest" } shouldBe minOf(lost + 1, 4)
                // Two empty receives for each request that is not answered, or two after the answer; two of the end.
                rig.waits.size shouldBe 2 * minOf(lost, 4) + (if (lost < 4) 3 else 0) + 2
            }
        }

        test("an answer to a request that was repeated meanwhile is not one to the new request") {
            val rig = LoopRig()
            rig.loop.stop()
            rig.looks(2)
            rig.arrive(answer(1))
            rig.arrive(answer(2))
            rig.poll(0) shouldBe -1
            rig.calls.count { it == "unclaimed 1" } shouldBe 1
            rig.calls.count { it == "rest" } shouldBe 2
        }

        test("a stop that cannot be sent fails the poll, three times at most") {
            val rig = LoopRig()
            rig.life.on["rest"] = { throw failure(Errno.ENOBUFS) }
            rig.loop.stop()
            repeat(3) {
                rig.loop.ended() shouldBe false
                shouldThrow<SystemCallException> { rig.poll(0) }.errno() shouldBe Errno.ENOBUFS
            }
            rig.poll(0) shouldBe -1
            rig.calls.count { it == "rest" } shouldBe 3
        }

        test("a stop of a socket that is closed ends the session") {
            val rig = LoopRig()
            rig.life.on["rest"] = { throw failure(Errno.EBADF) }
            rig.loop.stop()
            rig.script += LoopRig.Step { null }
            rig.poll(0) shouldBe -1
            rig.loop.ended() shouldBe true
            rig.calls.count { it == "rest" } shouldBe 1
        }

        test("a stop waits in slices until the session may end") {
            val rig = LoopRig()
            rig.life.mayEnd = false
            rig.loop.stop()
            rig.arrive(answer(1))
            rig.looks(2)
            repeat(3) { rig.looks(1) }
            rig.during { rig.life.mayEnd = true }
            rig.poll(0) shouldBe -1
            rig.waits.take(7) shouldContainExactly List(3) { 0L } + List(4) { SLICE }
            rig.calls.count { it == "may end" } shouldBe 5
        }

        test("the refusal of a stop is reported when the socket is closed, unless the queue or group is gone") {
            for ((errno, reported) in listOf(1 to true, 19 to false, 0 to false)) {
                val rig = LoopRig()
                val records =
                    logged {
                        rig.loop.stop()
                        rig.arrive(answer(1, errno))
                        rig.life.on["ended"] = { rig.socket.closed shouldBe true }
                        rig.poll(0) shouldBe -1
                    }
                records.size shouldBe if (reported) 1 else 0
                records.forEach {
                    it.first shouldBe Level.WARNING
                    it.second.shouldBeInstanceOf<KernelRefusedException>()
                }
            }
        }

        test("a refusal of an earlier request is not one of the rest") {
            val rig = LoopRig()
            logged {
                val request = rig.loop.post("configure", rig.loop.nextSequence(), rig.request(1))
                rig.arrive(answer(1, 1))
                rig.poll(0) shouldBe 0
                request.answered() shouldBe true
                rig.loop.close()
            }.shouldBeEmpty()
        }
    })
