package dev.nfkit.samples.benchmarks

import dev.nfkit.nfqueue.Verdict

/**
 * A consumer of queue 0 over the Flow: looks at the id, hook, mark and payload of each packet and accepts, and ends on
 * SIGTERM with a line of what it saw.
 */
public fun main() {
    consumeQueue("nfkit-flow") { seen ->
        packets.collect { packet ->
            seen.look(packet)
            packet.answer(Verdict.ACCEPT)
        }
    }
}
