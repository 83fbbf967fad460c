// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import kotlin.time.Duration.Companion.minutes

/** How long all schedules may take; `-Dnfkit.schedules.minutes` sets it for a long run. */
private val MINUTES = System.getProperty("nfkit.schedules.minutes").orEmpty().toLongOrNull() ?: 15

/**
 * Runs [AllProperties] in a separate JVM, since the scheduler needs a Java whose own classes are instrumented. It is
 * skipped if there is no JDK that can be instrumented.
 */
class SchedulesSpec :
    FunSpec({
        InstrumentedJava.absent()?.let { println("SKIPPED schedules: $it") }

        test("every property holds under every schedule that is tried")
            .config(
                timeout = (2 * MINUTES).minutes,
                enabledOrReasonIf = { InstrumentedJava.absent()?.let(Enabled::disabled) ?: Enabled.enabled },
            ) {
                val lines = InstrumentedJava.run(AllProperties::class.java.name, MINUTES)
                lines.filter { it.startsWith("passed ") }.forEach(::println)
                lines.dropWhile { !it.startsWith("FAILED ") }.shouldBeEmpty()
                lines.count { it.startsWith("passed ") } shouldBeGreaterThan AllProperties.classes.size
            }
    })
