// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import dev.nfkit.nftables.bytecode.Dynset
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.Stateful
import dev.nfkit.testkit.RawRuleset
import java.util.concurrent.TimeUnit

/** For how long the kernel may take to count what it got, before that is a difference. */
private val PATIENCE = TimeUnit.SECONDS.toNanos(5)

/** Waits until the kernel has counted as many packets in a rule, and nothing changes any more. Returns its rules. */
internal fun RawRuleset.settled(
    place: String,
    packets: Long,
): Map<String, List<Instruction>> {
    val stop = System.nanoTime() + PATIENCE
    while (true) {
        val before = instructions()
        val counted = instructions()
        val complete = counted.packets(place) >= packets || System.nanoTime() > stop
        if (complete && before == counted) return counted
        Thread.sleep(1)
    }
}

/** The packets that the first counter of a rule has counted. */
internal fun Map<String, List<Instruction>>.packets(place: String): Long =
    getValue(place).filterIsInstance<Stateful.Counter>().first().packets()

/** The rules whose instructions, with their counters and other states, differ. */
internal fun differing(
    seed: Long,
    kernel: Map<String, List<Instruction>>,
    fake: Map<String, List<Instruction>>,
): List<String> =
    kernel
        .filter { (place, rule) -> fake[place] != rule.map(::withoutNoTimeout) }
        .map { (place, rule) -> "seed $seed, rule $place:\nkernel $rule\nfake   ${fake[place]}" }

/** The kernel dumps a timeout of 0, which it refuses. */
private fun withoutNoTimeout(each: Instruction): Instruction =
    if (each is Dynset && each.timeout() == 0L) {
        Dynset(
            each.op(),
            each.set(),
            each.setId(),
            each.sregKey(),
            each.sregData(),
            null,
            each.invert(),
            each.instructions(),
        )
    } else {
        each
    }
