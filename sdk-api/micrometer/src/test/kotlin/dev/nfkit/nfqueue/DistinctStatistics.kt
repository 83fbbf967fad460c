// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.netfilter.Statistics

/** Statistics whose counters all differ. */
fun distinctStatistics(): NfqueueStatistics =
    NfqueueStatistics.Counter.entries.fold(NfqueueStatistics.of(Statistics.none())) { all, counter ->
        all.with(counter, 100L + counter.ordinal)
    }
