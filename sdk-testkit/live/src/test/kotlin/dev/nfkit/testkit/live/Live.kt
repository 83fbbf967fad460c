// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live

import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import java.util.concurrent.TimeUnit

/** Longer than any step takes: only a failure reaches it. */
internal const val BOUND_MILLIS = 30_000

/** Skipped with the reason, or failing if live tests are required. */
internal val live: (TestCase) -> Enabled = {
    TestNamespace.skipReason().map { Enabled.disabled(it) }.orElse(Enabled.enabled)
}

internal fun eventually(
    what: String,
    condition: () -> Boolean,
) {
    val stop = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BOUND_MILLIS.toLong())
    while (!condition()) {
        check(System.nanoTime() < stop) { "never happened: $what" }
        Thread.sleep(1)
    }
}
