// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Errno
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import dev.nfkit.session.LoopRig
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/** A session's part in its loop, without the loop. */
private class LifeRig(
    deadline: Duration? = null,
    queues: List<Int> = listOf(0),
    configure: NfqueueOptions.Builder.() -> Unit = {},
) {
    val rig = BatchRig(queues = queues, deadline = deadline, configure = configure)
    val refusals = RefusedVerdicts(rig.options, rig.verdicts.log, rig.dispatch, rig.reports)
    val life =
        QueueLife(
            rig.options,
            rig.verdicts.socket,
            refusals,
            rig.reports,
            rig.queues,
            rig.verdicts.holds,
            rig.batch,
            rig.dispatch,
            rig.deadlines,
        ) { rig.verdicts.now }

    /** A packet that is held. */
    fun held(id: Int): Hold = rig.hold(id).also { it.enter(QueuedPacket.read(message(), 0)) }
}

/** An answer of the kernel to a verdict, whose body is a part of its errno, after other bytes. */
private fun refusal(
    sequence: Long,
    errno: Int,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    bytes: Int = 4,
    before: Int = 0,
): MessageCursor {
    val writer = MessageWriter(64, order).begin(Netlink.NLMSG_ERROR, 0, sequence)
    if (bytes == 4) writer.rawHost32(-errno) else writer.raw(*ByteArray(bytes))
    writer.end()
    val message = ByteArray(16 + bytes).also { writer.datagram().get(0, it) }
    return MessageCursor()
        .wrap(ByteBuffer.wrap(ByteArray(before) + message), before, message.size, order)
        .also { it.next() }
}

private val DAMAGE = MalformedMessageException("here", 0, "more", "less")

class QueueLifeSpec :
    FunSpec({
        test("a refused verdict is counted by its errno, in both byte orders, and an acknowledgement is not") {
            for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                val rig = LifeRig()
                rig.life.unclaimed(
                    refusal(
                        rig.rig.verdicts.log
                            .next(0, 1, 0),
                        0,
                        order,
                    ),
                )
                rig.rig.dispatch.troubled() shouldBe false
                rig.life.unclaimed(
                    refusal(
                        rig.rig.verdicts.log
                            .next(0, 1, 0),
                        Errno.ENOENT.number(),
                        order,
                    ),
                )
                rig.refusals.gone() shouldBe 1
                rig.rig.dispatch.troubled() shouldBe false
                rig.life.unclaimed(
                    refusal(
                        rig.rig.verdicts.log
                            .next(0, 2, 0),
                        Errno.ENOMEM.number(),
                        order,
                    ),
                )
                rig.refusals.refused() shouldBe 1
                rig.rig.dispatch.troubled() shouldBe true
            }
        }

        test("an answer that is too short for an errno is malformed") {
            val rig = LifeRig()
            for (bytes in listOf(0, 3)) {
                for (before in listOf(0, 16)) {
                    shouldThrow<MalformedMessageException> {
                        rig.life.unclaimed(refusal(1, 0, bytes = bytes, before = before))
                    }
                }
            }
            rig.life.unclaimed(refusal(1, 0, before = 16))
            rig.refusals.refused() shouldBe 0
        }

        test("held packets may be answered until the settle time has passed since the first question") {
            val rig = LifeRig { settleTime(Duration.ofNanos(50)) }
            rig.life.mayEnd() shouldBe true
            val held = LifeRig { settleTime(Duration.ofNanos(50)) }
            held.rig.hold(1).enter(QueuedPacket.read(message(), 0))
            held.rig.verdicts.now = 100
            held.life.mayEnd() shouldBe false
            held.rig.verdicts.now = 149
            held.life.mayEnd() shouldBe false
            held.rig.verdicts.now = 150
            held.life.mayEnd() shouldBe true
            held.rig.verdicts.now = 149
            held.rig.verdicts.settle(Verdict.DROP)
            held.life.mayEnd() shouldBe true
        }

        test("damage is counted and reported, and puts packets in doubt") {
            val reported = mutableListOf<MalformedMessageException>()
            val rig = LifeRig { onMalformed { reported += it } }
            rig.life.malformed(DAMAGE)
            rig.life.malformed() shouldBe 1
            reported.single() shouldBeSameInstanceAs DAMAGE
            rig.rig.dispatch.troubled() shouldBe true
            val failing = LifeRig { onMalformed { throw it } }
            shouldThrow<MalformedMessageException> { failing.life.malformed(DAMAGE) } shouldBeSameInstanceAs DAMAGE
            failing.life.malformed() shouldBe 1
            failing.rig.dispatch.troubled() shouldBe true
        }

        test("damage without a handler is logged in the name of the session, with its count") {
            val lines = LinkedBlockingQueue<String>()
            val logger = Logger.getLogger(BatchRig::class.java.name)
            val handler =
                object : Handler() {
                    override fun publish(record: LogRecord) {
                        if ("found less" in record.message) lines += record.message.substringAfter("found less ")
                    }

                    override fun flush() = Unit

                    override fun close() = Unit
                }
            logger.addHandler(handler)
            logger.useParentHandlers = false
            try {
                val rig = LifeRig()
                repeat(3) { rig.life.malformed(DAMAGE) }
                List(2) { lines.poll(1, TimeUnit.MINUTES) } shouldContainExactly listOf("(1 so far)", "(2 so far)")
                rig.life.closed() // it waits for the reports
                ("(0 so far)" in lines) shouldBe false
            } finally {
                logger.removeHandler(handler)
                logger.useParentHandlers = true
            }
        }

        test("lost messages put packets in doubt") {
            val rig = LifeRig()
            rig.life.missed()
            rig.rig.dispatch.troubled() shouldBe true
        }

        test("a cut packet gets the failure verdict with the batch") {
            val rig = LifeRig(queues = listOf(7, 0))
            val batch = batchOf(5)
            rig.life.truncated(batch.buffer(), batch.offset(0), batch.length(0))
            rig.life.batchDone()
            rig.rig.sent() shouldContainExactly listOf("0: 5 NF_DROP")
            rig.rig.counts.unread() shouldBe 1
        }

        test("received packets have a deadline") {
            val rig = LifeRig(Duration.ofMillis(1))
            rig.life.received(batchOf())
            rig.life.received(batchOf(1))
            rig.rig.verdicts.now = 1_000_000
            rig.rig.deadlines.expireNow()
            rig.rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7")
        }

        test("a discarded packet gets the close verdict, unless its deadline has decided it") {
            val rig = LifeRig(Duration.ofMillis(1))
            rig.life.received(batchOf(0xff000005.toInt()))
            rig.life.discarded(message())
            rig.life.discarded() shouldBe 1
            rig.life.settledUnseen() shouldBe 1
            rig.life.discarded(refusal(1, 0))
            rig.life.discarded() shouldBe 1
            val late = LifeRig(Duration.ofMillis(1))
            val batch = batchOf(5)
            late.life.received(batch)
            late.rig.verdicts.now = 1_000_000
            late.rig.deadlines.expireNow()
            late.life.discarded(
                MessageCursor()
                    .wrap(batch.buffer(), batch.offset(0), batch.length(0), ByteOrder.LITTLE_ENDIAN)
                    .also { it.next() },
            )
            late.life.discarded() shouldBe 1
            late.life.settledUnseen() shouldBe 0
        }

        test("a poll that begins sends what a failed send left") {
            val rig = LifeRig()
            rig.rig.begin(1)
            rig.rig.give(1)
            rig.rig.verdicts.socket.failAfter = 0
            runCatching { rig.life.batchDone() }.isFailure shouldBe true
            rig.rig.sent().shouldBeEmpty()
            rig.rig.verdicts.socket.failAfter = Int.MAX_VALUE
            rig.life.resume()
            rig.rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
        }

        test("the last answer wakes the loop if it waits for that, and only then") {
            val rig = LifeRig { settleTime(Duration.ofDays(1)) }
            val loop = LoopRig()
            rig.life.begin(loop.loop)
            rig.held(1).answer(Verdict.ACCEPT)
            loop.calls.shouldBeEmpty()
            val held = rig.held(2)
            rig.life.mayEnd() shouldBe false
            held.answer(Verdict.ACCEPT)
            loop.calls shouldContainExactly listOf("wakeup")
            rig.life.mayEnd() shouldBe true
        }

        test("a stop shuts each queue, and lets further packets pass unless the close verdict drops them") {
            for (close in listOf(Verdict.ACCEPT, Verdict.ACCEPT.mark(3), Verdict.DROP)) {
                val rig = LifeRig(queues = listOf(7, 4)) { closeVerdict(close) }
                rig.life.requestRest() // without a loop there is nothing to shut
                val loop = LoopRig()
                val shut = mutableListOf<MessageCursor>()
                loop.onSend = {
                    shut += MessageCursor().wrap(ByteBuffer.wrap(it), 0, it.size, ByteOrder.LITTLE_ENDIAN)
                }
                rig.life.begin(loop.loop)
                rig.life.requestRest()
                shut.forEach { it.next() }
                shut.map { it.resId() } shouldContainExactly listOf(7, 4)
                shut.map { it.sequence() } shouldContainExactly listOf(1L, 2L)
                shut.map { it.buffer().getInt(it.end() - 4) } shouldContainExactly
                    List(2) { if (close == Verdict.DROP) 0 else 1 }
            }
        }

        test("the end gives held packets the close verdict, then all others unless the kernel drops them anyway") {
            for ((close, sent) in listOf(
                Verdict.ACCEPT to listOf("0: 1 NF_ACCEPT", "0: up to 2147483647 NF_ACCEPT"),
                Verdict.DROP to listOf("0: 1 NF_DROP"),
            )) {
                val reported = mutableListOf<Unanswered>()
                val rig = LifeRig { closeVerdict(close).onUnanswered { reported += it } }
                rig.rig.verdicts.states = listOf()
                rig.held(1)
                rig.life.sendLast()
                rig.rig.sent().map { it.replace(Regex("up to [0-9]+"), "up to 2147483647") } shouldContainExactly sent
                rig.rig.queues.states() shouldBe listOf()
                rig.rig.verdicts.states = null // they were remembered
                rig.rig.queues.states() shouldBe listOf()
                reported.shouldBeEmpty()
                rig.life.closed()
                reported.map { it.verdict() } shouldContainExactly listOf(close)
                reported.map { it.cause() } shouldContainExactly listOf(Unanswered.Cause.END)
            }
        }

        test("an end while a decider runs on another thread gives only held packets a verdict") {
            val rig = LifeRig { closeVerdict(Verdict.ACCEPT) }
            rig.rig.verdicts.states = listOf()
            rig.life.begin(LoopRig().loop) // this thread does not poll
            rig.held(1)
            rig.life.sendLast()
            rig.rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
        }

        test("the end of a session ends the thread of its deadlines") {
            fun watchdogs() = Thread.getAllStackTraces().keys.filter { it.name == "nfqueue-watchdog" }
            val others = watchdogs()
            val rig = LifeRig(deadline = Duration.ofDays(1))
            rig.rig.deadlines.begin()
            val watchdog = (watchdogs() - others.toSet()).single()
            rig.life.closed()
            watchdog.join(60_000)
            watchdog.isAlive shouldBe false
        }

        test("the end settles even if the kernel's counters cannot be read, and throws why a verdict was not sent") {
            val rig = LifeRig { closeVerdict(Verdict.ACCEPT) }
            rig.held(1)
            shouldThrow<IllegalStateException> { rig.life.sendLast() }.message shouldBe "no test asks"
            rig.rig.sent().first() shouldBe "0: 1 NF_ACCEPT"
            val failing = LifeRig { closeVerdict(Verdict.ACCEPT) }
            failing.rig.verdicts.states = listOf()
            failing.held(1)
            failing.rig.verdicts.socket.failAfter = 0
            shouldThrow<SystemCallException> { failing.life.sendLast() }.errno() shouldBe Errno.ENOBUFS
        }

        test("a refusal begins an epoch of its own, in which no earlier answer counts") {
            val rig = LifeRig()
            val loop = LoopRig()
            rig.life.begin(loop.loop)
            val before = loop.loop.inbound().currentEpoch()
            rig.life.missed()
            rig.life.malformed(DAMAGE)
            loop.loop.inbound().currentEpoch() shouldBe before
            rig.life.unclaimed(
                refusal(
                    rig.rig.verdicts.log
                        .next(0, 1, 0),
                    Errno.ENOMEM.number(),
                ),
            )
            (loop.loop.inbound().currentEpoch() == before) shouldBe false
        }
    })
