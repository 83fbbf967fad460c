// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nfqueue.NfqueueStatistics
import java.util.concurrent.atomic.LongAdder

/**
 * Counts packets whose decider returned no verdict. The core counts them as answered, because it does not know
 * suspension.
 */
internal class Tally {
    /** Packets that got the failure verdict, because the decider threw. */
    val failed = LongAdder()

    /** Packets that got the close verdict, because the decider was cancelled. */
    val settled = LongAdder()

    /** The core's numbers, corrected by these. */
    fun applyTo(all: NfqueueStatistics): NfqueueStatistics {
        val failures = failed.sum()
        val settlements = settled.sum()
        return all
            .withAnswered(all.answered() - failures - settlements)
            .withFailed(all.failed() + failures)
            .withSettled(all.settled() + settlements)
    }
}
