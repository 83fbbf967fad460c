package dev.nfkit.nfqueue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe

class VerdictLogSpec :
    FunSpec({
        test("a sequence number finds its packet, and lies in the half that requests do not use") {
            val log = VerdictLog()
            val single = log.next(65535, -2, false, VerdictLog.NONE)
            val batch = log.next(3, 7, true, VerdictLog.NONE)
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
            val sweep = log.nextSweep(3, 7, VerdictLog.NONE)
            VerdictLog.isSweep(sweep) shouldBe true
            VerdictLog.isBatch(sweep) shouldBe true
            log.id(sweep) shouldBe 7L
        }

        test("what is older than the ring is forgotten, not mistaken for another") {
            val log = VerdictLog()
            val first = log.next(0, 1, false, VerdictLog.NONE)
            repeat(16_383) { log.next(0, it, false, VerdictLog.NONE) }
            log.knows(first) shouldBe true
            log.next(0, 99, false, VerdictLog.NONE)
            log.knows(first) shouldBe false
        }

        test("the verdicts of one datagram follow each other, also with those of another datagram in between") {
            val log = VerdictLog()
            val first = log.next(0, 1, false, VerdictLog.NONE)
            val other = log.next(0, 50, false, VerdictLog.NONE)
            val second = log.next(0, 2, false, first)
            val third = log.next(1, 9, true, second)
            log.following(first) shouldBe second
            log.following(second) shouldBe third
            log.following(third) shouldBe VerdictLog.NONE
            log.following(other) shouldBe VerdictLog.NONE
            repeat(16_384) { log.next(0, it, false, VerdictLog.NONE) }
            log.following(first) shouldBe VerdictLog.NONE
        }
    })
