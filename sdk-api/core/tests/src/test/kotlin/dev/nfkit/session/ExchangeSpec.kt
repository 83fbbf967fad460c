// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val SECOND = 1_000_000_000L

/** The end of a dump; without an errno it is bare. */
private fun done(
    request: Long,
    errno: Int? = null,
): ByteArray {
    val writer = MessageWriter(64, ByteOrder.LITTLE_ENDIAN).begin(Netlink.NLMSG_DONE, 0, request)
    errno?.let { writer.rawHost32(-it) }
    val datagram = writer.end().datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

/** An exchange over a socket that follows a script, and what its taker got. */
private class ExchangeRig {
    val rig = LoopRig()
    val exchange = Exchange(rig.clock, rig.socket, rig.batch, 256)
    val taken = mutableListOf<Int>()
    val sent = mutableListOf<MessageCursor>()
    var onMessage: (Int) -> Unit = {}

    init {
        rig.onSend = {
            sent +=
                MessageCursor().wrap(ByteBuffer.wrap(it), 0, it.size, ByteOrder.LITTLE_ENDIAN).also { m -> m.next() }
        }
    }

    /** Asks; the taker gets the types of the messages. */
    fun ask(flags: Int = Netlink.NLM_F_DUMP): Boolean =
        exchange.ask<RuntimeException>("list", PACKET, flags, { it.nfgenmsg(2, 0) }) {
            taken += it.type()
            onMessage(it.type())
        }
}

class ExchangeSpec :
    FunSpec({
        test("a dump has no acknowledgement, any other request has one, and each has its number") {
            val rig = ExchangeRig()
            rig.rig.arrive(done(1))
            rig.ask() shouldBe false
            rig.rig.arrive(answer(2))
            rig.ask(0)
            rig.rig.arrive(answer(3))
            rig.ask(0x100) // one bit of the two of a dump
            rig.sent.map { it.sequence() } shouldContainExactly listOf(1L, 2L, 3L)
            rig.sent.map { it.flags() } shouldContainExactly
                listOf(
                    Netlink.NLM_F_DUMP or Netlink.NLM_F_REQUEST,
                    Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK,
                    0x100 or Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK,
                )
            rig.sent.map { it.length() - it.bodyOffset() } shouldContainExactly listOf(4, 4, 4)
            rig.exchange.order() shouldBe ByteOrder.LITTLE_ENDIAN
            rig.exchange.lend("entry") shouldBe null
        }

        test("the messages of its answer are passed on until its end, and no others") {
            val rig = ExchangeRig()
            rig.rig.arrive(message(0x21, 1), message(0x22, 9), message(1, 1))
            rig.rig.arrive(message(0x23, 1), done(9), answer(9, 1))
            rig.rig.arrive(message(0x24, 1), done(1, 0))
            rig.rig.arrive(message(0x25, 1))
            rig.ask() shouldBe false
            rig.taken shouldContainExactly listOf(0x21, 0x23, 0x24)
            rig.rig.waits shouldContainExactly List(3) { 5 * SECOND }
        }

        test("an answer that was interrupted is marked, and the next one does not") {
            val rig = ExchangeRig()
            rig.rig.arrive(message(0x21, 1, flags = 0x10), done(1))
            rig.ask() shouldBe true
            rig.rig.arrive(message(0x21, 2), done(2))
            rig.ask() shouldBe false
        }

        test("a refusal is thrown, whether it is an answer or the end of a dump") {
            val rig = ExchangeRig()
            rig.rig.arrive(answer(1, 1))
            shouldThrow<KernelRefusedException> { rig.ask() }.errno() shouldBe Errno.EPERM
            rig.rig.arrive(message(0x21, 2), done(2, 22))
            shouldThrow<KernelRefusedException> { rig.ask() }.errno() shouldBe Errno.EINVAL
            rig.rig.arrive(done(3))
            rig.ask()
            rig.taken shouldContainExactly listOf(0x21)
        }

        test("what a taker throws comes after the rest of the answer, which it does not get") {
            val rig = ExchangeRig()
            rig.onMessage = { if (it == 0x22) throw IOException("full") }
            rig.rig.arrive(message(0x21, 1), message(0x22, 1), message(0x23, 1))
            rig.rig.arrive(message(0x24, 1), answer(1, 1))
            shouldThrow<IOException> { rig.ask() }.message shouldBe "full"
            rig.taken shouldContainExactly listOf(0x21, 0x22)
            rig.onMessage = {}
            rig.rig.arrive(message(0x25, 2), done(2))
            rig.ask()
            rig.taken.last() shouldBe 0x25
            rig.rig.waits shouldContainExactly List(3) { 5 * SECOND } // nothing was left of the first answer
        }

        test("each part of an answer may take five seconds, and then no longer") {
            for (late in listOf(0L, 1L)) {
                val rig = ExchangeRig()
                repeat(2) {
                    rig.rig.script += LoopRig.Step { listOf(message(0x21, 1)).also { rig.rig.now += 3 * SECOND } }
                }
                rig.rig.script += LoopRig.Step { emptyList<ByteArray>().also { rig.rig.now += 1 * SECOND } }
                rig.rig.script += LoopRig.Step { emptyList<ByteArray>().also { rig.rig.now += 4 * SECOND + late } }
                val lost = shouldThrow<SystemCallException> { rig.ask() }
                lost.errno() shouldBe Errno.ETIMEDOUT
                lost.message shouldContain "no answer came"
                rig.taken.size shouldBe 2
                rig.rig.waits shouldContainExactly listOf(5, 5, 5, 4).map { it * SECOND }
            }
        }

        test("a client that is closed ends a request that waits") {
            val rig = ExchangeRig()
            rig.rig.during { rig.exchange.close() }
            val closed = shouldThrow<SystemCallException> { rig.ask() }
            closed.errno() shouldBe Errno.EBADF
            closed.message shouldContain "closed before"
        }

        test("a lost or cut part of an answer fails the request after its end") {
            val overrun = ExchangeRig()
            overrun.rig.script +=
                LoopRig.Step {
                    overrun.rig.batch.markOverrun()
                    overrun.rig.now += 3 * SECOND
                    emptyList()
                }
            overrun.rig.arrive(message(0x21, 1), done(1))
            shouldThrow<SystemCallException> { overrun.ask() }.errno() shouldBe Errno.ENOBUFS
            overrun.rig.waits shouldContainExactly List(2) { 5 * SECOND }
            overrun.taken.shouldBeEmpty()

            val cut = ExchangeRig()
            cut.rig.arrive(message(0x21, 1, 200), message(0x22, 1), done(1))
            val tooLarge = shouldThrow<SystemCallException> { cut.ask() }
            tooLarge.errno() shouldBe Errno.EMSGSIZE
            tooLarge.message shouldContain "larger than 128 bytes"
            cut.taken.shouldBeEmpty()
        }

        test("a damaged part of an answer fails the request after its end") {
            val rig = ExchangeRig()
            rig.rig.arrive(byteArrayOf(1, 2, 3), message(0x22, 1), done(1))
            shouldThrow<MalformedMessageException> { rig.ask() }
            rig.rig.script.shouldBeEmpty()
            rig.rig.arrive(done(2))
            rig.ask()
        }

        context("the rest of an answer that failed") {
            fun failed(): ExchangeRig {
                val rig = ExchangeRig()
                rig.rig.script += LoopRig.Step { throw failure() }
                shouldThrow<SystemCallException> { rig.ask() }.errno() shouldBe Errno.ENOMEM
                rig.rig.waits.clear()
                return rig
            }

            test("is taken out of the socket before the next request, up to its end") {
                for (end in listOf(done(1), answer(1, 1))) {
                    val rig = failed()
                    rig.rig.script += LoopRig.Step { emptyList() }
                    rig.rig.arrive(message(0x21, 1), byteArrayOf(1, 2, 3), done(7), message(0x22, 1))
                    rig.rig.script += LoopRig.Step { emptyList() }
                    rig.rig.arrive(message(0x23, 1), end)
                    rig.rig.script +=
                        LoopRig.Step { listOf(message(0x24, 2), done(2)).also { rig.sent.size shouldBe 2 } }
                    rig.ask()
                    rig.taken shouldContainExactly listOf(0x24)
                    rig.rig.waits shouldContainExactly listOf(0, 0, 0, 0, 5 * SECOND)
                }
            }

            test("is over when the socket is empty twice in a row, which an overrun interrupts") {
                val rig = failed()
                rig.rig.script += LoopRig.Step { emptyList() }
                rig.rig.script += LoopRig.Step { emptyList<ByteArray>().also { rig.rig.batch.markOverrun() } }
                repeat(2) { rig.rig.script += LoopRig.Step { emptyList() } }
                rig.rig.arrive(done(2))
                rig.ask()
                rig.rig.waits shouldContainExactly listOf(0, 0, 0, 0, 5 * SECOND)
                rig.rig.arrive(done(3))
                rig.ask()
                rig.rig.waits.size shouldBe 6
            }

            test("does not exist if the request could not be sent") {
                val rig = ExchangeRig()
                rig.rig.onSend = { throw failure() }
                shouldThrow<SystemCallException> { rig.ask() }
                rig.rig.onSend = {}
                rig.rig.arrive(done(2))
                rig.ask()
                rig.rig.waits shouldContainExactly listOf(5 * SECOND)
            }
        }

        test("a request inside a taker of the same exchange is refused") {
            val rig = ExchangeRig()
            rig.rig.arrive(message(0x21, 1), done(1))
            rig.onMessage =
                { shouldThrow<IllegalStateException> { rig.ask() }.message shouldContain "not inside the sink" }
            rig.ask()
            rig.sent.size shouldBe 1
        }
    })
