// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks

import dev.nfkit.nfqueue.Verdict

/**
 * A consumer of queue 0 over the Flow. It reads the id, hook, mark and payload of each packet and accepts it. On
 * SIGTERM it ends and prints a result line.
 */
public fun main() {
    consumeQueue("nfkit-flow") { seen ->
        packets.collect { packet ->
            seen.look(packet)
            packet.answer(Verdict.ACCEPT)
        }
    }
}
