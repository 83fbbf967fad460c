package dev.nfkit.nfqueue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe

class VerdictLogSpec :
    FunSpec({
        test("a sequence number finds its packet, and lies in the half that requests do not use") {
            val log = VerdictLog()
            val single = log.next(65535, -2, false)
            val batch = log.next(3, 7, true)
            single shouldBeGreaterThanOrEqual 0x8000_0000L
            log.knows(single) shouldBe true
            log.queue(single) shouldBe 65535
            log.id(single) shouldBe 0xffff_fffeL
            VerdictLog.isBatch(single) shouldBe false
            log.queue(batch) shouldBe 3
            log.id(batch) shouldBe 7L
            VerdictLog.isBatch(batch) shouldBe true
            log.knows(5) shouldBe false
        }

        test("what is older than the ring is forgotten, not mistaken for another") {
            val log = VerdictLog()
            val first = log.next(0, 1, false)
            repeat(16_383) { log.next(0, it, false) }
            log.knows(first) shouldBe true
            log.next(0, 99, false)
            log.knows(first) shouldBe false
        }
    })
