// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.socket.DatagramBatch
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs

class VerdictSpec :
    FunSpec({
        test("the kernel's numbers give its verdicts, and a queue is in the upper half") {
            Verdict.of(0) shouldBeSameInstanceAs Verdict.DROP
            Verdict.of(1) shouldBeSameInstanceAs Verdict.ACCEPT
            Verdict.of(4) shouldBeSameInstanceAs Verdict.REPEAT
            Verdict.of(5) shouldBeSameInstanceAs Verdict.STOP
            Verdict.of(7 shl 16 or 3) shouldBe Verdict.queue(7)
            Verdict.queue(65535, true).number() shouldBe (65535 shl 16 or 0x8003)
            Verdict.of(Verdict.queue(65535, true).number()).toString() shouldBe "NF_QUEUE 65535 (bypass)"
        }

        test("NF_STOLEN is refused with the reason, and an unknown verdict with its number") {
            shouldThrow<IllegalArgumentException> { Verdict.of(2) }.message shouldContain "only code in the kernel"
            for (number in listOf(6, 0x100, 0x10001, 0x7f03, -1)) {
                shouldThrow<IllegalArgumentException> { Verdict.of(number) }.message shouldContain
                    Integer.toHexString(number)
            }
        }

        test("a constant never changes: a change gives a new verdict") {
            val marked = Verdict.ACCEPT.mark(7)
            marked shouldNotBe Verdict.ACCEPT
            Verdict.ACCEPT.toString() shouldBe "NF_ACCEPT"
            marked.priority(0x10001).toString() shouldBe "NF_ACCEPT, mark 0x7, priority 0x10001"
            marked.toString() shouldBe "NF_ACCEPT, mark 0x7"
        }

        test("equal verdicts are equal, wherever their bytes are stored") {
            val one = Verdict.REPEAT.payload(Bytes.of(1, 2, 3)).conntrack(ConntrackUpdate.none().mark(3))
            val other =
                Verdict.REPEAT
                    .payload(
                        Bytes.of(0, 1, 2, 3).slice(1, 3),
                    ).conntrack(ConntrackUpdate.none().mark(3))
            one shouldBe other
            one.hashCode() shouldBe other.hashCode()
            one shouldNotBe Verdict.REPEAT.payload(Bytes.of(1, 2, 4)).conntrack(ConntrackUpdate.none().mark(3))
            Verdict.ACCEPT.mark(0) shouldNotBe Verdict.ACCEPT
            Verdict.ACCEPT.l2Header(Bytes.of(1)) shouldNotBe Verdict.ACCEPT
            Verdict.ACCEPT.l2Header(Bytes.of(1)) shouldNotBe Verdict.ACCEPT.l2Header(Bytes.of(2))
            Verdict.ACCEPT.l2Header(Bytes.of(1)) shouldBe Verdict.ACCEPT.l2Header(Bytes.of(1))
            Verdict.ACCEPT.vlan(VlanTag(0x8100, 5)) shouldNotBe Verdict.ACCEPT.vlan(VlanTag(0x8100, 6))
        }

        test("verdicts with different marks, priorities or numbers are different, and one without bytes has none") {
            Verdict.ACCEPT.mark(1) shouldNotBe Verdict.ACCEPT.mark(2)
            Verdict.ACCEPT.priority(1) shouldNotBe Verdict.ACCEPT.priority(2)
            Verdict.ACCEPT.priority(1) shouldBe Verdict.ACCEPT.priority(1)
            Verdict.ACCEPT.mark(1) shouldNotBe Verdict.ACCEPT.priority(1)
            Verdict.ACCEPT.mark(1) shouldNotBe Verdict.DROP.mark(1)
            Verdict.ACCEPT.payload(Bytes.of(1)) shouldNotBe Verdict.ACCEPT.payload(Bytes.of(2))
            Verdict.ACCEPT.payload(Bytes.of(1)) shouldNotBe Verdict.ACCEPT.l2Header(Bytes.of(1))
            val borrowed = Verdict.reusable()
            val unmarked = borrowed.reset(1).mark(5).let { borrowed.reset(1) }
            unmarked.copy() shouldBe Verdict.ACCEPT // the mark of the packet before it does not count
            borrowed.reset(1).priority(5)
            borrowed.reset(1).copy() shouldBe Verdict.ACCEPT
        }

        test("a verdict fits a batch unless it changes what belongs to one packet") {
            val all = Verdict.ACCEPT.mark(1).priority(2)
            all.forBatches() shouldBe true
            for (single in listOf(
                all.payload(Bytes.of(1)),
                all.vlan(VlanTag(0x8100, 5)),
                all.l2Header(Bytes.of(1)),
                all.conntrack(ConntrackUpdate.none().mark(3)),
            )) {
                single.forBatches() shouldBe false
            }
        }

        test("a lent verdict is used until its loan ends, and reported after that; a copy stays") {
            val batch = DatagramBatch(1, 64).also { it.strict(true) }
            val loan = batch.lend("packet")!!
            val lent = Verdict.lent(Verdict.ACCEPT.number(), loan)
            lent.isHeld shouldBe false
            lent.mark(7).number() shouldBe 1
            val copy = lent.copy()
            loan.end()
            for (use in listOf<() -> Any>({ lent.number() }, { lent.isHeld }, { lent.mark(1) }, { lent.copy() })) {
                shouldThrow<IllegalStateException> { use() }.message shouldContain "its decider has returned"
            }
            copy shouldBe Verdict.ACCEPT.mark(7)
            Verdict.HELD.isHeld shouldBe true
            Verdict.HELD.toString() shouldBe "held"
        }

        test("a borrowed verdict is changed in place, loses its changes, and its copy stays valid") {
            val borrowed = Verdict.reusable()
            val marked = borrowed.reset(1).mark(5).payload(Bytes.of(9))
            marked shouldBeSameInstanceAs borrowed
            val copy = borrowed.copy()
            borrowed.reset(0).toString() shouldBe "NF_DROP"
            copy.toString() shouldBe "NF_ACCEPT, mark 0x5, payload of 1 bytes"
            copy.copy() shouldBeSameInstanceAs copy
        }

        test("an immutable verdict copies its payload") {
            val bytes = byteArrayOf(1, 2)
            val verdict = Verdict.ACCEPT.payload(Bytes.of(*bytes).also { view -> view.toArray() })
            val view = BytesView.of(1, 2)
            val kept = Verdict.ACCEPT.payload(view)
            view.release()
            kept shouldBe verdict
        }

        test("numbers out of range, a payload too long and changes of HELD are refused") {
            shouldThrow<IllegalArgumentException> { Verdict.ACCEPT.mark(-1) }.message shouldBe
                "mark -1 is out of 0 to 4294967295"
            shouldThrow<IllegalArgumentException> { Verdict.ACCEPT.priority(1L shl 32) }
            Verdict.ACCEPT.mark(0xffff_ffffL).mark() shouldBe 0xffff_ffffL
            shouldThrow<IllegalArgumentException> { Verdict.ACCEPT.payload(Bytes.of(*ByteArray(65532))) }
            Verdict.ACCEPT
                .payload(Bytes.of(*ByteArray(65531)))
                .payload()
                ?.length() shouldBe 65531
            shouldThrow<IllegalStateException> { Verdict.HELD.mark(1) }
        }
    })
