// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeBetween
import java.time.Instant

/** The time of receipt, which is the machine's although it is read rarely. */
class WallClockSpec :
    FunSpec({
        fun micros() = Instant.now().let { it.epochSecond * 1_000_000 + it.nano / 1_000 }

        test("the wall clock is that of the machine, also between two reads of it") {
            Machine.require()
            val waiter = Waiter(-1, -1)
            repeat(200) {
                val before = micros()
                val clock = waiter.wallClock() / 1_000
                val after = micros()
                // The clocks' slewing against each other, at most 500 millionths of the time between reads.
                clock.shouldBeBetween(before - SLEW_MICROS, after + SLEW_MICROS)
                Thread.sleep(1)
            }
        }
    }) {
    private companion object {
        const val SLEW_MICROS = 1_000L
    }
}
