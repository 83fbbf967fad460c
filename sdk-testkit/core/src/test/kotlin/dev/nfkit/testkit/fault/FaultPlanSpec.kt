// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.Errno
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

class FaultPlanSpec :
    FunSpec({
        test("a plan is a value") {
            val empty = FaultPlan.seeded(7)
            val one = empty.at(1, Fault.Silence())
            empty.toString() shouldBe "seed 7: no faults"
            one.toString() shouldBe "seed 7: at DATAGRAM 1: Silence[]"
            one.withProbability(0.5, Fault.FailedSend(Errno.EPERM)).limit(3).toString() shouldContain
                "; with probability 0.5 at each SEND: FailedSend[errno=EPERM (Operation not permitted)]; at most 3"
            one.seed() shouldBe 7
        }

        test("values out of range are refused at once") {
            listOf<() -> Any>(
                { FaultPlan.seeded(1).at(0, Fault.Silence()) },
                { FaultPlan.seeded(1).withProbability(0.0, Fault.Silence()) },
                { FaultPlan.seeded(1).withProbability(1.1, Fault.Silence()) },
                { FaultPlan.seeded(1).withProbability(Double.NaN, Fault.Silence()) },
                { FaultPlan.seeded(1).limit(-1) },
                { FaultPlan.random(1) { false } },
                { Fault.Overrun(0) },
                { Fault.Truncated(-1) },
                { Fault.DelayedAcknowledgement(Duration.ZERO) },
                { Fault.Reordered(0) },
                { Fault.FlippedBit(-2) },
            ).forEach { shouldThrow<IllegalArgumentException> { it() } }
        }

        test("a random plan is the same for the same seed, and plans reach all faults but those that throw") {
            FaultPlan.random(3).toString() shouldBe FaultPlan.random(3).toString()
            FaultPlan.random(3).toString() shouldNotBe FaultPlan.random(4).toString()
            val chosen =
                (1L..500).flatMap { seed -> FaultEvent.entries.flatMap { FaultPlan.random(seed).rules(it) } }
            val throwing = setOf(Fault.ThrowingSend::class.java, Fault.ThrowingReceive::class.java)
            chosen.map { it.fault().javaClass }.toSet() shouldBe
                Fault::class.java.permittedSubclasses.toSet() - throwing
        }

        test("a random plan has only accepted faults") {
            (1L..200)
                .flatMap { seed -> FaultPlan.random(seed) { it.event() == FaultEvent.SEND }.rules(FaultEvent.SEND) }
                .all { it.fault() is Fault.FailedSend } shouldBe true
        }
    })
