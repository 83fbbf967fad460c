// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

private val MILLI = Duration.ofMillis(1)

/** The deadline of all packets, in the batch of a session. */
class BatchDeadlineSpec :
    FunSpec({
        test("a packet whose deadline passed before it began has that verdict, and is not delivered") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1, 2)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7", "0: 2 NF_ACCEPT mark 7")
            rig.begin(1) shouldBe false
            rig.bound[0].ledger.open() shouldBe false
            rig.batch.leave(found(2)) shouldBe false
            rig.flush().shouldBeEmpty()
            rig.counts.failed() shouldBe 0
            rig.deadlines.expired() shouldBe 2
        }

        test("a verdict that comes after the deadline is too late, even if the watchdog sleeps") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1) shouldBe true
            rig.verdicts.now = MILLI.toNanos()
            rig.give(1) shouldBe false
            rig.counts.outlived() shouldBe 0
            rig.bound[0].ledger.open() shouldBe false
            rig.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7")
            rig.begin(2) shouldBe true
            rig.give(2) shouldBe true
        }

        test("a decider that throws after the deadline has not failed its packet") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT mark 7")
            rig.counts.failed() shouldBe 0
        }

        test("the end after the deadline of the packet that is decided does not count it as outlived") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.batch.end(false, null, null)
            rig.give(1) shouldBe false
            rig.counts.outlived() shouldBe 0
        }

        test("a decided or held packet has no deadline any more") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1, 2, 3)
            rig.begin(1)
            rig.give(1)
            rig.begin(2)
            rig.batch.leaveToHold(rig.bound[0])
            rig.batch.leave(found(3)) shouldBe true
            rig.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT")
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent().shouldBeEmpty()
        }

        test("a verdict in time ends the deadline of its packet at once") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.begin(1)
            rig.give(1)
            rig.flush() shouldContainExactly listOf("0: 1 NF_ACCEPT")
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent().shouldBeEmpty()
        }

        test("no deadline passes after an end that could not send") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1, 2)
            rig.begin(1)
            rig.give(1)
            rig.verdicts.socket.failAfter = 0
            rig.batch.end(true, null, null)
            rig.verdicts.socket.failAfter = Int.MAX_VALUE
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent().shouldBeEmpty()
            rig.dispatch.lock.isLocked shouldBe false
        }

        test("a packet that cannot be read after its deadline has that verdict") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent().size shouldBe 1
            rig.batch.refuseUnreadable(found(1), 0)
            rig.counts.unread() shouldBe 0
            rig.flush().shouldBeEmpty()
        }

        test("no deadline passes after the end, and a packet without an id never had one") {
            val rig = BatchRig(deadline = MILLI)
            rig.receive(1)
            rig.batch.end(true, null, null)
            rig.verdicts.now = MILLI.toNanos()
            rig.deadlines.expireNow()
            rig.sent().shouldBeEmpty()
            rig.batch.leave(PacketId.NONE) shouldBe true
            BatchRig().batch.leave(found(1)) shouldBe true
        }
    })
