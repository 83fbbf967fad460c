// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.Errno
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.concurrent.CountDownLatch

/** Clears the properties that a developer may have set for the suite. */
private fun <T> unset(
    seed: String? = null,
    runs: String? = null,
    body: () -> T,
): T {
    val values = mapOf(FaultRuns.SEED_PROPERTY to seed, FaultRuns.RUNS_PROPERTY to runs)
    val before = values.keys.associateWith { System.getProperty(it) }

    fun set(each: Map<String, String?>) =
        each.forEach { (key, value) ->
            if (value ==
                null
            ) {
                System.clearProperty(key)
            } else {
                System.setProperty(key, value)
            }
        }
    set(values)
    try {
        return body()
    } finally {
        set(before)
    }
}

class FaultRunsSpec :
    FunSpec({
        test("runs use the seeds from 1 on") {
            val seeds = mutableListOf<Long>()
            unset { FaultRuns.of(3).check { seeds += it.seed() } }
            seeds shouldContainExactly listOf(1, 2, 3)
        }

        test("a property sets the number of runs, another one repeats one seed") {
            val seeds = mutableListOf<Long>()
            unset(runs = "2") { FaultRuns.of(3).check { seeds += it.seed() } }
            unset(seed = "77", runs = "2") { FaultRuns.of(3).check { seeds += it.seed() } }
            seeds shouldContainExactly listOf(1, 2, 77)
            shouldThrow<IllegalArgumentException> { unset(seed = "x") { FaultRuns.of(3).check { } } }
            shouldThrow<IllegalArgumentException> { unset(runs = "0") { FaultRuns.of(3).check { } } }
        }

        test("a run that fails reports its seed, its plan and the injected faults") {
            val problem = IllegalStateException("lost a packet")
            val error =
                shouldThrow<AssertionError> {
                    unset {
                        FaultRuns
                            .of(5)
                            .plan { FaultPlan.seeded(it).at(it, Fault.FailedOpen(Errno.EMFILE)) }
                            .check { run ->
                                val transport = run.over(FakeNetfilter())
                                repeat(2) { runCatching { transport.open(12).close() } }
                                if (run.seed() == 2L) throw problem
                            }
                    }
                }
            error.message shouldContain "seed 2 failed (-Dnfkit.faults.seed=2 runs it alone)"
            error.message shouldContain "OPEN 2: FailedOpen[errno=EMFILE"
            error.message shouldContain "lost a packet"
            error.cause shouldBe problem
        }

        test("a run that hangs fails with its stack") {
            val never = CountDownLatch(1)
            val error =
                shouldThrow<AssertionError> {
                    unset { FaultRuns.of(1).within(Duration.ofMillis(50)).check { never.await() } }
                }
            error.message shouldContain "has not ended within PT0.05S"
            error.message shouldContain "fault-run is WAITING"
            error.message shouldContain "CountDownLatch.await"
        }

        test("random numbers of a run depend on its seed") {
            val seen =
                List(2) {
                    mutableListOf<Int>().also { seen ->
                        unset {
                            FaultRuns.of(3).check {
                                seen +=
                                    it.random().nextInt(1000)
                            }
                        }
                    }
                }
            seen[0] shouldBe seen[1]
        }

        test("limits are checked") {
            shouldThrow<IllegalArgumentException> { FaultRuns.of(0) }
            shouldThrow<IllegalArgumentException> { FaultRuns.of(1).within(Duration.ZERO) }
        }
    })
