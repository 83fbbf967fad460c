// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks

import dev.nfkit.nfqueue.Verdict

/**
 * A suspending decider on queue 0. It reads the id, hook, mark and payload of each packet and accepts it. On SIGTERM it
 * ends and prints a result line. Its argument is the concurrency (1).
 */
public fun main(args: Array<String>) {
    val concurrency = args.firstOrNull()?.toInt() ?: 1
    consumeQueue("nfkit-suspend") { seen ->
        decide(concurrency) { packet ->
            seen.look(packet)
            Verdict.ACCEPT
        }
    }
}
