// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe

class VerdictLogSpec :
    FunSpec({
        test("a sequence number finds its packet, and is in the half that requests do not use") {
            val log = VerdictLog()
            val single = log.next(65535, -2, 0)
            val batch = log.next(3, 7, VerdictLog.BATCH)
            single shouldBeGreaterThanOrEqual 0x8000_0000L
            log.knows(single) shouldBe true
            log.queue(single) shouldBe 65535
            log.id(single) shouldBe 0xffff_fffeL
            VerdictLog.isBatch(single) shouldBe false
            log.queue(batch) shouldBe 3
            log.id(batch) shouldBe 7L
            VerdictLog.isBatch(batch) shouldBe true
            log.knows(5) shouldBe false
            VerdictLog.isSweep(batch) shouldBe false
            val sweep = log.next(3, 7, VerdictLog.BATCH or VerdictLog.SWEEP)
            VerdictLog.isSweep(sweep) shouldBe true
            VerdictLog.isBatch(sweep) shouldBe true
            log.id(sweep) shouldBe 7L
        }

        test("entries older than the ring are forgotten, not mistaken for others") {
            val log = VerdictLog()
            val first = log.next(0, 1, 0)
            repeat(16_383) { log.next(0, it, 0) }
            log.knows(first) shouldBe true
            log.next(0, 99, 0)
            log.knows(first) shouldBe false
        }

        test("the verdicts of one datagram are found by the first, also with those of another writer in between") {
            val log = VerdictLog()
            val first = log.next(0, 1, 0)
            val other = log.next(0, 50, VerdictLog.HELD)
            val second = log.next(0, 2, 0)
            val otherLast = log.next(0, 51, VerdictLog.HELD)
            val third = log.next(1, 9, VerdictLog.BATCH)
            log.next(0, 3, 0) // of the next datagram
            log.sending(other, otherLast)
            log.sending(first, third)

            fun datagram(of: Long) = mutableListOf<Long>().also { log.datagram(of, it::add) }
            datagram(first) shouldContainExactly listOf(first, second, third)
            datagram(other) shouldContainExactly listOf(other, otherLast)
            datagram(second) shouldContainExactly listOf(second) // no datagram begins with it
            repeat(16_384) { log.next(0, it, 0) }
            datagram(first) shouldContainExactly listOf(first)
        }
    })
