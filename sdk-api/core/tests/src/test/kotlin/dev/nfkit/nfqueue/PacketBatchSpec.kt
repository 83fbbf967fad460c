// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.time.Duration

private val MILLI = Duration.ofMillis(1)

class PacketBatchSpec :
    FunSpec({
        for (deadline in listOf(null, MILLI)) {
            context(if (deadline == null) "without a deadline" else "with a deadline") {
                test("a packet that began and was not decided is owed the failure verdict, once") {
                    val rig = BatchRig(deadline = deadline)
                    rig.receive(1, 2, 3)
                    rig.begin(1) shouldBe true
                    rig.begin(2) shouldBe true
                    rig.counts.failed() shouldBe 1
                    rig.give(2) shouldBe true
                    rig.begin(3)
                    rig.flush() shouldContainExactly listOf("0: 1 NF_DROP", "0: 3 NF_DROP", "0: 2 NF_ACCEPT")
                    rig.counts.failed() shouldBe 2
                    rig.flush().shouldBeEmpty()
                }

                test("a packet of another queue that was not decided is owed its verdict at the end of the batch") {
                    val rig = BatchRig(queues = listOf(0, 5), deadline = deadline)
                    rig.begin(4, queue = 1)
                    rig.begin(1)
                    rig.counts.failed() shouldBe 0
                    rig.give(1)
                    rig.flush() shouldContainExactly listOf("5: 4 NF_DROP", "0: 1 NF_ACCEPT")
                    rig.counts.failed() shouldBe 1
                }

                test("a packet that was taken and did not begin is in doubt: it gets the failure verdict by a sweep") {
                    val rig = BatchRig(deadline = deadline)
                    rig.batch.take()
                    rig.begin(9) shouldBe true
                    rig.give(9)
                    rig.flush() shouldContainExactly listOf("0: 9 NF_ACCEPT", "0: up to 8 NF_DROP")
                    rig.batch.take()
                    rig.flush().shouldBeEmpty()
                    rig.begin(12)
                    rig.give(12)
                    rig.flush() shouldContainExactly listOf("0: 12 NF_ACCEPT", "0: up to 11 NF_DROP")
                }

                test("a packet that began is not in doubt, nor one of no queue of the session") {
                    val rig = BatchRig(deadline = deadline)
                    rig.begin(1)
                    rig.give(1)
                    rig.batch.take()
                    rig.batch.skip()
                    rig.begin(2)
                    rig.give(2)
                    rig.dispatch.troubled() shouldBe false
                    rig.flush() shouldContainExactly listOf("0: up to 2 NF_ACCEPT")
                }

                test("a packet that is held is neither owed a verdict nor decided") {
                    val rig = BatchRig(deadline = deadline)
                    rig.receive(1)
                    rig.begin(1)
                    rig.hold(1).enter(QueuedPacket.read(message(), 0))
                    rig.batch.leaveToHold(rig.bound[0])
                    rig.flush().shouldBeEmpty()
                    rig.verdicts.holds.count() shouldBe 1
                    rig.counts.failed() shouldBe 0
                }

                test("a packet that cannot be read gets the failure verdict, and its id is counted") {
                    val rig = BatchRig(queues = listOf(0, 5), deadline = deadline)
                    rig.batch.take()
                    rig.batch.refuseUnreadable(found(4, 5), 0)
                    rig.queues.lost() shouldBe 3
                    rig.counts.unread() shouldBe 1
                    rig.flush() shouldContainExactly listOf("5: 4 NF_DROP")
                    rig.dispatch.troubled() shouldBe false
                }

                test("a packet that cannot be read and has no id is in doubt, in the epoch of its receipt") {
                    for (unknown in listOf(PacketId.NONE, found(4, 6))) {
                        val rig = BatchRig(deadline = deadline)
                        rig.batch.take()
                        rig.batch.refuseUnreadable(unknown, 2)
                        rig.counts.unread() shouldBe 0
                        rig.begin(7, epoch = 1)
                        rig.give(7)
                        rig.flush() shouldContainExactly listOf("0: 7 NF_ACCEPT")
                        rig.begin(9, epoch = 2)
                        rig.give(9)
                        rig.flush() shouldContainExactly listOf("0: 9 NF_ACCEPT", "0: up to 8 NF_DROP")
                    }
                }

                test("what a failed send left is sent when the next poll begins") {
                    val rig = BatchRig(deadline = deadline)
                    rig.batch.resume()
                    rig.sent().shouldBeEmpty()
                    rig.begin(1)
                    rig.give(1)
                    rig.batch.resume() // nothing is troubled: the batch in progress stays
                    rig.sent().shouldBeEmpty()
                    rig.verdicts.socket.failAfter = 0
                    shouldThrow<SystemCallException> { rig.batch.flush() }
                    shouldThrow<SystemCallException> { rig.batch.resume() }.errno() shouldBe Errno.ENOBUFS
                    rig.verdicts.socket.failWith = Errno.EBADF
                    rig.batch.resume() // the receive that follows ends the session
                    rig.verdicts.socket.failAfter = Int.MAX_VALUE
                    rig.batch.resume()
                    rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
                }

                test("decided packets count until their verdicts are dropped") {
                    val rig = BatchRig(deadline = deadline)
                    rig.begin(1)
                    rig.give(1)
                    rig.flush()
                    rig.begin(2)
                    rig.give(2)
                    rig.verdicts.socket.failAfter = 0
                    val failure = rig.batch.end(true, null, null)
                    failure?.javaClass shouldBe SystemCallException::class.java
                    rig.sent().shouldBeEmpty()
                    rig.counts.decided() shouldBe 1
                    rig.counts.outlived() shouldBe 1
                }

                test("the end sends the verdicts of the batch, then one for all that wait, and nothing after that") {
                    val rig = BatchRig(deadline = deadline)
                    rig.receive(1, 2, 3, 4)
                    rig.begin(1)
                    rig.begin(2)
                    rig.give(2)
                    rig.batch.end(true, Verdict.ACCEPT, null) shouldBe null
                    rig.sent() shouldContainExactly
                        listOf("0: 1 NF_DROP", "0: 2 NF_ACCEPT", "0: up to ${1L + 0x3fff_ffff} NF_ACCEPT")
                    rig.counts.decided() shouldBe 1
                    rig.counts.failed() shouldBe 1
                    rig.batch.end(true, Verdict.ACCEPT, null) shouldBe null
                    rig.begin(3)
                    rig.give(3) shouldBe false
                    rig.counts.outlived() shouldBe 1
                    rig.bound[0].ledger.open() shouldBe false
                    rig.batch.refuseUnreadable(found(4), 0)
                    rig.counts.unread() shouldBe 0
                    rig.flush().shouldBeEmpty()
                }

                test("the end without a verdict for the rest sends only the batch, and keeps the first failure") {
                    val rig = BatchRig(deadline = deadline)
                    rig.begin(1)
                    rig.give(1)
                    val before = IllegalStateException("before")
                    rig.batch.end(true, null, before) shouldBeSameInstanceAs before
                    rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT")
                    before.suppressed.size shouldBe 0
                    val other = BatchRig(deadline = deadline)
                    other.begin(1)
                    other.give(1)
                    other.verdicts.socket.failAfter = 0
                    other.batch.end(true, null, before) shouldBeSameInstanceAs before
                    before.suppressed.size shouldBe 1
                }

                test("the end decides the packet that is open, on the thread that decides") {
                    val rig = BatchRig(deadline = deadline)
                    rig.begin(3)
                    rig.batch.end(true, null, null) shouldBe null
                    rig.sent() shouldContainExactly listOf("0: 3 NF_DROP")
                    rig.counts.failed() shouldBe 1
                }

                test("verdicts that the end has sent count, even if the one for the rest cannot be sent") {
                    val rig = BatchRig(deadline = deadline)
                    rig.begin(1)
                    rig.give(1)
                    rig.verdicts.socket.failAfter = 1
                    rig.batch.end(true, Verdict.ACCEPT, null)?.javaClass shouldBe SystemCallException::class.java
                    rig.counts.decided() shouldBe 1
                    rig.counts.outlived() shouldBe 0
                    rig.dispatch.troubled() shouldBe false
                }

                test("beside a decider on another thread the end leaves its packet alone") {
                    val rig = BatchRig(deadline = deadline)
                    rig.receive(1, 2)
                    rig.begin(1)
                    rig.give(1)
                    rig.begin(2)
                    rig.batch.end(false, null, null) shouldBe null
                    // Without a lock nothing is sent: the decider may be writing its verdict.
                    rig.sent() shouldContainExactly if (deadline == null) emptyList() else listOf("0: 1 NF_ACCEPT")
                    rig.counts.failed() shouldBe 0
                    rig.give(2) shouldBe false
                    rig.counts.outlived() shouldBe 1
                    rig.flush().shouldBeEmpty()
                    rig.counts.decided() shouldBe if (deadline == null) 0 else 1
                    rig.counts.outlived() shouldBe if (deadline == null) 2 else 1
                    val before = IllegalStateException("before")
                    BatchRig(deadline = deadline).batch.end(false, null, before) shouldBeSameInstanceAs before
                }
            }
        }
    })
