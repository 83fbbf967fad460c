// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

class CountsSpec :
    FunSpec({
        val zero = Counts.zero(EventCounter::class.java)

        test("every number begins as 0") {
            EventCounter.entries.map { zero.get(it) }.toSet() shouldBe setOf(0L)
        }

        test("a changed copy leaves the original, and the other numbers") {
            val changed = zero.with(EventCounter.OVERRUNS, 3)
            changed.get(EventCounter.OVERRUNS) shouldBe 3
            changed.get(EventCounter.FOREIGN) shouldBe 0
            zero.get(EventCounter.OVERRUNS) shouldBe 0
        }

        test("sums are made number by number, and leave the summands") {
            val some = zero.with(EventCounter.OVERRUNS, 3).with(EventCounter.FOREIGN, 1)
            val more = zero.with(EventCounter.OVERRUNS, 4)
            val sums = some.plus(more)
            sums shouldBe zero.with(EventCounter.OVERRUNS, 7).with(EventCounter.FOREIGN, 1)
            some.get(EventCounter.OVERRUNS) shouldBe 3
            more.get(EventCounter.OVERRUNS) shouldBe 4
        }

        test("equal numbers are equal counts, and nothing else is") {
            val one = zero.with(EventCounter.FOREIGN, 1)
            val same = Counts.zero(EventCounter::class.java).with(EventCounter.FOREIGN, 1)
            one shouldBe same
            one.hashCode() shouldBe same.hashCode()
            one shouldNotBe zero
            one.equals("foreign=1") shouldBe false
        }

        test("the text names each number in camel case, in the enum's order") {
            zero.with(EventCounter.SOCKET_DROPS, 2).with(EventCounter.TRUNCATED_DATAGRAMS, 5).toString() shouldBe
                "delivered=0, socketDrops=2, overruns=0, filtered=0, malformed=0, truncatedDatagrams=5, foreign=0, " +
                "discarded=0"
        }
    })
