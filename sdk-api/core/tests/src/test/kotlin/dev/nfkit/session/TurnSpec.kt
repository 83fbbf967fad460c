// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

private fun <T> onOtherThread(action: () -> T): T {
    var result: Result<T>? = null
    thread { result = runCatching(action) }.join()
    return result!!.getOrThrow()
}

class TurnSpec :
    FunSpec({
        val self = { Thread.currentThread() }

        test("one thread has the turn to poll, until it gives it back") {
            val turn = Turn()
            turn.isFree shouldBe true
            turn.isMine shouldBe false
            turn.take(self()) shouldBe true
            turn.take(self()) shouldBe false
            turn.takeToAsk(self()) shouldBe false
            turn.isFree shouldBe false
            turn.freeToAsk() shouldBe false
            turn.isHeldToPoll shouldBe true
            turn.isMine shouldBe true
            turn.isMineToPoll shouldBe true
            onOtherThread { turn.isMine || turn.isMineToPoll } shouldBe false
            turn.release()
            turn.isFree shouldBe true
            turn.isMine shouldBe false
            turn.isHeldToPoll shouldBe false
        }

        test("a thread that has the turn to ask does not poll") {
            val turn = Turn()
            turn.freeToAsk() shouldBe true
            turn.takeToAsk(self()) shouldBe true
            turn.take(self()) shouldBe false
            turn.isFree shouldBe false
            turn.isHeldToPoll shouldBe false
            turn.isMine shouldBe true
            turn.isMineToPoll shouldBe false
            onOtherThread { turn.isMine } shouldBe false
            turn.release()
            turn.isMine shouldBe false
            turn.takeToAsk(self()) shouldBe true
        }

        test("while a poll waits for the turn, no thread takes it to ask") {
            val turn = Turn()
            turn.isWanted shouldBe false
            turn.want(true)
            turn.isWanted shouldBe true
            turn.freeToAsk() shouldBe false
            turn.takeToAsk(self()) shouldBe false
            turn.take(self()) shouldBe true
            turn.release()
            turn.want(false)
            turn.takeToAsk(self()) shouldBe true
        }

        test("a wait ends at once if its condition holds, and otherwise at its bound") {
            val turn = Turn()
            var looks = 0
            turn.await({ ++looks > 0 }, TimeUnit.HOURS.toNanos(1))
            looks shouldBe 1
            turn.await({ looks++ < 0 }, 0)
            looks shouldBe 1 // no time, no look
            turn.await({ looks++ < 0 }, 1)
            turn.await({ false }, TimeUnit.HOURS.toNanos(1)) // a bound of its own: a signal may be lost
        }

        test("a signal makes waiting threads look, whether the turn is released or no longer wanted") {
            for (change in listOf<(Turn) -> Unit>({ it.signal() }, { it.release() }, { it.want(false) })) {
                val turn = Turn()
                val looked = CountDownLatch(1)
                val lookedAgain = CountDownLatch(1)
                val waiting =
                    thread {
                        repeat(1_000) {
                            turn.await({
                                if (looked.count == 0L) lookedAgain.countDown()
                                looked.countDown()
                                lookedAgain.count == 0L
                            }, TimeUnit.HOURS.toNanos(1))
                        }
                    }
                looked.await(60, TimeUnit.SECONDS) shouldBe true
                change(turn)
                lookedAgain.await(60, TimeUnit.SECONDS) shouldBe true
                waiting.join()
            }
        }

        test("an interrupt does not end a wait, and stays") {
            val turn = Turn()
            Thread.currentThread().interrupt()
            var looks = 0
            turn.await({ ++looks == 3 }, TimeUnit.HOURS.toNanos(1))
            Thread.interrupted() shouldBe true
            turn.await({ true }, 1)
            Thread.interrupted() shouldBe false
        }
    })
