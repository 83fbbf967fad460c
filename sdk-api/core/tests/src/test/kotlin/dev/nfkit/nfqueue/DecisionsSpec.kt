// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

private val MILLI = Duration.ofMillis(1)

/** What a poll throws, with what failed after it. */
private fun DecisionsRig.failing(
    vararg ids: Int,
    decider: (QueuedPacket) -> Verdict?,
): List<Throwable> = shouldThrow<IllegalStateException> { decide(*ids, decider = decider) }.suppressed.toList()

/** The texts that are logged for a rig while a block runs, until as many have come as expected. */
private fun warnings(
    count: Int,
    block: () -> Unit,
): List<String> {
    val texts = LinkedBlockingQueue<String>()
    val logger = Logger.getLogger(BatchRig::class.java.name)
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                texts += record.message
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    logger.addHandler(handler)
    logger.useParentHandlers = false
    try {
        block()
        return List(count) { texts.poll(1, TimeUnit.MINUTES) ?: "nothing" }
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = true
    }
}

/** Each received packet gets one verdict: from the decider, from what it holds, or after a failure. */
class DecisionsSpec :
    FunSpec({
        for (deadline in listOf(null, MILLI)) {
            context(if (deadline == null) "without a deadline" else "with a deadline") {
                test("each packet gets the verdict that its decider returns, with the batch") {
                    val rig = DecisionsRig(deadline = deadline)
                    val seen = mutableListOf<Long>()
                    rig.decide(1, 2, 3) { packet ->
                        seen += packet.id()
                        if (packet.id() == 2L) packet.drop() else packet.accept()
                    } shouldBe 3
                    seen shouldContainExactly listOf(1L, 2L, 3L)
                    rig.parts.counts.decided() shouldBe 3
                    rig.parts.queues.packets() shouldBe 3
                    rig.parts.flush() shouldContainExactly listOf("0: 2 NF_DROP", "0: up to 3 NF_ACCEPT")
                }

                test("a packet of no queue of the session is not delivered, leaves no doubt, and is not lent") {
                    val rig = DecisionsRig(deadline = deadline)
                    lateinit var lent: QueuedPacket
                    rig.decide(1) { packet -> Verdict.ACCEPT.also { lent = packet } } shouldBe 1
                    rig.decide(7, queue = 9) { error("by the test") } shouldBe 0
                    shouldThrow<IllegalStateException> { lent.id() }
                    rig.decide(2) { Verdict.ACCEPT } shouldBe 1
                    rig.parts.dispatch.troubled() shouldBe false
                    rig.parts.flush() shouldContainExactly listOf("0: up to 2 NF_ACCEPT")
                }

                test("a packet that is read and cannot be lent is in doubt") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig.loop.arrive(queued(null))
                    shouldThrow<MalformedMessageException> { rig.poll { error("by the test") } }
                    rig.decide(9) { Verdict.ACCEPT } shouldBe 1
                    rig.parts.flush() shouldContainExactly listOf("0: 9 NF_ACCEPT", "0: up to 8 NF_DROP")
                }

                test("a packet is lent to its decider only, whatever the decider does") {
                    val rig = DecisionsRig(deadline = deadline)
                    lateinit var lent: QueuedPacket
                    rig.decide(1) { packet -> Verdict.ACCEPT.also { lent = packet } }
                    shouldThrow<IllegalStateException> { lent.id() }
                    shouldThrow<IllegalStateException> { lent.hold() }
                    rig.failing(2) { error("by the test") }.shouldBeEmpty()
                    shouldThrow<IllegalStateException> { lent.id() }
                    shouldThrow<IllegalStateException> { rig.decisions.hold(lent, null, null) }.message shouldContain
                        "on its thread"
                }

                test("a packet is held once, and only by the decider that is processing it") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig.decide(1) { packet ->
                        shouldThrow<IllegalStateException> {
                            rig.decisions.hold(QueuedPacket.read(message(), 0), null, null)
                        }
                        packet.hold()
                        shouldThrow<IllegalStateException> { packet.hold() }.message shouldBe
                            "packet 1 is held already"
                        Verdict.HELD
                    }
                    rig.parts.verdicts.holds
                        .count() shouldBe 1
                    rig.parts.counts.forgotten() shouldBe 0
                    rig.parts.flush().shouldBeEmpty()
                }

                test("a verdict for a packet that was held answers it, unless it is answered") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig.decide(1) { packet -> Verdict.DROP.also { packet.hold() } }
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_DROP")
                    rig.parts.verdicts.holds
                        .answered() shouldBe 1
                    shouldThrow<IllegalStateException> {
                        rig.decide(2) { packet -> Verdict.DROP.also { packet.hold().answer(Verdict.ACCEPT) } }
                    }.message shouldContain "answered before"
                    rig.parts.flush() shouldContainExactly listOf("0: 2 NF_ACCEPT")
                    rig.decide(3) { packet -> null.also { packet.hold() } }
                    rig.parts.flush().shouldBeEmpty()
                    rig.parts.counts.decided() shouldBe 0
                    rig.parts.counts.failed() shouldBe 0
                }

                test("a decider that returns no verdict leaves its packet the failure verdict, and is reported") {
                    val rig = DecisionsRig(deadline = deadline)
                    warnings(1) {
                        rig.decide(1) { null }
                    }.single() shouldContain "a decider returned null; the packet got the failure verdict NF_DROP"
                    warnings(1) {
                        rig.decide(2) { Verdict.HELD }
                    }.single() shouldContain "HELD without calling hold()"
                    rig.parts.counts.forgotten() shouldBe 2
                    rig.parts.counts.decided() shouldBe 0
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_DROP", "0: 2 NF_DROP")
                    rig.parts.reports.end()
                }

                test("a decider that throws fails the poll, and its packet gets the failure verdict once") {
                    val rig = DecisionsRig(Verdict.REPEAT, deadline)
                    val problem = IllegalStateException("by the test")
                    shouldThrow<IllegalStateException> { rig.decide(1, 2) { throw problem } } shouldBeSameInstanceAs
                        problem
                    problem.suppressed.toList().shouldBeEmpty()
                    rig.parts.counts.failed() shouldBe 1
                    rig.parts.counts.decided() shouldBe 0
                    rig.poll { Verdict.ACCEPT } shouldBe 1
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_REPEAT", "0: 2 NF_ACCEPT")
                }

                test("a decider that throws after the end of sending has not failed its packet") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig
                        .failing(1) {
                            rig.parts.batch.end(false, null, null)
                            error("by the test")
                        }.shouldBeEmpty()
                    rig.parts.counts.failed() shouldBe 0
                    rig.parts.counts.outlived() shouldBe 1
                    rig.parts.sent().shouldBeEmpty()
                }

                test("a verdict that cannot be sent becomes the failure verdict") {
                    val rig = DecisionsRig(deadline = deadline, limit = 300)
                    val large = Verdict.ACCEPT.payload(Bytes.of(*ByteArray(3_000)))
                    shouldThrow<SystemCallException> { rig.decide(1) { large } }.errno() shouldBe Errno.EMSGSIZE
                    rig.parts.counts.failed() shouldBe 1
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_DROP")
                }

                test("a failure after the packet has its verdict changes nothing about it") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig
                        .failing(1) {
                            rig.parts.give(1)
                            error("by the test")
                        }.shouldBeEmpty()
                    rig.parts.counts.failed() shouldBe 0
                    rig.parts.counts.decided() shouldBe 1
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT")
                }

                test("a decider that throws after its hold leaves nothing held") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig
                        .failing(1) { packet ->
                            packet.hold()
                            error("by the test")
                        }.shouldBeEmpty()
                    rig.parts.sent().shouldBeEmpty() // it goes with the batch
                    rig.parts.verdicts.holds
                        .count() shouldBe 0
                    rig.parts.counts.failed() shouldBe 1
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_DROP")
                    rig.parts.counts.failed() shouldBe 1
                }

                test("a decider that throws after it has answered its packet has not failed it") {
                    val rig = DecisionsRig(deadline = deadline)
                    rig
                        .failing(1) { packet ->
                            packet.hold().answer(Verdict.ACCEPT)
                            error("by the test")
                        }.shouldBeEmpty()
                    rig.parts.counts.failed() shouldBe 0
                    rig.parts.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT")
                }

                test("a held packet whose failure verdict cannot be written is owed it") {
                    val rig = DecisionsRig(deadline = deadline, limit = 300)
                    val suppressed =
                        rig.failing(1) { packet ->
                            packet.hold()
                            rig.parts.verdicts.socket.failAfter = 0
                            shouldThrow<SystemCallException> {
                                // until no verdict fits any more
                                (11..99).forEach { rig.parts.dispatch.single(5, it, Verdict.DROP) }
                            }
                            error("by the test")
                        }
                    suppressed.single().javaClass shouldBe SystemCallException::class.java
                    rig.parts.verdicts.holds
                        .count() shouldBe 0
                    rig.parts.counts.failed() shouldBe 1
                    rig.parts.verdicts.socket.failAfter = Int.MAX_VALUE
                    rig.parts.flush().last() shouldBe "0: 1 NF_DROP"
                    rig.parts.flush().shouldBeEmpty()
                }
            }
        }

        test("a packet whose deadline passed before its decider is not delivered, and not lent") {
            val rig = DecisionsRig(deadline = MILLI)
            lateinit var lent: QueuedPacket
            rig.decide(1) { packet -> Verdict.DROP.also { lent = packet } } shouldBe 1
            rig.parts.flush() shouldContainExactly listOf("0: 1 NF_DROP")
            val expire = {
                rig.parts.verdicts.now = MILLI.toNanos()
                rig.parts.deadlines.expireNow()
            }
            rig.decide(2, before = expire) { error("by the test") } shouldBe 0
            shouldThrow<IllegalStateException> { lent.id() }
            rig.parts.counts.decided() shouldBe 1
            rig.parts.flush() shouldContainExactly listOf("0: 2 NF_ACCEPT mark 7")
        }

        test("a verdict after the deadline is late, and so is a failure, which counts as none") {
            val rig = DecisionsRig(deadline = MILLI)
            rig.decide(1) {
                rig.parts.verdicts.now += MILLI.toNanos()
                Verdict.DROP
            } shouldBe 1
            rig.parts.answers.lateCount() shouldBe 1
            rig
                .failing(2) {
                    rig.parts.verdicts.now += MILLI.toNanos()
                    error("by the test")
                }.shouldBeEmpty()
            rig.decide(3) {
                rig.parts.verdicts.now += MILLI.toNanos()
                null
            }
            rig.parts.counts.failed() shouldBe 0
            rig.parts.counts.forgotten() shouldBe 0
            rig.parts.counts.decided() shouldBe 0
            rig.parts.sent() shouldContainExactly (1..3).map { "0: $it NF_ACCEPT mark 7" }
        }
    })
